/**
 * The view of the change: its files and their hunks, each with what has become of it.
 */
import * as vscode from "vscode";
import { gist, type HunkState, type Review, type ReviewedFile, type ReviewedHunk } from "./change";
import type { Reviews, Target } from "./review";

interface Node {
  review: Review;
  reviewed: ReviewedFile;
  hunk?: ReviewedHunk;
}

const ICONS: Record<HunkState, vscode.ThemeIcon> = {
  pending: new vscode.ThemeIcon("circle-large-outline"),
  accepted: new vscode.ThemeIcon("pass-filled", new vscode.ThemeColor("testing.iconPassed")),
  discarded: new vscode.ThemeIcon("circle-slash", new vscode.ThemeColor("disabledForeground")),
  conflict: new vscode.ThemeIcon("warning", new vscode.ThemeColor("list.warningForeground")),
};

export class ChangeView implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #view: vscode.TreeView<Node>;

  constructor(private readonly reviews: Reviews) {
    this.#view = vscode.window.createTreeView("patchwire.change", { treeDataProvider: this, showCollapseAll: false });
  }

  register(): vscode.Disposable {
    return vscode.Disposable.from(
      this,
      this.#view,
      this.reviews.onChanged(() => {
        const files = this.reviews.pending.flatMap((review) => review.change?.files ?? []);
        const tooltip = files.length === 1 ? "1 file to review" : `${files.length} files to review`;
        this.#view.badge = files.length > 0 ? { value: files.length, tooltip } : undefined;
        this.#changed.fire();
      }),
    );
  }

  getChildren(node?: Node): Node[] {
    if (!node) {
      return this.reviews.all.flatMap((review) => review.files.map((reviewed) => ({ review, reviewed })));
    }
    return node.hunk || node.reviewed.hunks.length < 2 ? [] : node.reviewed.hunks.map((hunk) => ({ ...node, hunk }));
  }

  getTreeItem(node: Node): vscode.TreeItem {
    return node.hunk ? hunkItem(node.hunk, targetOf(node)) : fileItem(node.reviewed, targetOf(node));
  }

  dispose(): void {
    this.#changed.dispose();
  }
}

/** What a command means that is called on an item of this view. */
export function targetOf({ review, reviewed, hunk }: Node): Target {
  return { root: review.root, path: reviewed.file.path, ...(hunk ? { hunk: hunk.hunk.id } : {}) };
}

export function isNode(it: unknown): it is Node {
  return typeof it === "object" && it !== null && "reviewed" in it;
}

function fileItem({ file, hunks, state }: ReviewedFile, target: Target): vscode.TreeItem {
  const isOpen = state === "pending" || state === "conflict";
  const many = hunks.length > 1;
  const item = new vscode.TreeItem(
    file.path,
    many ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.None,
  );
  const settled = hunks.filter((it) => it.state === "accepted" || it.state === "discarded").length;
  const kinds = { add: "new", delete: "deleted", modify: "", rename: `was ${file.oldPath ?? ""}` };
  item.id = `${target.root} ${file.path}`;
  item.iconPath = ICONS[state];
  item.description = [
    isOpen ? `+${file.added} −${file.removed}` : state,
    ...(isOpen && settled > 0 ? [`${settled} of ${hunks.length} done`] : []),
    ...(kinds[file.kind] ? [kinds[file.kind]] : []),
    ...(state === "conflict" ? ["conflict"] : []),
    ...(file.sensitive === null ? [] : ["look twice"]),
  ].join(" · ");
  item.tooltip = [file.path, file.conflict, file.sensitive].filter((it) => it !== null).join("\n");
  item.contextValue = isOpen ? "file" : "settled";
  item.command = { title: "Show", command: "patchwire.ui.openFile", arguments: [target] };
  item.accessibilityInformation = { label: `${file.path}, ${state}, ${item.description}` };
  return item;
}

function hunkItem({ hunk, state }: ReviewedHunk, target: Target): vscode.TreeItem {
  const item = new vscode.TreeItem(gist(hunk) || "(blank lines)");
  item.id = `${target.root} ${target.path} ${hunk.id}`;
  item.iconPath = ICONS[state];
  item.description = state === "pending" ? `line ${hunk.range.start.line + 1}` : state;
  item.tooltip = new vscode.MarkdownString().appendCodeblock(diffOf(hunk.old, hunk.new), "diff");
  item.contextValue = state === "pending" || state === "conflict" ? "hunk" : "settled";
  item.command = { title: "Show", command: "patchwire.ui.openFile", arguments: [target] };
  item.accessibilityInformation = { label: `${state} hunk at line ${hunk.range.start.line + 1}: ${gist(hunk)}` };
  return item;
}

function diffOf(before: string, after: string): string {
  const marked = (text: string, mark: string) =>
    text === "" ? [] : text.replace(/\n$/, "").split("\n").map((line) => `${mark}${line}`);
  return [...marked(before, "-"), ...marked(after, "+")].join("\n");
}
