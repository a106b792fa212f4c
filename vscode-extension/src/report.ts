/**
 * "Report an issue": what a maintainer needs to know, without keys, names of files or anything that was said. It is opened
 * as a document; sending it is up to the user.
 */
import * as os from "node:os";
import * as vscode from "vscode";
import type { ServerStatus } from "./contract";
import { redacted } from "./redact";
import type { Server } from "./server";
import type { SessionLog } from "./session";

export async function open(context: vscode.ExtensionContext, server: Server, log: SessionLog, secrets: string[]): Promise<void> {
  const status = server.isRunning ? await server.execute<ServerStatus>("patchwire.status") : undefined;
  const content = redacted(text(context, server, log, status), places(), secrets);
  const document = await vscode.workspace.openTextDocument({ language: "markdown", content });
  await vscode.window.showTextDocument(document);
}

function text(context: vscode.ExtensionContext, server: Server, log: SessionLog, status: ServerStatus | undefined): string {
  const { version } = context.extension.packageJSON as { version: string };
  const python = server.python;
  const facts: [string, string][] = [
    ["VS Code", `${vscode.version} (${vscode.env.appHost}, ${vscode.env.remoteName ?? "local"})`],
    ["System", `${os.platform()} ${os.release()} ${os.arch()}`],
    ["Extension", version],
    ["Server", `${status?.version ?? "?"}, ${server.condition}`],
    ["Python", python ? `${python.version} from ${python.from}: ${python.executable}` : server.refused.join("; ")],
    ["Workspace", `${vscode.workspace.workspaceFolders?.length ?? 0} folders, trusted: ${vscode.workspace.isTrusted}`],
    ["Model", status?.offline ? "built-in" : `${status?.model ?? "default"} ${status?.effort ?? ""}`],
    ["Isolation", status?.roots.map((root) => root.isolation ?? "none yet").join("; ") ?? ""],
    ["Turns", log.turns.map((turn) => `${turn.status || turn.state} after ${turn.steps.length} steps`).join("; ")],
  ];
  return [
    "# Patchwire: report of an issue",
    "",
    "Nothing has been sent. Say what you did, what you expected and what came instead; look through the rest, and send it",
    "to the maintainers if you like. Lines from *Patchwire: Show the Log* help.",
    ...["", "## What happened", "", "…", "", "## Facts", ""],
    ...facts.map(([name, value]) => `- ${name}: ${value}`),
    ...["", "## Settings that differ from their defaults", "", ...settings(context), ""],
  ].join("\n");
}

function settings({ extension }: vscode.ExtensionContext): string[] {
  const manifest = extension.packageJSON as { contributes: { configuration: { properties: object } } };
  const names = Object.keys(manifest.contributes.configuration.properties).map((name) => name.replace(/^patchwire\./, ""));
  const configuration = vscode.workspace.getConfiguration("patchwire");
  const changed = names.filter((name) => configuration.get(name) !== configuration.inspect(name)?.defaultValue);
  return changed.length > 0 ? changed.map((name) => `- ${name}: ${JSON.stringify(configuration.get(name))}`) : ["none"];
}

function places(): Record<string, string> {
  const folders = (vscode.workspace.workspaceFolders ?? []).map((folder, n) => [`(folder ${n + 1})`, folder.uri.fsPath]);
  return { "~": os.homedir(), ...(Object.fromEntries(folders) as Record<string, string>) };
}
