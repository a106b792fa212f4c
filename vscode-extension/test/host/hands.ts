/**
 * What only hands can do: questions, boxes, pickers, VS Code's own preview, a menu in the Test Explorer. The tests are in the
 * order of the play; `hands` has the person at the keyboard act.
 */
import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { ChangeOutcome, TurnOutcome } from "../../src/contract";
import { api, goOn, hands, onDisk, QUICK_INPUT, type Tests, ui, until, uri } from "./stage";

const PREVIEW = ".part.panel .monaco-button";
const TICKS = ".part.panel .monaco-list-row input[type=checkbox], .part.panel .monaco-list-row .monaco-custom-toggle";

/** Shown, and with the keyboard's focus, is a quick input once it is in the page; the hands wait for it. */
function write(text: string): void {
  hands("click", `${QUICK_INPUT} input[type=text]`);
  hands("type", text);
}

const setting = (name: string) => vscode.workspace.getConfiguration("patchwire").inspect<string>(name)?.globalValue;

export const tests: Tests = {
  "while the user is asked, everything says that it waits for the answer; then it goes on": async () => {
    const { log, server, status, key } = await api();
    await until("the server runs", () => server.isRunning, 60);
    await key.store(process.env["PATCHWIRE_TEST_KEY"] ?? "");
    const turn = ui("fixTests") as Thenable<TurnOutcome>;
    const question = await until("it asks", () => log.running?.question ?? undefined);
    assert.match(question, /run the tests with `python -m pytest`/);
    assert.equal(status.glance.text, "waits for your answer");
    assert.equal(status.glance.asks, true);
    await ui("showSession");
    hands("picture", "host-asking");
    goOn();
    // Where there is no sandbox, it asks once more.
    const asked = server.onEvent((event) => {
      if (event.kind === "asking" && event.question !== null) {
        goOn();
      }
    });
    const outcome = await turn;
    asked.dispose();
    assert.equal(outcome.status, "done", outcome.message);
    assert.equal(status.glance.asks, false);
  },

  "what is discarded in VS Code's preview still waits": async () => {
    const { reviews } = await api();
    const shown = ui("preview") as Thenable<ChangeOutcome>;
    hands("click", PREVIEW, "Discard");
    const outcome = await shown;
    assert.notEqual(outcome.status, "ok", outcome.message);
    assert.equal(reviews.pending.length, 1, "the change was lost");
    assert.match(onDisk("till.py"), /100 \+ percent/);
  },

  "what is ticked and applied in VS Code's preview is in the files": async () => {
    const { reviews } = await api();
    const shown = ui("preview") as Thenable<ChangeOutcome>;
    hands("tick", TICKS, "5"); // two files and their three hunks
    hands("picture", "host-preview");
    hands("click", PREVIEW, "Apply");
    const outcome = await shown;
    assert.equal(outcome.status, "ok", outcome.message);
    const text = async (name: string) => (await vscode.workspace.openTextDocument(uri(name))).getText();
    assert.match(await text("till.py"), /100 - percent/);
    assert.match(await text("goods.py"), /price \* quantity/);
    assert.equal(reviews.pending.length, 0);
  },

  "an instruction is typed, found again in the history, and Escape starts nothing": async () => {
    const { log } = await api();
    const before = log.turns.length;
    const first = ui("instruct") as Thenable<TurnOutcome>;
    write("say hello");
    hands("press", "Enter");
    assert.equal((await first).status, "no_change");
    const second = ui("instruct") as Thenable<TurnOutcome>;
    hands("click", `${QUICK_INPUT} .monaco-list-row`, "say hello");
    assert.equal((await second).status, "no_change");
    const third = ui("instruct");
    hands("click", `${QUICK_INPUT} input[type=text]`);
    hands("picture", "host-history");
    hands("press", "Escape");
    assert.equal(await third, undefined);
    const prompts = log.turns.slice(before).map((turn) => turn.prompt);
    assert.deepEqual(prompts, ["say hello", "say hello"]);
  },

  "a model and an effort are chosen, kept in the user's settings, and given up again": async () => {
    const { server } = await api();
    const known = (await server.execute<{ models: { name: string }[] }>("patchwire.status")).models.at(-1)?.name ?? assert.fail();
    const chosen = ui("chooseModel");
    write(known);
    hands("press", "Enter");
    hands("click", `${QUICK_INPUT} .monaco-list-row`, "high");
    await chosen;
    assert.deepEqual([setting("model"), setting("effort")], [known, "high"]);
    const back = ui("chooseModel");
    hands("click", `${QUICK_INPUT} .monaco-list-row`, "Default");
    hands("click", `${QUICK_INPUT} .monaco-list-row`, "default");
    await back;
    assert.deepEqual([setting("model"), setting("effort")], [undefined, undefined]);
  },

  "a test in the Test Explorer is mended by its menu": async () => {
    const controller = vscode.tests.createTestController("shop", "Shop");
    const item = controller.createTestItem("test_cost", "test_cost", uri("tests/test_shop.py"));
    item.range = new vscode.Range(12, 0, 13, 31);
    controller.items.add(item);
    const { server } = await api();
    const sent: [string, unknown][] = [];
    const { through } = server;
    server.through = (command, argument, next) => {
      sent.push([command, argument]);
      return through(command, argument, next);
    };
    const ended = new Promise<string>((resolve) => {
      const heard = server.onEvent((event) => {
        if (event.kind === "turnEnded") {
          heard.dispose();
          resolve(event.status);
        }
      });
    });
    void vscode.commands.executeCommand("workbench.view.testing.focus");
    hands("picture", "host-test-explorer");
    hands("menu", ".part.sidebar .monaco-list-row", "test_cost");
    hands("click", ".monaco-menu .action-menu-item", "Fix This Test with Patchwire");
    hands("picture", "host-test-menu");
    assert.equal(await ended, "done"); // they pass by now
    server.through = through;
    controller.dispose();
    const range = { start: { line: 12, character: 0 }, end: { line: 13, character: 31 } };
    assert.deepEqual(sent[0], ["patchwire.fixTests", { uri: item.uri?.toString(), range }]);
  },
};
