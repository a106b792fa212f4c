import asyncio, os, sys, time, threading, subprocess
from pathlib import Path
T0=time.monotonic(); LOG=[]
def log(*a): LOG.append((round(1000*(time.monotonic()-T0),1),)+a)
import builtins
_imp=builtins.__import__
import asyncio.threads, asyncio.base_events
_tt=asyncio.to_thread
async def tt(f,*a,**k):
    def g(*a,**k):
        s=time.monotonic()
        try: return f(*a,**k)
        finally:
            log("thread", getattr(f,"__qualname__",str(f))[:60], "ms", round(1000*(time.monotonic()-s),1))
    return await _tt(g,*a,**k)
asyncio.to_thread=tt
_pi=subprocess.Popen.__init__
def pi(self,*a,**k):
    s=time.monotonic(); _pi(self,*a,**k); log("popen", threading.current_thread().name, str(a[0] if a else k.get("args"))[:90], round(1000*(time.monotonic()-s),1))
subprocess.Popen.__init__=pi
_fp=os.fork
from benchmarks.turns.play import CALLS, PROMPT, Spec, report
from patchwire.session import Session
from patchwire.settings import read
from patchwire.task import Budget, Snapshot, Task
async def main(spec):
    root=Path(spec.root)
    loop=asyncio.get_running_loop()
    import asyncio.events as ev
    orig=ev.Handle._run
    settings=read({"model":spec.model},{**os.environ,"OPENAI_BASE_URL":spec.base_url,"OPENAI_API_KEY":spec.key})
    def tap(d,f): log("frame",d,f[:50].replace("\n"," "))
    async with Session(settings,os.environ,tap=tap) as s:
        await s.run(Task(PROMPT,root),Snapshot(root),Budget(steps=2*CALLS),lambda _:None)
sys.setswitchinterval(float(os.environ.get("SWI","0.005")))
asyncio.run(main(Spec.load(sys.argv[1])))
for l in LOG[:140]: print(*l, file=sys.stderr)
report()
