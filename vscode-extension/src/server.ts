/**
 * The language server's life: found, started in the background, asked, started again.
 *
 * What its answers mean is not its business.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import * as vscode from "vscode";
import type { Client, Hooks, Launch } from "./client";
import type { Event } from "./contract";
import * as interpreter from "./interpreter";
import type { Python } from "./python";

export type Condition = "stopped" | "starting" | "running" | "noPython" | "failed";

/** Sent to the user as it is. */
export class Trouble extends Error {}

export type Middleware = (command: string, argument: unknown, next: () => Promise<unknown>) => Promise<unknown>;

export class Server implements vscode.Disposable {
  condition: Condition = "stopped";
  python: Python | undefined;
  refused: string[] = [];
  readonly log = vscode.window.createOutputChannel("Patchwire", { log: true });
  readonly trace = vscode.window.createOutputChannel("Patchwire Trace");
  ask: (prompt: string) => Promise<string | undefined> = () => Promise.resolve(undefined);
  /** What every command of the server's goes through, whoever calls it. */
  through: Middleware = (_command, _argument, next) => next();

  readonly #events = new vscode.EventEmitter<Event>();
  readonly #conditions = new vscode.EventEmitter<Condition>();
  readonly onEvent = this.#events.event;
  readonly onCondition = this.#conditions.event;
  #client: Client | undefined;
  #starting: Promise<void> | undefined;
  readonly #waiting = new Set<() => void>();

  constructor(private readonly context: vscode.ExtensionContext) {}

  get isRunning(): boolean {
    return this.condition === "running";
  }

  /** The server answers. Raises Trouble if it cannot be started. */
  async ready(): Promise<void> {
    if (this.isRunning) {
      return;
    }
    if (this.#client && this.condition === "starting") {
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    } else {
      this.#starting ??= this.#start().finally(() => (this.#starting = undefined));
      await this.#starting;
    }
    if (this.#isGone()) {
      throw new Trouble("The language server is not running; the log says why (Patchwire: Show the Log).");
    }
  }

  #isGone(): boolean {
    return !this.isRunning;
  }

  async restart(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    this.#become("stopped");
    await client?.stop().catch((error: unknown) => this.log.warn(`The server did not stop by itself: ${String(error)}`));
    await this.ready();
  }

  /** Ask the server to carry out one of its commands. */
  async execute<T>(command: string, argument: object = {}, token?: vscode.CancellationToken): Promise<T> {
    await this.ready();
    const send = () =>
      this.request<unknown>("workspace/executeCommand", { command, arguments: [argument] }, token);
    return (await this.through(command, argument, send)) as T;
  }

  request<T>(method: string, params: unknown, token?: vscode.CancellationToken): Promise<T> {
    if (!this.#client) {
      throw new Trouble("The language server is not running; restart it (Patchwire: Restart the Language Server).");
    }
    return this.#client.request<T>(method, params, token);
  }

  async #start(): Promise<void> {
    this.#become("starting");
    const found = await interpreter.find();
    this.python = found.python;
    this.refused = found.refused;
    if (!found.python) {
      this.log.error(`No Python 3.11 or later: ${found.refused.join("; ")}`);
      this.#become("noPython");
      throw new Trouble("Patchwire runs on Python 3.11 or later, and none was found.");
    }
    this.log.info(`Python ${found.python.version} from ${found.python.from}: ${found.python.executable}`);
    const { create } = await import("./client.js");
    const client = create(this.#launch(found.python, found.environment), this.#hooks());
    this.#client = client;
    try {
      await client.start();
    } catch (error) {
      this.#client = undefined;
      this.#become("failed");
      throw new Trouble(`The language server could not be started: ${String(error)}`);
    }
  }

  #launch(python: Python, environment: string | undefined): Launch {
    const strategy = vscode.workspace.getConfiguration("patchwire").get("importStrategy");
    const bundled = path.join(this.context.extensionPath, "bundled", "serve.py");
    const isolated = ["-I", "-X", "utf8"];
    const args = strategy === "fromEnvironment" ? ["-X", "utf8", "-m", "patchwire.lsp"] : [...isolated, bundled];
    const cwd = this.context.globalStorageUri.fsPath;
    fs.mkdirSync(cwd, { recursive: true });
    const env: Record<string, string> = {};
    if (environment && !process.env["VIRTUAL_ENV"]) {
      env["VIRTUAL_ENV"] = environment;
    }
    if (environment && !process.env["PATCHWIRE_PYTHON"]) {
      // `python` in a test command is the one that the user selected, also where the tree has a `.venv`
      const inside = process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"];
      env["PATCHWIRE_PYTHON"] = path.join(environment, ...inside);
    }
    return { command: python.executable, args, env: { ...(process.env as Record<string, string>), ...env }, cwd };
  }

  #hooks(): Hooks {
    const settings = vscode.workspace.getConfiguration("patchwire");
    const chosen = (name: string) => {
      const value = settings.get<string>(name, "").trim();
      return value ? { [name]: value } : {};
    };
    return {
      options: {
        trusted: vscode.workspace.isTrusted,
        ...{ events: true, canAsk: true, canSave: true },
        ...chosen("baseUrl"),
        ...chosen("keyCommand"),
        ...chosen("isolation"),
        ...chosen("requireIsolation"),
      },
      log: this.log,
      trace: this.trace,
      event: (event) => this.#events.fire(event),
      running: () => this.#become("running"),
      stopped: (again) => this.#become(again ? "starting" : "failed"),
      ask: (prompt) => this.ask(prompt),
      command: (command, args, next) => this.through(command, args[0], next),
    };
  }

  #become(condition: Condition): void {
    this.condition = condition;
    void vscode.commands.executeCommand("setContext", "patchwire.noPython", condition === "noPython");
    this.#conditions.fire(condition);
    if (condition !== "starting") {
      for (const resume of this.#waiting) {
        resume();
      }
      this.#waiting.clear();
    }
  }

  async stop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.stop();
  }

  dispose(): void {
    for (const it of [this.#events, this.#conditions, this.log, this.trace]) {
      it.dispose();
    }
  }
}
