"""Edits of labels: merged, filled, named, binned, and columns of them joined."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from core.data.checkup.edit import Edit, has_columns
from core.data.labels.cells import (
    NONE,
    canonical_cells,
    canonical_label,
    indicator_name,
    join_labels,
    split_labels,
    unnamed_indicators,
)
from core.data.read.grid import name_some
from core.errors import UserError
from core.words import Message, message

MAX_BINS = 10
# In columns for yes and no, and in those where what is not marked is empty.
YES_VALUES = ("1", "true", "yes", "Yes", "YES", "y", "Y", "x", "X", "✓", "✔", "√", "是")
NO_VALUES = ("0", "false", "no", "No", "NO", "n", "N", "否")


@dataclass(frozen=True)
class MergeLabels(Edit):
    """Spellings of a label become one: `into` says what each is to be."""

    kind: ClassVar[str] = "merge_labels"
    lasting: ClassVar[bool] = True
    column: str
    into: Mapping[str, str]
    separator: str = ""

    def apply(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        has_columns(frame, self.column)

        def mend(cell: str) -> str:
            """The new cell, or "" where it stays as it is."""
            old = split_labels(cell, self.separator) if self.separator else [cell]
            new = [self.into.get(part, part) for part in old]
            if new == old:
                return ""
            return (
                join_labels(list(dict.fromkeys(new)), self.separator) if self.separator else new[0]
            )

        old = frame[self.column]
        new = canonical_cells(old, self.separator).map(mend).astype(old.dtype)
        changed = new != ""
        return frame.assign(**{self.column: old.where(~changed, new)}), int(changed.sum())

    def said(self, rows: int) -> Message:
        return message(
            "edit.merge_labels", rows=rows, names=name_some(sorted(set(self.into.values())))
        )


@dataclass(frozen=True)
class Blank(Edit):
    """Cells of these columns that hold nothing but one of these values become empty."""

    kind: ClassVar[str] = "blank"
    listed: ClassVar[str] = "values"
    lasting: ClassVar[bool] = True
    columns: tuple[str, ...]
    values: tuple[str, ...]

    def apply(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        has_columns(frame, *self.columns)
        changed = pd.Series(False, index=frame.index)
        for column in self.columns:
            gone = frame[column].str.strip().isin(self.values)
            frame = frame.assign(**{column: frame[column].mask(gone, "")})
            changed |= gone
        return frame, int(changed.sum())


@dataclass(frozen=True)
class FillDown(Edit):
    """Empty cells become what stands above them."""

    kind: ClassVar[str] = "fill_down"
    lasting: ClassVar[bool] = True
    column: str

    def apply(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        has_columns(frame, self.column)
        old = frame[self.column]
        empty = old.str.strip() == ""
        new = old.mask(empty).ffill().fillna("").astype(old.dtype)
        return frame.assign(**{self.column: new}), int((empty & (new != "")).sum())


@dataclass(frozen=True)
class NoneOfThem(Edit):
    """Cells that hold nothing but one of these values ("" is an empty one) become those of rows that have
    none of the labels, in a column where a row may have several."""

    kind: ClassVar[str] = "none_of_them"
    lasting: ClassVar[bool] = True
    column: str
    values: tuple[str, ...]

    def apply(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        has_columns(frame, self.column)
        old = frame[self.column]
        none = old.str.strip().isin(self.values)
        return frame.assign(**{self.column: old.mask(none, NONE)}), int(none.sum())


@dataclass(frozen=True)
class NamePlaces(Edit):
    """The places of vectors of 0 and 1 in a label column get names, in their order."""

    kind: ClassVar[str] = "name_places"
    listed: ClassVar[str] = "names"
    lasting: ClassVar[bool] = True
    column: str
    names: tuple[str, ...]
    separator: str = ""

    def apply(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        into = {indicator_name(place): name for place, name in enumerate(self.names)}
        return MergeLabels(self.column, into, self.separator).apply(frame)


@dataclass(frozen=True)
class JoinColumns(Edit):
    """Columns of yes and no become one, `name`, with the names of those that say yes."""

    kind: ClassVar[str] = "join_columns"
    lasting: ClassVar[bool] = True
    columns: tuple[str, ...]
    name: str

    def apply(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        has_columns(frame, *self.columns)
        answers = [canonical_cells(frame[column], "") for column in self.columns]
        yes = np.stack([np.asarray(cells.isin(YES_VALUES)) for cells in answers], axis=1)
        no = np.stack([_no(cells) for cells in answers], axis=1)
        known = (yes | no).all(axis=1)
        one = bool((yes.sum(axis=1) == 1)[known].all())  # each row has one: no list is needed

        # Parts of one object of JSON, such as cats.rude.
        owners = {name.rpartition(".")[0] for name in self.columns}
        cut = len(owners) == 1 and owners != {""}
        short = [name.rpartition(".")[2] if cut else name for name in self.columns]

        def cell(row: int) -> str:
            names = [name for name, is_true in zip(short, yes[row], strict=True) if is_true]
            if not known[row]:
                return ""
            return names[0] if one else json.dumps(names, ensure_ascii=False)

        cells = pd.Series(list(map(cell, range(len(frame)))), frame.index, dtype="str")
        place = list(frame.columns).index(self.columns[0])
        rest = frame.drop(columns=list(self.columns))
        rest.insert(min(place, rest.shape[1]), self.name, cells)
        return rest, len(rest)

    def said(self, rows: int) -> Message:
        return message(
            "edit.join_columns", rows=rows, names=name_some(self.columns), column=self.name
        )


def _no(cells: pd.Series) -> np.ndarray:
    """Which cells of a column of yes and no say no: empty ones where no other does."""
    no = np.asarray(cells.isin(NO_VALUES))
    return no if no.any() else np.asarray(cells == "")


def _plain_numbers(cells: pd.Series) -> pd.Series:
    """Numbers as Python writes them. A comma or a point is that of a fraction, unless three digits are behind
    it wherever it stands, and the numbers without one have three digits at most."""
    numbers = cells.str.strip().str.rstrip("%").str.strip()
    for mark in (",", "."):
        marked = numbers[numbers.str.contains(mark, regex=False)]
        whole = numbers[numbers.str.fullmatch(r"[-+]?\d+")]
        if len(marked) and marked.str.fullmatch(rf"[-+]?[1-9]\d{{0,2}}(\{mark}\d{{3}})+").all():
            sizes = whole.str.len() - whole.str.match("[-+]").astype(int)
            if (sizes == 3).any() and (sizes <= 3).all():
                return numbers.str.replace(mark, "", regex=False)
    return numbers.str.replace(",", ".", regex=False)


@dataclass(frozen=True)
class Bin(Edit):
    """A column of numbers becomes classes of about equal size, each named by its range."""

    kind: ClassVar[str] = "bin"
    column: str
    classes: int

    def apply(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        has_columns(frame, self.column)
        known = pd.to_numeric(_plain_numbers(frame[self.column]), errors="coerce").dropna()
        if known.empty:
            return frame, 0
        classes = min(max(2, self.classes), MAX_BINS)
        edges = np.unique(known.quantile(np.linspace(0, 1, classes + 1)))
        if len(edges) < 3:
            return frame, 0
        whole = min(17, max(6, len(f"{np.abs(edges).max():.0f}")))
        ways = ([f"{edge:.{digits}g}" for edge in edges] for digits in range(whole, 18))
        said = next(way for way in ways if len(set(way)) == len(edges))
        names = [f"{low} – {high}" for low, high in itertools.pairwise(said)]
        placed = pd.cut(known, edges, labels=names, include_lowest=True).astype(str)
        cells = frame[self.column].copy()
        cells[placed.index] = placed
        return frame.assign(**{self.column: cells}), len(placed)


@dataclass(frozen=True)
class Relabel(Edit):
    """The label in `column` becomes another one on these lines of the file."""

    kind: ClassVar[str] = "relabel"
    column: str
    lines: Mapping[int, str]

    def apply(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        has_columns(frame, self.column)
        new = pd.Series(self.lines, dtype="str")
        new = new[new.index.isin(frame.index)]
        cells = frame[self.column].copy()
        changed = int((cells.loc[new.index] != new).sum())
        cells.loc[new.index] = new
        return frame.assign(**{self.column: cells}), changed


def name_places(frame: pd.DataFrame, column: str, separator: str, given: str) -> NamePlaces:
    """The edit for names that a person wrote with commas, semicolons or line ends between them.

    Raises UserError `label_names_none` where the column has no vectors, `label_names` for another number of
    names than there are places.
    """
    has_columns(frame, column)
    places = unnamed_indicators(frame[column].unique().tolist())
    if not places:
        raise UserError("label_names_none")
    names = tuple(
        dict.fromkeys(filter(None, map(canonical_label, re.split(r"[,;，；、\n]", given))))
    )
    if len(names) != places:
        raise UserError("label_names", places=places, given=len(names))
    return NamePlaces(column, names, separator)
