"""Changes to a table that a person asked for: each a step that can be seen and undone, kept in the recipe.

An edit is one of the classes of `KINDS`; in a recipe and in a file it is plain values, with its `kind`. What
it does not fit (a line that is not there, a label that nobody has) stays as it is.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
import typing
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from core.data.columns import parts
from core.data.profile import join_text
from core.data.read import Change, Table
from core.data.split import alike, name_some
from core.errors import UserError
from core.words import Message, message

URL = re.compile(r"(?:https?://|www\.)[^\s<>\"'，。；）】]+", re.IGNORECASE)
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# Seven to fifteen digits (ITU-T E.164) with the marks that people put between them; not a part of a word or
# of a longer number, a date or an amount.
PHONE = re.compile(
    r"(?<![A-Za-z0-9_.,+-])(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,5}\)[ .-]?)?"
    r"\d{2,5}(?:[ .-]?\d{3,4}){1,3}(?![A-Za-z0-9_-]|[.,]\d)"
)
DATE = re.compile(r"\d{4}[-.]\d\d?[-.]\d\d?|\d\d?[-.]\d\d?[-.]\d{4}")
TAG = re.compile(
    r"</?(?:a|abbr|b|big|blockquote|body|br|center|code|div|em|font|form|h[1-6]|head|hr|html|i|iframe|img|input"
    r"|li|link|meta|ol|option|p|pre|script|select|small|span|strong|style|sub|sup|table|tbody|td|th|thead"
    r"|title|tr|tt|u|ul)\b[^<>]*>|<!--.*?-->|&(?:nbsp|amp|lt|gt|quot|#\d{1,6});",
    re.IGNORECASE | re.DOTALL,
)
MASKS = {"url": "[URL]", "email": "[EMAIL]", "phone": "[PHONE]", "html": " "}
PATTERNS = {"url": URL, "email": EMAIL, "phone": PHONE, "html": TAG}
MOST_BINS = 10


def finds(what: str, text: str) -> list[str]:
    """Every piece of `text` that is a "url", an "email" address, a "phone" number or "html"."""
    found = [match[0] for match in PATTERNS[what].finditer(text)]
    return [each for each in found if _meant(what, each)]


def _meant(what: str, piece: str) -> bool:
    if what != "phone":
        return True
    digits = sum(map(str.isdigit, piece))
    if piece.startswith(("+", "(")):
        return 7 <= digits <= 15
    # Fewer digits are as often years or amounts; many in a row without a mark are seldom one to call.
    marked = piece.startswith("0") or not piece.isdecimal() or digits == 11
    return 9 <= digits <= 15 and marked and not DATE.fullmatch(piece)


class Edit(ABC):
    """A change of a table's frame (only str, index "line")."""

    kind: ClassVar[str]

    @abstractmethod
    def apply(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        """The changed frame, a new one, and how many rows were changed, removed or added.

        Raises UserError `unknown_column`.
        """

    @abstractmethod
    def said(self, rows: int) -> Message:
        """What it did, in words."""


def _has(frame: pd.DataFrame, *columns: str) -> None:
    for column in columns:
        if column not in frame.columns:
            names = ", ".join(map(str, frame.columns))[:300]
            raise UserError("unknown_column", column=column[:60], columns=names)


def text_keys(frame: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """A number for each row: the same for texts that `split.fold` makes alike, -1 for a row without any."""
    nothing = pd.Series("", index=[-1], dtype="str")
    codes = alike(pd.concat([join_text(frame, columns), nothing]))
    keys = np.where(codes == codes[-1], -1, codes)[:-1]
    return pd.Series(keys, index=frame.index)


def label_keys(cells: pd.Series, separator: str) -> pd.Series:
    """The label cells so that equal ones are alike: stripped, and several labels in one order."""
    if not separator:
        return cells.str.strip()
    return cells.map(lambda cell: separator.join(sorted(parts(cell, separator)))).astype("str")


@dataclass(frozen=True)
class _Compared(Edit):
    """What looks at rows with the same text; rows without a text or a label are left alone."""

    text: tuple[str, ...]
    label: str
    separator: str = ""

    def apply(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        _has(frame, *self.text, self.label)
        labels = label_keys(frame[self.label], self.separator)
        pairs = pd.DataFrame({"text": text_keys(frame, self.text), "label": labels})
        pairs = pairs[(pairs["text"] >= 0) & (labels != "")]
        gone = pairs.index[self.gone(pairs)]
        return frame.drop(index=gone), len(gone)

    @abstractmethod
    def gone(self, pairs: pd.DataFrame) -> pd.Series:
        """Which rows go, true or false, of numbers of the "text" and "label" of each."""

    def said(self, rows: int) -> Message:
        return message(f"edit.{self.kind}", rows=rows)


@dataclass(frozen=True)
class DropRepeats(_Compared):
    """Of rows with the same text and the same label only the first stays."""

    kind: ClassVar[str] = "drop_repeats"

    def gone(self, pairs: pd.DataFrame) -> pd.Series:
        return pairs.duplicated()


@dataclass(frozen=True)
class DropConflicts(_Compared):
    """Every row whose text occurs with different labels goes: nobody can tell which is right."""

    kind: ClassVar[str] = "drop_conflicts"

    def gone(self, pairs: pd.DataFrame) -> pd.Series:
        return pairs.groupby("text")["label"].transform("nunique") > 1


@dataclass(frozen=True)
class DropShort(Edit):
    """Rows whose text has fewer than `least` characters, but any, go."""

    kind: ClassVar[str] = "drop_short"
    text: tuple[str, ...]
    least: int

    def apply(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        _has(frame, *self.text)
        sizes = join_text(frame, self.text).str.len()
        short = (sizes > 0) & (sizes < self.least)
        return frame[~short], int(short.sum())

    def said(self, rows: int) -> Message:
        return message("edit.drop_short", rows=rows, least=self.least)


@dataclass(frozen=True)
class DropLines(Edit):
    """The rows that start on these lines of the file go."""

    kind: ClassVar[str] = "drop_lines"
    lines: tuple[int, ...]

    def apply(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        gone = frame.index.isin(self.lines)
        return frame[~gone], int(gone.sum())

    def said(self, rows: int) -> Message:
        return message("edit.drop_lines", rows=rows)


@dataclass(frozen=True)
class DropLabels(Edit):
    """Rows with one of these labels go."""

    kind: ClassVar[str] = "drop_labels"
    column: str
    labels: tuple[str, ...]

    def apply(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        _has(frame, self.column)
        gone = frame[self.column].str.strip().isin(self.labels)
        return frame[~gone], int(gone.sum())

    def said(self, rows: int) -> Message:
        return message("edit.drop_labels", rows=rows, names=name_some(self.labels))


@dataclass(frozen=True)
class MergeLabels(Edit):
    """Spellings of a label become one: `into` says what each is to be."""

    kind: ClassVar[str] = "merge_labels"
    column: str
    into: Mapping[str, str]
    separator: str = ""

    def apply(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        _has(frame, self.column)

        def mend(cell: str) -> str:
            if not self.separator:
                return self.into.get(cell.strip(), cell)
            old = parts(cell, self.separator)
            new = [self.into.get(part, part) for part in old]
            return cell if new == old else self.separator.join(dict.fromkeys(new))

        return _mapped(frame, self.column, mend)

    def said(self, rows: int) -> Message:
        return message(
            "edit.merge_labels", rows=rows, names=name_some(sorted(set(self.into.values())))
        )


@dataclass(frozen=True)
class Mask(Edit):
    """Addresses and numbers in texts become a mark ("url", "email", "phone"); "html" becomes a space."""

    kind: ClassVar[str] = "mask"
    columns: tuple[str, ...]
    what: tuple[str, ...]

    def apply(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        _has(frame, *self.columns)

        def mask(cell: str) -> str:
            for what in self.what:
                for piece in set(finds(what, cell)):
                    cell = cell.replace(piece, MASKS[what])
            return cell

        changed = pd.Series(False, index=frame.index)
        new = frame
        for column in self.columns:
            new, _ = _mapped(new, column, mask)
            changed |= new[column] != frame[column]
        return new, int(changed.sum())

    def said(self, rows: int) -> Message:
        return message(f"edit.mask.{self.what[0]}", rows=rows)


@dataclass(frozen=True)
class Bin(Edit):
    """A column of numbers becomes classes of about equal size, each named by its range."""

    kind: ClassVar[str] = "bin"
    column: str
    classes: int

    def apply(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        _has(frame, self.column)
        numbers = pd.to_numeric(
            frame[self.column].str.strip().str.rstrip("%").str.replace(",", ".", regex=False),
            errors="coerce",
        )
        known = numbers.dropna()
        if known.empty:
            return frame, 0
        classes = min(max(2, self.classes), MOST_BINS)
        edges = np.unique(known.quantile(np.linspace(0, 1, classes + 1)))
        if len(edges) < 3:
            return frame, 0
        names = [f"{low:g} – {high:g}" for low, high in itertools.pairwise(edges)]
        placed = pd.cut(known, edges, labels=names, include_lowest=True).astype(str)
        cells = frame[self.column].copy()
        cells[placed.index] = placed
        return frame.assign(**{self.column: cells}), len(placed)

    def said(self, rows: int) -> Message:
        return message("edit.bin", rows=rows, column=self.column, classes=self.classes)


@dataclass(frozen=True)
class Relabel(Edit):
    """The label in `column` becomes another one on these lines of the file."""

    kind: ClassVar[str] = "relabel"
    column: str
    lines: Mapping[int, str]

    def apply(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        _has(frame, self.column)
        new = pd.Series(self.lines, dtype="str")
        new = new[new.index.isin(frame.index)]
        cells = frame[self.column].copy()
        changed = int((cells.loc[new.index] != new).sum())
        cells.loc[new.index] = new
        return frame.assign(**{self.column: cells}), changed

    def said(self, rows: int) -> Message:
        return message("edit.relabel", rows=rows, column=self.column)


@dataclass(frozen=True)
class AddRows(Edit):
    """Rows of their own (column -> cell) behind those of the file, on the lines after its last one."""

    kind: ClassVar[str] = "add_rows"
    rows: tuple[Mapping[str, str], ...]

    def apply(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        _has(frame, *{name for row in self.rows for name in row})
        first = int(frame.index.max()) + 1 if len(frame) else 2
        index = pd.RangeIndex(first, first + len(self.rows), name=frame.index.name)
        new = pd.DataFrame(list(self.rows), columns=frame.columns, index=index, dtype="str").fillna(
            ""
        )
        return pd.concat([frame, new]), len(new)

    def said(self, rows: int) -> Message:
        return message("edit.add_rows", rows=rows)


def _mapped(
    frame: pd.DataFrame, column: str, change: Callable[[str], str]
) -> tuple[pd.DataFrame, int]:
    """A column with `change` done to each cell, and how many became others."""
    old = frame[column]
    new = old.map(change).astype(old.dtype)
    return frame.assign(**{column: new}), int((new != old).sum())


KINDS: dict[str, Any] = {
    each.kind: each
    for each in (
        *(DropRepeats, DropConflicts, DropShort, DropLines, DropLabels),
        *(MergeLabels, Mask, Bin, Relabel, AddRows),
    )
}


def plain(edit: Edit) -> dict[str, Any]:
    """An edit as a recipe keeps it."""
    return {"kind": edit.kind, **dataclasses.asdict(typing.cast(Any, edit))}


def from_plain(values: Mapping[str, Any]) -> Edit:
    """The edit of plain values from anywhere. Raises UserError for what is no edit."""
    try:
        kind = KINDS[values["kind"]]
        given = {str(name): value for name, value in values.items() if name != "kind"}
        hints = typing.get_type_hints(kind)
        edit: Edit = kind(**{name: _as(hints[name], value) for name, value in given.items()})
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UserError("edit_unknown") from None
    if isinstance(edit, Mask) and (not edit.what or set(edit.what) - set(MASKS)):
        raise UserError("edit_unknown")
    return edit


def _as(kind: Any, value: Any) -> Any:
    """`value` as the field of an edit holds it; JSON knows no numbers as keys, and no tuples."""
    if kind in (str, int):
        if isinstance(value, bool) or not isinstance(value, kind):
            raise TypeError(value)
        return value
    inner = typing.get_args(kind)
    if typing.get_origin(kind) is tuple:
        if isinstance(value, str):
            raise TypeError(value)
        return tuple(_as(inner[0], each) for each in value)
    return {inner[0](name): _as(inner[1], each) for name, each in value.items()}


def change(table: Table, edits: Iterable[Edit]) -> Table:
    """The table after further edits: `changes` has one more for each, `original` is the table as it was read.

    Raises UserError for an edit that names a column which is not there, or that leaves no row.
    """
    frame, changes = table.frame, list(table.changes)
    for edit in edits:
        frame, rows = edit.apply(frame)
        changes.append(Change(plain(edit), edit.said(rows)))
    if frame.empty:
        raise UserError("edit_no_rows")
    original = table.original or table
    return dataclasses.replace(table, frame=frame, changes=tuple(changes), original=original)


def edits_of(table: Table) -> tuple[Mapping[str, Any], ...]:
    """What a recipe says of how the table was changed."""
    return tuple(each.edit for each in table.changes)


def undo(table: Table, number: int) -> Table:
    """The table without its change of that number (0 is the first); the later ones are done again."""
    kept = [from_plain(each.edit) for place, each in enumerate(table.changes) if place != number]
    original = table.original or table
    return change(original, kept) if kept else original
