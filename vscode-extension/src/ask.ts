/**
 * Questions to the user: an instruction, with those of before at hand; a model; a session.
 */
import * as vscode from "vscode";
import type { KnownModel, ServerStatus, Session } from "./contract";
import { remember } from "./history";
import type { Server } from "./server";

const HISTORY = "patchwire.instructions";

/** What is to be done, in the user's words; those of before can be chosen or begun from. */
export async function instruction(memory: vscode.Memento, title: string): Promise<string | undefined> {
  const history = memory.get<string[]>(HISTORY, []);
  const box = vscode.window.createQuickPick();
  box.title = `Patchwire: ${title}`;
  box.placeholder = history.length > 0 ? "Type what is to be done, or choose what you asked before" : "Type what is to be done";
  box.ignoreFocusOut = true;
  const before = history.map((label): vscode.QuickPickItem => ({ label, iconPath: new vscode.ThemeIcon("history") }));
  const items = () => {
    const typed = box.value.trim();
    const own = { label: typed, description: "Enter to start", alwaysShow: true };
    return typed === "" ? before : [own, ...before.filter((it) => it.label !== typed)];
  };
  box.items = before;
  const answer = await new Promise<string | undefined>((resolve) => {
    box.onDidChangeValue(() => (box.items = items()));
    box.onDidAccept(() => {
      // The list comes after the typing: an item of ours may still hold what had been typed a moment before.
      const [active] = box.activeItems;
      resolve(active && before.includes(active) ? active.label : box.value.trim());
      box.hide();
    });
    box.onDidHide(() => resolve(undefined));
    box.show();
  });
  box.dispose();
  if (!answer) {
    return undefined;
  }
  await memory.update(HISTORY, remember(history, answer));
  return answer;
}

const OTHER = "Another model…";

/** Choose the model and its effort; kept in the user's settings. */
export async function model(server: Server): Promise<void> {
  const status = await server.execute<ServerStatus>("patchwire.status");
  const settings = vscode.workspace.getConfiguration("patchwire");
  const known = status.models ?? [];
  const choices: vscode.QuickPickItem[] = [
    { label: "Default", description: "what the environment or Patchwire names" },
    ...known.map(({ name }) => ({ label: name, description: name === status.model ? "in use" : "" })),
    { label: OTHER },
  ];
  const chosen = await vscode.window.showQuickPick(choices, { title: "Patchwire: Model" });
  if (!chosen) {
    return;
  }
  const name = chosen.label === OTHER ? await vscode.window.showInputBox({ title: "Patchwire: Model" }) : chosen.label;
  if (!name?.trim()) {
    return;
  }
  const effort = await effortFor(known.find((it) => it.name === name));
  if (effort === undefined) {
    return;
  }
  const isDefault = chosen.label === "Default";
  await settings.update("model", isDefault ? undefined : name.trim(), vscode.ConfigurationTarget.Global);
  await settings.update("effort", effort === "" ? undefined : effort, vscode.ConfigurationTarget.Global);
  if (status.offline) {
    const use = "Use the Service";
    const text = "Patchwire works offline, with its built-in model; the choice counts once it does not.";
    if ((await vscode.window.showInformationMessage(text, use)) === use) {
      await settings.update("offline", undefined, vscode.ConfigurationTarget.Global);
    }
  }
}

async function effortFor(known: KnownModel | undefined): Promise<string | undefined> {
  const efforts = known?.efforts ?? ["none", "minimal", "low", "medium", "high", "xhigh", "max"];
  const items = [{ label: "default", description: "what suits the model" }, ...efforts.map((label) => ({ label }))];
  const chosen = await vscode.window.showQuickPick(items, { title: "Patchwire: How Hard It Thinks" });
  return chosen && (chosen.label === "default" ? "" : chosen.label);
}

/** One of the sessions that were written down. */
export async function session(server: Server, uri: string | undefined): Promise<Session | undefined> {
  const { sessions } = await server.execute<{ sessions: Session[] }>("patchwire.listSessions", uri ? { uri } : {});
  if (sessions.length === 0) {
    void vscode.window.showInformationMessage("No session of this folder has been written down yet.");
    return undefined;
  }
  const items = sessions.map((it) => ({
    label: it.task.trim().split("\n")[0] ?? it.id,
    description: it.status,
    detail: [new Date(it.started * 1000).toLocaleString(), it.model ?? ""].filter((part) => part !== "").join(" · "),
    session: it,
  }));
  return (await vscode.window.showQuickPick(items, { title: "Patchwire: Resume a Session", matchOnDetail: true }))?.session;
}

/** The folder that is meant: the active document's, or the only one, or the one that the user picks. */
export async function folder(): Promise<vscode.WorkspaceFolder | undefined> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const active = vscode.window.activeTextEditor?.document.uri;
  const holding = active && vscode.workspace.getWorkspaceFolder(active);
  if (holding || folders.length < 2) {
    return holding ?? folders[0];
  }
  return vscode.window.showWorkspaceFolderPick({ placeHolder: "Which folder is meant?" });
}
