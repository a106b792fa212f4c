/**
 * The view of the session: turns, their steps, and in them what was said, called and tested.
 */
import * as vscode from "vscode";
import type { FailingTest } from "./contract";
import type { Server } from "./server";
import { counted, doing, type Entry, type SessionLog, state, type Step, type Turn, used } from "./session";

type Node =
  | { kind: "turn"; turn: Turn }
  | { kind: "step"; turn: Turn; step: Step }
  | { kind: "entry"; turn: Turn; entry: Entry; at: string }
  | { kind: "text"; label: string; text: string; at: string }
  | { kind: "test"; turn: Turn; test: FailingTest; at: string };

/** Events come in bursts, and a tree that is drawn anew for each would flicker. */
const MILLISECONDS = 80;

const passed = new vscode.ThemeIcon("pass", new vscode.ThemeColor("testing.iconPassed"));
const failed = new vscode.ThemeIcon("error", new vscode.ThemeColor("testing.iconFailed"));
const spinning = new vscode.ThemeIcon("sync~spin");

export class SessionView implements vscode.TreeDataProvider<Node>, vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #view: vscode.TreeView<Node>;
  readonly #texts = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly log: SessionLog,
    private readonly server: Server,
  ) {
    this.#view = vscode.window.createTreeView("patchwire.session", { treeDataProvider: this, showCollapseAll: true });
  }

  register(): vscode.Disposable {
    return vscode.Disposable.from(
      this,
      this.#view,
      vscode.workspace.registerTextDocumentContentProvider("patchwire-text", this),
      this.server.onEvent((event) => {
        if (this.log.hear(event)) {
          this.refresh();
        }
      }),
    );
  }

  refresh(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const { running } = this.log;
      this.#view.message = running ? `${state(running)} · ${doing(running)}` : "";
      if (this.log.turns.length === 0) {
        this.#view.message = "";
      }
      void vscode.commands.executeCommand("setContext", "patchwire.running", running !== undefined);
      void vscode.commands.executeCommand("setContext", "patchwire.hasTurns", this.log.turns.length > 0);
      this.#changed.fire();
    }, MILLISECONDS);
  }

  async show(): Promise<void> {
    await vscode.commands.executeCommand("patchwire.session.focus");
  }

  getChildren(node?: Node): Node[] {
    switch (node?.kind) {
      case undefined:
        return [...this.log.turns].reverse().map((turn) => ({ kind: "turn", turn }));
      case "turn":
        return turnChildren(node.turn);
      case "step":
        return node.step.entries.map((entry, n) => ({ kind: "entry", turn: node.turn, entry, at: `${node.step.number}.${n}` }));
      case "entry":
        return entryChildren(node.turn, node.entry, node.at);
      default:
        return [];
    }
  }

  getTreeItem(node: Node): vscode.TreeItem {
    switch (node.kind) {
      case "turn":
        return turnItem(node.turn, this.log.turns.at(-1) === node.turn);
      case "step":
        return stepItem(node.turn, node.step);
      case "entry":
        return this.#entryItem(node);
      case "text":
        return this.#textItem(node.label, node.text, node.at);
      case "test":
        return testItem(node.turn, node.test, node.at);
    }
  }

  #entryItem({ turn, entry, at }: Extract<Node, { kind: "entry" }>): vscode.TreeItem {
    const id = `${turn.id} ${at}`;
    if (entry.kind === "tool") {
      const item = new vscode.TreeItem(entry.title, vscode.TreeItemCollapsibleState.Collapsed);
      item.id = id;
      item.iconPath = entry.ok === undefined ? spinning : entry.ok ? passed : new vscode.ThemeIcon("warning");
      item.description = entry.ok === undefined ? "" : `${entry.summary} · ${entry.seconds.toFixed(1)} s`;
      item.accessibilityInformation = {
        label: `${entry.title}, ${entry.ok === undefined ? "running" : entry.ok ? "done" : "refused"}: ${entry.summary}`,
      };
      return item;
    }
    if (entry.kind === "tests") {
      const { report, phase } = entry;
      const has = report.failing.length > 0;
      const item = new vscode.TreeItem(
        `tests ${phase}`,
        has ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.None,
      );
      item.id = id;
      item.iconPath = report.verdict === "passed" ? passed : report.verdict === "failed" ? failed : new vscode.ThemeIcon("question");
      item.description = counted(report);
      return item;
    }
    const item = this.#textItem(entry.text, entry.text, id);
    const icons = { said: "comment", thinking: "lightbulb", waiting: "watch" };
    item.iconPath = new vscode.ThemeIcon(icons[entry.kind]);
    return item;
  }

  #textItem(label: string, text: string, id: string): vscode.TreeItem {
    const line = label.trim().split("\n")[0] ?? "";
    const item = new vscode.TreeItem(line.length > 120 ? `${line.slice(0, 119)}…` : line);
    item.id = id;
    item.tooltip = new vscode.MarkdownString().appendCodeblock(text.slice(0, 2000));
    item.command = { title: "Show", command: "patchwire.ui.showText", arguments: [line, text] };
    return item;
  }

  /** Open a text that is too long for an item. */
  async showText(title: string, text: string): Promise<void> {
    const name = title.replace(/[^\w .-]+/g, " ").trim().slice(0, 40) || "text";
    const uri = vscode.Uri.from({ scheme: "patchwire-text", path: `/${name}`, query: String(this.#texts.size) });
    this.#texts.set(uri.toString(), text);
    await vscode.window.showTextDocument(uri, { preview: true });
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.toString()) ?? "";
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#changed.dispose();
  }
}

function turnChildren(turn: Turn): Node[] {
  const steps = turn.steps.filter((step) => step.entries.length > 0).map((step): Node => ({ kind: "step", turn, step }));
  const end: Node[] = turn.message ? [{ kind: "text", label: turn.message, text: turn.message, at: `${turn.id} end` }] : [];
  return [...steps, ...end];
}

function entryChildren(turn: Turn, entry: Entry, at: string): Node[] {
  const id = `${turn.id} ${at}`;
  if (entry.kind === "tests") {
    return entry.report.failing.map((test, n) => ({ kind: "test", turn, test, at: `${at}.${n}` }));
  }
  if (entry.kind !== "tool") {
    return [];
  }
  const given = entry.arguments && entry.arguments !== "{}" ? [text("asked", entry.arguments, `${id} in`)] : [];
  const answered = entry.output ? [text("answered", entry.output, `${id} out`)] : [];
  return [...given, ...answered];
}

function text(what: string, content: string, at: string): Node {
  return { kind: "text", label: `${what}: ${content.trim().split("\n")[0] ?? ""}`, text: content, at };
}

function turnItem(turn: Turn, isLatest: boolean): vscode.TreeItem {
  const isOpen = turn.state !== "ended" || isLatest;
  const item = new vscode.TreeItem(
    turn.prompt.trim().split("\n")[0] ?? "",
    isOpen ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.Collapsed,
  );
  item.id = turn.id;
  const good = turn.status === "done";
  const icon = turn.status === "failed" || turn.status === "tests_failing" ? failed : new vscode.ThemeIcon("circle-slash");
  const running = turn.question === null ? spinning : new vscode.ThemeIcon("question");
  item.iconPath = turn.state === "running" ? running : turn.state === "queued" ? new vscode.ThemeIcon("clock") : good ? passed : icon;
  item.description = [state(turn), used(turn.usage)].filter((it) => it !== "").join(" · ");
  item.tooltip = turn.prompt;
  item.accessibilityInformation = { label: `Turn: ${turn.prompt}, ${item.description}` };
  return item;
}

function stepItem(turn: Turn, step: Step): vscode.TreeItem {
  const isCurrent = turn.state === "running" && turn.steps.at(-1) === step;
  const item = new vscode.TreeItem(`step ${step.number}`, vscode.TreeItemCollapsibleState.Expanded);
  item.id = `${turn.id} step ${step.number}`;
  item.iconPath = new vscode.ThemeIcon(isCurrent ? "debug-stackframe-focused" : "debug-stackframe-dot");
  return item;
}

function testItem(turn: Turn, test: FailingTest, at: string): vscode.TreeItem {
  const item = new vscode.TreeItem(test.id);
  item.id = `${turn.id} test ${at}`;
  item.iconPath = failed;
  item.description = test.message.trim().split("\n")[0] ?? "";
  item.tooltip = new vscode.MarkdownString().appendCodeblock(test.message);
  if (test.path) {
    const uri = vscode.Uri.joinPath(vscode.Uri.parse(turn.root), test.path);
    const line = Math.max(0, (test.line ?? 1) - 1);
    const selection = new vscode.Range(line, 0, line, 0);
    item.command = { title: "Open", command: "vscode.open", arguments: [uri, { selection }] };
  }
  return item;
}
