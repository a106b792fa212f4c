import assert from "node:assert/strict";
import { test } from "node:test";
import { choose, isNewEnough, onPath, safePath, type Run } from "../../src/python";

function machine(versions: Record<string, string>): Run {
  return (command) => {
    const version = versions[command];
    return Promise.resolve(version && `${version}\n/opt/${command}\n`);
  };
}

const named = (...commands: string[]) => commands.map((command) => ({ command, from: "PATH" }));

test("the first that is new enough is taken", async () => {
  const run = machine({ python3: "3.9.18", "python3.12": "3.12.1", "python3.11": "3.11.7" });
  const { python, refused } = await choose(named("python", "python3", "python3.12", "python3.11"), run);
  assert.deepEqual(python, { executable: "/opt/python3.12", version: "3.12.1", from: "PATH" });
  assert.deepEqual(refused, ["python (PATH): did not start", "python3 (PATH): is 3.9.18"]);
});

test("where there is none, each refusal is told", async () => {
  const { python, refused } = await choose(named("python3"), machine({ python3: "3.10.13" }));
  assert.equal(python, undefined);
  assert.deepEqual(refused, ["python3 (PATH): is 3.10.13"]);
});

test("versions are numbers, not texts", () => {
  assert.deepEqual(["2.7.18", "3.9.1", "3.11.0", "3.100.0", "4.0.0", "nonsense"].map(isNewEnough), [false, false, true, true, true, false]);
});

test("the user's usual python comes first", () => {
  assert.equal(onPath("linux")[0]?.command, "python3");
  assert.deepEqual(
    onPath("win32").map((it) => it.command),
    ["python", "py"],
  );
});

test("a program is never taken from the folder that is not trusted, or from wherever we happen to be", () => {
  const searched = "/usr/bin:.:/w/project/.venv/bin:/w/project:/w/projects/bin:bin::/opt/bin";
  assert.equal(safePath(searched, ["/w/project"], ":"), "/usr/bin:/w/projects/bin:/opt/bin");
});
