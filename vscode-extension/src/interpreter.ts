/**
 * Where Python interpreters lie on this machine, as VS Code knows it, and how to get one where there is none.
 */
import { execFile } from "node:child_process";
import * as vscode from "vscode";
import { type Candidate, choose, onPath, OLDEST, type Python, type Run, safePath } from "./python";

const SECONDS = 10;

/** What other extensions tell of the environment that the user selected. */
interface Selected {
  executable?: string;
  /** Its directory, if it is a virtual environment: the project's tests run in it. */
  environment?: string;
}

interface PythonExtension {
  environments?: {
    getActiveEnvironmentPath(resource?: vscode.Uri): unknown;
    resolveEnvironment(path: unknown): Promise<
      | { executable: { uri?: vscode.Uri; sysPrefix?: string }; environment?: { folderUri?: vscode.Uri } | undefined }
      | undefined
    >;
  };
}

interface EnvironmentsExtension {
  getEnvironment?(scope?: vscode.Uri): Promise<
    { execInfo?: { run?: { executable?: string } }; sysPrefix?: string; environmentPath?: vscode.Uri } | undefined
  >;
}

export interface Found {
  python: Python | undefined;
  refused: string[];
  environment: string | undefined;
}

/** The Python that runs the server. Where the folder is not trusted, nothing that may come from it is started. */
export async function find(): Promise<Found> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const setting = vscode.workspace.getConfiguration("patchwire").get<string>("python", "").trim();
  const selected = vscode.workspace.isTrusted ? await selectedBy(folders[0]?.uri) : {};
  const candidates: Candidate[] = [
    ...(setting ? [{ command: setting, from: "patchwire.python" }] : []),
    ...(selected.executable ? [{ command: selected.executable, from: "the Python extension" }] : []),
    ...onPath(process.platform),
  ];
  const untrusted = vscode.workspace.isTrusted ? [] : folders.map((folder) => folder.uri.fsPath);
  const { python, refused } = await choose(candidates, runOn(safePath(process.env["PATH"] ?? "", untrusted)));
  return { python: python ?? (await managedByUv()), refused, environment: selected.environment };
}

async function selectedBy(scope: vscode.Uri | undefined): Promise<Selected> {
  try {
    const python = await exportsOf<PythonExtension>("ms-python.python");
    const resolved = await python?.environments?.resolveEnvironment(python.environments.getActiveEnvironmentPath(scope));
    if (resolved?.executable.uri) {
      return selected(resolved.executable.uri.fsPath, resolved.environment?.folderUri?.fsPath);
    }
    const environments = await exportsOf<EnvironmentsExtension>("ms-python.vscode-python-envs");
    const environment = await environments?.getEnvironment?.(scope);
    return selected(environment?.execInfo?.run?.executable, environment?.sysPrefix);
  } catch {
    return {}; // another extension's trouble is not ours: there is still the PATH
  }
}

function selected(executable: string | undefined, environment: string | undefined): Selected {
  return { ...(executable ? { executable } : {}), ...(environment ? { environment } : {}) };
}

async function exportsOf<T>(id: string): Promise<T | undefined> {
  const extension = vscode.extensions.getExtension<T>(id);
  return extension && (extension.isActive ? extension.exports : await extension.activate());
}

function runOn(searched: string): Run {
  return (command, args) =>
    new Promise((resolve) => {
      const env = { ...process.env, PATH: searched };
      execFile(command, args, { env, timeout: SECONDS * 1000, windowsHide: true }, (error, stdout) =>
        resolve(error ? undefined : stdout),
      );
    });
}

const WANTED = `>=${OLDEST.join(".")}`;

/** A Python that uv has installed: it need not be on the PATH. */
async function managedByUv(): Promise<Python | undefined> {
  const run = runOn(process.env["PATH"] ?? "");
  const found = (await run("uv", ["python", "find", "--no-project", "--no-python-downloads", WANTED]))?.trim();
  return found ? (await choose([{ command: found, from: "uv" }], run)).python : undefined;
}

const UV_PAGE = "https://docs.astral.sh/uv/getting-started/installation/";

/** Have uv install a Python; true if there is one now. Without uv, say how to get it. */
export async function install(log: vscode.LogOutputChannel): Promise<boolean> {
  const run = runOn(process.env["PATH"] ?? "");
  if ((await run("uv", ["--version"])) === undefined) {
    const open = "How to Install uv";
    const text = "uv, which installs Python without touching your system, is not here; install it and choose this again.";
    if ((await vscode.window.showInformationMessage(text, open)) === open) {
      await vscode.env.openExternal(vscode.Uri.parse(UV_PAGE));
    }
    return false;
  }
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: "Installing Python with uv", cancellable: true },
    (_progress, token) =>
      new Promise<boolean>((resolve) => {
        const child = execFile("uv", ["python", "install", "3.13"], { timeout: 600_000 }, (error, stdout, stderr) => {
          log.info(`uv python install 3.13\n${stdout}${stderr}`);
          if (error && !token.isCancellationRequested) {
            void vscode.window.showErrorMessage("uv could not install Python; the log says why.");
          }
          resolve(!error);
        });
        token.onCancellationRequested(() => child.kill());
      }),
  );
}
