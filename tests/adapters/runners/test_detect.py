"""Which command runs the tests of a tree, and what an approval of it is bound to."""

from pathlib import Path

import pytest

from patchwire.adapters.runners.detect import Definition, again, detect


def tree(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


JEST = '{"scripts": {"test": "jest"}}'
MAKE = "build:\n\tcc\n\ntest: build\n\t./run\n"


@pytest.mark.parametrize(
    ("files", "command", "source"),
    [
        ({"pytest.ini": "[pytest]\n", "package.json": JEST}, "python -m pytest", "pytest.ini"),
        ({"pyproject.toml": "[tool.pytest.ini_options]\n", "go.mod": ""}, "python -m pytest", "pyproject.toml"),
        ({"tox.ini": "[pytest]\naddopts = -q\n"}, "python -m pytest", "tox.ini"),
        ({"setup.cfg": "[tool:pytest]\n"}, "python -m pytest", "setup.cfg"),
        ({"setup.cfg": "no ini\n", "tests/a/test_a.py": ""}, "python -m pytest", "tests/a/test_a.py"),
        ({"pyproject.toml": "[[", "test_a.py": "", "package.json": JEST}, "python -m pytest", "test_a.py"),
        ({"pyproject.toml": "[tool.ruff]\n", "package.json": JEST, "Makefile": MAKE}, "npm test", "package.json"),
        ({"package.json": JEST, "yarn.lock": ""}, "yarn test", "package.json"),
        ({"package.json": JEST, "pnpm-lock.yaml": ""}, "pnpm test", "package.json"),
        (
            {"package.json": '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}', "go.mod": ""},
            "go test ./...",
            "go.mod",
        ),
        ({"package.json": "{", "Cargo.toml": "[package]\n", "Makefile": MAKE}, "cargo test", "Cargo.toml"),
        ({"Makefile": MAKE, "pom.xml": ""}, "make test", "Makefile"),
        ({"Makefile": "test := 1\n", "justfile": "test arg='':\n  x\n"}, "just test", "justfile"),
        ({"pom.xml": ""}, "mvn -B -q test", "pom.xml"),
        ({"pom.xml": "", "mvnw": ""}, "./mvnw -B -q test", "pom.xml"),
        ({"build.gradle.kts": "", "gradlew": ""}, "./gradlew test", "build.gradle.kts"),
    ],
)
def test_the_order(files: dict[str, str], command: str, source: str, tmp_path: Path) -> None:
    found = detect(tree(tmp_path, files), {})
    assert (found.command, found.source) == (command, source)


def test_nothing_tells_of_tests(tmp_path: Path) -> None:
    assert detect(tree(tmp_path, {"README.md": "", "main.py": ""}), {}) is None


def test_unittest_where_the_environment_has_no_pytest(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {"tests/test_a.py": "import unittest\n", ".venv/bin/python": "", ".venv/lib/python3.12/site-packages/x": ""},
    )
    assert detect(root, {}).command == "python -m unittest"
    tree(root, {".venv/lib/python3.12/site-packages/pytest/__init__.py": ""})
    assert detect(root, {}).command == "python -m pytest"
    (root / ".venv/lib/python3.12/site-packages/pytest/__init__.py").unlink()
    (root / ".venv/lib/python3.12/site-packages/pytest").rmdir()
    tree(root, {"tests/test_a.py": "import unittest\nfrom pytest import raises\n"})
    assert detect(root, {}).command == "python -m pytest", "a runner of unittest's could not import it"


def test_java_tells_where_its_reports_are(tmp_path: Path) -> None:
    assert detect(tree(tmp_path, {"pom.xml": ""}), {}).reports == ("**/target/surefire-reports/TEST-*.xml",)


@pytest.mark.parametrize(
    ("files", "path", "text"),
    [
        ({"package.json": JEST}, "package.json", JEST.replace("jest", "true")),
        (
            {"package.json": JEST},
            "package.json",
            JEST.replace("{", '{"pretest": "curl", ', 2).replace('{"pretest": "curl", ', "{", 1),
        ),
        ({"Makefile": MAKE}, "Makefile", MAKE.replace("./run", "true")),
    ],
)
def test_an_approval_is_void_when_the_text_behind_the_command_changes(
    files: dict[str, str], path: str, text: str, tmp_path: Path
) -> None:
    root = tree(tmp_path, files)
    found = detect(root, {})
    assert again(found, root, {}).digest == found.digest
    tree(root, {path: text})
    assert again(found, root, {}).digest != found.digest
    (root / path).unlink()
    assert again(found, root, {}).digest != found.digest


def test_what_else_changes_does_not_matter(tmp_path: Path) -> None:
    root = tree(tmp_path, {"package.json": JEST})
    found = detect(root, {})
    tree(root, {"package.json": JEST.replace("}}", '}, "version": "2"}'), "a.js": ""})
    assert again(found, root, {}).digest == found.digest
    named = Definition("make check")
    assert again(named, root, {}) is named
