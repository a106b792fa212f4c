/**
 * The interpreter that the user has selected, as other extensions tell of it. They are played by two that export what the Python
 * extension and Python Environments do (test/editor/project.mjs); `select` is the user's hand.
 */
import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { Outcome, Report } from "../../src/contract";
import { agree, api, type Tests, ui, until } from "./stage";

const ENVIRONMENT = process.env["PATCHWIRE_TEST_ENVIRONMENT"] ?? "";
const PYTHON = process.env["PATCHWIRE_TEST_PYTHON"] ?? "";

interface Played {
  select(chosen: unknown): void;
}

async function select(id: string, chosen: unknown): Promise<void> {
  const extension = vscode.extensions.getExtension<Played>(id) ?? assert.fail(`${id} is not there`);
  (await extension.activate()).select(chosen);
}

async function started(): Promise<{ executable: string; from: string }> {
  const { server } = await api();
  await ui("restart");
  return server.python ?? assert.fail("no Python was found");
}

export const tests: Tests = {
  "where other extensions have nothing to say, the PATH does": async () => {
    const { server } = await api();
    await until("the server runs", () => server.isRunning, 60);
    assert.equal(server.python?.from, "PATH");
    await agree();
  },

  "the environment of Python Environments is taken, and the tests run in it": async () => {
    const executable = `${ENVIRONMENT}/bin/python`;
    await select("ms-python.vscode-python-envs", { execInfo: { run: { executable } }, sysPrefix: ENVIRONMENT });
    assert.deepEqual(await started().then(({ executable, from }) => [executable, from]), [executable, "the Python extension"]);
    const outcome = (await ui("runTests")) as Outcome & { tests: Report };
    assert.deepEqual([outcome.status, outcome.tests.failed], ["failed", 3], outcome.message);
  },

  "the Python extension's selection goes before": async () => {
    const environment = { folderUri: vscode.Uri.file(ENVIRONMENT) };
    await select("ms-python.python", { executable: { uri: vscode.Uri.file(PYTHON), sysPrefix: ENVIRONMENT }, environment });
    assert.equal((await started()).executable, PYTHON);
  },

  "an extension that fails is no reason to fail": async () => {
    await select("ms-python.python", new Error("no such environment"));
    assert.equal((await started()).from, "PATH");
  },
};
