"""Syntax repair: edits of one token near the place where CPython stumbled, after which the file parses.

They are ordered by how usual the mended line is in the file itself (`tokens.Usage`) and by what CPython's message says.
Knows nothing of tests: a file that parses again is all that is claimed.
"""

import builtins
import difflib
import keyword
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from patchwire.repair.ranking import Candidate
from patchwire.repair.source import Edit, Source, edited, syntax_error
from patchwire.repair.tokens import NEWLINE, Token, Usage, lex

_FOUND = 12  # candidates that are enough
_PARSES = 300  # candidates that are parsed at most
_BACK, _AHEAD = 16, 4  # tokens around the error that are looked at
_FAR = 0.12  # what each token of distance costs

_MESSAGE = re.compile(r"File \"([^\"]+)\", line \d+\n(?:.*\n){0,4}?.*(?:SyntaxError|IndentationError|TabError): ")
_TWO_QUOTES = re.compile(r"(?<!['\"])(?:''|\"\")(?=\w)|(?<=[\w.\n ])(?:''|\"\")(?=\n)")
_SIGNATURE = re.compile(r"\w+\([^\n]*\)[^\n]*:[^\S\n]*$", re.MULTILINE)
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_INSERTED = (
    ":", ",", ")", "(", "]", "[", "}", "{", "=", ".", "in", "if", "else", "for", "def", "import", "as", "from", "and",
    "or", "not", "is", "==", "+", "-", "*", "%", "return", "lambda", "try", "class", "while", "with", "except", "None",
    "elif", "raise", "->", "@", "0", "''", "<", ">", "/", "|", "async", "yield", "del", "**", ":=", "+=", "...", "pass",
    NEWLINE,
)  # fmt: skip
_ALIKE = {
    "=": ("==", ":", "+=", ":="), "==": ("=",), ":": (";", ",", "=", ".", ":="), ";": (":", ","), ",": (".", ":", ";"),
    ".": (",",), ")": ("]", "}", "("), "]": (")", "}", "["), "}": (")", "]", "{"), "(": ("[", "{", ")"),
    "[": ("(", "{", "]"), "{": ("(", "[", "}"), "!": ("not ", "!="), "&": ("and",), "|": ("or",), "->": (":", "."),
    ":=": ("=", ":", "=="),
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
    """The top statement around an error: parsing it alone is quick; only what mends it is tried on the file."""

    def __init__(self, file: Source, error: SyntaxError) -> None:
        self._text = file.text
        line = min(max(error.lineno or 1, 1), len(file.lines))
        first = max((n for n in range(1, line) if _opens(file.lines[n - 1])), default=1)
        if (
            error.end_lineno == error.lineno
            and _opens(file.lines[line - 1])
            and not re.match(r"\s*(?:unexpected|unindent)", error.msg)
        ):
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
    yield from _docstrings(file)
    yield from _quotes(file, line, usage, error)
    known = {text for text, number in Counter(token.text for token in tokens).items() if number > 1}
    known |= _KEYWORDS | set(dir(builtins))
    place = next((n for n, token in enumerate(tokens) if token.start >= at), len(tokens))
    back = 60 if "positional argument" in error.msg else _BACK
    first = min(
        max(place - back, 0), next((n for n, token in enumerate(tokens) if token.start >= file.line_start(line)), place)
    )
    for number in range(first, min(place + _AHEAD, len(tokens)) + 1):
        far = -_FAR * abs(number - place)
        yield from _insertions(file, tokens, number, usage, error, far)
        if number < len(tokens):
            yield from _changes(file, tokens, number, usage, error, far)
            yield from _glued(file, tokens[number], known, far)
    yield from _brackets(file, tokens, place, usage, error)


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
        score = usage.likelihood(_context(tokens, number, [abstract], 0)) + far + _told(word, error)
        if word == "def" and _SIGNATURE.match(file.text, after.start):
            score += 3.0
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
            return (
                Edit(before.end, before.end, word) if before.kind != "newline" else Edit(after.start, after.start, word)
            )
        return Edit(before.end, before.end, word if after.kind == "newline" else ", ")
    if before.kind == "newline":
        tight = after.text in (".", "(", "[") and word not in _KEYWORDS
        return _at_line_start(file, after.start, word if tight or word == "@" else word + " ")
    if word in ("{", "*", "-", "**", "@", "~") or after.text in (".", ",", ")", "]", "}", ":", "(", "["):
        tight = word not in _KEYWORDS and word != "="
        if after.kind == "newline" or not tight:
            return _spaced(file, before, after, word)
        return Edit(after.start, after.start, word)
    return _spaced(file, before, after, word)


_KEYWORDS = frozenset(keyword.kwlist)


def _at_line_start(file: Source, place: int, text: str) -> Edit:
    """A text before the first token of a line. An indentation that is alone holds a blank that a lost word left."""
    line = file.line_of(place)
    start = file.line_start(line)
    near = {
        _indent(other)
        for other in file.lines[max(line - 25, 0) : line - 1] + file.lines[line : line + 5]
        if other.strip()
    }
    own = file.text[start:place]
    if own in near or own.strip():
        return Edit(place, place, text)
    return Edit(start, place, max((indent for indent in near if len(indent) < len(own)), key=len, default="") + text)


def _spaced(file: Source, before: Token, after: Token, word: str) -> Edit:
    gap = file.text[before.end : after.start]
    if after.kind == "newline":
        return Edit(before.end, before.end, ("" if before.text in ("(", "[", "{", ".") else " ") + word)
    loose = bool(gap) or word in _KEYWORDS
    left = (
        " "
        if loose and not gap and (before.kind in ("name", "number", "string") or before.text in (")", "]", "}"))
        else ""
    )
    return Edit(after.start, after.start, f"{left}{word}{' ' if loose else ''}")


def _told(word: str, error: SyntaxError) -> float:
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
        words = [part.abstract for part in lex(word)]
        score = usage.likelihood(_context(tokens, number, words, 1)) + far - 1.0
        yield (
            score + 4.0 * _alike(token.text, word) + _told(word, error),
            (Edit(token.start, token.end, word),),
        )


def _replacements(token: Token) -> Iterable[str]:
    text = token.text
    if token.kind == "name":
        turned = [word for word in keyword.kwlist if sorted(word) == sorted(text) and word != text]
        near = [*turned, *difflib.get_close_matches(text, keyword.kwlist, n=4, cutoff=0.55)]
        heads = [f"{word} {text[len(word) :]}" for word in keyword.kwlist if text.startswith(word)]
        tails = [f"{text[: -len(word)]} {word}" for word in keyword.kwlist if text.endswith(word)]
        return [*near, *(glued for glued in [*heads, *tails] if all(part.isidentifier() for part in glued.split(" ")))]
    if token.kind == "number":
        shorter = [text[:place] + text[place + 1 :] for place in range(len(text))] if len(text) < 14 else []
        other = [f"0x{text[1:]}", f"0o{text[1:]}", f"{text[:-1]},", re.sub(r"\D+$", "", text), text[:-1] + " ."]
        return [word for word in dict.fromkeys([*other, *shorter]) if word and word != text]
    return _ALIKE.get(text, ())


def _alike(text: str, word: str) -> float:
    """From 0 to 1; two letters the wrong way round are the likeliest slip."""
    return 0.95 if sorted(text) == sorted(word) else difflib.SequenceMatcher(None, text, word).ratio()


def _glued(file: Source, token: Token, known: Collection[str], far: float) -> Iterator[Proposal]:
    """Two names that a lost sign has run together: the sign between them, where one of them is known."""
    if token.kind == "name" and token.text not in known:
        for place in range(1, len(token.text)):
            left, right = token.text[:place], token.text[place:]
            sure = (left in known) + (right in known)
            if sure and right.isidentifier() and len(left) > 1 and len(right) > 2:
                for rank, sign in enumerate(("(", "[", ".", " = ", ": ", ", ", " ")):
                    yield far - 6.0 + 3.0 * sure - 0.3 * rank, (Edit(token.start + place, token.start + place, sign),)


def _brackets(
    file: Source, tokens: Sequence[Token], place: int, usage: Usage, error: SyntaxError
) -> Iterator[Proposal]:
    """A missing bracket, which may be far from where CPython missed it: between the brackets that its message names."""
    opened = re.search(r"'(.)' was never closed|opening parenthesis '(.)'(?: on line (\d+))?", error.msg)
    closed = re.search(r"(?:unmatched|closing parenthesis) '(.)'", error.msg)
    line = error.lineno or 1
    first, last, words = place, place, []
    if opened:
        begin = file.line_start(int(opened[3] or line))
        first = next((number for number, token in enumerate(tokens) if token.start >= begin), place)
        words.append(_CLOSING.get(opened[1] or opened[2], ")"))
    if closed:
        words += [bracket for bracket, other in _CLOSING.items() if other == closed[1]]
        first = min(first, max(place - 60, 0))
    else:
        last = min(place + 120, len(tokens))
    for word in words:
        for number in range(first, last + 1):
            before = tokens[number - 1] if number else Token("newline", NEWLINE, 0)
            after = tokens[number] if number < len(tokens) else Token("newline", NEWLINE, len(file.text))
            far = 0.4 * abs(file.line_of(before.start) - line) + 0.02 * abs(number - place)
            score = usage.likelihood(_context(tokens, number, [word], 0)) + 3.0 - far
            yield score, (_insertion(file, before, after, word),)


def _quotes(file: Source, line: int, usage: Usage, error: SyntaxError) -> Iterator[Proposal]:
    """An unterminated text: its quote wherever the line becomes most usual, or taken away."""
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
        for place in range(len(_indent(text)), len(text) + 1):
            words = [token.abstract for token in lex(text[:place] + quote + text[place:])]
            score = usage.likelihood([NEWLINE, NEWLINE, *words, NEWLINE]) - 4.0 * _odd_quote(text, place, quote)
            yield score + 12.0, (Edit(start + place, start + place, quote),)
    yield 1.0, (Edit(start + column, start + column + 1, ""),)


def _docstrings(file: Source) -> Iterator[Proposal]:
    """Two quotes where three were meant, at either end of a long text."""
    for match in [*_TWO_QUOTES.finditer(file.text)][:8]:
        yield -1.0, (Edit(match.start(), match.start(), match[0][0]),)


def _odd_quote(text: str, place: int, quote: str) -> int:
    """How many neighbours speak against a quote at a place: blanks inside the text, a word outside right beside it."""
    before, after = text[place - 1 : place], text[place : place + 1]
    inside, outside = (before, after) if text[:place].count(quote) % 2 else (after, before)
    return (not inside.strip()) + outside.isalnum() + (inside in ")]},:(")


def _indents(file: Source, line: int, error: SyntaxError) -> Iterator[Proposal]:
    """Another indentation for the line or the ones around it."""
    if not isinstance(error, IndentationError) and "expected" not in error.msg and "invalid syntax" not in error.msg:
        return
    certain = 3.0 if isinstance(error, IndentationError) else -6.0
    above = next((text for text in reversed(file.lines[: line - 1]) if text.strip()), "")
    below = next((text for text in file.lines[line:] if text.strip()), "")
    step = "\t" if "\t" in _indent(above) else "    "
    own = file.lines[line - 1]
    wanted = [
        _indent(above),
        _indent(below),
        _indent(above) + step,
        _indent(above)[: -len(step)],
        _indent(own)[: -len(step)],
        _indent(own) + step,
    ]
    outer = sorted({_indent(text) for text in file.lines[max(line - 30, 0) : line]}, key=len)
    for rank, indent in enumerate(dict.fromkeys([*wanted, *outer])):
        if indent != _indent(own):
            start = file.line_start(line)
            yield certain - 0.2 * rank, (Edit(start, start + len(_indent(own)), indent),)
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
        yield certain - 1.0, (Edit(start, start, f"{_indent(above)}{step}pass\n"),)


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
