"""A broken file as tokens, and how usual a run of tokens is in it: a small language model of the file itself.

`tokenize` gives up where the text is broken; this lexer never does. Knows nothing of what is wrong.
"""

import keyword
import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

_STRING = (
    r"(?:[rRbBuUfF]{0,2})(?:'''[\s\S]*?'''|\"\"\"[\s\S]*?\"\"\"|'(?:[^'\\\n]|\\[\s\S])*'|\"(?:[^\"\\\n]|\\[\s\S])*\")"
)
_OPERATORS = r"\*\*=|//=|>>=|<<=|\.\.\.|!=|==|<=|>=|->|:=|\+=|-=|\*=|/=|%=|&=|\|=|\^=|@=|\*\*|//|<<|>>"
_LEXER = re.compile(
    rf"(?P<comment>\#[^\n]*)|(?P<string>{_STRING})|(?P<number>\d[\w.]*|\.\d\w*)|(?P<name>[^\W\d]\w*)|(?P<newline>\n)"
    rf"|(?P<blank>[^\S\n]+|\\\n)|(?P<operator>{_OPERATORS}|.)"
)

NEWLINE = "\n"
_UNFIT = 0.02
_USUAL = {
    ",": 60, "(": 70, ")": 70, ".": 70, "=": 40, ":": 40, "[": 14, "]": 14, "{": 3, "}": 3, "if": 9, "in": 5, "for": 4,
    "return": 6, "not": 4, "is": 3, "and": 4, "or": 3, "def": 7, "else": 3, "import": 3, "from": 3, "==": 3, "+": 4,
    "-": 4, "*": 3, "%": 2, "class": 1, "as": 1, "elif": 1, "None": 4, "True": 2, "False": 2, "try": 1, "except": 1,
    "with": 1, "while": 1, "lambda": 0.5, "raise": 2, "NAME": 250, "NUMBER": 15, "STRING": 25, NEWLINE: 70,
    "@": 0.5, "+=": 1, "/": 0.5, "<": 1, ">": 1, "<=": 0.3, ">=": 0.5, "!=": 1, "|": 0.3, "&": 0.3, "->": 0.3,
    "yield": 0.5, "assert": 0.5, "del": 0.3, "pass": 1, "break": 0.5, "continue": 0.4, "global": 0.2, "**": 0.5,
    "//": 0.2, "await": 0.1, "async": 0.1, "finally": 0.3, "-=": 0.2, "|=": 0.1, "nonlocal": 0.05, ";": 0.02, "~": 0.05,
    "...": 0.1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """A token: what it is (`name`, `operator`, …), how it is written and where it begins."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.start + len(self.text)

    @property
    def abstract(self) -> str:
        """What it is for the model: operators and keywords themselves, the rest by kind."""
        if self.kind == "name":
            return self.text if keyword.iskeyword(self.text) else "NAME"
        return {"number": "NUMBER", "string": "STRING"}.get(self.kind, self.text)


def lex(text: str) -> list[Token]:
    """The tokens that mean something: no blanks, no comments, one line end for many."""
    found: list[Token] = []
    for match in _LEXER.finditer(text):
        kind = match.lastgroup or ""
        repeated = kind == "newline" and (not found or found[-1].kind == "newline")
        if kind not in ("comment", "blank") and not repeated:
            found.append(Token(kind, match[0], match.start()))
    return found


class Usage:
    """How usual it is in these tokens that one follows the others."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        words = ["", "", *(token.abstract for token in tokens), "", ""]
        self._one = Counter(words) + Counter({word: number / 40 for word, number in _USUAL.items()})
        self._two = Counter(pairwise(words))
        self._three = Counter(zip(words, words[1:], words[2:], strict=False))
        self._total = sum(self._one.values())
        self._names = Counter(token.text for token in tokens if token.abstract == "NAME")
        texts = [token.text for token in tokens]
        self._after = Counter(pairwise(texts))

    def likelihood(self, words: Sequence[str]) -> float:
        """The logarithm of how likely the words are after the first two, each given the two before it."""
        return sum(self._given(*words[place - 2 : place + 1]) for place in range(2, len(words)))

    def _given(self, first: str, second: str, third: str) -> float:
        alone = (self._one[third] + 0.02) / self._total
        after_one = (self._two[second, third] + 4 * alone) / (self._one[second] + 4)
        after_two = (self._three[first, second, third] + 3 * after_one) / (self._two[first, second] + 3)
        return math.log(after_two)

    def preference(self, before: str, one: str, other: str) -> float:
        """How much more usual one token is behind another than the one that stands there now (a logarithm)."""
        return math.log((self._after[before, one] + 0.5) / (max(self._after[before, other] - 1, 0) + 0.5))

    def names_between(
        self, before: str, after: str, near: Collection[str], fits: Mapping[str, float], limit: int
    ) -> list[tuple[str, float]]:
        """The names that most likely stand between two tokens, with the logarithm of their share.

        `fits` says how well a name makes sense there; where it says anything, a name that it leaves out hardly does.
        """
        unfit = _UNFIT if fits else 1.0
        weights = {
            name: (self._after[before, name] + 0.1)
            * (self._after[name, after] + 0.1)
            / (self._names[name] + 2)
            * (2.0 if name in near else 1.0)
            * fits.get(name, unfit)
            for name in {**self._names, **fits}
        }
        total = sum(weights.values())
        best = sorted(weights, key=lambda name: (-weights[name], name))[:limit]
        return [(name, math.log(weights[name] / total)) for name in best]
