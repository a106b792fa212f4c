"""Syntax repair: edits of one token near the place where CPython stumbled, after which the file parses.

They are ordered by how usual the mended line is in the file itself (`tokens.Usage`) and by what CPython's message says.
Knows nothing of tests: a file that parses again is all that is claimed.
"""

import ast
import difflib
import keyword
import re
from collections.abc import Iterable, Iterator, Sequence

from patchwire.repair.ranking import Candidate
from patchwire.repair.source import Edit, Source, edited, syntax_error
from patchwire.repair.tokens import NEWLINE, Token, Usage, lex

_FOUND = 20  # candidates that are enough
_PARSES = 700  # candidates that are parsed at most
_BACK, _AHEAD = 16, 4  # tokens around the error that are looked at
_FAR = 0.12  # what each token of distance costs

_MESSAGE = re.compile(r"File \"([^\"]+)\", line \d+\n(?:.*\n){0,4}?.*(?:SyntaxError|IndentationError|TabError): ")
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_INSERTED = (
    ":", ",", ")", "(", "]", "[", "}", "{", "=", ".", "in", "if", "else", "for", "def", "import", "as", "from", "and", "or",
    "not", "is", "==", "+", "-", "*", "%", "return", "lambda", "try", "class", "while", "with", "except", "None", "elif", "raise",
    "->", "@", "0", "''", "<", ">", "/", "|", "async", "yield", "del", "**", ":=", "+=", "...", "pass", NEWLINE,
)  # fmt: skip
_ALIKE = {
    "=": ("==", ":", "+=", ":="), "==": ("=",), ":": (";", ",", "=", ".", ":="), ";": (":", ","), ",": (".", ":", ";"), ".": (",",),
    ")": ("]", "}", "("), "]": (")", "}", "["), "}": (")", "]", "{"), "(": ("[", "{", ")"), "[": ("(", "{", "]"), "{": ("(", "[", "}"),
    "!": ("not ", "!="), "<>": ("!=",), "&": ("and",), "|": ("or",), "->": (":", "."), ":=": ("=", ":", "=="),
}  # fmt: skip


def broken_files(messages: str) -> tuple[str, ...]:
    """The files that a message says do not parse, as it names them."""
    return tuple(dict.fromkeys(_MESSAGE.findall(messages)))


def in_tree(name: str, known: Sequence[str]) -> str | None:
    """The path in the tree that a message means, which may be absolute."""
    return max((path for path in known if f"/{name}".endswith(f"/{path}")), key=len, default=None)


def candidates(file: Source) -> tuple[Candidate, ...]:
    """Edits after which the file parses, likeliest first; none where it parses already."""
    error = file.error
    if error is None:
        return ()
    found: list[Candidate] = []
    chunk = _Chunk(file, error)
    tried: set[tuple[Edit, ...]] = set()
    ranked = sorted(_proposals(file, error), key=lambda proposal: (-proposal[0], proposal[1]))
    for score, edits in ranked:
        if edits in tried:
            continue
        tried.add(edits)
        if len(found) == _FOUND or len(tried) > _PARSES:
            break
        if chunk.mended(edits):
            found.append(Candidate(file.path, edits, "syntax", score, file.line_of(edits[0].start)))
    return tuple(found)


class _Chunk:
    """The top statement around an error: parsing it alone is quick, and the whole file is parsed only where it is mended."""

    def __init__(self, file: Source, error: SyntaxError) -> None:
        self._text = file.text
        line = min(max(error.lineno or 1, 1), len(file.lines))
        first = max((n for n in range(1, line) if _opens(file.lines[n - 1])), default=1)
        if error.end_lineno == error.lineno and _opens(file.lines[line - 1]) and not re.match(r"\s*(?:unexpected|unindent)", error.msg):
            first = max((n for n in range(1, first + 1) if _opens(file.lines[n - 1])), default=1)
        last = next((n for n in range(line + 1, len(file.lines) + 1) if _opens(file.lines[n - 1])), len(file.lines) + 1)
        self._begin, self._end = file.line_start(first), file.line_start(last)

    def mended(self, edits: tuple[Edit, ...]) -> bool:
        """Whether the file parses with the edits made."""
        if all(self._begin <= edit.start and edit.end <= self._end for edit in edits):
            shifted = tuple(Edit(edit.start - self._begin, edit.end - self._begin, edit.text) for edit in edits)
            if syntax_error(edited(self._text[self._begin : self._end], shifted)) is not None:
                return False
        return syntax_error(edited(self._text, edits)) is None


def _opens(line: str) -> bool:
    """Whether a top statement begins on a line."""
    return bool(re.match(r"[^\W\d]|@", line)) and not re.match(r"(?:else|elif|except|finally)\b", line)


Proposal = tuple[float, tuple[Edit, ...]]


def _proposals(file: Source, error: SyntaxError) -> Iterator[Proposal]:
    line = min(max(error.lineno or 1, 1), len(file.lines))
    at = file.line_start(line) + max((error.offset or 1) - 1, 0)
    tokens = lex(file.text)
    usage = Usage(tokens)
    yield from _indents(file, line, error)
    yield from _quotes(file, line, error)
    place = next((n for n, token in enumerate(tokens) if token.start >= at), len(tokens))
    first = min(max(place - _BACK, 0), next((n for n, token in enumerate(tokens) if token.start >= file.line_start(line)), place))
    for number in range(first, min(place + _AHEAD, len(tokens)) + 1):
        far = -_FAR * abs(number - place)
        yield from _insertions(file, tokens, number, usage, error, far)
        if number < len(tokens):
            yield from _changes(file, tokens, number, usage, error, far)
    yield from _never_closed(file, tokens, place, usage, error)


def _context(tokens: Sequence[Token], number: int, new: Sequence[str], width: int) -> list[str]:
    """Two words before the place, the new ones, and two after the `width` tokens that they replace."""
    before = [token.abstract for token in tokens[max(number - 2, 0) : number]]
    after = [token.abstract for token in tokens[number + width : number + width + 2]]
    return [*[""] * (2 - len(before)), *before, *new, *after]


def _insertions(
    file: Source, tokens: Sequence[Token], number: int, usage: Usage, error: SyntaxError, far: float
) -> Iterator[Proposal]:
    before = tokens[number - 1] if number else Token("newline", NEWLINE, 0)
    after = tokens[number] if number < len(tokens) else Token("newline", NEWLINE, len(file.text))
    for word in _INSERTED:
        abstract = {"0": "NUMBER", "''": "STRING"}.get(word, word)
        score = usage.likelihood(_context(tokens, number, [abstract], 0)) + far + _told(word, error, after)
        yield score, (_insertion(file, before, after, word),)
    score = usage.likelihood(_context(tokens, number, ["NAME"], 0)) + far
    near = [token.text for token in tokens[max(number - 40, 0) : number + 40]]
    for name, share in usage.names_between(before.text, after.text, near, 4):
        yield score + share, (_insertion(file, before, after, name),)


def _insertion(file: Source, before: Token, after: Token, word: str) -> Edit:
    """The word between two tokens, spaced as people write it: tight to what it belongs to."""
    if word == NEWLINE:
        return Edit(after.start, after.start, "\n" + _indent(file.lines[file.line_of(before.start) - 1]))
    gap = file.text[before.end : after.start]
    if word in (")", "]", "}", ",", ":", ".", "(", "[") and (before.kind != "newline" or word in "([{"):
        if word in ("(", "[") and gap and before.kind != "name":
            return Edit(after.start, after.start, word)
        if word == "." or not (word == "," and not gap):
            return Edit(before.end, before.end, word) if before.kind != "newline" else Edit(after.start, after.start, word)
        return Edit(before.end, before.end, word if after.kind == "newline" else ", ")
    if before.kind == "newline":
        return Edit(after.start, after.start, word if after.text in (".", "(", "[") and word not in _KEYWORDS else word + " ")
    if word in ("{", "*", "-", "**", "@", "~") or after.text in (".", ",", ")", "]", "}", ":", "(", "["):
        tight = word not in _KEYWORDS and word != "="
        if after.kind == "newline" or not tight:
            return _spaced(file, before, after, word)
        return Edit(after.start, after.start, word)
    return _spaced(file, before, after, word)


_KEYWORDS = frozenset(keyword.kwlist)


def _spaced(file: Source, before: Token, after: Token, word: str) -> Edit:
    gap = file.text[before.end : after.start]
    if after.kind == "newline":
        return Edit(before.end, before.end, ("" if before.text in ("(", "[", "{", ".") else " ") + word)
    loose = bool(gap) or word in _KEYWORDS
    left = " " if loose and not gap and (before.kind in ("name", "number", "string") or before.text in (")", "]", "}")) else ""
    return Edit(after.start, after.start, f"{left}{word}{' ' if loose else ''}")


def _told(word: str, error: SyntaxError, after: Token) -> float:
    """What CPython's message says for a word."""
    message = error.msg
    if f"expected '{word}'" in message:
        return 5.0
    if "forgot a comma" in message:
        return 1.0 if word == "," else 0.0
    if "was never closed" in message:
        opened = re.search(r"'(.)' was never closed", message)
        return 3.0 if opened and _CLOSING.get(opened[1]) == word else 0.0
    if message.startswith("unmatched"):
        closed = re.search(r"unmatched '(.)'", message)
        return 3.0 if closed and _CLOSING.get(word) == closed[1] else 0.0
    if "does not match opening" in message:
        opened = re.search(r"opening parenthesis '(.)'", message)
        return 2.0 if opened and (_CLOSING.get(opened[1]) == word or word in _CLOSING) else 0.0
    if "expected 'else'" in message and word == "else":
        return 5.0
    return 0.0


def _changes(
    file: Source, tokens: Sequence[Token], number: int, usage: Usage, error: SyntaxError, far: float
) -> Iterator[Proposal]:
    token = tokens[number]
    if token.kind == "newline":
        return
    removed = usage.likelihood(_context(tokens, number, [], 1))
    end = token.end + (1 if file.text[token.end : token.end + 1] == " " else 0)
    yield removed + far - 5.5, (Edit(token.start, end, ""),)
    for word in _replacements(token):
        abstract = word.strip() if word.strip() in _KEYWORDS or not word.strip().isidentifier() else "NAME"
        score = usage.likelihood(_context(tokens, number, [abstract], 1)) + far - 1.0
        yield score + 2.0 * difflib.SequenceMatcher(None, token.text, word).ratio() + _told(word, error, token), (
            Edit(token.start, token.end, word),
        )


def _replacements(token: Token) -> Iterable[str]:
    if token.kind == "name":
        near = difflib.get_close_matches(token.text, keyword.kwlist, n=4, cutoff=0.55)
        glued = [f"{word} {token.text[len(word) :]}" for word in keyword.kwlist if token.text.startswith(word)]
        return [*near, *(text for text in glued if text.split(" ")[1].isidentifier())]
    if token.kind == "number":
        return [word for word in (re.sub(r"\D+$", "", token.text), re.sub(r"[^\d.]", "", token.text)) if word]
    return _ALIKE.get(token.text, ())


def _never_closed(
    file: Source, tokens: Sequence[Token], place: int, usage: Usage, error: SyntaxError
) -> Iterator[Proposal]:
    """The missing closing bracket: anywhere after the opening one, at the same line's end first."""
    opened = re.search(r"'(.)' was never closed", error.msg)
    if not opened:
        return
    word = _CLOSING[opened[1]]
    line = error.lineno or 1
    for number in range(place + 1, min(place + 120, len(tokens) + 1)):
        before = tokens[number - 1]
        after = tokens[number] if number < len(tokens) else Token("newline", NEWLINE, len(file.text))
        lines = file.line_of(before.start) - line
        score = usage.likelihood(_context(tokens, number, [word], 0)) + 3.0 - 0.5 * lines - 0.02 * (number - place)
        yield score, (_insertion(file, before, after, word),)


def _quotes(file: Source, line: int, error: SyntaxError) -> Iterator[Proposal]:
    """An unterminated text: its quote at the end of the line or before what closes the line; or taken away."""
    if "unterminated" not in error.msg:
        return
    start = file.line_start(line)
    text = file.lines[line - 1]
    column = max((error.offset or 1) - 1, 0)
    quote = next((text[n : n + 1] for n in range(min(column, len(text)), len(text)) if text[n] in "'\""), "")
    if not quote:
        return
    if "triple" in error.msg:
        for number in range(line, min(line + 60, len(file.lines) + 1)):
            end = file.line_start(number) + len(file.lines[number - 1].rstrip())
            yield 2.0 - 0.1 * (number - line), (Edit(end, end, quote * 3),)
            yield 1.9 - 0.1 * (number - line), (Edit(end, end, quote),)
            yield 1.8 - 0.1 * (number - line), (Edit(end, end, quote * 2),)
    code = text.rstrip()
    tail = len(code) - len(code.rstrip(")]},:"))
    for place in range(len(code) - tail, len(code) + 1):
        yield 4.0 + 0.1 * (len(code) - place), (Edit(start + place, start + place, quote),)
    for match in re.finditer(r"[),\]}:\s]", text[column:]):
        yield 2.0, (Edit(start + column + match.start(), start + column + match.start(), quote),)
    for match in re.finditer(r"\w+", text[: column + 1]):
        yield 1.0, (Edit(start + match.start(), start + match.start(), quote),)
    place = start + column
    yield 1.0, (Edit(place, place + 1, ""),)


def _indents(file: Source, line: int, error: SyntaxError) -> Iterator[Proposal]:
    """Another indentation for the line or the ones around it."""
    if not isinstance(error, IndentationError) and "expected" not in error.msg and "invalid syntax" not in error.msg:
        return
    certain = 3.0 if isinstance(error, IndentationError) else -6.0
    above = next((text for text in reversed(file.lines[: line - 1]) if text.strip()), "")
    below = next((text for text in file.lines[line:] if text.strip()), "")
    step = "\t" if "\t" in _indent(above) else "    "
    own = file.lines[line - 1]
    wanted = [_indent(above), _indent(below), _indent(above) + step, _indent(above)[: -len(step)], _indent(own)[: -len(step)], _indent(own) + step]
    outer = sorted({_indent(text) for text in file.lines[max(line - 30, 0) : line]}, key=len)
    for rank, indent in enumerate(dict.fromkeys([*wanted, *outer])):
        if indent != _indent(own):
            start = file.line_start(line)
            yield certain - 0.2 * rank, (Edit(start, start + len(_indent(own)), indent),)
    if isinstance(error, IndentationError) and "expected an indented block" in error.msg:
        start = file.line_start(line)
        body = [n for n in range(line, min(line + 40, len(file.lines) + 1)) if file.lines[n - 1].strip()]
        for last in range(1, min(len(body), 12)):
            yield certain - 0.3 * last, tuple(Edit(file.line_start(n), file.line_start(n), step) for n in body[: last + 1])
        yield certain - 1.0, (Edit(start, start, f"{_indent(above)}{step}pass\n"),)


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
