/**
 * A trusted folder, a server on the bundled code, and a service that plays what `plays.mjs` says: the tests are in the
 * order of the play.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as vscode from "vscode";
import type { ChangeOutcome, Outcome, Session, TurnOutcome } from "../../src/contract";
import { hunkAt } from "../../src/change";
import { agree, api, folder, ID, manifest, onDisk, type Tests, ui, until, uri } from "./stage";

const KEY = process.env["PATCHWIRE_TEST_KEY"] ?? "";

async function lenses(): Promise<[vscode.TextDocument, vscode.CodeLens[]][]> {
  const shown = vscode.workspace.textDocuments.filter((it) => it.uri.scheme === "patchwire" && it.uri.query.includes("after"));
  const of = (it: vscode.TextDocument) =>
    vscode.commands.executeCommand<vscode.CodeLens[]>("vscode.executeCodeLensProvider", it.uri);
  return Promise.all(shown.map(async (it): Promise<[vscode.TextDocument, vscode.CodeLens[]]> => [it, await of(it)]));
}

function reviewTabs(): vscode.Tab[] {
  return vscode.window.tabGroups.all.flatMap((group) => group.tabs).filter((tab) => tab.label.startsWith("Patchwire: "));
}

async function states(): Promise<Record<string, string[]>> {
  const { reviews } = await api();
  const files = reviews.all.flatMap((review) => review.files);
  return Object.fromEntries(files.map((it) => [it.file.path, [it.state, ...it.hunks.map((hunk) => hunk.state)]]));
}

async function fix(): Promise<TurnOutcome> {
  const outcome = (await ui("fixTests")) as TurnOutcome;
  assert.equal(outcome.status, "done", outcome.message);
  return outcome;
}

async function put(name: string, text: string): Promise<void> {
  await vscode.workspace.fs.writeFile(uri(name), Buffer.from(text));
}

export const tests: Tests = {
  "it is activated after start-up by itself, and its server runs": async () => {
    await until("activated", () => vscode.extensions.getExtension(ID)?.isActive === true);
    const { server } = await api();
    await until("the server runs", () => server.isRunning, 60);
    await agree();
    assert.match(server.python?.version ?? "", /^3\.1[1-9]/);
  },

  "every command in the manifest is there, and none has an id of the server's": async () => {
    const there = new Set(await vscode.commands.getCommands(true));
    for (const { command, title, category } of manifest().contributes.commands) {
      assert.ok(there.has(command), `${command} is not registered`);
      assert.ok(title && category === "Patchwire", `${command} has no proper title`);
    }
    assert.ok(there.has("patchwire.fixTests"), "the language client has not registered the server's commands");
    assert.ok(!manifest().contributes.commands.some(({ command }) => !command.startsWith("patchwire.ui.")));
  },

  "without a key it says so, and offers what helps": async () => {
    const outcome = (await ui("fixTests")) as TurnOutcome;
    assert.deepEqual([outcome.status, outcome.reason], ["failed", "settings"], outcome.message);
  },

  "a key is kept in secret storage, handed over, tested and cleared": async () => {
    const { key } = await api();
    await key.store("sk-no-such-key-here");
    assert.equal((await key.ask()).status, "failed");
    await ui("clearKey");
    assert.deepEqual(await key.secret(), []);
    await key.store(KEY);
    assert.deepEqual(await key.secret(), [KEY]);
    const good = await key.ask();
    assert.equal(good.status, "ok", good.message);
    const settings = JSON.stringify(vscode.workspace.getConfiguration("patchwire"));
    assert.ok(!settings.includes(KEY));
  },

  "a turn: events make the session, and the change is open for review": async () => {
    const { log, reviews, status } = await api();
    const busy: string[] = [];
    const heard = (await api()).server.onEvent(() => busy.push(status.glance.text));
    await fix();
    heard.dispose();
    assert.ok(busy.some((text) => text.startsWith("step ")), busy.join(" | "));
    const turn = log.turns.at(-1) ?? assert.fail("no turn");
    assert.equal(turn.status, "done");
    const entries = turn.steps.flatMap((step) => step.entries);
    const written = entries.find((entry) => entry.kind === "tool" && entry.name === "write_patch");
    assert.ok(written?.kind === "tool" && written.arguments.includes("Begin Patch") && written.output !== "");
    assert.ok(entries.some((entry) => entry.kind === "tests" && entry.phase === "before" && entry.report.failing.length === 3));
    assert.ok((turn.usage?.inputTokens ?? 0) > 0);
    assert.deepEqual(await states(), { "goods.py": ["pending", "pending"], "till.py": ["pending", "pending", "pending"] });
    assert.equal(reviews.pending.length, 1);
    assert.equal(status.glance.text, "2 files to review");
    assert.equal(reviewTabs().length, 1, "the review is not open");
    assert.match(onDisk("till.py"), /100 \+ percent/, "the file was changed before it was accepted");
  },

  "above each hunk stands what can be done with it": async () => {
    const both = await until("both files are shown", () => {
      const shown = vscode.workspace.textDocuments.filter((it) => it.uri.scheme === "patchwire");
      return shown.length === 4 && shown.every((it) => it.getText() !== "");
    }).then(lenses);
    const till = both.find(([document]) => document.uri.path === "/till.py") ?? assert.fail("till.py is not shown");
    const titles = till[1].map((lens) => lens.command?.title);
    assert.deepEqual(titles, [
      "$(check) Accept Hunk 1 of 2",
      "$(discard) Discard Hunk",
      "$(check) Accept File",
      "$(discard) Discard File",
      "$(check) Accept Hunk 2 of 2",
      "$(discard) Discard Hunk",
    ]);
    const line = till[1][0]?.range.start.line ?? -1;
    assert.match(till[0].lineAt(line).text, /100 - percent/);
  },

  "one hunk is accepted, saved, and taken back by one undo": async () => {
    const [, all] = (await lenses()).find(([it]) => it.uri.path === "/till.py") ?? assert.fail();
    const accept = all.find((lens) => lens.command?.title.includes("Hunk 1"))?.command ?? assert.fail();
    const document = await vscode.workspace.openTextDocument(uri("till.py"));
    const outcome = await vscode.commands.executeCommand<ChangeOutcome>(accept.command, ...(accept.arguments as unknown[]));
    assert.equal(outcome.status, "ok", outcome.message);
    assert.deepEqual(await states(), { "goods.py": ["pending", "pending"], "till.py": ["pending", "accepted", "pending"] });
    assert.match(onDisk("till.py"), /100 - percent/);
    assert.match(onDisk("till.py"), /paid \+ due/, "the other hunk was applied, too");
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand("undo");
    assert.match(document.getText(), /100 \+ percent/);
    await vscode.commands.executeCommand("redo");
    await document.save();
  },

  "the hunk at the cursor is discarded by its key binding's command": async () => {
    const { reviews } = await api();
    const [review] = reviews.pending;
    const file = review?.change?.files.find((it) => it.path === "till.py") ?? assert.fail("till.py is not pending");
    const [hunk] = file.hunks;
    const editor = await vscode.window.showTextDocument(uri("till.py"));
    const line = hunk?.range.start.line ?? 0;
    editor.selection = new vscode.Selection(line, 0, line, 0);
    assert.equal(hunkAt(file.hunks, line, "before")?.id, hunk?.id);
    const outcome = (await ui("discardHunk")) as ChangeOutcome;
    assert.equal(outcome.status, "ok", outcome.message);
    assert.deepEqual(await states(), { "goods.py": ["pending", "pending"], "till.py": ["accepted", "accepted", "discarded"] });
    assert.match(onDisk("till.py"), /paid \+ due/);
  },

  "a file is accepted in the view, and when nothing is left the review closes": async () => {
    const { reviews } = await api();
    const root = reviews.pending[0]?.root ?? assert.fail();
    const outcome = (await ui("acceptFile", { root, path: "goods.py" })) as ChangeOutcome;
    assert.equal(outcome.status, "ok", outcome.message);
    assert.match(onDisk("goods.py"), /price \* quantity/);
    assert.equal(reviews.pending.length, 0);
    await until("the review is closed", () => reviewTabs().length === 0);
  },

  "what the user wrote meanwhile at the same place is a conflict, and nothing is lost": async () => {
    await put("goods.py", "def cost(price, quantity):\n    return price - quantity\n");
    await fix();
    const document = await vscode.workspace.openTextDocument(uri("goods.py"));
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, new vscode.Range(1, 0, 2, 0), "    return quantity - price  # mine\n");
    await vscode.workspace.applyEdit(edit);
    const { reviews } = await api();
    await until("the conflict is seen", () => reviews.pending[0]?.files.some((file) => file.state === "conflict"));
    const outcome = (await ui("acceptAll")) as ChangeOutcome;
    const goods = outcome.files?.find((file) => file.path === "goods.py");
    assert.deepEqual([outcome.status, goods?.state], ["partly", "conflict"], outcome.message);
    assert.match(document.getText(), /# mine/);
    assert.equal(reviews.pending.length, 1, "the change was lost");
    await ui("discardAll");
    assert.equal(reviews.pending.length, 0);
    await document.save();
  },

  "an instruction, an edit of the selection, a problem, a continuation and a resumption are turns": async () => {
    const { log } = await api();
    const editor = await vscode.window.showTextDocument(uri("goods.py"));
    editor.selection = new vscode.Selection(0, 0, 1, 0);
    const before = log.turns.length;
    const problems = vscode.languages.createDiagnosticCollection("ours");
    problems.set(editor.document.uri, [new vscode.Diagnostic(new vscode.Range(0, 4, 0, 8), "cost is a bad name")]);
    for (const [command, given] of [
      ["instruct", { instruction: "say hello" }],
      ["editSelection", { instruction: "rename it" }],
      ["fixDiagnostic", undefined],
      ["continue", { instruction: "go on" }],
    ] as const) {
      const outcome = (await ui(command, given)) as TurnOutcome | undefined;
      assert.ok(outcome && ["no_change", "done", "tests_failing"].includes(outcome.status), `${command}: ${JSON.stringify(outcome)}`);
    }
    problems.dispose();
    const { sessions } = await (await api()).server.execute<{ sessions: Session[] }>("patchwire.listSessions");
    const resumed = (await ui("resume", { session: sessions[0]?.id })) as TurnOutcome;
    assert.equal(resumed.status, "no_change", resumed.message);
    const prompts = log.turns.slice(before).map((turn) => turn.prompt);
    assert.equal(prompts.length, 5);
    assert.match(prompts[0] ?? "", /say hello/);
    assert.match(prompts[1] ?? "", /rename it/);
    assert.match(prompts[2] ?? "", /cost is a bad name/);
    assert.match(prompts[3] ?? "", /go on/);
  },

  "the tests are run without a model": async () => {
    const outcome = (await ui("runTests")) as Outcome;
    assert.equal(outcome.status, "failed", outcome.message);
    const problems = () => vscode.languages.getDiagnostics().flatMap(([, all]) => all.filter((it) => it.source === "patchwire"));
    await until("failing tests are problems", () => problems().length > 0);
  },

  "a running turn takes a message, and is stopped at once": async () => {
    const { log } = await api();
    await vscode.workspace.getConfiguration("patchwire").update("testCommand", "python wait.py", vscode.ConfigurationTarget.Workspace);
    const turn = ui("fixTests") as Thenable<TurnOutcome>;
    const calls = () => log.running?.steps.flatMap((step) => step.entries) ?? [];
    await until("the tests run", () => calls().some((entry) => entry.kind === "tool" && entry.ok === undefined));
    const told = (await ui("addMessage", { instruction: "hurry" })) as Outcome;
    assert.equal(told.status, "ok", told.message);
    const asked = Date.now();
    await ui("stop");
    assert.equal((await turn).status, "cancelled");
    assert.ok(Date.now() - asked < 3000, `it took ${Date.now() - asked} ms`);
    await until("it is seen", () => log.running === undefined && log.turns.at(-1)?.status === "cancelled");
    await vscode.workspace.getConfiguration("patchwire").update("testCommand", undefined, vscode.ConfigurationTarget.Workspace);
  },

  "after a crash the server is started again, with the key": async () => {
    const { server, log } = await api();
    const pid = Number(execFileSync("pgrep", ["-P", String(process.pid), "-f", "serve.py"], { encoding: "utf8" }).trim());
    process.kill(pid, "SIGKILL");
    await until("the end is noticed", () => !server.isRunning);
    assert.equal(log.running, undefined);
    await until("it runs again", () => server.isRunning, 60);
    const { key } = await api();
    const asked = await key.ask();
    assert.equal(asked.status, "ok", asked.message);
  },

  "it is restarted on demand": async () => {
    const { server } = await api();
    await ui("restart");
    assert.ok(server.isRunning);
    assert.equal((await server.execute<Outcome>("patchwire.status")).status, "ok");
  },

  "an issue's report says what is needed, and neither the key nor where the user's files are": async () => {
    await ui("reportIssue");
    const text = await until("it is open", () => {
      const document = vscode.window.activeTextEditor?.document;
      return document?.languageId === "markdown" && document.isUntitled && document.getText();
    });
    assert.match(text, /Python: 3\.1\d/);
    assert.match(text, /Nothing has been sent/);
    for (const secret of [KEY, folder().uri.fsPath, process.env["HOME"] ?? "/root"]) {
      assert.ok(!text.includes(secret), `${secret} is in the report`);
    }
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  },

  "the key can be cleared, and is": async () => {
    const { key } = await api();
    await ui("clearKey");
    assert.deepEqual(await key.secret(), []);
    const outcome = (await ui("fixTests")) as TurnOutcome;
    assert.deepEqual([outcome.status, outcome.reason], ["failed", "settings"], outcome.message);
  },
};
