"""What the model can do: each tool's schema beside its function. The texts are the contract of `docs/tools.md`.

A tool knows the workspace and nothing of the conversation. What the model can mend is raised as `ToolError` and becomes
the call's output; nothing else is caught here.
"""

import contextlib
import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from patchwire.agent import reports
from patchwire.agent.schema import Parameter, read_arguments
from patchwire.agent.tool import Answer, Tool, Toolbox
from patchwire.errors import NoSuchFile, ToolError
from patchwire.patch.model import FileChange, Kind
from patchwire.ports import Candidate, TestRun, Trial
from patchwire.task import Verdict

if TYPE_CHECKING:
    from patchwire.patch.apply import Applied

MAX_LINES = 2_000
MAX_CHARACTERS = 64 * 1024
MAX_LINE = 2_000
MAX_FILES = 500
MAX_HITS = 200
MAX_CANDIDATES = 200
TRY_SECONDS = 60.0
COMMAND_SECONDS = 120.0


async def call(box: Toolbox, name: str, arguments: str) -> Answer:
    """Do one call. Never raises ToolError: what the model can mend comes back as an answer that is not ok."""
    try:
        tool = find(name)
        return await tool.run(box, read_arguments(arguments, tool.parameters))
    except ToolError as error:
        text = str(error)
        return Answer(f"Error: {text}", summary=text.partition("\n")[0][:200], ok=False)


def find(name: str) -> Tool:
    """The tool of that name. Raises ToolError, naming those there are."""
    if (tool := BY_NAME.get(name)) is not None:
        return tool
    hint = " To change files, call `write_patch`." if "patch" in name or "edit" in name else ""
    raise ToolError(f"there is no tool `{name}`; the tools are: {', '.join(tool.name for tool in TOOLS)}.{hint}")


def title(name: str, arguments: str) -> str:
    """A call in a few words for people, whatever the model wrote."""
    try:
        tool = find(name)
        return tool.title(read_arguments(arguments, tool.parameters))
    except ToolError:
        return name[:60]


async def _read_file(box: Toolbox, arguments: Mapping[str, Any]) -> Answer:
    file = await box.workspace.read(arguments["path"])
    if not file.text:
        return Answer(f"{file.path}: empty", "empty")
    lines = file.text.split("\n")
    notes = []
    if lines[-1] == "":
        lines.pop()
    else:
        notes.append("no newline at the end")
    crlf = sum(line.endswith("\r") for line in lines)
    if crlf:
        notes.insert(0, "CRLF line ends" if crlf >= len(lines) - 1 else "mixed line ends")
    first = max(1, arguments["start_line"] or 1)
    wanted = min(len(lines), arguments["end_line"] or len(lines))
    if first > len(lines):
        raise ToolError(f"{file.path} has {len(lines)} lines; start_line is {first}")
    if wanted < first:
        raise ToolError(f"end_line {wanted} comes before start_line {first}")
    shown: list[str] = []
    size = 0
    for number in range(first, min(wanted, first + MAX_LINES - 1) + 1):
        text = lines[number - 1].removesuffix("\r")[:MAX_LINE]
        line = f"{number}\t{text}"
        size += len(line) + 1
        if size > MAX_CHARACTERS and shown:
            break
        shown.append(line)
    last = first + len(shown) - 1
    if any(len(lines[number - 1]) > MAX_LINE + 1 for number in range(first, last + 1)):
        notes.append(f"long lines cut at {MAX_LINE} characters")
    facts = f" ({'; '.join(notes)})" if notes else ""
    header = f"{file.path}: lines {first}-{last} of {len(lines)}{facts}"
    return Answer("\n".join([header, *shown]), f"lines {first}-{last} of {len(lines)}")


async def _list_files(box: Toolbox, arguments: Mapping[str, Any]) -> Answer:
    listing = await box.workspace.list(arguments["path"] or "", MAX_FILES)
    lines = list(listing.items) or ["no files"]
    if listing.total > len(listing.items):
        lines.append(f"… and {listing.total - len(listing.items)} more")
    return Answer("\n".join(lines), f"{listing.total} files")


async def _search(box: Toolbox, arguments: Mapping[str, Any]) -> Answer:
    hits = await box.workspace.search(
        arguments["pattern"],
        arguments["path"] or "",
        ignore_case=bool(arguments["ignore_case"]),
        limit=MAX_HITS,
    )
    lines = [f"{hit.path}:{hit.line}:{hit.text[:MAX_LINE]}" for hit in hits.items] or ["no matches"]
    if hits.more:
        lines.append("… more matches")
    return Answer("\n".join(lines), f"{len(hits.items)}{'+' if hits.more else ''} matches")


async def _applied(box: Toolbox, text: str, files: dict[str, str]) -> "Applied":
    """The patch against the workspace as it stands; nothing is written. Raises PatchRefused or ToolError.

    `files` keeps the texts that were read, for the next patch of the same call.
    """
    from patchwire.patch.apply import apply  # not before the first patch: the first request is sooner out
    from patchwire.patch.parse import parse, paths_in

    patch = parse(text)
    for path in paths_in(patch):
        if path not in files:
            # A missing file is for the patch to judge: it may be about to add it.
            with contextlib.suppress(NoSuchFile):
                files[path] = (await box.workspace.read(path)).text
    return apply(patch, files)


_LETTERS = {Kind.ADD: "A", Kind.MODIFY: "M", Kind.DELETE: "D", Kind.RENAME: "R"}


def _letter(change: FileChange) -> str:
    path = f"{change.old_path} -> {change.path}" if change.kind is Kind.RENAME else change.path
    return f"{_LETTERS[change.kind]} {path}"


async def _write_patch(box: Toolbox, arguments: Mapping[str, Any]) -> Answer:
    applied = await _applied(box, arguments["patch"], {})
    already = ", ".join(applied.already)
    if not applied.changes:
        return Answer(f"Nothing to do: already applied to {already}", "already applied")
    await box.workspace.write(tuple(applied.files.items()))
    what = ", ".join(_letter(change) for change in applied.changes)
    text = f"Applied: {what}" + (f" (already applied: {already})" if already else "")
    return Answer(text, what, changed=True)


async def _run_tests(box: Toolbox, arguments: Mapping[str, Any]) -> Answer:
    targets = tuple(arguments["targets"] or ())
    run = TestRun(targets, trace=bool(arguments["trace"]), seconds=box.run_seconds())
    report = await (box.workspace.run_tests if targets else box.run_whole)(run)
    return Answer(
        reports.render_report(report),
        reports.counts(report),
        ok=report.verdict is Verdict.PASSED,
        report=None if targets else report,
    )


async def _try_patches(box: Toolbox, arguments: Mapping[str, Any]) -> Answer:
    texts = arguments["patches"]
    if not texts:
        raise ToolError("`patches` is empty: give at least one patch")
    if len(texts) > MAX_CANDIDATES:
        raise ToolError(f"{len(texts)} patches are too many for one call: at most {MAX_CANDIDATES}")
    trials: list[Trial | None] = []
    candidates: list[Candidate] = []
    files: dict[str, str] = {}
    for text in texts:
        try:
            applied = await _applied(box, text, files)
        except ToolError as error:
            trials.append(Trial("refused", str(error).partition("\n")[0]))
        else:
            trials.append(None)
            candidates.append(Candidate(tuple(applied.files.items())))
    started = box.clock.now()
    seconds = min(TRY_SECONDS, box.run_seconds())
    tried = iter(await box.workspace.try_patches(candidates, tuple(arguments["targets"] or ()), seconds))
    verdicts = [trial if trial is not None else next(tried) for trial in trials]
    passed = sum(trial.verdict == "passed" for trial in verdicts)
    text = reports.render_trials(verdicts, box.clock.now() - started)
    return Answer(text, f"{passed} of {len(verdicts)} candidates pass")


async def _run_command(box: Toolbox, arguments: Mapping[str, Any]) -> Answer:
    command = arguments["command"].strip()
    if not command:
        raise ToolError("`command` is empty: give a shell command")
    run = await box.workspace.run_command(
        command,
        cwd=arguments["directory"] or "",
        seconds=min(COMMAND_SECONDS, box.run_seconds()),
        keep=bool(arguments["keep"]),
    )
    ended = "timed out" if run.timed_out else f"exit code {run.exit_code}"
    return Answer(reports.render_command(run), ended, ok=run.exit_code == 0, changed=bool(run.kept))


def _titled(words: str, key: str) -> Callable[[Mapping[str, Any]], str]:
    """`words` and the argument `key`, if it was given."""

    def render(arguments: Mapping[str, Any]) -> str:
        value = arguments[key]
        return f"{words} {value[:60]}" if value else words

    return render


def _span(arguments: Mapping[str, Any]) -> str:
    first, last = arguments["start_line"], arguments["end_line"]
    lines = f":{first or 1}-{last or ''}" if first or last else ""
    return f"read {arguments['path'][:60]}{lines}"


def _targets(arguments: Mapping[str, Any]) -> str:
    targets = arguments["targets"]
    return f"run {len(targets)} test targets" if targets else "run the tests"


_PATH = functools.partial(Parameter, "string")

TOOLS = (
    Tool(
        "read_file",
        "Read a text file of the repository. Returns numbered lines (a number, a tab, the line). At most 2,000 lines "
        "or 64 KiB a call: ask for a range to read on.",
        {
            "path": _PATH("The file, relative to the root of the repository."),
            "start_line": Parameter("integer", "The first line, from 1; null for the start.", optional=True),
            "end_line": Parameter("integer", "The last line, inclusive; null for the end.", optional=True),
        },
        reads_only=True,
        title=_span,
        run=_read_file,
    ),
    Tool(
        "list_files",
        "List the files of the repository under a directory, one path a line.",
        {"path": _PATH("A directory, relative to the root; null for the whole repository.", optional=True)},
        reads_only=True,
        title=_titled("list", "path"),
        run=_list_files,
    ),
    Tool(
        "search",
        "Search the repository's text files line by line for a POSIX extended regular expression (git grep -E). "
        "Returns path:line:text.",
        {
            "pattern": Parameter("string", "The regular expression."),
            "path": _PATH("A file or directory to search in; null for the whole repository.", optional=True),
            "ignore_case": Parameter("boolean", "Whether upper and lower case are the same."),
        },
        reads_only=True,
        title=_titled("search", "pattern"),
        run=_search,
    ),
    Tool(
        "write_patch",
        "Change files. Takes one patch for any number of files, as a unified diff or in the `*** Begin Patch` format; "
        "either all of it is applied or none. Keep three lines of unchanged context around each change; line numbers "
        "may be left out (`@@`). A refusal says which hunk did not fit and what stands there instead.",
        {"patch": Parameter("string", "The patch.")},
        compares=True,
        title=lambda arguments: f"write a patch of {len(arguments['patch'].splitlines())} lines",
        run=_write_patch,
    ),
    Tool(
        "run_tests",
        "Run the repository's tests on the current state of the files. Returns counts, and for each failing test its "
        "message and the traceback's frames inside the repository.",
        {
            "targets": Parameter(
                "strings", "Test ids, files or directories to run; null for the whole suite.", optional=True
            ),
            "trace": Parameter(
                "boolean", "Also list which lines the failing tests ran, beside the passing ones. Slower."
            ),
        },
        title=_targets,
        run=_run_tests,
    ),
    Tool(
        "try_patches",
        "Try many alternative patches, each on its own, against the failing tests, in one call. Nothing is kept: write "
        "the one you choose with write_patch. Use it when several small fixes are plausible.",
        {
            "patches": Parameter("strings", "The patches, each as for write_patch; at most 200."),
            "targets": Parameter(
                "strings", "Tests to run first; null for those that failed in the last whole run.", optional=True
            ),
        },
        compares=True,
        title=lambda arguments: f"try {len(arguments['patches'])} patches",
        run=_try_patches,
    ),
)

RUN_COMMAND = Tool(
    "run_command",
    "Run a shell command in the repository: to reproduce a failure, to generate files, to check types. It has no "
    "network and a limit of two minutes. What it writes is thrown away unless `keep` is true. Change source files with "
    "write_patch, and run tests with run_tests.",
    {
        "command": Parameter("string", "The command, for sh."),
        "directory": Parameter("string", "Where to run it, relative to the root; null for the root.", optional=True),
        "keep": Parameter("boolean", "Whether the files that it writes become part of the change."),
    },
    compares=True,
    title=_titled("run", "command"),
    run=_run_command,
)
"""Offered only where commands may be run: the list of tools must not change while a conversation lasts."""


def offered(*, commands: bool) -> tuple[Tool, ...]:
    """The tools of a conversation."""
    return (*TOOLS, RUN_COMMAND) if commands else TOOLS


BY_NAME = {tool.name: tool for tool in (*TOOLS, RUN_COMMAND)}
