/**
 * The extension: builds its parts and introduces them to each other. What Patchwire can do is in the language server; here is
 * how it looks in VS Code.
 */
import * as vscode from "vscode";
import { ChangeView } from "./changeView";
import * as commands from "./commands";
import type { ServerStatus } from "./contract";
import { Key } from "./key";
import * as ask from "./ask";
import { offer, Outcomes } from "./outcomes";
import { Reviews } from "./review";
import * as sample from "./sample";
import { Server } from "./server";
import { SessionLog } from "./session";
import { SessionView } from "./sessionView";
import { StatusItems } from "./status";

let running: Server | undefined;

/** What tests look at. */
export interface Api {
  server: Server;
  reviews: Reviews;
  log: SessionLog;
  status: StatusItems;
  key: Key;
}

export function activate(context: vscode.ExtensionContext): Api {
  const server = (running = new Server(context));
  const log = new SessionLog();
  const reviews = new Reviews(server);
  const outcomes = new Outcomes(reviews);
  const key = new Key(context.secrets, server);
  const view = new SessionView(log, server);
  const status = new StatusItems(server, log, reviews);
  server.through = (command, argument, next) => outcomes.through(command, argument, next);
  server.ask = (prompt) => ask.instruction(context.workspaceState, prompt);

  context.subscriptions.push(
    server,
    key.register(),
    reviews.register(),
    new ChangeView(reviews).register(),
    view.register(),
    status.register(),
    commands.register({ context, server, key, reviews, log, view }),
    server.onCondition((condition) => {
      if (condition === "running") {
        void greet(server, key, reviews, status);
      } else if (condition !== "stopped") {
        log.interrupt();
        view.refresh();
      }
    }),
    server.onEvent((event) => {
      if (event.kind === "turnEnded" || event.kind === "turnStarted") {
        void learn(server, reviews, status);
      }
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => tellTrust(server)),
    vscode.workspace.onDidChangeConfiguration((event) => {
      const isForStart = ["python", "importStrategy", "baseUrl", "keyCommand", "isolation", "requireIsolation"];
      if (isForStart.some((name) => event.affectsConfiguration(`patchwire.${name}`)) && server.condition !== "stopped") {
        void vscode.commands.executeCommand("patchwire.ui.restart");
      } else if (event.affectsConfiguration("patchwire") && server.isRunning) {
        void learn(server, reviews, status);
      }
    }),
  );
  void begin(context, server);
  return { server, reviews, log, status, key };
}

/** The server may have been started, or be starting, when the folder was not yet trusted. */
async function tellTrust(server: Server): Promise<void> {
  if (server.condition !== "stopped") {
    await server.ready().catch((error: unknown) => server.log.warn(String(error)));
  }
  if (server.isRunning) {
    await server.execute("patchwire.setTrust", { trusted: true });
  }
}

/** In the background: start the server where there is something to work on, and go on with the sample where it was begun. */
async function begin(context: vscode.ExtensionContext, server: Server): Promise<void> {
  if (!vscode.workspace.workspaceFolders?.length) {
    return;
  }
  const isSample = await sample.begun(context);
  const mend = async () => {
    await tellTrust(server);
    await sample.show();
    await vscode.commands.executeCommand("patchwire.ui.fixTests");
  };
  if (isSample) {
    await vscode.commands.executeCommand("patchwire.ui.showSession");
  }
  await server.ready().catch((error: unknown) => server.log.warn(String(error)));
  if (isSample && vscode.workspace.isTrusted) {
    await mend();
  } else if (isSample) {
    context.subscriptions.push(vscode.workspace.onDidGrantWorkspaceTrust(mend));
    const text = "Patchwire runs the sample's tests as soon as you trust its folder.";
    await offer("information", text, [["Manage Trust", "workbench.trust.manage"]]);
  }
}

/** The server runs, perhaps again: it gets the key, and tells what it knows. */
async function greet(server: Server, key: Key, reviews: Reviews, status: StatusItems): Promise<void> {
  try {
    await key.handOver();
    await learn(server, reviews, status);
  } catch (error) {
    server.log.error(String(error));
  }
}

async function learn(server: Server, reviews: Reviews, status: StatusItems): Promise<void> {
  try {
    const known = await server.execute<ServerStatus>("patchwire.status");
    status.knows(known);
    for (const { root, change } of known.roots) {
      reviews.update(root, change);
    }
  } catch (error) {
    server.log.error(String(error));
  }
}

export async function deactivate(): Promise<void> {
  await running?.stop();
}
