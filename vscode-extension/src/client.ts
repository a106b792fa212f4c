/**
 * The language client: the one module that loads vscode-languageclient, in a file of its own, when the server is started.
 *
 * Starts a server and passes on what is said; decides nothing.
 */
import * as vscode from "vscode";
import {
  CloseAction,
  ErrorAction,
  type ExecuteCommandSignature,
  LanguageClient,
  RevealOutputChannelOn,
  State,
} from "vscode-languageclient/node";
import type { Event } from "./contract";
import { withoutKeys } from "./redact";

export interface Launch {
  command: string;
  args: string[];
  env: Record<string, string>;
  cwd: string;
}

export interface Hooks {
  options: Record<string, unknown>;
  log: vscode.LogOutputChannel;
  trace: vscode.OutputChannel;
  event(event: Event): void;
  /** The server answers; after a crash, again. */
  running(): void;
  /** The server is gone. `again` says whether it is being started anew. */
  stopped(again: boolean): void;
  ask(prompt: string): Promise<string | undefined>;
  /** A command of the server's that was called from a lens or an action; `next` sends it. */
  command(command: string, args: unknown[], next: () => Promise<unknown>): Promise<unknown>;
}

export interface Client {
  start(): Promise<void>;
  stop(): Promise<void>;
  request<T>(method: string, params: unknown, token?: vscode.CancellationToken): Promise<T>;
}

const DOCUMENTS = [{ scheme: "file" }];
/** As often in so many milliseconds may the server end before it is left alone. */
const CRASHES = 4;
const WITHIN = 180_000;

export function create(launch: Launch, hooks: Hooks): Client {
  const crashes: number[] = [];
  let isWanted = true;
  const { command, args, env, cwd } = launch;
  const client = new LanguageClient(
    "patchwire",
    "Patchwire",
    { command, args, options: { env, cwd } },
    {
      documentSelector: DOCUMENTS,
      initializationOptions: hooks.options,
      outputChannel: hooks.log,
      traceOutputChannel: traceInto(hooks.trace),
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationFailedHandler: (error) => {
        hooks.log.error(`The server did not start: ${String(error)}`);
        return false;
      },
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => {
          const now = Date.now();
          crashes.push(now);
          const again = isWanted && crashes.filter((at) => now - at < WITHIN).length < CRASHES;
          hooks.log.warn(again ? "The server ended; it is started again." : "The server ended.");
          hooks.stopped(again);
          return { action: again ? CloseAction.Restart : CloseAction.DoNotRestart, handled: true };
        },
      },
      middleware: {
        executeCommand: (name: string, given: unknown[], next: ExecuteCommandSignature) =>
          hooks.command(name, given, async () => (await next(name, given)) as unknown),
      },
    },
  );
  client.onDidChangeState(({ newState }) => {
    if (newState === State.Running) {
      hooks.running();
    }
  });
  client.onNotification("patchwire/event", (event: Event) => hooks.event(event));
  client.onRequest("patchwire/ask", async ({ prompt }: { prompt: string }) => {
    const text = await hooks.ask(prompt);
    return text === undefined ? null : { text };
  });
  client.onRequest("patchwire/save", async ({ uris }: { uris: string[] }) => {
    const wanted = new Set(uris.map((uri) => vscode.Uri.parse(uri).toString()));
    const open = vscode.workspace.textDocuments.filter((document) => wanted.has(document.uri.toString()));
    await Promise.all(open.map((document) => document.save()));
    return null;
  });
  return {
    start: () => client.start(),
    stop: async () => {
      isWanted = false;
      await client.dispose(3000);
    },
    // A token that is undefined would be sent as a second parameter.
    request: (method, params, token) => (token ? client.sendRequest(method, params, token) : client.sendRequest(method, params)),
  };
}

/**
 * The trace's channel as the client wants it. Its level is the setting `patchwire.trace.server`, and what looks like a key is
 * left out: a trace shows whole requests.
 */
function traceInto(channel: vscode.OutputChannel): vscode.LogOutputChannel {
  const level = () => {
    const setting = vscode.workspace.getConfiguration("patchwire").get<string>("trace.server");
    return setting === "off" ? vscode.LogLevel.Info : vscode.LogLevel.Trace;
  };
  const write = (value: string | Error) => channel.appendLine(withoutKeys(String(value)));
  return {
    name: channel.name,
    get logLevel() {
      return level();
    },
    onDidChangeLogLevel: (listener) =>
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration("patchwire.trace.server")) {
          listener(level());
        }
      }),
    ...{ trace: write, debug: write, info: write, warn: write, error: write, append: write, appendLine: write },
    replace: (value) => channel.replace(withoutKeys(value)),
    clear: () => channel.clear(),
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the interface has the old form beside the new one
    show: () => channel.show(true),
    hide: () => channel.hide(),
    dispose: () => channel.dispose(),
  };
}
