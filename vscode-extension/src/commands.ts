/**
 * Our commands: what each asks of the user, and of the server. Their names differ from the server's, which the language
 * client registers by itself.
 */
import * as vscode from "vscode";
import * as ask from "./ask";
import { isNode, targetOf } from "./changeView";
import type { Range, TurnOutcome } from "./contract";
import * as interpreter from "./interpreter";
import type { Key } from "./key";
import { offer } from "./outcomes";
import * as report from "./report";
import type { Reviews, Target } from "./review";
import * as sample from "./sample";
import { type Server, Trouble } from "./server";
import type { SessionLog } from "./session";
import type { SessionView } from "./sessionView";

export interface Parts {
  context: vscode.ExtensionContext;
  server: Server;
  key: Key;
  reviews: Reviews;
  log: SessionLog;
  view: SessionView;
}

/** Every command takes its answers as an argument too, for key bindings: `{ "instruction": "…" }`. */
interface Given {
  instruction?: string;
  session?: string;
}

type Handler = (...args: never[]) => unknown;

export function register(parts: Parts): vscode.Disposable {
  const { server, key, reviews, view } = parts;
  const handlers: Record<string, Handler> = {
    ...turns(parts),
    ...review(reviews),
    getStarted: () => vscode.commands.executeCommand("workbench.action.openWalkthrough", "patchwire.patchwire#start", false),
    tryOffline: () => (sample.isOpen(parts.context) ? fixTests(server) : sample.open(parts.context)),
    runTests: async () => server.execute("patchwire.runTests", await folderArgument()),
    addMessage: async (given?: Given) => {
      const instruction = given?.instruction ?? (await ask.instruction(parts.context.workspaceState, "Add a Message"));
      return instruction && server.execute("patchwire.addMessage", { instruction });
    },
    stop: () => server.execute("patchwire.cancel"),
    chooseModel: () => ask.model(server),
    workOffline: () =>
      vscode.workspace.getConfiguration("patchwire").update("offline", true, vscode.ConfigurationTarget.Global),
    setKey: () => key.set(),
    clearKey: () => key.clear(),
    testKey: () => key.test(),
    showSession: () => view.show(),
    showText: (title: string, text: string) => view.showText(title, text),
    installPython: async () => {
      if (await interpreter.install(server.log)) {
        await server.restart();
      }
    },
    restart: () => server.restart(),
    showLog: () => {
      server.log.show();
    },
    reportIssue: async () => report.open(parts.context, server, parts.log, await key.secret()),
  };
  const registered = Object.entries(handlers).map(([name, handler]) =>
    vscode.commands.registerCommand(`patchwire.ui.${name}`, async (...args: never[]) => {
      try {
        return await handler(...args);
      } catch (error) {
        tell(error, server);
        return undefined;
      }
    }),
  );
  return vscode.Disposable.from(...registered);
}

function turns({ context, server }: Parts): Record<string, Handler> {
  const instruct = (title: string, given: Given | undefined) =>
    given?.instruction === undefined ? ask.instruction(context.workspaceState, title) : Promise.resolve(given.instruction);
  return {
    fixTests: () => fixTests(server),
    fixTest: (item?: vscode.TestItem) => server.execute("patchwire.fixTests", itemArgument(item)),
    instruct: async (given?: Given) => {
      const place = placeArgument() ?? (await folderArgument());
      const instruction = await instruct("What Is to Be Done?", given);
      return instruction && server.execute("patchwire.fixTests", { ...place, instruction });
    },
    editSelection: async (given?: Given) => {
      const place = placeArgument();
      if (!place?.range) {
        throw new Trouble("Select the lines to edit in a file of the workspace, and choose this again.");
      }
      const instruction = await instruct("What Is to Be Done to the Selection?", given);
      return instruction && server.execute("patchwire.editSelection", { ...place, instruction });
    },
    fixDiagnostic: () => {
      const found = diagnosticAtCursor();
      if (!found) {
        throw new Trouble("Put the cursor on a problem in a file of the workspace, and choose this again.");
      }
      return server.execute("patchwire.fixDiagnostic", found);
    },
    continue: async (given?: Given) => {
      const place = await folderArgument();
      const instruction = await instruct("Continue: What Is to Be Done?", given);
      return instruction && server.execute("patchwire.continue", { ...place, instruction });
    },
    resume: async (given?: Given) => {
      const place = await folderArgument();
      const id = given?.session ?? (await ask.session(server, place.uri))?.id;
      return id && server.execute("patchwire.resumeSession", { ...place, session: id });
    },
  };
}

function review(reviews: Reviews): Record<string, Handler> {
  // An item of the view hands over itself and the others that are selected; a lens hands over what it stands for.
  const targets = (item: unknown, selected: unknown): Target[] => {
    if (isNode(item)) {
      return (Array.isArray(selected) ? selected : [item]).filter(isNode).map(targetOf);
    }
    const named = isTarget(item) ? item : reviews.atCursor();
    if (!named) {
      throw new Trouble("Put the cursor on a change, or choose it in the Patchwire view.");
    }
    return [named];
  };
  const whole = (all: Target[]) => all.map(({ root, path }) => ({ root, path }));
  return {
    review: () => reviews.open(),
    openFile: (item: unknown) => reviews.openFile(targets(item, undefined)[0] as Target),
    acceptAll: () => reviews.accept([]),
    acceptFile: (item?: unknown, selected?: unknown) => reviews.accept(whole(targets(item, selected))),
    acceptHunk: (item?: unknown, selected?: unknown) => reviews.accept(targets(item, selected)),
    discardAll: () => reviews.discard([]),
    discardFile: (item?: unknown, selected?: unknown) => reviews.discard(whole(targets(item, selected))),
    discardHunk: (item?: unknown, selected?: unknown) => reviews.discard(targets(item, selected)),
    preview: () => reviews.preview(),
  };
}

export async function fixTests(server: Server): Promise<TurnOutcome> {
  return server.execute<TurnOutcome>("patchwire.fixTests", await folderArgument());
}

async function folderArgument(): Promise<{ uri?: string }> {
  const folder = await ask.folder();
  return folder ? { uri: folder.uri.toString() } : {};
}

/** The active document of the workspace, with what is selected in it. */
function placeArgument(): { uri: string; range?: Range } | undefined {
  const editor = vscode.window.activeTextEditor;
  if (!editor || !vscode.workspace.getWorkspaceFolder(editor.document.uri)) {
    return undefined;
  }
  const range = editor.selection.isEmpty ? {} : { range: plain(editor.selection) };
  return { uri: editor.document.uri.toString(), ...range };
}

function itemArgument(item: vscode.TestItem | undefined): { uri?: string; range?: Range } {
  return item?.uri ? { uri: item.uri.toString(), ...(item.range ? { range: plain(item.range) } : {}) } : {};
}

/** VS Code writes its own ranges as lists, which the protocol does not know. */
function plain({ start, end }: vscode.Range): Range {
  return {
    start: { line: start.line, character: start.character },
    end: { line: end.line, character: end.character },
  };
}

function diagnosticAtCursor(): object | undefined {
  const editor = vscode.window.activeTextEditor;
  if (!editor) {
    return undefined;
  }
  const { uri } = editor.document;
  const all = vscode.languages.getDiagnostics(uri);
  const { selection } = editor;
  const isHere = (it: vscode.Diagnostic) =>
    it.range.intersection(selection) !== undefined || it.range.start.line === selection.active.line;
  const [found] = all.filter(isHere).sort((a, b) => a.severity - b.severity);
  if (!found) {
    return undefined;
  }
  const { message, source, severity } = found;
  const range = plain(found.range);
  const code = typeof found.code === "object" ? found.code.value : found.code;
  const diagnostic = { range, message, source, severity: severity + 1, ...(code === undefined ? {} : { code }) };
  return { uri: uri.toString(), range, diagnostic };
}

function isTarget(it: unknown): it is Target {
  return typeof it === "object" && it !== null && "root" in it && "path" in it;
}

/** What went wrong, as one sentence, with the way out where there is one. */
function tell(error: unknown, server: Server): void {
  const text = error instanceof Error ? error.message : String(error);
  server.log.error(text);
  if (server.condition === "noPython") {
    void offer("error", text, [
      ["Install with uv", "patchwire.ui.installPython"],
      ["Choose a Python", "workbench.action.openSettings", "patchwire.python"],
    ]);
  } else {
    void offer("error", text, error instanceof Trouble ? [] : [["Show the Log", "patchwire.ui.showLog"]]);
  }
}
