"""Quotes and blanks: a text that does not end, an indentation that fits nowhere.

Proposals only, with how likely each is; whether the file parses with one is looked at elsewhere.
"""

import re
from collections.abc import Iterator

from patchwire.repair.broken import Broken, Proposal, indent
from patchwire.repair.source import Edit, Source
from patchwire.repair.tokens import NEWLINE, lex

_TWO_QUOTES = re.compile(r"(?<!['\"])(?:''|\"\")(?=\w)|(?<=[\w.\n ])(?:''|\"\")(?=\n)")


def quotes(broken: Broken) -> Iterator[Proposal]:
    """An unterminated text: its quote wherever the line becomes most usual, or taken away."""
    file, line, error = broken.file, broken.line, broken.error
    if "unterminated" not in error.msg and "line continuation" not in error.msg:
        return
    start, text = file.line_start(line), file.lines[line - 1]
    column = min(max((error.offset or 1) - 1, 0), len(text))
    quote = next((sign for sign in text[column:] + text if sign in "'\""), "")
    if not quote:
        return
    if "triple" in error.msg:
        for number in range(line, min(line + 60, len(file.lines) + 1)):
            end = file.line_start(number) + len(file.lines[number - 1].rstrip())
            for rank, times in enumerate((3, 1, 2)):
                yield 2.0 - 0.1 * (number - line) - 0.05 * rank, (Edit(end, end, quote * times),)
        yield 1.95, (Edit(start + column, start + column, quote),)
    else:
        for place in range(len(indent(text)), len(text) + 1):
            words = [token.abstract for token in lex(text[:place] + quote + text[place:])]
            score = broken.usage.likelihood([NEWLINE, NEWLINE, *words, NEWLINE]) - 4.0 * _odd_quote(text, place, quote)
            yield score + 12.0, (Edit(start + place, start + place, quote),)
    yield 1.0, (Edit(start + column, start + column + 1, ""),)


def docstrings(file: Source) -> Iterator[Proposal]:
    """Two quotes where three were meant, at either end of a long text."""
    for match in [*_TWO_QUOTES.finditer(file.text)][:8]:
        yield -1.0, (Edit(match.start(), match.start(), match[0][0]),)


def _odd_quote(text: str, place: int, quote: str) -> int:
    """How many neighbours speak against a quote at a place: blanks inside the text, a word outside right beside it."""
    before, after = text[place - 1 : place], text[place : place + 1]
    inside, outside = (before, after) if text[:place].count(quote) % 2 else (after, before)
    return (not inside.strip()) + outside.isalnum() + (inside in ")]},:(")


def indents(broken: Broken) -> Iterator[Proposal]:
    """Another indentation for the line or the ones around it."""
    file, line, error = broken.file, broken.line, broken.error
    if not isinstance(error, IndentationError) and "expected" not in error.msg and "invalid syntax" not in error.msg:
        return
    certain = 3.0 if isinstance(error, IndentationError) else -6.0
    above = next((text for text in reversed(file.lines[: line - 1]) if text.strip()), "")
    below = next((text for text in file.lines[line:] if text.strip()), "")
    step = "\t" if "\t" in indent(above) else "    "
    own = file.lines[line - 1]
    wanted = [
        indent(above),
        indent(below),
        indent(above) + step,
        indent(above)[: -len(step)],
        indent(own)[: -len(step)],
        indent(own) + step,
    ]
    outer = sorted({indent(text) for text in file.lines[max(line - 30, 0) : line]}, key=len)
    for rank, margin in enumerate(dict.fromkeys([*wanted, *outer])):
        if margin != indent(own):
            start = file.line_start(line)
            yield certain - 0.2 * rank, (Edit(start, start + len(indent(own)), margin),)
    if isinstance(error, IndentationError) and "expected an indented block" in error.msg:
        start = file.line_start(line)
        body = [n for n in range(line, min(line + 40, len(file.lines) + 1)) if file.lines[n - 1].strip()]
        for last in range(1, min(len(body), 12)):
            yield (
                certain - 0.3 * last,
                tuple(Edit(file.line_start(n), file.line_start(n), step) for n in body[: last + 1]),
            )
        blank = next((n for n in range(line - 1, 0, -1) if file.lines[n - 1].isspace()), 0)
        if blank and not any(text.strip() for text in file.lines[blank : line - 1]):
            end = file.line_start(blank) + len(file.lines[blank - 1])  # the blanks before a lost word
            yield certain + 1.0, (Edit(end, end, "pass"),)
        yield certain - 1.0, (Edit(start, start, f"{indent(above)}{step}pass\n"),)
