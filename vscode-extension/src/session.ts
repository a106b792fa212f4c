/**
 * What has happened so far, from events: turns, their steps, and what was said, called and tested in each.
 *
 * Values only: it knows neither VS Code nor the server.
 */
import type { Event, Report, Usage } from "./contract";

export interface Tool {
  kind: "tool";
  callId: string;
  name: string;
  title: string;
  arguments: string;
  /** Undefined while it runs. */
  ok?: boolean;
  summary: string;
  output: string;
  seconds: number;
}

export interface Text {
  kind: "said" | "thinking" | "waiting";
  text: string;
}

export interface Tests {
  kind: "tests";
  phase: "before" | "during" | "after";
  report: Report;
}

export type Entry = Tool | Text | Tests;

/** A request to the model and the calls of its answer. */
export interface Step {
  number: number;
  /** Whether the answer is complete: what is called belongs to it, what is said next to the next one. */
  answered: boolean;
  entries: Entry[];
}

export interface Turn {
  id: string;
  root: string;
  prompt: string;
  state: "queued" | "running" | "ended";
  /** What came out, once it has ended. */
  status: string;
  message: string;
  steps: Step[];
  usage: Usage | undefined;
  /** What the user is asked, and the turn waits for. */
  question: string | null;
}

/** How many turns are kept, and how much of one text. */
const TURNS = 50;
const TEXT = 20_000;

export class SessionLog {
  readonly turns: Turn[] = [];

  /** Take in an event; whether it changed anything that can be seen. */
  hear(event: Event): boolean {
    if (event.kind === "changed" || event.turn === null) {
      return false;
    }
    if (event.kind === "turnQueued" || event.kind === "turnStarted") {
      this.#begin(event.turn, event.root, event.prompt, event.kind === "turnQueued" ? "queued" : "running");
      return true;
    }
    const turn = this.turns.find((known) => known.id === event.turn);
    return turn !== undefined && take(turn, event);
  }

  /** The turn that runs, the latest if several do. */
  get running(): Turn | undefined {
    return this.turns.findLast((turn) => turn.state === "running");
  }

  /** The server is gone, and what ran there with it. */
  interrupt(): void {
    for (const turn of this.turns.filter((known) => known.state !== "ended")) {
      turn.state = "ended";
      turn.status = "failed";
      turn.question = null;
      turn.message = "The language server ended before the turn did; start the turn again.";
    }
  }

  #begin(id: string, root: string, prompt: string, state: "queued" | "running"): void {
    const known = this.turns.find((turn) => turn.id === id);
    if (known) {
      known.state = state;
      return;
    }
    this.turns.push({ id, root, prompt, state, status: "", message: "", steps: [], usage: undefined, question: null });
    this.turns.splice(0, this.turns.length - TURNS);
  }
}

type OfTurn = Exclude<Event, { kind: "changed" | "turnQueued" | "turnStarted" }>;

function take(turn: Turn, event: OfTurn): boolean {
  switch (event.kind) {
    case "said":
    case "thinking":
      return append(turn, event.kind, event.text);
    case "waiting":
      asking(turn).entries.push({ kind: "waiting", text: event.why });
      return true;
    case "retracted":
      retract(turn);
      return true;
    case "toolStarted":
      entries(turn).push({
        kind: "tool",
        callId: event.callId,
        name: event.name,
        title: event.title,
        arguments: event.arguments ?? "",
        summary: "",
        output: "",
        seconds: 0,
      });
      return true;
    case "toolFinished": {
      const tool = turn.steps.flatMap((step) => step.entries).findLast((e) => e.kind === "tool" && e.callId === event.callId);
      if (tool?.kind === "tool") {
        Object.assign(tool, { ok: event.ok, summary: event.summary, seconds: event.seconds, output: event.output ?? "" });
      }
      return tool !== undefined;
    }
    case "testsRan":
      entries(turn).push({ kind: "tests", phase: event.phase, report: event.report });
      return true;
    case "stepDone":
      turn.usage = event.usage;
      Object.assign(asking(turn), { number: event.step, answered: true });
      return true;
    case "asking":
      turn.question = event.question;
      return true;
    case "turnEnded":
      turn.state = "ended";
      turn.question = null;
      turn.status = event.status;
      turn.message = event.message;
      turn.steps = turn.steps.filter((step) => step.entries.length > 0);
      return true;
    default:
      return false;
  }
}

/** The latest step. */
function current(turn: Turn): Step {
  return turn.steps.at(-1) ?? begin(turn);
}

/** The step that the model is asked in now: a new one, if the latest has its answer. */
function asking(turn: Turn): Step {
  const latest = current(turn);
  return latest.answered ? begin(turn) : latest;
}

function begin(turn: Turn): Step {
  const step: Step = { number: (turn.steps.at(-1)?.number ?? 0) + 1, answered: false, entries: [] };
  turn.steps.push(step);
  return step;
}

function entries(turn: Turn): Entry[] {
  return current(turn).entries;
}

function append(turn: Turn, kind: "said" | "thinking", text: string): boolean {
  const { entries } = asking(turn);
  const last = entries.at(-1);
  if (last?.kind === kind) {
    last.text = (last.text + text).slice(0, TEXT);
  } else if (text.trim()) {
    entries.push({ kind, text: text.slice(0, TEXT) });
  } else {
    return false;
  }
  return true;
}

/** What was said in the answer that was lost is void. */
function retract(turn: Turn): void {
  const step = asking(turn);
  step.entries = step.entries.filter((entry) => entry.kind !== "said" && entry.kind !== "thinking");
}

/** `12,480` as `12.5k`. */
export function thousands(count: number): string {
  return count < 1000 ? String(count) : `${(count / 1000).toFixed(count < 100_000 ? 1 : 0)}k`;
}

/** Tokens and cost in a few words; empty where nothing was used. */
export function used(usage: Usage | undefined): string {
  if (!usage) {
    return "";
  }
  const cost = usage.costUsd === null ? [] : [`$${usage.costUsd.toFixed(usage.costUsd < 0.1 ? 3 : 2)}`];
  return [`${thousands(usage.inputTokens + usage.outputTokens)} tokens`, ...cost].join(" · ");
}

/** A report in a few words. */
export function counted(report: Report): string {
  const failing = report.failed + report.errors;
  if (report.verdict === "no_tests") {
    return "no tests";
  }
  const inconclusive = report.verdict === "inconclusive" ? [`inconclusive: ${report.note}`] : [];
  return [...inconclusive, ...(failing > 0 ? [`${failing} failing`] : []), `${report.passed} passed`].join(", ");
}

const WORDS: Record<string, string> = {
  done: "done",
  tests_failing: "tests still fail",
  unverified: "not verified by tests",
  no_change: "no change",
  out_of_budget: "out of budget",
  refused: "refused",
  cancelled: "stopped",
  failed: "failed",
};

const WAITS = "waits for your answer";

/** A turn's state in a few words. */
export function state(turn: Turn): string {
  if (turn.state === "queued") {
    return "waits for the turn before it";
  }
  if (turn.question !== null) {
    return WAITS;
  }
  if (turn.state === "running") {
    return `step ${turn.steps.at(-1)?.number ?? 1}`;
  }
  return WORDS[turn.status] ?? turn.status;
}

/** What a running turn is doing: waiting for the user, or its last tool that has not come back, or what it does in between. */
export function doing(turn: Turn): string {
  if (turn.question !== null) {
    return turn.question;
  }
  const last = turn.steps.at(-1)?.entries.at(-1);
  if (last?.kind === "tool" && last.ok === undefined) {
    return last.title;
  }
  return last?.kind === "waiting" ? last.text : "thinking";
}
