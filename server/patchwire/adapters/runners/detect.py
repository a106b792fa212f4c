"""Which command runs the tests of a tree, when nobody has named one; and what defines it.

Looks at the files of the root in the order of `docs/tests.md`; starts nothing and imports nothing of the tree. What a
command does is defined by the tree's own text (a script of `package.json`, a Makefile): `Definition.digest` covers that
text, so that what was approved once is asked for again when the text has changed (`adapters.approvals`).
"""

import configparser
import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from patchwire.adapters.beneath import open_regular
from patchwire.adapters.runners import interpreter
from patchwire.adapters.runners.command import package_scripts

PYTEST, UNITTEST = "python -m pytest", "python -m unittest"
_TARGET = re.compile(r"^test\s*:(?!=)", re.MULTILINE)
_RECIPE = re.compile(r"^@?test\b[^\n]*?:(?!=)", re.MULTILINE)
_MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
_JUSTFILES = ("justfile", "Justfile", ".justfile")
_NO_TEST = re.compile(r"no test specified|^\s*exit 1\s*$")
_LARGEST = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Definition:
    """A test command, the file that it was found in ("" if it was named by the user), and the text that defines it.

    `reports` are the places of JUnit files that it writes, as patterns.
    """

    command: str
    source: str = ""
    text: str = ""
    reports: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """What an approval is bound to."""
        parts = [self.command, self.source, self.text]
        return hashlib.sha256(json.dumps(parts).encode("utf-8", "surrogatepass")).hexdigest()


def detect(root: Path, environment: Mapping[str, str]) -> Definition | None:
    """The command that runs the tests of `root`; None if nothing tells of tests."""
    for look in (_python, _javascript, _go, _rust, _make, _java):
        if (found := look(root, environment)) is not None:
            return found
    return None


def again(definition: Definition, root: Path, environment: Mapping[str, str]) -> Definition:
    """The same command as it is defined now: its digest differs if what it does may."""
    if not definition.source:
        return definition
    if definition.source == "package.json":
        return _of_script(root) or Definition(definition.command, definition.source)
    text = "" if definition.source.startswith(("py", "tests", "test_")) else _text(root / definition.source)
    return Definition(definition.command, definition.source, text, definition.reports)


def _text(file: Path) -> str:
    try:
        with open_regular(file) as opened:
            data = opened.read(_LARGEST + 1)
        return data.decode("utf-8", "replace") if len(data) <= _LARGEST else ""
    except OSError:
        return ""


def _python(root: Path, environment: Mapping[str, str]) -> Definition | None:
    configured = _pytest_configuration(root)
    if configured:
        return Definition(PYTEST, configured)
    tests = _python_tests(root)
    if not tests:
        return None
    texts = [_text(file) for file in tests[:20]]
    uses_pytest = any(re.search(r"^\s*(?:import|from) pytest\b", text, re.MULTILINE) for text in texts)
    uses_unittest = any(re.search(r"^\s*(?:import|from) unittest\b", text, re.MULTILINE) for text in texts)
    if uses_unittest and not uses_pytest and _lacks_pytest(root, environment):
        return Definition(UNITTEST, tests[0].relative_to(root).as_posix())
    return Definition(PYTEST, tests[0].relative_to(root).as_posix())


def _pytest_configuration(root: Path) -> str:
    for name in ("pytest.ini", ".pytest.ini", "pytest.toml", "conftest.py", "tests/conftest.py"):
        if (root / name).is_file():
            return name
    try:
        if "pytest" in tomllib.loads(_text(root / "pyproject.toml")).get("tool", {}):
            return "pyproject.toml"
    except (ValueError, AttributeError):
        pass
    for name, section in (("tox.ini", "pytest"), ("setup.cfg", "tool:pytest")):
        parser = configparser.RawConfigParser(strict=False)
        try:
            parser.read_string(_text(root / name))
        except configparser.Error:
            continue
        if parser.has_section(section):
            return name
    return ""


def _python_tests(root: Path) -> list[Path]:
    patterns = ("test_*.py", "*_test.py", "tests/**/test_*.py", "tests/**/*_test.py", "tests.py", "test/**/test_*.py")
    return [file for pattern in patterns for file in sorted(root.glob(pattern)) if file.is_file()]


def _lacks_pytest(root: Path, environment: Mapping[str, str]) -> bool:
    found = interpreter.binaries(root, environment)
    return bool(found) and interpreter.has_package(found[0] / "python", "pytest") is False


def _javascript(root: Path, environment: Mapping[str, str]) -> Definition | None:
    return _of_script(root)


def _of_script(root: Path) -> Definition | None:
    scripts = package_scripts(root)
    script = scripts.get("test", "")
    if not script or _NO_TEST.search(script):
        return None
    tool = "yarn" if (root / "yarn.lock").is_file() else "pnpm" if (root / "pnpm-lock.yaml").is_file() else "npm"
    texts = [scripts.get(name, "") for name in ("pretest", "test", "posttest")]
    return Definition(f"{tool} test", "package.json", json.dumps(texts))


def _go(root: Path, environment: Mapping[str, str]) -> Definition | None:
    return Definition("go test ./...", "go.mod", _text(root / "go.mod")) if (root / "go.mod").is_file() else None


def _rust(root: Path, environment: Mapping[str, str]) -> Definition | None:
    file = root / "Cargo.toml"
    return Definition("cargo test", "Cargo.toml", _text(file)) if file.is_file() else None


def _make(root: Path, environment: Mapping[str, str]) -> Definition | None:
    for names, pattern, command in ((_MAKEFILES, _TARGET, "make test"), (_JUSTFILES, _RECIPE, "just test")):
        for name in names:
            text = _text(root / name)
            if pattern.search(text):
                return Definition(command, name, text)
    return None


def _java(root: Path, environment: Mapping[str, str]) -> Definition | None:
    if (root / "pom.xml").is_file():
        program = "./mvnw" if (root / "mvnw").is_file() else "mvn"
        return Definition(
            f"{program} -B -q test", "pom.xml", _text(root / "pom.xml"), ("**/target/surefire-reports/TEST-*.xml",)
        )
    for name in ("build.gradle", "build.gradle.kts"):
        if (root / name).is_file():
            program = "./gradlew" if (root / "gradlew").is_file() else "gradle"
            return Definition(f"{program} test", name, _text(root / name), ("**/build/test-results/test/TEST-*.xml",))
    return None
