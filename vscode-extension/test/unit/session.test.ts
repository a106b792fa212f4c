import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event, Report } from "../../src/contract";
import { counted, doing, SessionLog, state, thousands, used } from "../../src/session";

const HERE = { root: "file:///w", turn: "t1" };
const USAGE = { inputTokens: 12_000, cachedTokens: 0, outputTokens: 480, reasoningTokens: 0, costUsd: 0.0345 };
const REPORT: Report = { verdict: "failed", passed: 3, failed: 1, errors: 1, skipped: 0, seconds: 1, note: "", failing: [] };

function heard(...events: Event[]): SessionLog {
  const log = new SessionLog();
  log.hear({ ...HERE, kind: "turnStarted", prompt: "fix it" });
  for (const event of events) {
    log.hear(event);
  }
  return log;
}

test("a turn grows by steps: what was said in an answer, and what was called by it", () => {
  const log = heard(
    { ...HERE, kind: "said", text: "Look first." },
    { ...HERE, kind: "stepDone", step: 1, usage: USAGE },
    { ...HERE, kind: "toolStarted", callId: "c1", name: "run_tests", title: "run the tests", arguments: "{}" },
    { ...HERE, kind: "testsRan", phase: "before", report: REPORT },
    { ...HERE, kind: "toolFinished", callId: "c1", name: "run_tests", ok: true, summary: "2 failed", seconds: 1, output: "FAILED" },
    { ...HERE, kind: "stepDone", step: 2, usage: USAGE },
    { ...HERE, kind: "toolStarted", callId: "c2", name: "read_file", title: "read a.py" },
    { ...HERE, kind: "said", text: "I " },
    { ...HERE, kind: "said", text: "see." },
    { ...HERE, kind: "stepDone", step: 3, usage: USAGE },
    { ...HERE, kind: "turnEnded", status: "done", message: "All is well." },
  );
  const [turn] = log.turns;
  assert.ok(turn);
  assert.deepEqual(
    turn.steps.map((step) => [step.number, step.entries.map((entry) => entry.kind)]),
    [
      [1, ["said", "tool", "tests"]],
      [2, ["tool"]],
      [3, ["said"]],
    ],
  );
  const tool = turn.steps[0]?.entries[1];
  assert.ok(tool?.kind === "tool");
  assert.deepEqual([tool.ok, tool.arguments, tool.output], [true, "{}", "FAILED"]);
  assert.equal(state(turn), "done");
  assert.equal(log.running, undefined);
});

test("what a running turn is doing", () => {
  const log = heard();
  assert.equal(doing(log.running ?? assert.fail()), "thinking");
  log.hear({ ...HERE, kind: "toolStarted", callId: "c1", name: "read_file", title: "read a.py" });
  assert.equal(doing(log.running ?? assert.fail()), "read a.py");
  log.hear({ ...HERE, kind: "toolFinished", callId: "c1", name: "read_file", ok: true, summary: "", seconds: 0 });
  assert.equal(doing(log.running ?? assert.fail()), "thinking");
  log.hear({ ...HERE, kind: "waiting", why: "the service is busy", seconds: 3 });
  assert.equal(doing(log.running ?? assert.fail()), "the service is busy");
});

test("a turn that asks the user something says so, until it is answered or over", () => {
  const log = heard({ ...HERE, kind: "asking", question: "Run them like this?" });
  const turn = log.running ?? assert.fail();
  assert.deepEqual([state(turn), doing(turn)], ["waits for your answer", "Run them like this?"]);
  log.hear({ ...HERE, kind: "asking", question: null });
  assert.equal(doing(turn), "thinking");
  log.hear({ ...HERE, kind: "asking", question: "Run them like this?" });
  log.hear({ ...HERE, kind: "turnEnded", status: "cancelled", message: "Cancelled." });
  assert.equal(turn.question, null);
});

test("what is retracted is not shown, what was done stays", () => {
  const log = heard(
    { ...HERE, kind: "toolStarted", callId: "c1", name: "read_file", title: "read a.py" },
    { ...HERE, kind: "said", text: "half a sen" },
    { ...HERE, kind: "retracted", why: "the connection was lost" },
  );
  assert.deepEqual(
    log.turns[0]?.steps[0]?.entries.map((entry) => entry.kind),
    ["tool"],
  );
});

test("a queued turn becomes a running one, and both are one", () => {
  const log = new SessionLog();
  log.hear({ ...HERE, kind: "turnQueued", prompt: "later" });
  assert.equal(state(log.turns[0] ?? assert.fail()), "waits for the turn before it");
  log.hear({ ...HERE, kind: "turnStarted", prompt: "later" });
  assert.equal(log.turns.length, 1);
  assert.equal(log.running?.id, "t1");
});

test("events of turns that were never begun, and kinds that are not known, change nothing", () => {
  const log = new SessionLog();
  assert.equal(log.hear({ ...HERE, kind: "said", text: "who?" }), false);
  assert.equal(log.hear({ root: "file:///w", turn: null, kind: "changed", change: null }), false);
  const begun = heard();
  assert.equal(begun.hear({ ...HERE, kind: "sang" } as unknown as Event), false);
});

test("when the server is gone, nothing runs any more", () => {
  const log = heard();
  log.interrupt();
  assert.equal(log.running, undefined);
  assert.equal(state(log.turns[0] ?? assert.fail()), "failed");
});

test("only the latest turns are kept", () => {
  const log = new SessionLog();
  for (let n = 0; n < 60; n += 1) {
    log.hear({ root: "file:///w", turn: `t${n}`, kind: "turnStarted", prompt: "again" });
  }
  assert.equal(log.turns.length, 50);
  assert.equal(log.turns.at(-1)?.id, "t59");
});

test("numbers in a few words", () => {
  assert.equal(thousands(999), "999");
  assert.equal(thousands(12_480), "12.5k");
  assert.equal(used(USAGE), "12.5k tokens · $0.035");
  assert.equal(used({ ...USAGE, costUsd: null }), "12.5k tokens");
  assert.equal(used(undefined), "");
  assert.equal(counted(REPORT), "2 failing, 3 passed");
  assert.equal(counted({ ...REPORT, verdict: "no_tests" }), "no tests");
  assert.equal(counted({ ...REPORT, verdict: "inconclusive", note: "timed out", failed: 0, errors: 0 }), "inconclusive: timed out, 3 passed");
});
