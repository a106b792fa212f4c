"""The 29 ways in which patches that models write differ from what git would have written, made from real commits.

Each takes a commit and a random generator and gives a `Case` (or None where the commit has nothing to perturb): the
text of the patch, the files it meets, and the files that are right afterwards.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from benchmarks.patch.corpus import Commit, FileDiff, RawHunk, with_context

SMART = str.maketrans({"'": "’", '"': "”", "-": "–"})


@dataclass(frozen=True, slots=True)
class Case:
    """A patch to try. `free` is True where a hunk has neither context nor number, so that refusing it is right."""

    name: str
    commit: str
    patch: str
    before: dict[str, str]
    after: dict[str, str]
    already: bool = False
    free: bool = False


Header = Callable[[RawHunk], str]


def numbered(hunk: RawHunk, old: int = 0, new: int = 0, olds: int = 0, news: int = 0) -> str:
    """An `@@` line with its numbers and counts off by so much."""
    old_count, new_count = max(0, hunk.count(" -") + olds), max(0, hunk.count(" +") + news)
    heading = f" {hunk.heading}" if hunk.heading else ""
    return f"@@ -{max(0, hunk.old + old)},{old_count} +{max(0, hunk.new + new)},{new_count} @@{heading}"


def render(files: Sequence[FileDiff], header: Header = numbered, *, git: bool = False) -> str:
    """The text of a diff."""
    out = []
    for file in files:
        if git:
            out.append(f"diff --git a/{file.path} b/{file.path}")
            if file.added:
                out.append("new file mode 100644")
        out += ["--- /dev/null" if file.added else f"--- a/{file.path}", f"+++ b/{file.path}"]
        for hunk in file.hunks:
            out += [header(hunk), *hunk.body]
    return "\n".join(out) + "\n"


def _bodies(files: Sequence[FileDiff], change: Callable[[str], str]) -> list[FileDiff]:
    """The diff with every body line changed."""
    return [
        replace(file, hunks=tuple(replace(h, body=tuple(change(line) for line in h.body)) for h in file.hunks))
        for file in files
    ]


def _case(
    name: str,
    commit: Commit,
    patch: str,
    files: Sequence[FileDiff] | None = None,
    *,
    already: bool = False,
    free: bool = False,
) -> Case:
    real = tuple(files or commit.files)
    before = {file.path: file.before for file in real if not file.added}
    after = {file.path: file.after for file in real}
    return Case(name, commit.name, patch, before, after, already, free)


def _edited(file: FileDiff, edit: Callable[[str, int], str], where: Callable[[str], bool]) -> FileDiff:
    """The file with some of the lines that its hunks expect edited: in the text before, and where kept, after."""
    before, after = file.before.split("\n"), file.after.split("\n")
    for number, hunk in enumerate(file.hunks):
        old, new = hunk.old - 1, hunk.new - 1
        for at, line in enumerate(hunk.body):
            if line[0] == "\\":
                continue
            if line[0] in " -" and where(line) and (changed := edit(line[1:], number * 1000 + at)) != line[1:]:
                before[old] = changed
                if line[0] == " ":
                    after[new] = changed
            old += line[0] in " -"
            new += line[0] in " +"
    return replace(file, before="\n".join(before), after="\n".join(after))


def a_shift(commit: Commit, rng: random.Random) -> Case:
    def header(hunk: RawHunk) -> str:
        by = rng.choice([-1, 1]) * rng.randint(1, 30)
        return numbered(hunk, by, by)

    return _case("a_shift", commit, render(commit.files, header))


def b_counts(commit: Commit, rng: random.Random) -> Case:
    def header(hunk: RawHunk) -> str:
        return numbered(hunk, olds=rng.choice([-3, -2, -1, 1, 2, 3]), news=rng.choice([-3, -2, -1, 1, 2, 3]))

    return _case("b_counts", commit, render(commit.files, header))


def c_atat(commit: Commit, rng: random.Random) -> Case:
    return _case("c_atat", commit, render(commit.files, lambda _: "@@ @@"))


def c_bare(commit: Commit, rng: random.Random) -> Case:
    return _case("c_bare", commit, render(commit.files, lambda _: "@@"))


def c_head(commit: Commit, rng: random.Random) -> Case:
    return _case("c_head", commit, render(commit.files, lambda h: f"@@ {h.heading}".rstrip()))


def clean(commit: Commit, rng: random.Random) -> Case:
    return _case("clean", commit, render(commit.files))


def clean_git(commit: Commit, rng: random.Random) -> Case:
    return _case("clean_git", commit, render(commit.files, git=True))


def d_diff_trail(commit: Commit, rng: random.Random) -> Case:
    files = _bodies(
        commit.files, lambda x: x + rng.choice([" ", "  ", "\t"]) if x[0] in " -" and rng.random() < 0.5 else x
    )
    return _case("d_diff_trail", commit, render(files))


def d_file_trail(commit: Commit, rng: random.Random) -> Case | None:
    files = [
        _edited(f, lambda x, _: x + rng.choice([" ", "  ", "\t"]), lambda _: rng.random() < 0.5) for f in commit.files
    ]
    return _case("d_file_trail", commit, render(commit.files), files)


def _indent(commit: Commit, rng: random.Random, signs: str) -> list[FileDiff] | None:
    """The lines with these signs indented by another constant: more, or less where all of them have enough."""
    lines = [line for file in commit.files if not file.added for h in file.hunks for line in h.body]
    if not lines:
        return None
    moved = [line[1:] for line in lines if line[0] in signs and line[1:].strip()]
    least = min((len(text) - len(text.lstrip(" \t")) for text in moved), default=0)
    tabs = sum(text.startswith("\t") for text in moved) > sum(text.startswith(" ") for text in moved)
    if least and rng.random() < 0.5:
        by = rng.randint(1, least)

        def change(line: str) -> str:
            return line[0] + line[1 + by :] if line[0] in signs and line[1:].strip() else line
    else:
        more = "\t" * rng.choice([1, 2]) if tabs else " " * rng.choice([1, 2, 3, 4, 8])

        def change(line: str) -> str:
            return line[0] + more + line[1:] if line[0] in signs and line[1:].strip() else line

    return _bodies([file for file in commit.files if not file.added], change)


def e_indent_all(commit: Commit, rng: random.Random) -> Case | None:
    files = _indent(commit, rng, " -+")
    return _case("e_indent_all", commit, render(files), [f for f in commit.files if not f.added]) if files else None


def e_indent_ctx(commit: Commit, rng: random.Random) -> Case | None:
    files = _indent(commit, rng, " -")
    return _case("e_indent_ctx", commit, render(files), [f for f in commit.files if not f.added]) if files else None


def _less(commit: Commit, context: int) -> list[FileDiff]:
    return [with_context(file, context) for file in commit.files]


def f_ctx1(commit: Commit, rng: random.Random) -> Case:
    return _case("f_ctx1", commit, render(_less(commit, 1)))


def f_ctx1_nonum(commit: Commit, rng: random.Random) -> Case:
    return _case("f_ctx1_nonum", commit, render(_less(commit, 1), lambda _: "@@ @@"))


def f_ctx0(commit: Commit, rng: random.Random) -> Case:
    return _case("f_ctx0", commit, render(_less(commit, 0)))


def f_ctx0_nonum(commit: Commit, rng: random.Random) -> Case:
    files = _less(commit, 0)
    free = any(not hunk.count(" -") for file in files if not file.added for hunk in file.hunks)
    return _case("f_ctx0_nonum", commit, render(files, lambda _: "@@ @@"), free=free)


def g_blank(commit: Commit, rng: random.Random) -> Case | None:
    files = _bodies(commit.files, lambda line: "" if line == " " else line)
    return _case("g_blank", commit, render(files)) if files != list(commit.files) else None


def h_crlf(commit: Commit, rng: random.Random) -> Case:
    files = [
        replace(file, before=file.before.replace("\n", "\r\n"), after=file.after.replace("\n", "\r\n"))
        for file in commit.files
        if not file.added
    ]
    return _case("h_crlf", commit, render(files), files)


def i_drift_real(commit: Commit, rng: random.Random, which: int = 0) -> Case | None:
    if which >= len(commit.drift):
        return None
    path, before, after = commit.drift[which]
    file = next(file for file in commit.files if file.path == path)
    return _case("i_drift_real", commit, render([file], git=False), [replace(file, before=before, after=after)])


def i_syn_ctx(commit: Commit, rng: random.Random) -> Case | None:
    files = []
    for file in commit.files:
        chosen = set()
        for number, hunk in enumerate(file.hunks):
            context = [at for at, line in enumerate(hunk.body) if line[0] == " " and line.strip()]
            if context:
                chosen.add(number * 1000 + rng.choice(context))
        files.append(_edited(file, partial(_altered_if, chosen, rng), lambda _: True))
    return _case("i_syn_ctx", commit, render(commit.files), files) if files != list(commit.files) else None


def _altered_if(chosen: set[int], rng: random.Random, text: str, key: int) -> str:
    return _altered(text, rng) if key in chosen else text


def _altered(text: str, rng: random.Random) -> str:
    words = text.split(" ")
    full = [i for i, word in enumerate(words) if word.strip()]
    way = rng.randrange(3)
    if way == 0 or not full:
        return text + "  # changed"
    at = rng.choice(full)
    words[at] = words[at] + "_x" if way == 1 else "renamed_" + words[at].lstrip()
    return " ".join(words)


def i_syn_shift(commit: Commit, rng: random.Random) -> Case:
    extra = "".join(f"unrelated line {i}\n" for i in range(rng.randint(3, 60)))
    files = [f if f.added else replace(f, before=extra + f.before, after=extra + f.after) for f in commit.files]
    return _case("i_syn_shift", commit, render(commit.files), files)


def j_smart_diff(commit: Commit, rng: random.Random) -> Case | None:
    files = _bodies(commit.files, lambda x: x[0] + x[1:].translate(SMART) if x[0] in " -" else x)
    return _case("j_smart_diff", commit, render(files)) if files != list(commit.files) else None


def j_smart_file(commit: Commit, rng: random.Random) -> Case | None:
    files = [_edited(file, lambda x, _: x.translate(SMART), lambda _: True) for file in commit.files]
    return _case("j_smart_file", commit, render(commit.files), files) if files != list(commit.files) else None


def k_fence(commit: Commit, rng: random.Random) -> Case:
    patch = (
        f"Sure! Here is the change:\n\n```diff\n{render(commit.files)}```\n\nIt does:\n- what you asked\n+ a bit more\n"
    )
    return _case("k_fence", commit, patch)


def _cut_at_text(text: str) -> bool:
    return bool(text.rsplit("\n", 1)[-1].strip())


def _cut(commit: Commit) -> list[FileDiff]:
    """The files cut off behind their last hunk, without a final newline."""
    files = []
    for file in commit.files:
        if file.added or not file.hunks:
            continue
        last = file.hunks[-1]
        before = "\n".join(file.before.split("\n")[: last.old - 1 + last.count(" -")])
        after = "\n".join(file.after.split("\n")[: last.new - 1 + last.count(" +")])
        if _cut_at_text(before) and _cut_at_text(after):
            files.append(with_context(replace(file, before=before, after=after), 3))
    return files


def l_noeof_marked(commit: Commit, rng: random.Random) -> Case | None:
    files = _cut(commit)
    return _case("l_noeof_marked", commit, render(files), files) if files else None


def l_noeof(commit: Commit, rng: random.Random) -> Case | None:
    files = _cut(commit)
    if not files:
        return None
    unmarked = [
        replace(f, hunks=tuple(replace(h, body=tuple(x for x in h.body if x[0] != "\\")) for h in f.hunks))
        for f in files
    ]
    return _case("l_noeof", commit, render(unmarked), files)


def m_reverse(commit: Commit, rng: random.Random) -> Case | None:
    if all(len(file.hunks) < 2 for file in commit.files):
        return None
    return _case("m_reverse", commit, render([replace(f, hunks=f.hunks[::-1]) for f in commit.files]))


def n_skipctx(commit: Commit, rng: random.Random) -> Case | None:
    files = []
    for file in commit.files:
        hunks = []
        for hunk in file.hunks:
            context = [at for at, line in enumerate(hunk.body) if line[0] == " "]
            gone = set(rng.sample(context, min(len(context), rng.randint(1, 2)))) if len(context) > 2 else set()
            hunks.append(replace(hunk, body=tuple(line for at, line in enumerate(hunk.body) if at not in gone)))
        files.append(replace(file, hunks=tuple(hunks)))
    return _case("n_skipctx", commit, render(files)) if files != list(commit.files) else None


def p_mix(commit: Commit, rng: random.Random) -> Case:
    def header(hunk: RawHunk) -> str:
        by = rng.choice([-1, 1]) * rng.randint(1, 30)
        return numbered(hunk, by, by, rng.choice([-3, -2, -1, 1, 2, 3]), rng.choice([-3, -2, -1, 1, 2, 3]))

    def change(line: str) -> str:
        if line == " ":
            return ""
        return line + " " if line[0] in " -" and rng.random() < 0.3 else line

    patch = f"Here you go:\n\n```diff\n{render(_bodies(commit.files, change), header)}```\nDone.\n"
    return _case("p_mix", commit, patch)


def q_already(commit: Commit, rng: random.Random) -> Case:
    files = [replace(file, before=file.after, added=False) for file in commit.files]
    return _case("q_already", commit, render(commit.files), files, already=True)


EVERY: tuple[Callable[[Commit, random.Random], Case | None], ...] = (
    a_shift, b_counts, c_atat, c_bare, c_head, clean, clean_git, d_diff_trail, d_file_trail, e_indent_all, e_indent_ctx,
    f_ctx0, f_ctx0_nonum, f_ctx1, f_ctx1_nonum, g_blank, h_crlf, i_drift_real, i_syn_ctx, i_syn_shift, j_smart_diff,
    j_smart_file, k_fence, l_noeof, l_noeof_marked, m_reverse, n_skipctx, p_mix, q_already,
)  # fmt: skip


def cases(commit: Commit, salt: str = "") -> list[Case]:
    """Every case of a commit, the same ones each time for one `salt`."""
    out = []
    for make in EVERY:
        rng = random.Random(f"{salt}{commit.name}{make.__name__}")
        if make is i_drift_real:
            out += [i_drift_real(commit, rng, which) for which in range(len(commit.drift))]
        else:
            out.append(make(commit, rng))
    return [case for case in out if case]
