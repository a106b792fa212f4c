/**
 * What the language server says, as docs/lsp.md describes it: types and nothing else.
 */

export interface Outcome {
  status: string;
  message: string;
  reason?: string;
}

/** Of a turn that never began there is no more than the outcome. */
export interface TurnOutcome extends Outcome {
  root?: string;
  turn?: string;
  session?: string | null;
  change?: Change | null;
}

export interface FileOutcome {
  path: string;
  uri: string;
  state: "applied" | "saved" | "written" | "discarded" | "conflict" | "kept";
  message: string;
}

export interface ChangeOutcome extends Outcome {
  files?: FileOutcome[];
  change?: Change | null;
}

export interface ShownChange extends Outcome {
  change: Change | null;
  before?: string | null;
  after?: string | null;
}

export interface Session {
  id: string;
  started: number;
  status: string;
  root: string;
  model: string | null;
  task: string;
}

export interface KnownModel {
  name: string;
  efforts: string[];
}

export interface RootStatus {
  root: string;
  turn: { id: string; prompt: string; step: number; doing: string } | null;
  waiting: number;
  session: string | null;
  isolation: string | null;
  tests: Report | null;
  change: Change | null;
}

export interface ServerStatus extends Outcome {
  version: string;
  trusted: boolean;
  offline: boolean;
  model: string | null;
  effort: string | null;
  models?: KnownModel[];
  roots: RootStatus[];
}

export interface Position {
  line: number;
  character: number;
}

export interface Range {
  start: Position;
  end: Position;
}

export interface Hunk {
  id: string;
  /** The lines that it replaces in the document as it is now. */
  range: Range;
  old: string;
  new: string;
  added: number;
  removed: number;
}

export interface FileChange {
  path: string;
  uri: string;
  oldPath: string | null;
  oldUri: string | null;
  kind: "add" | "delete" | "modify" | "rename";
  sensitive: string | null;
  conflict: string | null;
  binary: boolean;
  added: number;
  removed: number;
  hunks: Hunk[];
}

export interface Change {
  id: string;
  files: FileChange[];
  added: number;
  removed: number;
}

export interface FailingTest {
  id: string;
  path: string | null;
  line: number | null;
  message: string;
}

export interface Report {
  verdict: "passed" | "failed" | "no_tests" | "inconclusive";
  passed: number;
  failed: number;
  errors: number;
  skipped: number;
  seconds: number;
  note: string;
  failing: FailingTest[];
}

export interface Usage {
  inputTokens: number;
  cachedTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  costUsd: number | null;
}

/** `patchwire/event`. Kinds that are not here may come; they are passed over. */
export type Event = { root: string; turn: string | null } & (
  | { kind: "turnQueued"; prompt: string }
  | { kind: "turnStarted"; prompt: string }
  | { kind: "said"; text: string }
  | { kind: "thinking"; text: string }
  | { kind: "retracted"; why: string }
  | { kind: "toolStarted"; callId: string; name: string; title: string; arguments?: string }
  | { kind: "toolFinished"; callId: string; name: string; ok: boolean; summary: string; seconds: number; output?: string }
  | { kind: "testsRan"; phase: "before" | "during" | "after"; report: Report }
  | { kind: "stepDone"; step: number; usage: Usage }
  | { kind: "waiting"; why: string; seconds: number }
  | { kind: "asking"; question: string | null }
  | { kind: "turnEnded"; status: string; message: string }
  | { kind: "changed"; change: Change | null }
);
