import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as path from "node:path";
import { test } from "node:test";

const MOST_MILLISECONDS = 50;

/** Loads and activates the built extension with a VS Code that does nothing, and prints the processor time that it took. */
const SCRIPT = `
const Module = require("node:module");
const nothing = () => new Proxy(function () {}, {
  get: (_target, name) => (name === Symbol.toPrimitive ? () => "" : name === "then" ? undefined : name === Symbol.iterator ? [][Symbol.iterator] : nothing()),
  set: () => true,
  apply: () => nothing(),
  construct: () => nothing(),
});
const load = Module._load;
Module._load = (name, ...rest) => (name === "vscode" ? Object.create(nothing()) : load(name, ...rest));
const before = process.cpuUsage();
require(process.argv[1]).activate(nothing());
const { user, system } = process.cpuUsage(before);
console.log((user + system) / 1000);
process.exit();
`;

test("activation costs the extension host little, and does not load the language client", () => {
  const built = path.resolve("dist", "extension.js");
  const runs = [1, 2, 3].map(() => Number(execFileSync(process.execPath, ["-e", SCRIPT, built], { encoding: "utf8" })));
  const least = Math.min(...runs);
  console.log(`activation: ${least.toFixed(1)} ms of processor time`);
  assert.ok(least > 0 && least <= MOST_MILLISECONDS, runs.join());
});
