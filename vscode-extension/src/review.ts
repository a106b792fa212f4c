/**
 * The review of a pending change in VS Code's own diff editor, with Accept and Discard above each hunk.
 *
 * Which texts the two sides have is the server's to say; nothing is applied here.
 */
import * as vscode from "vscode";
import { hunkAt, linesAfter, type Part, Review } from "./change";
import type { Change, ChangeOutcome, FileChange, Hunk, ShownChange, TurnOutcome } from "./contract";
import type { Server } from "./server";

export const SCHEME = "patchwire";

type Side = "before" | "after";

/** A file of the change, or a hunk of one, as the views and lenses name it in a command's argument. */
export interface Target {
  root: string;
  path: string;
  hunk?: string;
}

export class Reviews implements vscode.TextDocumentContentProvider, vscode.CodeLensProvider, vscode.Disposable {
  readonly #byRoot = new Map<string, Review>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #texts = new vscode.EventEmitter<vscode.Uri>();
  readonly #lenses = new vscode.EventEmitter<void>();
  /** Something about a change is not what it was. */
  readonly onChanged = this.#changed.event;
  readonly onDidChange = this.#texts.event;
  readonly onDidChangeCodeLenses = this.#lenses.event;

  constructor(private readonly server: Server) {}

  register(): vscode.Disposable {
    return vscode.Disposable.from(
      this,
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      vscode.languages.registerCodeLensProvider({ scheme: SCHEME }, this),
      this.server.onEvent((event) => {
        if (event.kind === "changed") {
          this.update(event.root, event.change);
        }
      }),
      vscode.window.tabGroups.onDidChangeTabs(() => this.#tellContext()),
    );
  }

  get all(): Review[] {
    return [...this.#byRoot.values()];
  }

  get pending(): Review[] {
    return this.all.filter((review) => review.isPending);
  }

  update(root: string, change: Change | null): void {
    let review = this.#byRoot.get(root);
    if (!review) {
      if (change === null) {
        return;
      }
      review = new Review(root);
      this.#byRoot.set(root, review);
    }
    review.update(change);
    this.#refresh();
  }

  /** A turn of the server's came to its end. */
  async ended(outcome: TurnOutcome): Promise<void> {
    if (!outcome.change || outcome.root === undefined) {
      return;
    }
    this.update(outcome.root, outcome.change);
    const how = vscode.workspace.getConfiguration("patchwire").get<string>("review");
    if (how === "diff") {
      await this.open(outcome.root);
    } else if (how === "refactorPreview") {
      void this.preview(outcome.root); // stays unanswered until the user has ticked and applied
    }
  }

  /** A part was applied or discarded, by whatever command of the server's; `uri` says in which root. */
  settled(part: Part, uri: string | undefined, outcome: ChangeOutcome, state: "accepted" | "discarded"): void {
    const isMeant = ({ root }: Review) => uri === root || (uri?.startsWith(`${root}/`) ?? false);
    const meant = uri === undefined ? this.all.find((it) => isPartOf(part, it)) : this.all.find(isMeant);
    const review = meant ?? (this.all.length === 1 ? this.all[0] : undefined);
    review?.update(outcome.change ?? null);
    review?.settle(part, state);
    const anyAccepted = this.all.some((review) => review.files.some((file) => file.state === "accepted"));
    void vscode.commands.executeCommand("setContext", "patchwire.accepted", anyAccepted);
    this.#refresh();
    if (this.pending.length === 0) {
      void this.#close();
    }
  }

  async accept(targets: Target[]): Promise<ChangeOutcome | undefined> {
    return this.#act("patchwire.applyChange", targets);
  }

  async discard(targets: Target[]): Promise<ChangeOutcome | undefined> {
    return this.#act("patchwire.discardChange", targets);
  }

  /** Have VS Code's own preview ask for every edit. */
  async preview(root: string | undefined = this.pending[0]?.root): Promise<ChangeOutcome | undefined> {
    return root === undefined ? undefined : this.server.execute("patchwire.applyChange", { uri: root, confirm: true });
  }

  async #act(command: string, targets: Target[]): Promise<ChangeOutcome | undefined> {
    let last: ChangeOutcome | undefined;
    const roots = new Set(targets.length > 0 ? targets.map((it) => it.root) : this.pending.map((it) => it.root));
    for (const root of roots) {
      const here = targets.filter((it) => it.root === root);
      const hunks = here.flatMap((it) => (it.hunk === undefined ? [] : [it.hunk]));
      const files = here.flatMap((it) => (it.hunk === undefined ? [it.path] : []));
      const part: Part = { ...(hunks.length > 0 ? { hunks } : {}), ...(files.length > 0 ? { files } : {}) };
      last = await this.server.execute<ChangeOutcome>(command, { uri: root, ...part });
    }
    return last;
  }

  /** Open all that is pending in one editor. */
  async open(root: string | undefined = this.pending[0]?.root): Promise<void> {
    const review = this.pending.find((it) => it.root === root);
    if (!review?.change) {
      return;
    }
    const files = review.change.files;
    const [only] = files;
    const title = `Patchwire: ${files.length === 1 && only ? only.path : "review"}`;
    const resources = files.map((file) => [
      vscode.Uri.parse(file.uri),
      file.kind === "add" ? undefined : address(review.root, file, "before"),
      file.kind === "delete" ? undefined : address(review.root, file, "after"),
    ]);
    await vscode.commands.executeCommand("vscode.changes", title, resources);
  }

  /** Open one file of the change, at a hunk. */
  async openFile({ root, path, hunk }: Target): Promise<void> {
    const reviewed = this.#byRoot.get(root)?.change?.files.find((file) => file.path === path);
    if (!reviewed) {
      const gone = this.#byRoot.get(root)?.files.find((it) => it.file.path === path);
      if (gone && gone.file.kind !== "delete") {
        await vscode.commands.executeCommand("vscode.open", vscode.Uri.parse(gone.file.uri));
      }
      return;
    }
    const line = hunk === undefined ? 0 : (linesAfter(reviewed.hunks).get(hunk) ?? 0);
    const selection = new vscode.Range(line, 0, line, 0);
    const [before, after] = [address(root, reviewed, "before"), address(root, reviewed, "after")];
    await vscode.commands.executeCommand("vscode.diff", before, after, `Patchwire: ${path}`, { selection });
  }

  /** The hunk that the cursor is at, in the review or in the file itself. */
  atCursor(): Target | undefined {
    const editor = vscode.window.activeTextEditor;
    if (!editor) {
      return undefined;
    }
    const shown = editor.document.uri.scheme === SCHEME ? parse(editor.document.uri) : undefined;
    const uri = editor.document.uri.toString();
    for (const review of this.pending) {
      const isIt = (it: FileChange) => (shown ? shown.root === review.root && shown.path === it.path : sameUri(it.uri, uri));
      const file = review.change?.files.find(isIt);
      if (file) {
        const hunk = hunkAt(file.hunks, editor.selection.active.line, shown?.side ?? "before");
        return { root: review.root, path: file.path, ...(hunk ? { hunk: hunk.id } : {}) };
      }
    }
    return undefined;
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const { root, path, side } = parse(uri);
    const file = this.#byRoot.get(root)?.change?.files.find((it) => it.path === path);
    if (!file) {
      return "";
    }
    const shown = await this.server.request<ShownChange>("workspace/executeCommand", {
      command: "patchwire.showChange",
      arguments: [{ uri: file.uri, open: false }],
    });
    return shown[side] ?? "";
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const { root, path, side } = parse(document.uri);
    const file = this.#byRoot.get(root)?.change?.files.find((it) => it.path === path);
    if (!file || side !== (file.kind === "delete" ? "before" : "after")) {
      return [];
    }
    const target = { root, path };
    const places = linesAfter(file.hunks);
    const lineOf = (hunk: Hunk) => Math.min(places.get(hunk.id) ?? 0, Math.max(0, document.lineCount - 1));
    const many = file.hunks.length > 1;
    const hunks = file.hunks.flatMap((hunk, n) => ofHunk(hunk, `${n + 1} of ${file.hunks.length}`, lineOf(hunk), target));
    // Above the first hunk, for the file's first lines may be folded away.
    const [first] = file.hunks;
    return [...(many ? hunks : []), ...wholeFile(file, first ? lineOf(first) : 0, target)];
  }

  #refresh(): void {
    for (const document of vscode.workspace.textDocuments) {
      if (document.uri.scheme === SCHEME) {
        this.#texts.fire(document.uri);
      }
    }
    this.#lenses.fire();
    this.#changed.fire();
    this.#tellContext();
  }

  #tellContext(): void {
    const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
    void vscode.commands.executeCommand("setContext", "patchwire.pending", this.pending.length > 0);
    void vscode.commands.executeCommand("setContext", "patchwire.hasChange", this.all.length > 0);
    void vscode.commands.executeCommand("setContext", "patchwire.reviewing", tab !== undefined && isOurs(tab));
  }

  /** Whether a change is open for review. */
  get isOpen(): boolean {
    return this.#tabs.length > 0;
  }

  get #tabs(): vscode.Tab[] {
    return vscode.window.tabGroups.all.flatMap((group) => group.tabs).filter(isOurs);
  }

  /** Nothing is left to review: what was accepted takes the review's place. */
  async #close(): Promise<void> {
    const accepted = this.all.flatMap((review) => review.files).find((it) => it.state === "accepted" && it.file.kind !== "delete");
    if (accepted && !accepted.file.binary && this.isOpen) {
      const line = linesAfter(accepted.hunks.map((it) => it.hunk)).get(accepted.hunks[0]?.hunk.id ?? "") ?? 0;
      const selection = new vscode.Range(line, 0, line, 0);
      await vscode.window.showTextDocument(vscode.Uri.parse(accepted.file.uri), { preview: true, selection });
    }
    await vscode.window.tabGroups.close(this.#tabs); // those that the file did not replace
  }

  dispose(): void {
    for (const it of [this.#changed, this.#texts, this.#lenses]) {
      it.dispose();
    }
  }
}

/** VS Code tells nothing of a multi-file diff's tab but its label. */
function isOurs(tab: vscode.Tab): boolean {
  return tab.label.startsWith("Patchwire: ");
}

function isPartOf(part: Part, review: Review): boolean {
  const hunks = review.files.flatMap((file) => file.hunks.map((it) => it.hunk.id));
  const paths = review.files.map((file) => file.file.path);
  return (part.hunks ?? []).some((it) => hunks.includes(it)) || (part.files ?? []).some((it) => paths.includes(it));
}

function wholeFile(file: FileChange, line: number, target: Target): vscode.CodeLens[] {
  const range = new vscode.Range(line, 0, line, 0);
  const lens = (title: string, command: string) =>
    new vscode.CodeLens(range, { title, command: `patchwire.ui.${command}`, arguments: [target] });
  const what = file.hunks.length > 1 ? "File" : "";
  const warnings = [
    ...(file.conflict === null ? [] : [lens(`$(warning) Conflict: ${file.conflict}`, "openFile")]),
    ...(file.sensitive === null ? [] : [lens(`$(shield) Look twice: ${file.sensitive}`, "openFile")]),
  ];
  return [
    ...warnings,
    lens(`$(check) Accept ${what}`.trim(), "acceptFile"),
    lens(`$(discard) Discard ${what}`.trim(), "discardFile"),
  ];
}

function ofHunk(hunk: Hunk, which: string, line: number, target: Target): vscode.CodeLens[] {
  const range = new vscode.Range(line, 0, line, 0);
  const lens = (title: string, command: string) =>
    new vscode.CodeLens(range, { title, command: `patchwire.ui.${command}`, arguments: [{ ...target, hunk: hunk.id }] });
  return [lens(`$(check) Accept Hunk ${which}`, "acceptHunk"), lens("$(discard) Discard Hunk", "discardHunk")];
}

function address(root: string, file: FileChange, side: Side): vscode.Uri {
  const query = JSON.stringify({ root, path: file.path, side });
  return vscode.Uri.from({ scheme: SCHEME, path: `/${file.path}`, query });
}

function parse(uri: vscode.Uri): { root: string; path: string; side: Side } {
  return JSON.parse(uri.query) as { root: string; path: string; side: Side };
}

function sameUri(a: string, b: string): boolean {
  return vscode.Uri.parse(a).toString() === b;
}
