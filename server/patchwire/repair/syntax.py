"""Syntax repair: edits of one token near the place where CPython stumbled, after which the file parses.

They are ordered by how usual the mended line is in the file itself (`tokens.Usage`) and by what CPython's message says.
Knows nothing of tests: a file that parses again is all that is claimed.
"""

import builtins
import difflib
import keyword
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from patchwire.repair import gaps, layout
from patchwire.repair.brackets import brackets, commas, glued
from patchwire.repair.broken import CLOSING, KEYWORDS, TIGHT, Broken, Proposal
from patchwire.repair.ranking import Candidate
from patchwire.repair.source import Edit, Source, edited
from patchwire.repair.tokens import NEWLINE, Token, lex

_FOUND = 12  # candidates that are enough
_PARSES = 300  # candidates that are parsed at most
_CHARACTERS = 2_000_000  # so many characters parsed, and what was found by then is enough
_GAPS = 8  # places that are looked at for a name that is gone
_BACK, _AHEAD = 16, 4  # tokens around the error that are looked at
_FAR_AHEAD = 60  # the same where CPython complains of so many
_FAR = 0.12  # what each token of distance costs

_MESSAGE = re.compile(r"File \"([^\"]+)\", line \d+\n(?:.*\n){0,4}?.*(?:SyntaxError|IndentationError|TabError): ")
_SIGNATURE = re.compile(r"\w+\([^\n]*\)[^\n]*:[^\S\n]*$", re.MULTILINE)
_INSERTED = (
    ":", ",", ")", "(", "]", "[", "}", "{", "=", ".", "in", "if", "else", "for", "def", "import", "as", "from", "and",
    "or", "not", "is", "==", "+", "-", "*", "%", "return", "lambda", "try", "class", "while", "with", "except", "None",
    "elif", "raise", "->", "@", "0", "''", "<", ">", "/", "|", "async", "yield", "del", "**", ":=", "+=", "...", "pass",
    NEWLINE,
)  # fmt: skip
_METHODS = {name for kind in (str, list, dict, set) for name in dir(kind) if not name.startswith("__")}
_WELL_KNOWN = Counter(dict.fromkeys({*KEYWORDS, *dir(builtins), *_METHODS}, 2))
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
    broken = Broken(file, error)
    tried: set[tuple[Edit, ...]] = set()
    ranked = sorted(_proposals(broken), key=lambda proposal: (-proposal[0], proposal[1]))
    for score, edits in ranked:
        if edits in tried:
            continue
        tried.add(edits)
        spent = len(tried) * broken.chunk_size
        if len(found) == _FOUND or len(tried) > _PARSES or (found and spent > _CHARACTERS):
            break
        if broken.mended(edits):
            found.append(Candidate(file.path, edits, "syntax", score, file.line_of(edits[0].start)))
    return tuple(found)


def _proposals(broken: Broken) -> Iterator[Proposal]:
    file, tokens, place = broken.file, broken.tokens, broken.place
    yield from layout.indents(broken)
    yield from layout.docstrings(file)
    yield from layout.quotes(broken)
    known = Counter(token.text for token in tokens) + _WELL_KNOWN
    begins = broken.first_from(file.line_start(broken.line))
    back = 60 if "positional argument" in broken.error.msg else _BACK
    last = max(place + _AHEAD, min(_complained_to(broken) + 1, place + _FAR_AHEAD))
    numbers = range(min(max(place - back, 0), begins), min(last, len(tokens)) + 1)
    nearest = sorted(numbers, key=lambda number: abs(number - place))[:_GAPS]
    fits = _fits(broken, dict.fromkeys([*nearest, begins]))
    for number in numbers:
        far = -_FAR * abs(number - place)
        yield from _insertions(broken, number, far, fits.get(number, {}))
        if number < len(tokens):
            yield from _changes(broken, number, known, far)
            yield from glued(broken, number, known, far)
    yield from brackets(broken)
    yield from commas(broken)


def _complained_to(broken: Broken) -> int:
    """The first token behind what CPython complains of."""
    error, file = broken.error, broken.file
    line = min(error.end_lineno or broken.line, len(file.lines))
    return broken.first_from(file.line_start(line) + max((error.end_offset or 1) - 1, 0))


def _fits(broken: Broken, numbers: Iterable[int]) -> dict[int, gaps.Weights]:
    """Places where a name alone would mend the file, with what would make sense there."""
    found: dict[int, gaps.Weights] = {}
    for number in numbers:
        edits = (broken.insertion(number, gaps.MARK),)
        if broken.mended(edits):
            found[number] = gaps.weights(edited(broken.file.text, edits))
    return found


def _insertions(broken: Broken, number: int, far: float, fits: gaps.Weights) -> Iterator[Proposal]:
    before, after = broken.beside(number)
    known = any(not name.isidentifier() for name in fits)  # then an empty text is no guess
    for word in _INSERTED:
        if known and word == "''":
            continue
        abstract = {"0": "NUMBER", "''": "STRING"}.get(word, word)
        if word == "0" and before.text in ("+=", "-=", "==", "+", "-", ">"):
            word = "1"
        score = broken.likelihood(number, [abstract]) + far + _told(word, broken.error)
        score += _fitting(word, broken.file, before, after)
        yield score, (broken.insertion(number, word),)
    near = {token.text for token in broken.tokens[max(number - 40, 0) : number + 40]}
    for name, share in broken.usage.names_between(before.text, after.text, near, fits, 4):
        kind = "NAME" if name.isidentifier() else "STRING"
        score = broken.likelihood(number, [kind]) + far + math.log1p(fits.get(name, 0.0) / 10)
        yield score + share, (broken.insertion(number, name),)


def _fitting(word: str, file: Source, before: Token, after: Token) -> float:
    """What the places left and right say for a word, besides how usual it is."""
    gap = file.text[before.end : after.start]
    score = 0.0
    if before.kind != "newline" and after.kind != "newline" and gap == "  ":
        score += -1.5 if word in TIGHT else 1.5  # a lost word leaves the blanks around it
    if word == NEWLINE:
        score -= 2.0
    if word == ("class" if after.text[:1].isupper() else "def") and _SIGNATURE.match(file.text, after.start):
        score += 5.0 if word == "class" else 3.0
    if word == ":" and after.kind == before.kind == "name" and _is_type(after.text) and _in_header(file, after.start):
        score += 3.0
    if word == "None" and (before.text == "is" or file.text[: before.end].endswith("is not")):
        score += 4.0
    return score


def _is_type(name: str) -> bool:
    return name[0].isupper() or isinstance(getattr(builtins, name, None), type)


def _in_header(file: Source, place: int) -> bool:
    """Whether a place is among the parameters of a function, as far as its own line and the one above tell."""
    line = file.line_of(place)
    return any(re.match(r"\s*(?:async\s+)?def\b", file.lines[n - 1]) for n in (line, line - 1) if n)


def _told(word: str, error: SyntaxError) -> float:
    """What CPython's message says for a word."""
    message = error.msg
    if f"expected '{word}'" in message:
        return 5.0
    if word == "=" and "follows" in message:  # a default or keyword argument, then one that is none
        return 4.0
    if "forgot a comma" in message:
        return 1.0 if word == "," else 0.0
    if "was never closed" in message:
        opened = re.search(r"'(.)' was never closed", message)
        return 3.0 if opened and CLOSING.get(opened[1]) == word else 0.0
    if message.startswith("unmatched"):
        closed = re.search(r"unmatched '(.)'", message)
        return 3.0 if closed and CLOSING.get(word) == closed[1] else 0.0
    if "does not match opening" in message:
        opened = re.search(r"opening parenthesis '(.)'", message)
        return 2.0 if opened and (CLOSING.get(opened[1]) == word or word in CLOSING) else 0.0
    return 0.0


def _changes(broken: Broken, number: int, known: Mapping[str, int], far: float) -> Iterator[Proposal]:
    token, file = broken.tokens[number], broken.file
    if token.kind == "newline":
        return
    end = token.end + (1 if file.text[token.end : token.end + 1] == " " else 0)
    yield broken.likelihood(number, [], 1) + far - 5.5, (Edit(token.start, end, ""),)
    for rank, word in enumerate(_replacements(token)):
        words = [part.abstract for part in lex(word)]
        score = broken.likelihood(number, words, 1) + far - 1.0 - 0.1 * rank
        if token.text == ";" and word == ":" and _in_header(file, token.start):
            score += 3.0
        slip = 6.0 if known[token.text] < 2 and word in KEYWORDS and _is_slip(token.text, word) else 0.0
        score += 4.0 * _alike(token.text, word) + slip + _told(word, broken.error)
        yield score, (Edit(token.start, token.end, word),)


def _replacements(token: Token) -> Iterable[str]:
    text = token.text
    if token.kind == "name":
        turned = [word for word in keyword.kwlist if sorted(word) == sorted(text) and word != text]
        near = [*turned, *difflib.get_close_matches(text, keyword.kwlist, n=4, cutoff=0.55)]
        heads = [f"{word} {text[len(word) :]}" for word in keyword.kwlist if text.startswith(word)]
        tails = [f"{text[: -len(word)]} {word}" for word in keyword.kwlist if text.endswith(word)]
        near = [word for word in near if word != text]
        return [*near, *(glued for glued in [*heads, *tails] if all(part.isidentifier() for part in glued.split(" ")))]
    if token.kind == "number":
        shorter = [text[:place] + text[place + 1 :] for place in range(len(text))] if len(text) < 14 else []
        other = [f"0x{text[1:]}", f"0o{text[1:]}", f"{text[:-1]},", re.sub(r"\D+$", "", text), text[:-1] + " ."]
        return [word for word in dict.fromkeys([*other, *shorter]) if word and word != text]
    return _ALIKE.get(text, ())


def _is_slip(text: str, word: str) -> bool:
    """Whether one letter lost, doubled or swapped with the next makes the text of the word."""
    places = range(len(word))
    lost = {word[:place] + word[place + 1 :] for place in places}
    doubled = {word[:place] + word[place] + word[place:] for place in places}
    swapped = {word[:place] + word[place : place + 2][::-1] + word[place + 2 :] for place in places}
    return text in lost | doubled | swapped


def _alike(text: str, word: str) -> float:
    """From 0 to 1; two letters the wrong way round are the likeliest slip."""
    return 0.95 if sorted(text) == sorted(word) else difflib.SequenceMatcher(None, text, word).ratio()
