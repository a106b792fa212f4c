"""The floor: `websockets`, `json` and a loop. Does what has to be done and nothing else."""

import asyncio
import json
import sys

from benchmarks.turns.play import Spec, answers, opening, report
from websockets.asyncio.client import connect


async def main(spec: Spec) -> None:
    """Play to the end."""
    url = spec.base_url.replace("http", "ws", 1) + "/responses"
    async with connect(url, additional_headers={"Authorization": f"Bearer {spec.key}"}, max_size=None) as socket:
        items, chain = [opening()], dict[str, str]()
        while items:
            create = {"type": "response.create", **spec.request(), **chain, "input": items}
            await socket.send(json.dumps(create, ensure_ascii=False, separators=(",", ":")))
            while (event := json.loads(await socket.recv()))["type"] != "response.completed":
                pass
            chain = {"previous_response_id": event["response"]["id"]}
            items = answers(spec.root, event["response"]["output"])


if __name__ == "__main__":
    asyncio.run(main(Spec.load(sys.argv[1])))
    report()
