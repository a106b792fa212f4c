/**
 * The pending change of one root, and what has become of the hunks that were in it.
 *
 * The server tells what is still pending; what was accepted or discarded is remembered here, so that it can be shown.
 * Values only: it knows neither VS Code nor the server.
 */
import type { Change, FileChange, Hunk } from "./contract";

export type HunkState = "pending" | "accepted" | "discarded" | "conflict";

export interface ReviewedHunk {
  hunk: Hunk;
  state: HunkState;
}

export interface ReviewedFile {
  file: FileChange;
  hunks: ReviewedHunk[];
  /** What the whole file is at: pending as long as a part of it is. */
  state: HunkState;
}

/** What was asked for, with the server's words. Nothing named means all. */
export interface Part {
  files?: string[];
  hunks?: string[];
}

export class Review {
  change: Change | null = null;
  /** Every file of this change as it was seen last, with every hunk that was ever in it, in order. */
  readonly #seen = new Map<string, FileChange>();
  /** What was done with hunks by id, and with files that have none by path. */
  readonly #done = new Map<string, "accepted" | "discarded">();

  constructor(readonly root: string) {}

  /** The change is another one, or parts of it are no longer pending. */
  update(change: Change | null): void {
    if (change !== null && change.id !== this.change?.id) {
      this.#seen.clear();
      this.#done.clear();
    }
    this.change = change;
    for (const file of change?.files ?? []) {
      const before = this.#seen.get(file.path)?.hunks ?? [];
      this.#seen.set(file.path, { ...file, hunks: joined(before, file.hunks) });
    }
  }

  /** The user accepted or discarded this; what of it is still pending was not done. */
  settle(part: Part, state: "accepted" | "discarded"): void {
    const isAll = part.files === undefined && part.hunks === undefined;
    for (const file of this.#seen.values()) {
      const isMeant = isAll || part.files?.includes(file.path);
      const ids = file.hunks.length > 0 ? file.hunks.map((hunk) => hunk.id) : [file.path];
      for (const id of ids.filter((it) => isMeant || part.hunks?.includes(it))) {
        if (!this.#pending.has(id) && !this.#done.has(id)) {
          this.#done.set(id, state);
        }
      }
    }
  }

  get files(): ReviewedFile[] {
    const pending = this.#pending;
    const state = (id: string, file: FileChange): HunkState => {
      if (pending.has(id)) {
        return file.conflict === null ? "pending" : "conflict";
      }
      return this.#done.get(id) ?? "accepted";
    };
    return [...this.#seen.values()].map((file) => {
      const hunks = file.hunks.map((hunk) => ({ hunk, state: state(hunk.id, file) }));
      const states = hunks.length > 0 ? hunks.map((it) => it.state) : [state(file.path, file)];
      const whole = (["conflict", "pending", "accepted", "discarded"] as const).find((it) => states.includes(it));
      return { file, hunks, state: whole ?? "pending" };
    });
  }

  get isPending(): boolean {
    return this.change !== null && this.change.files.length > 0;
  }

  get #pending(): Set<string> {
    const files = this.change?.files ?? [];
    return new Set(files.flatMap((file) => (file.hunks.length > 0 ? file.hunks.map((hunk) => hunk.id) : [file.path])));
  }
}

/** The hunks of before and those of now, each once, as new as it is known. */
function joined(before: readonly Hunk[], now: readonly Hunk[]): Hunk[] {
  const latest = new Map(now.map((hunk) => [hunk.id, hunk]));
  const known = before.map((hunk) => latest.get(hunk.id) ?? hunk);
  const ids = new Set(before.map((hunk) => hunk.id));
  return [...known, ...now.filter((hunk) => !ids.has(hunk.id))];
}

/** Where hunks begin in the text as it will be: for each its first line, from 0. */
export function linesAfter(hunks: readonly Hunk[]): Map<string, number> {
  const placed = new Map<string, number>();
  let shift = 0;
  for (const hunk of [...hunks].sort((a, b) => a.range.start.line - b.range.start.line)) {
    placed.set(hunk.id, hunk.range.start.line + shift);
    shift += lines(hunk.new) - lines(hunk.old);
  }
  return placed;
}

/** The hunk that a line is in, or the next one after it, else the last. */
export function hunkAt(hunks: readonly Hunk[], line: number, side: "before" | "after"): Hunk | undefined {
  const after = linesAfter(hunks);
  const ends = hunks.map((hunk) => {
    const start = side === "after" ? (after.get(hunk.id) ?? 0) : hunk.range.start.line;
    return { hunk, end: start + Math.max(1, lines(side === "after" ? hunk.new : hunk.old)) };
  });
  return (ends.sort((a, b) => a.end - b.end).find(({ end }) => line < end) ?? ends.at(-1))?.hunk;
}

function lines(text: string): number {
  return text === "" ? 0 : text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
}

/** A hunk in a few words: the first line that tells something. */
export function gist(hunk: Hunk): string {
  const text = hunk.new.trim() === "" ? hunk.old : hunk.new;
  const old = new Set(hunk.old.split("\n").map((line) => line.trim()));
  const all = text.split("\n").map((line) => line.trim());
  const line = all.find((it) => it !== "" && (text === hunk.old || !old.has(it))) ?? all.find((it) => it !== "") ?? "";
  return (text === hunk.old ? "− " : "") + (line.length > 80 ? `${line.slice(0, 79)}…` : line);
}
