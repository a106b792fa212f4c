"""ARCHITECTURE.md names every module and no other, and the house keeps the rules that no linter knows."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "server" / "patchwire"
PAGE = ROOT / "ARCHITECTURE.md"
DEPENDENCIES = ROOT / "docs" / "decisions" / "0001-dependencies.md"
MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))
ENTRY = re.compile(r"^- `(?P<module>[\w/]+\.py)` — \S.*$")
SAYS_NOTHING = {"utils", "util", "helpers", "common", "manager", "base", "core", "misc"}


def entries(page: str) -> list[str]:
    """The modules that the page has a line for, in its order."""
    return [match["module"] for line in page.splitlines() if (match := ENTRY.match(line))]


def docstring(module: str) -> str:
    return ast.get_docstring(ast.parse((PACKAGE / module).read_text("utf-8"))) or ""


def line_to_add(module: str) -> str:
    purpose = docstring(module).partition("\n")[0] or "…"
    return f"- `{module}` — {purpose}"


def test_page_names_every_module() -> None:
    listed = set(entries(PAGE.read_text("utf-8")))
    missing = [line_to_add(module) for module in MODULES if not module.endswith("__init__.py") and module not in listed]
    assert not missing, "ARCHITECTURE.md, Modules: add\n" + "\n".join(missing)


def test_page_names_no_other_module() -> None:
    gone = [module for module in entries(PAGE.read_text("utf-8")) if module not in MODULES]
    assert not gone, "ARCHITECTURE.md, Modules: remove the lines of\n" + "\n".join(gone)


def test_page_names_no_module_twice() -> None:
    listed = entries(PAGE.read_text("utf-8"))
    assert len(listed) == len(set(listed))


def test_page_says_what_is_deliberately_absent() -> None:
    assert len(re.findall(r"^\*\*Invariant:\*\* \S", PAGE.read_text("utf-8"), re.MULTILINE)) >= 5


@pytest.mark.parametrize("module", [module for module in MODULES if module.endswith("__init__.py")])
def test_door_holds_a_sign_and_nothing_else(module: str) -> None:
    body = ast.parse((PACKAGE / module).read_text("utf-8")).body
    assert docstring(module), f"{module} has no docstring"
    assert len(body) == 1, f"{module} holds more than its docstring"


@pytest.mark.parametrize("module", MODULES)
def test_module_says_what_it_is_for(module: str) -> None:
    assert docstring(module), f"{module} has no docstring"
    assert not SAYS_NOTHING & set(module.removesuffix(".py").split("/")), f"{module}: the name says nothing"


def test_page_of_dependencies_names_each_and_no_other() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    required = [
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
    ]
    named = re.findall(r"^\| `([\w.-]+)` \|", DEPENDENCIES.read_text("utf-8"), re.MULTILINE)
    assert sorted(named) == sorted(re.split(r"[^\w.-]", requirement)[0] for requirement in required)


def test_links_between_pages_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").glob("*.md")]
    links = [(page, target) for page in pages for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8"))]
    assert links
    assert not [f"{page}: {target}" for page, target in links if not (page.parent / target).exists()]
