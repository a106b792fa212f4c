/**
 * What the suites have in common: the extension as it was activated, the project, and waiting for something to become true.
 */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import * as vscode from "vscode";
import type { Api } from "../../src/extension";

export type Tests = Record<string, () => Promise<void>>;

export const ID = "patchwire.patchwire";

export async function api(): Promise<Api> {
  const extension = vscode.extensions.getExtension<Api>(ID);
  assert.ok(extension, "the extension is not there");
  return extension.activate();
}

export async function until<T>(what: string, look: () => T | undefined | false, seconds = 30): Promise<T> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    const seen = look();
    if (seen !== undefined && seen !== false) {
      return seen;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`not within ${seconds} s: ${what}`);
}

export function folder(): vscode.WorkspaceFolder {
  return vscode.workspace.workspaceFolders?.[0] ?? assert.fail("no folder is open");
}

export function uri(name: string): vscode.Uri {
  return vscode.Uri.joinPath(folder().uri, name);
}

export function onDisk(name: string): string {
  return fs.readFileSync(path.join(folder().uri.fsPath, name), "utf8");
}

/** One of our commands. What goes wrong in it is shown to the user, and to whoever reads the tests' output. */
export async function ui(name: string, ...args: unknown[]): Promise<unknown> {
  const { server } = await api();
  const error = server.log.error.bind(server.log);
  server.log.error = (text) => console.log(`  Error told by ${name}: ${String(text)}`);
  try {
    return await vscode.commands.executeCommand(`patchwire.ui.${name}`, ...args);
  } finally {
    server.log.error = error;
  }
}

/** Have the person at the keyboard do something; `test/editor/editor.mjs` is that person. */
export function hands(what: "press" | "type" | "click" | "menu" | "tick" | "picture", on: string, text?: string): void {
  console.log(`hands: ${JSON.stringify([what, on, ...(text === undefined ? [] : [text])])}`);
}

export const QUICK_INPUT = ".quick-input-widget:not([style*='display: none'])";

/** Whatever a turn asks, the person agrees to: on a machine without a sandbox it asks. */
export async function agree(): Promise<vscode.Disposable> {
  const { server } = await api();
  return server.onEvent((event) => {
    if (event.kind === "asking" && event.question !== null) {
      goOn();
    }
  });
}

/** The person agrees to what they are asked: VS Code after 1.100 does not show every notification by itself. */
export function goOn(): void {
  if (Number(vscode.version.split(".")[1]) > 100) {
    hands("click", ".statusbar-item", "Patchwire");
  }
  hands("click", BUTTON, "Go on");
}

const BUTTON = ".notifications-toasts .monaco-button, .notifications-center .monaco-button";

export function manifest(): { contributes: { commands: { command: string; title: string; category?: string }[] } } {
  return vscode.extensions.getExtension(ID)?.packageJSON as ReturnType<typeof manifest>;
}
