"""Puts the language server, what it needs, and the pytest of the sample into `bundled/`.

    python scripts/bundle.py          # from the pins in scripts/*.txt, checked by their hashes
    python scripts/bundle.py --pin    # write the pins anew, from what pyproject.toml asks for

Everything is pure Python, so that one extension serves every platform. What only terminals need is left out.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
EXTENSION = HERE.parent
REPOSITORY = EXTENSION.parent
BUNDLED = EXTENSION / "bundled"
OLDEST = "3.11"

# What the command line alone draws with, and reads diffs with.
LEFT_OUT = {"rich", "unidiff"}
# Small ones will do: the last pytest without pygments, and a packaging from before it grew.
SAMPLE = ["pytest==8.3.5", "packaging<25"]

# Large parts of the libraries that nothing here imports.
UNUSED = (
    "anyio/_backends/_trio.py",
    "anyio/pytest_plugin.py",
    "cattrs/preconf",
    "certifi/cacert.pem",
    "httpx/_main.py",
    "idna/uts46data.py",
    "patchwire/__main__.py",
    "patchwire/cli",
    "websockets/asyncio/router.py",
    "websockets/asyncio/server.py",
    "websockets/cli.py",
    "websockets/legacy",
    "websockets/sync",
    "websockets/trio",
)
PINS = {"libs": HERE / "libs.txt", "pytest": HERE / "pytest.txt"}
PURE = ["--only-binary=:all:", "--platform=any", "--implementation=py", "--abi=none", f"--python-version={OLDEST}"]


def pip(*arguments: str) -> str:
    """Run pip; its standard output."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-qq", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def wanted() -> list[str]:
    """What the server needs at run time, by pyproject.toml."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    return [line for line in project["dependencies"] if name_of(line) not in LEFT_OUT]


def name_of(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""


def pin(requirements: list[str], place: Path) -> None:
    """Write down the newest versions that fit, with the hashes of their files."""
    report = pip("install", "--dry-run", "--ignore-installed", "--report=-", "--target=unused", *PURE, *requirements)
    lines = ["# Written by scripts/bundle.py --pin"]
    for item in sorted(json.loads(report)["install"], key=lambda item: item["metadata"]["name"].lower()):
        metadata, digest = item["metadata"], item["download_info"]["archive_info"]["hashes"]["sha256"]
        lines.append(f"{metadata['name'].lower()}=={metadata['version']} --hash=sha256:{digest}")
    place.write_text("\n".join(lines) + "\n", "utf-8")


def bundle() -> None:
    """Install what is pinned, and the server itself."""
    shutil.rmtree(BUNDLED, ignore_errors=True)
    for name, pins in PINS.items():
        fetch = ["install", "--no-deps", "--no-compile", f"--target={BUNDLED / name}"]
        pip(*fetch, "--require-hashes", *PURE, f"--requirement={pins}")
        if name == "libs":
            pip(*fetch, str(REPOSITORY))
        trim(BUNDLED / name)
    shutil.copy(HERE / "serve.py", BUNDLED / "serve.py")


def trim(place: Path) -> None:
    """Drop what is not needed at run time. Licences and versions stay."""
    for name in ("bin", *UNUSED):
        unused = place / name
        shutil.rmtree(unused) if unused.is_dir() else unused.unlink(missing_ok=True)
    for directory in [path for name in ("__pycache__", "test", "tests") for path in place.rglob(name)]:
        shutil.rmtree(directory, ignore_errors=True)
    for path in [path for kind in ("*.so", "*.pyd", "*.c", "*.pyi") for path in place.rglob(kind)]:
        path.unlink()
    for path in place.glob("*.dist-info/**/*"):
        if path.name == "METADATA":
            path.write_text(path.read_text("utf-8").partition("\n\n")[0] + "\n", "utf-8")  # without the whole README
        elif path.is_file() and not path.name.startswith(("LICEN", "COPYING", "AUTHORS")):
            path.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pin", action="store_true")
    if parser.parse_args().pin:
        pin(wanted(), PINS["libs"])
        pin(SAMPLE, PINS["pytest"])
    else:
        bundle()


if __name__ == "__main__":
    main()
