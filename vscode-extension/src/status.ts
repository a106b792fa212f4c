/**
 * The state at a glance: an item in the status bar and one in the language status. A click shows the session, or what it
 * waits for an answer to.
 */
import * as vscode from "vscode";
import type { ServerStatus } from "./contract";
import type { Reviews } from "./review";
import type { Condition, Server } from "./server";
import { doing, type SessionLog, state, used } from "./session";

export interface Glance {
  text: string;
  detail: string;
  busy: boolean;
  /** Nothing goes on until the user has answered. */
  asks: boolean;
  severity: vscode.LanguageStatusSeverity;
}

const WORDS: Record<Condition, string> = {
  stopped: "not started",
  starting: "starting",
  running: "connected",
  noPython: "no Python 3.11 or later",
  failed: "not running",
};

export class StatusItems implements vscode.Disposable {
  readonly #bar = vscode.window.createStatusBarItem("patchwire.status", vscode.StatusBarAlignment.Left, 0);
  readonly #language = vscode.languages.createLanguageStatusItem("patchwire.status", { scheme: "file" });
  /** What the server said last of itself. */
  #known: ServerStatus | undefined;

  constructor(
    private readonly server: Server,
    private readonly log: SessionLog,
    private readonly reviews: Reviews,
  ) {
    this.#bar.name = this.#language.name = "Patchwire";
    this.#language.command = { title: "Show the Session", command: "patchwire.ui.showSession" };
  }

  register(): vscode.Disposable {
    const draw = () => this.draw();
    draw();
    this.#bar.show();
    return vscode.Disposable.from(
      this,
      this.server.onCondition(draw),
      this.server.onEvent(draw),
      this.reviews.onChanged(draw),
    );
  }

  knows(status: ServerStatus): void {
    this.#known = status;
    this.draw();
  }

  get glance(): Glance {
    const { running } = this.log;
    const { condition } = this.server;
    const status = this.#known;
    const model = status?.offline ? "built-in model" : (status?.model ?? "");
    const files = this.reviews.pending.reduce((sum, review) => sum + (review.change?.files.length ?? 0), 0);
    const waits = files > 0 ? [files === 1 ? "1 file to review" : `${files} files to review`] : [];
    const now = running ? [state(running), ...(running.question === null ? [doing(running)] : [])] : waits;
    const last = running ?? this.log.turns.at(-1);
    const parts = condition === "running" ? [model, ...now, used(last?.usage)] : [WORDS[condition]];
    const isWrong = condition === "noPython" || condition === "failed";
    return {
      text: now.length > 0 && condition === "running" ? now.join(" · ") : WORDS[condition],
      detail: [...(condition === "running" ? ["connected"] : []), ...parts].filter((it) => it !== "").join(" · "),
      busy: condition === "starting" || running !== undefined,
      asks: condition === "running" && (running?.question ?? null) !== null,
      severity: isWrong ? vscode.LanguageStatusSeverity.Error : vscode.LanguageStatusSeverity.Information,
    };
  }

  draw(): void {
    const { text, detail, busy, asks, severity } = this.glance;
    const isWrong = severity === vscode.LanguageStatusSeverity.Error;
    const icon = asks ? "$(question)" : busy ? "$(sync~spin)" : isWrong ? "$(warning)" : this.reviews.pending.length > 0 ? "$(diff)" : "$(wand)";
    const isWorthSaying = isWrong || busy || this.reviews.pending.length > 0;
    this.#bar.text = `${icon} Patchwire${isWorthSaying ? `: ${text}` : ""}`;
    this.#bar.tooltip = detail;
    this.#bar.accessibilityInformation = { label: `Patchwire: ${detail}` };
    this.#bar.command = asks ? "notifications.showList" : "patchwire.ui.showSession"; // newer ones show not every question
    this.#bar.backgroundColor = isWrong || asks ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
    this.#language.text = `Patchwire: ${text}`;
    this.#language.detail = detail;
    this.#language.busy = busy;
    this.#language.severity = severity;
  }

  dispose(): void {
    this.#bar.dispose();
    this.#language.dispose();
  }
}
