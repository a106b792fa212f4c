import assert from "node:assert/strict";
import { test } from "node:test";
import { gist, hunkAt, linesAfter, Review } from "../../src/change";
import type { Change, FileChange, Hunk } from "../../src/contract";

function hunk(id: string, line: number, old: string, text: string): Hunk {
  const end = line + old.split("\n").length - 1;
  const range = { start: { line, character: 0 }, end: { line: end, character: 0 } };
  return { id, range, old, new: text, added: text.split("\n").length - 1, removed: old.split("\n").length - 1 };
}

const FIRST = hunk("h1", 2, "two\n", "2\nand a half\n");
const SECOND = hunk("h2", 10, "ten\n", "10\n");

function file(path: string, hunks: Hunk[], more: Partial<FileChange> = {}): FileChange {
  const rest = { oldPath: null, oldUri: null, kind: "modify" as const, sensitive: null, conflict: null, binary: false };
  return { path, uri: `file:///w/${path}`, ...rest, added: 1, removed: 1, hunks, ...more };
}

function change(files: FileChange[], id = "c1"): Change {
  return { id, files, added: 1, removed: 1 };
}

function states(review: Review): Record<string, string[]> {
  return Object.fromEntries(review.files.map((it) => [it.file.path, [it.state, ...it.hunks.map((h) => h.state)]]));
}

test("a new change is pending in all its parts", () => {
  const review = new Review("file:///w");
  review.update(change([file("a.py", [FIRST, SECOND]), file("b.py", [FIRST])]));
  assert.deepEqual(states(review), { "a.py": ["pending", "pending", "pending"], "b.py": ["pending", "pending"] });
  assert.equal(review.isPending, true);
});

test("an accepted hunk stays visible in its place, and its file pending", () => {
  const review = new Review("file:///w");
  review.update(change([file("a.py", [FIRST, SECOND])]));
  review.update(change([file("a.py", [SECOND])]));
  review.settle({ hunks: ["h1"] }, "accepted");
  assert.deepEqual(states(review), { "a.py": ["pending", "accepted", "pending"] });
});

test("what is discarded is told from what is accepted", () => {
  const review = new Review("file:///w");
  review.update(change([file("a.py", [FIRST, SECOND])]));
  review.update(change([file("a.py", [SECOND])]));
  review.settle({ hunks: ["h1"] }, "discarded");
  review.update(null);
  review.settle({}, "accepted");
  assert.deepEqual(states(review), { "a.py": ["accepted", "discarded", "accepted"] });
  assert.equal(review.isPending, false);
});

test("what the server did not take stays pending, whatever was asked for", () => {
  const review = new Review("file:///w");
  review.update(change([file("a.py", [FIRST], { conflict: "the lines are not there any more" }), file("b.py", [SECOND])]));
  review.update(change([file("a.py", [FIRST], { conflict: "the lines are not there any more" })]));
  review.settle({}, "accepted");
  assert.deepEqual(states(review), { "a.py": ["conflict", "conflict"], "b.py": ["accepted", "accepted"] });
});

test("files without hunks have a state of their own", () => {
  const review = new Review("file:///w");
  review.update(change([file("logo.png", [], { binary: true }), file("b.py", [SECOND])]));
  review.update(change([file("b.py", [SECOND])]));
  review.settle({ files: ["logo.png"] }, "discarded");
  assert.deepEqual(states(review), { "logo.png": ["discarded"], "b.py": ["pending", "pending"] });
});

test("the next turn's change forgets the one before", () => {
  const review = new Review("file:///w");
  review.update(change([file("a.py", [FIRST])]));
  review.settle({}, "accepted");
  review.update(change([file("c.py", [FIRST])], "c2"));
  assert.deepEqual(states(review), { "c.py": ["pending", "pending"] });
});

test("hunks are placed in the text as it will be", () => {
  assert.deepEqual(Object.fromEntries(linesAfter([SECOND, FIRST])), { h1: 2, h2: 11 });
  assert.deepEqual(Object.fromEntries(linesAfter([hunk("gone", 0, "a\nb\n", ""), SECOND])), { gone: 0, h2: 8 });
});

test("the hunk at a line is the one that holds it, else the next, else the last", () => {
  assert.equal(hunkAt([FIRST, SECOND], 3, "after")?.id, "h1");
  assert.equal(hunkAt([FIRST, SECOND], 3, "before")?.id, "h2");
  assert.equal(hunkAt([FIRST, SECOND], 99, "after")?.id, "h2");
  assert.equal(hunkAt([], 0, "after"), undefined);
});

test("a hunk's gist is a line that it brings, else one that it takes away", () => {
  assert.equal(gist(hunk("h", 0, "a\nb\n", "a\nreturn 3\nb\n")), "return 3");
  assert.equal(gist(hunk("h", 0, "a\n", "")), "− a");
  assert.equal(gist(hunk("h", 0, "", `${"x".repeat(200)}\n`)).length, 80);
});
