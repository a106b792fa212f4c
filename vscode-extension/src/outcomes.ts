/**
 * What the user is told when a command of the server's came back, whoever called it: the next step is a click away.
 */
import * as vscode from "vscode";
import type { Part } from "./change";
import type { ChangeOutcome, Outcome, TurnOutcome } from "./contract";
import type { Reviews } from "./review";

const TURNS = new Set(
  ["fixTests", "fixDiagnostic", "doComment", "editSelection", "continue", "resumeSession"].map((name) => `patchwire.${name}`),
);

type Offer = readonly [title: string, command: string, ...args: unknown[]];

const OFFERS: Record<string, Offer[]> = {
  settings: [
    ["Set API Key", "patchwire.ui.setKey"],
    ["Work Offline", "patchwire.ui.workOffline"],
    ["Settings", "workbench.action.openSettings", "patchwire"],
  ],
  untrusted: [["Manage Trust", "workbench.trust.manage"]],
};

const WAITING: Offer[] = [["Review", "patchwire.ui.review"]];

export class Outcomes {
  constructor(private readonly reviews: Reviews) {}

  /** Every command of the server's goes through here. */
  async through(command: string, argument: unknown, next: () => Promise<unknown>): Promise<unknown> {
    if (command === "patchwire.showChange") {
      return this.reviews.open((argument as { uri?: string } | undefined)?.uri);
    }
    const outcome = (await next()) as Outcome | undefined;
    if (outcome === undefined) {
      return outcome;
    }
    if (TURNS.has(command)) {
      await this.#turn(outcome);
    } else if (command === "patchwire.applyChange") {
      this.#change(argument as Part, outcome, "accepted");
    } else if (command === "patchwire.discardChange") {
      this.#change(argument as Part, outcome, "discarded");
    } else if (outcome.status === "failed") {
      void vscode.window.showWarningMessage(first(outcome.message));
    }
    return outcome;
  }

  async #turn(outcome: TurnOutcome): Promise<void> {
    await this.reviews.ended(outcome);
    if (outcome.status === "cancelled") {
      vscode.window.setStatusBarMessage("Patchwire: stopped", 5000);
      return;
    }
    const session: Offer = ["Show Session", "patchwire.ui.showSession"];
    const otherwise = OFFERS[outcome.reason ?? ""] ?? [session];
    // A message cannot be taken back: what is offered in the review is not offered here, or it would outlive it.
    const offers = outcome.change ? (this.reviews.isOpen ? [] : WAITING) : otherwise;
    void offer(outcome.status === "done" ? "information" : "warning", first(outcome.message), offers);
  }

  #change(part: Part & { uri?: string }, outcome: ChangeOutcome, state: "accepted" | "discarded"): void {
    this.reviews.settled(part, part.uri, outcome, state);
    if (outcome.status === "ok") {
      vscode.window.setStatusBarMessage(`Patchwire: ${first(outcome.message)}`, 5000);
    } else {
      const review: Offer[] = this.reviews.pending.length > 0 ? [["Review", "patchwire.ui.review"]] : [];
      void offer("warning", first(outcome.message), review);
    }
  }
}

/** Tell something, and carry out what the user chooses. */
export async function offer(kind: "information" | "warning" | "error", text: string, offers: readonly Offer[]): Promise<void> {
  const titles = offers.map(([title]) => title);
  const { showInformationMessage, showWarningMessage, showErrorMessage } = vscode.window;
  const show = { information: showInformationMessage, warning: showWarningMessage, error: showErrorMessage }[kind];
  const chosen = await show(text, ...titles);
  const [, command, ...args] = offers.find(([title]) => title === chosen) ?? [];
  if (command) {
    await vscode.commands.executeCommand(command, ...args);
  }
}

/** The sentence for people; what the model said follows after an empty line and stands in the session. */
function first(message: string): string {
  return message.split("\n\n")[0] ?? "";
}
