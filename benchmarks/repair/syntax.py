"""How often the offline model mends one broken token in a real file.

The files are modules of the running Python's standard library; the sample is seeded. A token is drawn uniformly from
a file's names, numbers, texts and signs, and dropped or altered (a letter lost, doubled or swapped with the next; a
bracket or sign for another; a quote lost); only what no longer parses counts. A name, a number or a text that is gone
altogether cannot be known again, only guessed from its neighbours: those are counted with all others, and shown on a
row of their own as well.

    python benchmarks/repair/syntax.py --write
"""

import argparse
import ast
import io
import keyword
import random
import statistics
import sys
import sysconfig
import time
import tokenize
import warnings
from itertools import chain
from pathlib import Path

from document import put

from patchwire.repair.source import edited, source
from patchwire.repair.syntax import candidates

DROPPED, ALTERED, LOST = "sign or keyword dropped", "any token altered", "name, number or text dropped"
OTHERS = {
    "(": "[{", ")": "]}", "[": "({", "]": ")}", "{": "([", "}": ")]",
    ":": ";,", ",": ".;", ".": ",", "=": [":", "=="], "==": ["="],
}  # fmt: skip


def broken(text: str, dice: random.Random) -> tuple[str, str, str] | None:
    """The text with one token broken, what was done and to which token; None where it still parses."""
    kinds = (tokenize.NAME, tokenize.NUMBER, tokenize.STRING, tokenize.OP)
    tokens = [token for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type in kinds]
    if not tokens:
        return None
    token = dice.choice(tokens)
    how, new = (DROPPED, "") if dice.random() < 0.5 else (ALTERED, altered(token, dice))
    if how == DROPPED and token.type != tokenize.OP and not keyword.iskeyword(token.string):
        how = LOST
    if new == token.string:
        return None
    lines = text.splitlines(keepends=True)
    start = sum(len(line) for line in lines[: token.start[0] - 1]) + token.start[1]
    result = text[:start] + new + text[start + len(token.string) :]
    try:
        ast.parse(result)
    except (SyntaxError, ValueError):
        return result, how, token.string
    return None


def altered(token: tokenize.TokenInfo, dice: random.Random) -> str:
    """The token as a slip of the hand would have it."""
    text = token.string
    if token.type == tokenize.OP:
        return str(dice.choice(OTHERS.get(text, [text])))
    if token.type == tokenize.STRING:
        return text[:-1] if dice.random() < 0.5 else text[1:]
    place = dice.randrange(len(text))
    slips = (
        text[:place] + text[place + 1 :],
        text[:place] + text[place] + text[place:],
        text[:place] + text[place : place + 2][::-1] + text[place + 2 :],
    )
    return dice.choice(slips)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--number", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lines", type=int, default=1500, help="longer files are left out")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--write", action="store_true", help="write the table into docs/offline-model.md")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # doubtful literals of the library
    dice = random.Random(options.seed)
    library = Path(sysconfig.get_paths()["stdlib"])
    files = [
        f
        for f in sorted(library.rglob("*.py"))
        if not {"test", "tests", "site-packages", "idlelib", "lib2to3"} & set(f.parts)
    ]
    rows: dict[str, list[tuple[bool, bool, float]]] = {DROPPED: [], ALTERED: [], LOST: []}
    while sum(map(len, rows.values())) < options.number:
        path = dice.choice(files)
        try:
            text = path.read_text()
            ast.parse(text)
        except (SyntaxError, ValueError):
            continue
        if not 20 < text.count("\n") < options.lines or "\r" in text or not text.isascii():
            continue
        if not (case := broken(text, dice)):
            continue
        result, how, what = case
        started = time.perf_counter()
        found = candidates(source(path.name, result))
        seconds = time.perf_counter() - started
        best = edited(result, found[0].edits) if found else ""
        identical = bool(best) and ast.dump(ast.parse(best)) == ast.dump(ast.parse(text))
        rows[how].append((bool(found), identical, seconds))
        if options.show and not identical:
            rank = next(
                (
                    n
                    for n, c in enumerate(found)
                    if ast.dump(ast.parse(edited(result, c.edits))) == ast.dump(ast.parse(text))
                ),
                None,
            )
            error = source(path.name, result).error
            line = error.lineno or 1
            print(f"{how} {what!r} rank={rank} {seconds:.2f}s {error.msg} @{line}")
            for shown in (result, best):
                print(f"   {shown.splitlines()[line - 1 : line]}")
    text = ["| one token | files | parse again | identical | median | slowest |", "|---|---|---|---|---|---|"]
    for how, own in [
        ("**all one-token errors**", [*chain.from_iterable(rows.values())]),
        *rows.items(),
    ]:
        if not own:
            continue
        parses, same = (100 * sum(row[i] for row in own) / len(own) for i in (0, 1))
        times = [row[2] * 1000 for row in own]
        middle, slowest = statistics.median(times), max(times)
        text.append(f"| {how} | {len(own)} | {parses:.0f} % | {same:.0f} % | {middle:.0f} ms | {slowest:.0f} ms |")
    line = "python benchmarks/repair/syntax.py" + "".join(f" {a}" for a in sys.argv[1:])
    version = ".".join(map(str, sys.version_info[:3]))
    text += ["", f"Made by `{line}` on Python {version}. Identical means the same syntax tree as the original."]
    print("\n".join(text))
    if options.write:
        put("syntax", "\n".join(text))


if __name__ == "__main__":
    main()
