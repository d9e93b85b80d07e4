"""A finding, and what the checks look at."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from core.data.checkup.edit import Edit
from core.data.checkup.fix import Fix
from core.data.checkup.row_edits import text_keys
from core.data.labels.separators import NO_GUESS
from core.data.profile.profile import Profile, join_text, usable_rows
from core.data.read.grid import shorten
from core.data.table import Table
from core.words import Message, message

Severity = Literal["serious", "warning", "note"]
EXAMPLES = 5
Examples = tuple[tuple[int, str | Message], ...]


@dataclass(frozen=True)
class Decision:
    """One of several labels to be chosen for a text, which is on this `line` of the file and on others.

    `options` are each label, how many rows with the text have it, and what gives it to all of them.
    """

    line: int
    text: str
    options: tuple[tuple[str, int, Edit], ...]


@dataclass(frozen=True)
class Finding:
    """Something about a table that a person should know, `count` times (rows, labels or columns).

    `examples` are lines of the file and what stands there, or is wrong there.
    """

    key: str
    severity: Severity
    count: int
    what: Message
    advice: Message | None = None
    examples: Examples = ()
    fixes: tuple[Fix, ...] = ()
    decisions: tuple[Decision, ...] = ()

    @property
    def every_fix(self) -> tuple[Fix, ...]:
        """The fixes, and then what each decision offers."""
        decided = (edit for decision in self.decisions for _, _, edit in decision.options)
        return (*self.fixes, *decided)


def finding(
    key: str,
    severity: Severity,
    count: int,
    examples: Examples = (),
    fixes: Sequence[Fix] = (),
    said: str = "",
    **values: Any,
) -> Finding:
    """One whose sentence is `checkup.KEY` in the locales; `checkup.KEY.advice` says what to do. Both know
    `count` and `values`. `said` is the key of the sentences where it is another one."""
    what = message(f"checkup.{said or key}", count=count, **values)
    advice = message(f"checkup.{said or key}.advice", count=count, **values)
    return Finding(key, severity, count, what, advice, examples, tuple(fixes))


@dataclass(frozen=True)
class CheckupInput:
    """A table with the columns in use, and what several checks ask for."""

    table: Table
    profile: Profile
    rows: pd.DataFrame  # those with a text and a label; its labels are spelled alike
    texts: pd.Series  # of these rows, or the names of their pictures
    labels: pd.Series  # the whole label cells of these rows

    @classmethod
    def of(cls, table: Table, profile: Profile) -> CheckupInput:
        label = profile.label
        rows, _ = usable_rows(table, profile.text, {label: profile.separator} if label else {})
        labels = rows[label] if label else pd.Series(dtype="str")
        return cls(table, profile, rows, join_text(rows, table.named(profile.text)), labels)

    @property
    def between(self) -> str:
        """What could be between several labels in a cell, where each cell is taken as one; else ""."""
        label, guess = self.profile.label, NO_GUESS
        if label and not self.profile.separator:
            guess = next(column.several for column in self.profile.columns if column.name == label)
        return guess.separator or guess.other

    @property
    def compared(self) -> tuple[str, ...]:
        """The columns that say which rows are the same: of pictures not their name, but what they show."""
        return self.table.hidden or self.profile.text

    @functools.cached_property
    def keys(self) -> pd.Series:
        """Equal for texts that differ only in case, spaces or width of characters: [usable rows]."""
        return text_keys(self.rows, self.compared)

    def examples(self, lines: Iterable[int]) -> tuple[tuple[int, str], ...]:
        """The first few of some usable rows: line and text."""
        some = [line for line, _ in zip(lines, range(EXAMPLES), strict=False)]
        return tuple((int(line), shorten(self.texts.loc[line])) for line in some)

    def labelled(self, lines: Iterable[int]) -> Examples:
        """The first few of some usable rows: line, and label before the text."""
        return tuple(
            (line, message("checkup.labelled", label=str(self.labels.loc[line]), text=text))
            for line, text in self.examples(lines)
        )


# A check of the check-up.
Check = Callable[[CheckupInput], Iterator[Finding]]


def examples_of(cells: pd.Series) -> Examples:
    """The first few of some cells, each with its line."""
    return tuple((int(line), shorten(str(cell))) for line, cell in cells.head(EXAMPLES).items())


def lines_where(mask: Any, index: pd.Index) -> list[int]:
    """The lines for which `mask` [rows] is true."""
    return [int(line) for line in index[np.asarray(mask, dtype=bool)]]
