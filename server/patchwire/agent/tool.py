"""What a tool is: a schema, a title and a function over the workspace; and what a call of it comes to.

Knows no tool by name.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from patchwire.agent.schema import Parameter, function_tool
from patchwire.ports import Clock, TestRun, Workspace
from patchwire.task import TestReport


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call came to: the output for the model, a few words for people, and what the turn must know of it.

    `report` is there if the whole suite was run; `changed` is True if files were written.
    """

    text: str
    summary: str
    ok: bool = True
    report: TestReport | None = None
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool's schema, how to title a call, and the function behind it.

    Calls that only read may run side by side. A tool that `compares` needs to know first how the tests stood before the
    turn changed anything.
    """

    name: str
    description: str
    parameters: Mapping[str, Parameter]
    title: Callable[[Mapping[str, Any]], str]
    run: Callable[["Toolbox", Mapping[str, Any]], Awaitable[Answer]]
    reads_only: bool = False
    compares: bool = False

    def definition(self) -> dict[str, Any]:
        """The tool as it stands in a request."""
        return function_tool(self.name, self.description, self.parameters)


@dataclass(slots=True)
class Toolbox:
    """What tools work with. `run_seconds` says how long one run of tests may take; `run_whole` runs them all."""

    workspace: Workspace
    clock: Clock
    run_seconds: Callable[[], float]
    run_whole: Callable[[TestRun], Awaitable[TestReport]]
