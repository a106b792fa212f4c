"""Makes a corpus of real commits that nobody tuned the engine on: `python -m benchmarks.patch.fresh --draw N`.

Where they come from: Debian keeps, beside each release's source, the upstream commits that it took over, as patches
that name their origin. The tree that each was made for is there too, so a commit's texts before and after are known to
the byte. The same file in Debian's release before is a real older version (`drift`); its truth is git's clean merge.

The drawing rule, fixed before the first look: of the packages in the draw's file, those whose name's SHA-256 belongs to
the draw (`packages`); in the releases of `_RELEASES`, the patches that name an upstream commit
as their origin, change or add text files only, apply without fuzz and are not too large (`_fits`); in an order made of
`random.Random(draw)` over their sorted names, at most `_CAPS` of a package and of a language (by the
largest file's suffix), `_MOST` in all. Draws 1, 2 and 3 are for one report each; draw 4 is to
work with, and nothing that is measured on it is reported. Draw 5 is for a report too, and asks for no new packages: it
draws from the commits that draw 3 left in its packages, without those whose patch, of another release, is in draw 3.

A run that was cut off goes on where it was when it is started again.

Needs Debian's apt-get, dpkg-source, GNU patch and git, and a system that knows a Debian mirror. Writes below `build/`;
the third-party texts are not part of the project.
"""

import argparse
import gzip
import hashlib
import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath

from benchmarks.patch.corpus import FRESH

_HERE = Path(__file__).parent
_FIRST, _UPDATED = _HERE / "packages.txt", _HERE / "packages-updated.txt"
_TO_WORK_WITH = 4
_DRAWS: dict[int, tuple[Path, int, set[int]]] = {
    1: (_FIRST, 2, {1}), 2: (_FIRST, 2, {0}), 3: (_UPDATED, 4, {1, 2, 3}), _TO_WORK_WITH: (_UPDATED, 4, {0}),
    5: (_UPDATED, 4, {1, 2, 3}),
}  # fmt: skip
"""For each draw the file that names its packages, and which remainders of their names' hashes are its own."""
_RELEASES = (("trixie", "bookworm"), ("bookworm", "bullseye"))
"""Each release with the one before."""
_LEFT_BY = {5: 3}
"""For a draw of what another one left, that one."""
_CAPS = {5: (10, 100)}
_USUAL_CAPS, _MOST = (5, 45), 260
_LARGEST_SOURCE = 60_000_000
_LARGEST_FILE, _MOST_FILES, _MOST_LINES = 400_000, 12, 600
_ORIGIN = re.compile(
    r"^(Origin:\s*(upstream|backport)|Applied-Upstream:\s*\S*(commit|[0-9a-f]{12})|Origin:\s*\S*/commit/[0-9a-f]{7})"
    r"|^From (?!0{40})[0-9a-f]{40} |^\(cherry.picked from commit [0-9a-f]{12}",
    re.IGNORECASE | re.MULTILINE,
)
_TARGET = re.compile(r"^\+\+\+ (?:[^/\s]+/)?(\S+)", re.MULTILINE)
_SOURCE = re.compile(r"^--- (?:[^/\s]+/)?(\S+)", re.MULTILINE)


@dataclass(slots=True)
class Found:
    """A commit that may be drawn."""

    package: str
    release: str
    patch: str
    files: list[dict[str, str]]
    drift: list[dict[str, str]] = field(default_factory=list)

    @property
    def language(self) -> str:
        """The suffix of the file with the most text in the commit."""
        return PurePosixPath(max(self.files, key=lambda f: len(f["after"]))["path"]).suffix or "none"

    @property
    def name(self) -> str:
        """A name that depends on the contents alone."""
        return hashlib.sha256(json.dumps(self.files).encode()).hexdigest()[:40]


def packages(draw: int) -> list[str]:
    """The packages of a draw."""
    file, parts, own = _DRAWS[draw]
    lines = file.read_text("utf-8").splitlines()
    names = sorted({word for line in lines if not line.startswith("#") for word in line.split()})
    return [name for name in names if int(hashlib.sha256(name.encode()).hexdigest(), 16) % parts in own]


class Sources:
    """Debian's sources of one release, by this system's own apt with lists of its own."""

    def __init__(self, release: str, unpacked: Path) -> None:
        self._release = release
        self._unpacked = unpacked / release
        self._place = FRESH / "apt" / release
        self._options = [
            "-qq",
            *("-o", f"Dir::Etc::sourcelist={self._place / 'sources.list'}", "-o", "Dir::Etc::sourceparts=/dev/null"),
            *("-o", f"Dir::State::lists={self._place / 'lists'}", "-o", f"Dir::Cache={self._place / 'cache'}"),
        ]

    def update(self) -> None:
        """Fetch the release's index, from the mirror that the system uses for Debian."""
        asked = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Origin: Debian"]
        [mirror] = {uri for uri in _output(asked).split() if "security" not in uri}
        for folder in ("lists/partial", "cache/archives/partial"):
            (self._place / folder).mkdir(parents=True, exist_ok=True)
        key = "/usr/share/keyrings/debian-archive-keyring.gpg"
        (self._place / "sources.list").write_text(f"deb-src [signed-by={key}] {mirror} {self._release} main\n")
        _output(["apt-get", *self._options, "update"])

    def unpack(self, package: str) -> Path | None:
        """The package's source without Debian's patches; None if there is none, or it is too large."""
        place = self._unpacked
        if (place / "tree").is_dir():
            return place / "tree"
        place.mkdir(parents=True, exist_ok=True)
        fetch = ["apt-get", *self._options, "source", "--only-source", "--download-only"]
        listed = _tried([*fetch, "--print-uris", package], place)
        sizes = [int(size) for size in re.findall(r"' \S+ (\d+) \S+:", listed or "")]
        if not sizes or sum(sizes) > _LARGEST_SOURCE or _tried([*fetch, package], place) is None:
            return None
        for description in place.glob("*.dsc"):
            if (
                _tried(["dpkg-source", "--no-check", "--skip-patches", "-x", description.name, "tree"], place)
                is not None
            ):
                return place / "tree"
        return None


def commits_of(package: str, release: str, tree: Path, older: Path | None) -> Iterator[Found]:
    """The upstream commits among the package's patches, each with its files before and after; changes the tree."""
    patches = tree / "debian" / "patches"
    series = patches / "series"
    if not series.is_file():
        return
    for line in series.read_text("utf-8", "replace").splitlines():
        words = line.split("#")[0].split()
        if not words or not (patches / words[0]).is_file():
            continue
        text = (patches / words[0]).read_bytes().decode("utf-8", "replace")
        paths = sorted({path for path in (*_TARGET.findall(text), *_SOURCE.findall(text)) if path != "dev/null"})
        before = {path: _text(tree / path) for path in paths}
        strip = words[1] if len(words) > 1 else "-p1"
        apply = ["patch", strip, "-s", "-f", "-F0", "--no-backup-if-mismatch", "-r", "-", "-i", str(patches / words[0])]
        if _tried(apply, tree) is None:
            return  # from here on the tree is not what the next patches were made for
        head = text.split("\n--- ")[0]
        if not _ORIGIN.search(head) or strip != "-p1":
            continue
        after = {path: _text(tree / path) for path in paths}
        files = [
            {"path": path, "kind": "A" if before[path] is None else "M", "before": before[path] or "", "after": now}
            for path, now in after.items()
            if now is not None and now != before[path]
        ]
        if len(files) == len(paths) and _fits(files, text):
            yield Found(package, release, words[0], files, list(_drift(files, older)))


def _fits(files: list[dict[str, str]], patch: str) -> bool:
    """Whether a commit is about as large as what models are asked for, and changes a file that was there."""
    lines = [line for line in patch.split("\n") if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return (
        0 < len(files) <= _MOST_FILES
        and any(file["kind"] == "M" for file in files)
        and len(lines) <= _MOST_LINES
        and all(len(file["before"]) <= _LARGEST_FILE and len(file["after"]) <= _LARGEST_FILE for file in files)
    )


def _drift(files: list[dict[str, str]], older: Path | None) -> Iterator[dict[str, str]]:
    """The commit's files as they were a release ago, where they differ, with what git merges the change to."""
    for file in files if older else ():
        assert older is not None
        was = _text(older / file["path"])
        if file["kind"] == "A" or was is None or was == file["before"] or len(was) > _LARGEST_FILE:
            continue
        merged = _merged(was, file["before"], file["after"])
        if merged not in (None, was):
            yield {"path": file["path"], "before": was, "after": merged or ""}


def _merged(ours: str, base: str, theirs: str) -> str | None:
    with tempfile.TemporaryDirectory() as place:
        for name, text in (("ours", ours), ("base", base), ("theirs", theirs)):
            Path(place, name).write_bytes(text.encode())
        done = subprocess.run(
            ["git", "merge-file", "-p", "ours", "base", "theirs"], cwd=place, capture_output=True, check=False
        )
    return done.stdout.decode() if done.returncode == 0 else None


def _text(file: Path) -> str | None:
    """A regular text file's text; None if it is none."""
    if file.is_symlink() or not file.is_file():
        return None
    raw = file.read_bytes()
    try:
        return None if b"\0" in raw else raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _kept(package: str, sources: dict[str, Sources], unpacked: Path) -> list[Found]:
    """A package's commits, from the file that keeps them, which is made if it is not there."""
    file = FRESH / "found" / f"{package}.json"
    if not file.is_file():
        shutil.rmtree(unpacked, ignore_errors=True)
        found: list[Found] = []
        for release, before in _RELEASES:  # the newer first: patching a release's tree spoils it as an older version
            tree, older = sources[release].unpack(package), sources[before].unpack(package)
            if tree is not None:
                found += commits_of(package, release, tree, older)
        shutil.rmtree(unpacked, ignore_errors=True)
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(".unfinished")
        unfinished.write_text(json.dumps([asdict(commit) for commit in found]), "utf-8")
        unfinished.replace(file)
        print(f"{package}: {len(found)}", file=sys.stderr, flush=True)
    return [Found(**commit) for commit in json.loads(file.read_text("utf-8"))]


def drawn(found: list[Found], draw: int) -> list[Found]:
    """The commits that the rule draws."""
    if draw in _LEFT_BY:
        taken = drawn(found, _LEFT_BY[draw])
        names = {commit.name for commit in taken}
        patches = {(commit.package, commit.patch) for commit in taken}
        found = [c for c in found if c.name not in names and (c.package, c.patch) not in patches]
    of_a_package, of_a_language = _CAPS.get(draw, _USUAL_CAPS)
    order = sorted({commit.name: commit for commit in found}.values(), key=lambda commit: commit.name)
    random.Random(draw).shuffle(order)
    packaged: Counter[str] = Counter()
    written: Counter[str] = Counter()
    out = []
    for commit in order:
        room = packaged[commit.package] < of_a_package and written[commit.language] < of_a_language
        if room and len(out) < _MOST:
            packaged[commit.package] += 1
            written[commit.language] += 1
            out.append(commit)
    return out


def _output(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _tried(command: list[str], place: Path) -> str | None:
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, errors="replace", check=False)
    return done.stdout if done.returncode == 0 else None


def main() -> int:
    """Make the corpus of a draw."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--draw", type=int, choices=[*_DRAWS], default=1)
    options = parser.parse_args()
    missing = [name for name in ("apt-get", "dpkg-source", "patch", "git") if shutil.which(name) is None]
    if missing:
        print(f"not found: {', '.join(missing)}; make the corpus on Debian", file=sys.stderr)
        return 1
    unpacked = FRESH / f"source-{options.draw}"
    sources = {release: Sources(release, unpacked) for release in {name for pair in _RELEASES for name in pair}}
    for source in sources.values():
        source.update()
    found = [commit for package in packages(options.draw) for commit in _kept(package, sources, unpacked)]
    chosen = drawn(found, options.draw)
    target = FRESH / ("to-work-with.jsonl.gz" if options.draw == _TO_WORK_WITH else f"draw-{options.draw}.jsonl.gz")
    with gzip.open(target, "wt", encoding="utf-8") as out:
        for commit in chosen:
            row = {"repo": commit.package, "commit": commit.name, "files": commit.files, "drift": commit.drift}
            out.write(json.dumps({**row, "release": commit.release, "patch": commit.patch}) + "\n")
    languages = ", ".join(f"{name} {count}" for name, count in Counter(c.language for c in chosen).most_common())
    print(
        f"{target}: {len(chosen)} of {len(found)} commits, of {len({c.package for c in chosen})} packages; {languages}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
