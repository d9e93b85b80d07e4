"""Literals of lists and sets, as programs write them into a cell: JSON, Python, numpy, R and PostgreSQL.

Read by a small grammar of its own, within limits: nothing of it is run.
"""

from __future__ import annotations

import re
from typing import Any

MAX_LENGTH = 10_000  # of a cell that is looked at
MAX_ENTRIES = 1_000
MAX_DEPTH = 6  # brackets in brackets

START = re.compile(r"\s*(?:[\[{(]|(?:(?:np|numpy)\.)?(?:array|set|frozenset|list|tuple|c)\()")
END = re.compile(r"[\]})]\s*$")
TOKEN = re.compile(
    r"\s*(?:(?P<mark>[\[\](){},:])"
    r"|(?P<quoted>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
    r"|(?P<word>[^\s\[\](){},:'\"]+))",
    re.DOTALL,
)
# What Python writes around a value: numpy's types, and collections that have no brackets of their own.
CALL = re.compile(
    r"(?:(?:np|numpy)\.)?(?:array|set|frozenset|list|tuple|c|str_|bool_?|u?int\d+|float\d+)"
)
ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|.)", re.DOTALL)
ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
# Two halves of one character, as JSON has them.
SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]")
CONSTANTS = {
    **dict.fromkeys(("true", "True", "np.True_"), True),
    **dict.fromkeys(("false", "False", "np.False_"), False),
    **dict.fromkeys(("null", "None", "NULL", "nan", "NaN"), None),
}
CLOSING_BRACKETS = {"[": "]", "{": "}", "(": ")"}


class NoLiteralError(ValueError):
    """The text is nothing of the kind."""


def may_be_literal(text: str) -> bool:
    """Whether a cell begins and ends as a list does: the quick look before the thorough one."""
    return len(text) <= MAX_LENGTH and bool(START.match(text)) and bool(END.search(text[-20:]))


def parse_literal(text: str) -> Any:
    """The list or dict that a cell stands for; tuples, sets and arrays are lists, too.

    Raises NoLiteralError for anything else, and for what goes beyond the limits above.
    """
    if not may_be_literal(text):
        raise NoLiteralError
    reader = _Reader(text)
    value = reader.value(0)
    if reader.kind or not isinstance(value, list | dict):
        raise NoLiteralError
    return value


class _Reader:
    """One token after the other: `kind` is "mark", "quoted" or "word", "" at the end."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.entries = text, 0, 0
        self.kind, self.lexeme = "", ""
        self.next()

    def next(self) -> str:
        """Go on; what stood there is returned."""
        before = self.lexeme
        match = TOKEN.match(self.text, self.at)
        if match is None:
            if self.text[self.at :].strip():
                raise NoLiteralError
            self.kind = self.lexeme = ""
            return before
        self.at, self.kind = match.end(), str(match.lastgroup)
        self.lexeme = match[self.kind]
        return before

    def value(self, depth: int) -> Any:
        self.entries += 1
        if depth > MAX_DEPTH or self.entries > MAX_ENTRIES:
            raise NoLiteralError
        if self.kind == "quoted":
            return _unquoted(self.next())
        if self.kind == "word":
            word = self.next()
            return self.call(word, depth) if self.lexeme == "(" else _constant(word)
        if self.lexeme not in CLOSING_BRACKETS:
            raise NoLiteralError
        opened = self.next()
        if opened == "(" and not self.is_tuple():
            raise NoLiteralError  # a word in brackets
        return self.several(opened, depth)

    def is_tuple(self) -> bool:
        """Whether what stands in round brackets, from here on, is more than one value in brackets."""
        return self.lexeme == ")" or "," in self.text[self.at :]

    def call(self, word: str, depth: int) -> Any:
        """What stands in the brackets behind a known name; what follows there (`dtype=...`) says nothing."""
        if not CALL.fullmatch(word):
            raise NoLiteralError
        self.next()
        if word == "c":
            return self.several("(", depth)
        if self.lexeme == ")":
            self.next()
            return []
        value = self.value(depth + 1)
        while self.lexeme != ")":
            if not self.kind or self.lexeme in CLOSING_BRACKETS:
                raise NoLiteralError
            self.next()
        self.next()
        return value

    def several(self, opened: str, depth: int) -> list[Any] | dict[str, Any]:
        """What stands up to the closing bracket. In square ones commas may be missing, as numpy prints."""
        values: list[Any] = []
        names: list[str] = []
        apart = True
        while self.lexeme != CLOSING_BRACKETS[opened]:
            if not (apart or opened == "["):
                raise NoLiteralError
            values.append(self.value(depth + 1))
            if self.lexeme == ":" and opened == "{" and isinstance(values[-1], str):
                self.next()
                names.append(values.pop())
                values.append(self.value(depth + 1))
            apart = self.lexeme == ","
            if apart:
                self.next()
        self.next()
        if names:
            if len(names) != len(values):
                raise NoLiteralError
            return dict(zip(names, values, strict=True))
        return values


def _unquoted(text: str) -> str:
    def mend(match: re.Match[str]) -> str:
        escape = match[1]
        if len(escape) > 1:
            return chr(int(escape[1:], 16))
        return ESCAPED.get(escape, escape)

    whole = ESCAPE.sub(mend, text[1:-1])
    if not whole.isascii():
        whole = SURROGATES.sub(
            lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), whole
        )
    return whole.encode("utf-8", "replace").decode()


def _constant(word: str) -> Any:
    """A number, a truth value or None."""
    if word in CONSTANTS:
        return CONSTANTS[word]
    if len(word) > 30 or not re.fullmatch(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", word):
        raise NoLiteralError
    return int(word) if re.fullmatch(r"[-+]?\d+", word) else float(word)
