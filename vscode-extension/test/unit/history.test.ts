import assert from "node:assert/strict";
import { test } from "node:test";
import { remember } from "../../src/history";

test("the latest comes first and each is there once", () => {
  assert.deepEqual(remember(["b", "a"], "a"), ["a", "b"]);
  assert.deepEqual(remember([], "a"), ["a"]);
});

test("the history is bounded", () => {
  const many = Array.from({ length: 60 }, (_, n) => `do ${n}`);
  assert.equal(remember(many, "one more").length, 50);
});
