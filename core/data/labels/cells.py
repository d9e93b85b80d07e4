"""Label cells: a label or several in each, and one spelling for each label, whatever format it came in.

`separator` is what is between the labels of a cell: "" where each has one, LIST where the cells are lists.
"""

from __future__ import annotations

import functools
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from core.data.labels.literals import MAX_LENGTH, NoLiteralError, may_be_literal, parse_literal
from core.data.read.grid import cell_text
from core.errors import UserError
from core.words import Message, message

LIST = "[]"
NONE = "[]"  # the cell of a row that has none of the labels, where it could have several
MAX_SEPARATOR_LENGTH = 20  # characters of a separator
# As people write those that cannot be seen, on the command line and on the page.
WORD_SEPARATORS = {
    **dict.fromkeys(("newline", r"\n", r"\r\n", "\r\n", "\r"), "\n"),
    **dict.fromkeys(("tab", r"\t"), "\t"),
    "space": " ",
    "list": LIST,
    "none": "",
    "one": "",
}
NAMES = {LIST: "list", "\n": "newline", "\t": "tab", " ": "space"}
# Marks that people mix with those of an ASCII keyboard.
TWIN_MARKS = {mark: pair for pair in (";；", ",，") for mark in pair}
TWIN_MARKS |= {pair[0]: pair for pair in ("|｜", "/／", "#＃", "&＆")}

INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u2060\u2066-\u2069\u202a-\u202e\ufeff]")
# Three zeros may stand behind a mark of thousands.
WHOLE_NUMBER = re.compile(r"([-+]?\d+)\.(?:0{1,2}|0{4,})")
COMMA_DECIMAL = re.compile(r"([-+]?\d+)(?:,0{1,2})?")
NUMBERS = re.compile(r"[-+.\d\seE]+")  # for `parse_list` to judge
BARE_LIST = re.compile(r"\s*[\[{]([^\[\](){}\"':]*)[\]}]\s*")
# Three and more, so that one of them is there twice: no list of the labels 0 and 1.
VECTOR = re.compile(r"[01](?:([,;|]) ?| )[01](?:(?:\1 ?| )[01])+")
BIT = re.compile("[01]")
# Under which programs for labelling keep the labels of a row.
KEYS = (
    *("choices", "accept", "cats", "labels", "label", "class", "category", "name", "value"),
    "taxonomy",
)
SPANS = {"entities", "spans"}
TRUTHS = ("true", "false")


@dataclass(frozen=True)
class ListCell:
    """A cell that is a list. `places` are its entries where all are 0 or 1, else empty: a yes or no for each
    of some labels, if all cells are as long. `spans`: its entries say where in the text something stands."""

    names: tuple[str, ...]
    places: tuple[int, ...] = ()
    spans: bool = False


def separator_of_words(given: str) -> str:
    """The separator that a person wrote: itself, or what "newline", "tab", "list" and the like stand for.

    Raises UserError `separator_unfit` for one that is too long or holds what no cell does.
    """
    separator = WORD_SEPARATORS.get(
        given if given in WORD_SEPARATORS else given.strip().casefold(), given
    )
    if len(separator) > MAX_SEPARATOR_LENGTH or re.search(r"[\0\ud800-\udfff]", separator):
        raise UserError("separator_unfit", limit=MAX_SEPARATOR_LENGTH)
    return separator


def separator_words(separator: str) -> Message:
    """How the labels of a cell are told apart, in words."""
    return message(f"separator.{NAMES.get(separator, 'mark')}", mark=separator)


def canonical_label(label: str) -> str:
    """The one spelling of a label: without spaces and invisible characters around it, in Unicode's NFC; whole
    numbers without a fraction (pandas writes 1.0), and truth values in small letters (Excel writes TRUE)."""
    label = label.strip()
    if not label.isascii():
        label = unicodedata.normalize("NFC", INVISIBLE.sub("", label)).strip()
    if label[-1:] == "0" and (whole := WHOLE_NUMBER.fullmatch(label)):
        return "0" if whole[1] in ("-0", "+0") else whole[1]
    return label.lower() if label[-1:] in ("e", "E") and label.lower() in TRUTHS else label


def parse_list(cell: str) -> ListCell | None:
    """What a cell holds that is a list, or an object of a program for labelling; None for any other."""
    if cell[:1] in ("0", "1") and VECTOR.fullmatch(cell):
        return ListCell(tuple(dict.fromkeys(BIT.findall(cell))), tuple(map(int, BIT.findall(cell))))
    return _listed(cell) if may_be_literal(cell) else None


@functools.lru_cache(maxsize=1024)
def _listed(cell: str) -> ListCell | None:
    try:
        value = parse_literal(cell)
    except NoLiteralError:
        return None
    try:
        names = tuple(dict.fromkeys(filter(None, map(canonical_label, _names(value)))))
    except _SpansError:
        return ListCell((), spans=True)
    except NoLiteralError:
        return None
    bits = [bit for bit in value if bit in (0, 1) and not isinstance(bit, str)]
    of_bits = isinstance(value, list) and len(value) > 1 and len(bits) == len(value)
    return ListCell(names, tuple(map(int, bits)) if of_bits else ())


class _SpansError(ValueError):
    """The entries mark places in the text."""


def _names(value: Any) -> Iterable[str]:
    """The labels in what `parse_literal` found. Raises NoLiteralError for what are none, and _SpansError."""
    if isinstance(value, Mapping):
        if {"start", "end"} <= set(value) or SPANS & set(value):
            raise _SpansError
        key = next((key for key in KEYS if key in value), None)
        if key is not None:
            return _names(value[key])
        if all(yes in (0, 1) and not isinstance(yes, str) for yes in value.values()):
            return [name for name, yes in value.items() if yes]
        raise NoLiteralError
    if isinstance(value, list):
        place = [type(item) for item in value[:3]]
        if place in ([int, int, str], [str, int, int]):
            raise _SpansError
        return [name for item in value for name in _names(item)]
    if value is None:
        return []
    if isinstance(value, float) and not value.is_integer():
        raise NoLiteralError  # amounts, such as what a model makes of a text
    return [cell_text(value)]


def parse_bare_list(cell: str) -> list[str] | None:
    """The entries of `[price, quality]` and `{price,quality}`, which have no quotes; None for any other
    cell."""
    match = BARE_LIST.fullmatch(cell) if cell.lstrip()[:1] in ("[", "{") else None
    if match is None or len(cell) > MAX_LENGTH:
        return None
    words = [part for part in map(str.strip, match[1].split(",")) if part]
    return None if words and all(map(NUMBERS.fullmatch, words)) else words


def separator_marks(separator: str) -> tuple[str, ...]:
    """What cells are split at. Where the separator cannot be seen, answers are written with a semicolon."""
    if separator == "\n":
        return ("\r", "\n", "\x0b", "\x85", "\u2028", ";")
    if separator == LIST or (separator.isspace() and separator != " "):
        return (separator, ";")
    return tuple(TWIN_MARKS.get(separator, ())) or (separator,)


def split_raw(cell: str, separator: str) -> list[str]:
    """The labels in a cell as they stand there."""
    if (parsed := parse_list(cell)) is not None and not parsed.spans:
        return list(parsed.names)
    if (words := parse_bare_list(cell)) is not None:
        return words
    pieces = _pattern(separator).split(cell)
    return _quoted(pieces) if '"' in cell else pieces[::2]


@functools.lru_cache(maxsize=64)
def _pattern(separator: str) -> re.Pattern[str]:
    return re.compile(f"({'|'.join(map(re.escape, separator_marks(separator)))})")


def _quoted(pieces: Sequence[str]) -> list[str]:
    """Pieces and what is between them, in turns; what stands in quotes is one piece."""
    # The first piece from a place on that ends quotes; looked for once.
    closing: dict[int, int] = {}
    last = None
    for place in range((len(pieces) - 1) // 2 * 2, -1, -2):
        if pieces[place].rstrip().endswith('"') and pieces[place].strip() != '"':
            last = place
        if last is not None:
            closing[place] = last
    parts: list[str] = []
    at = 0
    while at < len(pieces):
        opens = pieces[at].lstrip().startswith('"')
        end = closing.get(at, at) if opens else at
        piece = "".join(pieces[at : end + 1]).strip()
        quoted = len(piece) > 1 and piece[0] == piece[-1] == '"'
        parts.append(piece[1:-1].replace('""', '"') if quoted else piece)
        at = end + 2
    return parts


def split_labels(cell: str, separator: str) -> list[str]:
    """The labels in a cell, each once, in their order."""
    return list(dict.fromkeys(filter(None, map(canonical_label, split_raw(cell, separator)))))


def join_labels(names: Sequence[str], separator: str) -> str:
    """A cell with these labels, which `split_labels` reads back; NONE where there are none."""
    between = (
        separator_marks(separator)[-1] if separator == LIST or separator.isspace() else separator
    )
    taken = (*separator_marks(separator), '"')
    text = (between if between[-1:].isspace() else f"{between} ").join(names)
    if not names or may_be_literal(text) or any(mark in name for name in names for mark in taken):
        return json.dumps(list(names), ensure_ascii=False)
    return text


def canonical_cells(cells: pd.Series, separator: str) -> pd.Series:
    """The label cells of a column in one spelling, "" where there is no label.

    With a separator a cell becomes its labels as `join_labels` writes them; NONE is a row that has none of
    them; without one, a list of one label is that label. A column of vectors of 0 and 1 has the labels
    "label 1", "label 2" and so on.
    """
    codes, distinct = cells.factorize()
    kinds = list(map(str, distinct))
    width, commas = indicator_length(kinds), _whole_with_commas(kinds)
    new = pd.Series([_spelled(cell, separator, width, commas) for cell in kinds], dtype="str")
    return pd.Series(new.to_numpy()[codes], index=cells.index, dtype="str", name=cells.name)


def _spelled(cell: str, separator: str, width: int, commas: bool) -> str:
    cell = cell.strip()
    parsed = parse_list(cell)
    if parsed is not None and not parsed.spans:
        names = parsed.names
        if width and parsed.places:
            names = tuple(indicator_name(k) for k, yes in enumerate(parsed.places) if yes)
        if separator:
            return join_labels(names, separator)
        return next(iter(names), "") if len(names) < 2 else cell
    if separator:
        names = tuple(split_labels(cell, separator))
        return join_labels(names, separator) if names or parse_bare_list(cell) is not None else ""
    if commas and (whole := COMMA_DECIMAL.fullmatch(cell)):
        return whole[1]
    return canonical_label(cell)


def indicator_name(place: int) -> str:
    """What a place of a vector is called, from 0."""
    return f"label {place + 1}"


def indicator_length(cells: Iterable[str]) -> int:
    """How long the vectors of 0 and 1 are that a column's lists are; 0 where they are none."""
    lists = [parsed for cell in cells if (parsed := parse_list(cell.strip())) is not None]
    sizes = {len(parsed.places) for parsed in lists if parsed.names}
    return sizes.pop() if len(sizes) == 1 else 0


def unnamed_indicators(cells: Iterable[str]) -> int:
    """The length of a column's vectors, where some place says yes, so that it wants a name."""
    kinds = list(cells)
    lists = (parse_list(cell.strip()) for cell in kinds)
    return indicator_length(kinds) if any(parsed and any(parsed.places) for parsed in lists) else 0


def _whole_with_commas(cells: Iterable[str]) -> bool:
    """Whether all cells of a column are whole numbers, some written as 1,0: anywhere else it may be two."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    return any("," in cell for cell in filled[:1_000]) and all(map(COMMA_DECIMAL.fullmatch, filled))
