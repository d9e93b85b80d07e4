"""Edits of rows: dropped, or added."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from core.data.checkup.edit import Edit, has_columns
from core.data.labels.cells import canonical_cells, join_labels, split_labels
from core.data.normalize import text_ids
from core.data.profile.profile import join_text


def text_keys(frame: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """A number for each row, one for all that `normalize` makes alike; -1 without a text."""
    nothing = pd.Series("", index=[-1], dtype="str")
    codes = text_ids(pd.concat([join_text(frame, columns), nothing]))
    keys = np.where(codes == codes[-1], -1, codes)[:-1]
    return pd.Series(keys, index=frame.index)


def label_keys(cells: pd.Series, separator: str) -> pd.Series:
    """The label cells so that equal ones are alike: spelled alike, and several labels in one order."""
    cells = canonical_cells(cells, separator)
    if not separator:
        return cells
    ordered = {
        cell: cell and join_labels(sorted(split_labels(cell, separator)), separator)
        for cell in cells.unique()
    }
    return cells.map(ordered).astype("str")


@dataclass(frozen=True)
class _Compared(Edit):
    """What looks at rows with the same text; rows without a text or a label are left alone."""

    text: tuple[str, ...]
    label: str
    separator: str = ""

    def apply(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        has_columns(frame, *self.text, self.label)
        labels = label_keys(frame[self.label], self.separator)
        pairs = pd.DataFrame({"text": text_keys(frame, self.text), "label": labels})
        pairs = pairs[(pairs["text"] >= 0) & (labels != "")]
        gone = pairs.index[self.gone(pairs)]
        return frame.drop(index=gone), len(gone)

    @abstractmethod
    def gone(self, pairs: pd.DataFrame) -> pd.Series:
        """Which rows go, true or false, of numbers of the "text" and "label" of each."""


@dataclass(frozen=True)
class DropRepeats(_Compared):
    """Deduplication: of rows with the same text and the same label only the first stays."""

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
        has_columns(frame, *self.text)
        sizes = join_text(frame, self.text).str.len()
        short = (sizes > 0) & (sizes < self.least)
        return frame[~short], int(short.sum())


@dataclass(frozen=True)
class DropLines(Edit):
    """The rows that start on these lines of the file go."""

    kind: ClassVar[str] = "drop_lines"
    lines: tuple[int, ...]

    def apply(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        gone = frame.index.isin(self.lines)
        return frame[~gone], int(gone.sum())


@dataclass(frozen=True)
class DropLabels(Edit):
    """Rows with one of these labels go."""

    kind: ClassVar[str] = "drop_labels"
    listed: ClassVar[str] = "labels"
    column: str
    labels: tuple[str, ...]

    def apply(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        has_columns(frame, self.column)
        gone = canonical_cells(frame[self.column], "").isin(self.labels)
        return frame[~gone], int(gone.sum())


@dataclass(frozen=True)
class AddRows(Edit):
    """Rows of their own (column -> cell) behind those of the file, on the lines after its last one."""

    kind: ClassVar[str] = "add_rows"
    rows: tuple[Mapping[str, str], ...]

    def apply(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        has_columns(frame, *{name for row in self.rows for name in row})
        first = int(frame.index.max()) + 1 if len(frame) else 2
        index = pd.RangeIndex(first, first + len(self.rows), name=frame.index.name)
        new = pd.DataFrame(list(self.rows), columns=frame.columns, index=index, dtype="str").fillna(
            ""
        )
        return pd.concat([frame, new]), len(new)
