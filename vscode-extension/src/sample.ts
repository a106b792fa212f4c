/**
 * "Try it offline": a sample project with a failing test, in a window of its own, mended by the built-in model.
 *
 * The sample brings its own pytest, so that nothing has to be installed.
 */
import { execFile } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { promisify } from "node:util";
import { brotliDecompress } from "node:zlib";
import * as vscode from "vscode";
import * as interpreter from "./interpreter";
import { Trouble } from "./server";

const BEGIN = "patchwire.sample";

/** Whether the folder that is open was made by `open`. */
export function isOpen(context: vscode.ExtensionContext): boolean {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  return folder?.startsWith(place(context) + path.sep) ?? false;
}

/** Lay out the sample anew and open it; `begun` goes on in the window that then opens. */
export async function open(context: vscode.ExtensionContext): Promise<void> {
  const { python } = await interpreter.find();
  if (!python) {
    throw new Trouble("Patchwire runs on Python 3.11 or later, and none was found.");
  }
  await fs.mkdir(place(context), { recursive: true });
  const folder = path.join(await fs.mkdtemp(path.join(place(context), "try-")), "till");
  await fs.cp(context.asAbsolutePath("sample"), folder, { recursive: true });
  await giveTests(folder, python.executable, context.asAbsolutePath(path.join("bundled", "pytest.json.br")));
  await context.globalState.update(BEGIN, folder);
  const isEmpty = vscode.workspace.workspaceFolders === undefined;
  await vscode.commands.executeCommand("vscode.openFolder", vscode.Uri.file(folder), { forceNewWindow: !isEmpty });
}

/** The sample was opened for the first time: show it. True if it is to be mended now. */
export async function begun(context: vscode.ExtensionContext): Promise<boolean> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  if (!folder || context.globalState.get(BEGIN) !== folder.fsPath) {
    return false;
  }
  await context.globalState.update(BEGIN, undefined);
  await show();
  return true;
}

/** What is to be mended. */
export async function show(): Promise<void> {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  if (folder) {
    await vscode.window.showTextDocument(vscode.Uri.joinPath(folder.uri, "till.py"), { preview: false });
  }
}

function place(context: vscode.ExtensionContext): string {
  return path.join(context.globalStorageUri.fsPath, "samples");
}

/** An environment with pytest in it; made without pip, so that it takes no network. */
async function giveTests(folder: string, python: string, packed: string): Promise<void> {
  const environment = path.join(folder, ".venv");
  await promisify(execFile)(python, ["-I", "-m", "venv", "--without-pip", environment], { timeout: 60_000 });
  const own = path.join(environment, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  const ask = "import sysconfig; print(sysconfig.get_path('purelib'))";
  const { stdout } = await promisify(execFile)(own, ["-I", "-c", ask], { timeout: 60_000 });
  const json = await promisify(brotliDecompress)(await fs.readFile(packed));
  for (const [name, text] of Object.entries(JSON.parse(json.toString()) as Record<string, string>)) {
    const file = path.join(stdout.trim(), name);
    await fs.mkdir(path.dirname(file), { recursive: true });
    await fs.writeFile(file, text);
  }
}
