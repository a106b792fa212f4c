/** In a folder that is not trusted: the server runs, and nothing of the folder does. */
import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { TurnOutcome } from "../../src/contract";
import { api, onDisk, type Tests, ui, until } from "./stage";

export const tests: Tests = {
  "the server runs, on a Python from outside the folder": async () => {
    assert.equal(vscode.workspace.isTrusted, false);
    const { server } = await api();
    await until("the server runs", () => server.isRunning);
    assert.equal(server.python?.from, "PATH");
    assert.throws(() => onDisk("STARTED"), "the folder's own python was started");
  },

  "a turn is refused, with the reason": async () => {
    const { log } = await api();
    const outcome = (await ui("fixTests")) as TurnOutcome;
    assert.deepEqual([outcome.status, outcome.reason], ["failed", "untrusted"]);
    assert.equal(log.running, undefined);
    assert.throws(() => onDisk("RAN"), "the folder's tests were run");
  },

  "settings of the folder are not read": async () => {
    const settings = vscode.workspace.getConfiguration("patchwire");
    assert.equal(settings.get("testCommand"), "");
    assert.equal(settings.get("python"), "");
    await api();
  },
};
