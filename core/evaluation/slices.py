"""Slices: the accuracy of a model on parts of the test rows, and where it does worse."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from core.evaluation.intervals import of_share
from core.runs.result import Interval
from core.tasks import of_names
from core.words import Message, message

LENGTH, LABEL = "length", "label"
COLUMN = "column:"  # before the name of a column of the file
FEWEST_VALUES, MOST_VALUES = 2, 20  # of a column that rows can be divided by
MOST_LETTERS = 60  # of such a value: what is longer is no name of a group


@dataclass(frozen=True)
class Slice:
    """A slice of the test rows: the share of right answers with its 95 % interval. `below` says that all of
    the interval lies below what the model reaches on all rows."""

    name: Message | str
    rows: int
    accuracy: float
    interval: Interval
    below: bool


def ways(rows: pd.DataFrame, words: bool = True) -> list[str]:
    """Ways to divide test rows (`ColumnFolder.test_rows`): by LENGTH, where they are `words`, LABEL,
    columns of the file."""
    own = [str(name) for name in rows.columns if str(name).startswith(COLUMN)]
    return [*([LENGTH] if words else []), LABEL, *own]


def named(by: str) -> Message | str:
    """The name of a way to divide: a column by its own name."""
    return by.removeprefix(COLUMN) if by.startswith(COLUMN) else message(f"slices.by.{by}")


def columns(frame: pd.DataFrame, but: Sequence[str]) -> dict[str, list[str]]:
    """The columns of test rows, those in `but` aside, that they can be divided by: few values, each short."""
    divisible = {}
    for name in frame.columns:
        values = frame[name].unique()
        few = FEWEST_VALUES <= len(values) <= MOST_VALUES
        if (
            str(name) not in but
            and few
            and all(len(str(value)) <= MOST_LETTERS for value in values)
        ):
            divisible[f"{COLUMN}{name}"] = frame[name].astype(str).tolist()
    return divisible


def slices(rows: pd.DataFrame, by: str, labels: Sequence[str], separator: str = "") -> list[Slice]:
    """Slices of test rows, each with its score. A row with several labels is in the slice of each.

    `by` is one of `ways(rows)`; anything else is taken for LENGTH. Parts without a row are left out.
    """
    right = (rows["label"] == rows["predicted"]).to_numpy()
    parts: Iterable[tuple[Message | str, Any]]
    if by == LABEL:
        task = of_names(labels, separator)
        has = task.has(task.encode(rows["label"].tolist()))
        parts = [(label, has[:, k]) for k, label in enumerate(labels)]
    elif by.startswith(COLUMN) and by in rows.columns:
        values = rows[by]
        parts = [
            (value or message("slices.empty"), (values == value).to_numpy())
            for value in sorted(values.unique())
        ]
    else:
        parts = _by_length(rows["text"].str.len().to_numpy())
    whole = float(right.mean())
    return [_slice(name, right[where], whole) for name, where in parts if where.any()]


def _by_length(lengths: Any) -> list[tuple[Message | str, Any]]:
    """Three slices of about as many rows; fewer where the texts are of much the same length."""
    short, long = (int(end) for end in np.quantile(lengths, (1 / 3, 2 / 3), method="lower"))
    return [
        (message("slices.short", to=short), lengths <= short),
        (message("slices.middle", above=short + 1, to=long), (lengths > short) & (lengths <= long)),
        (message("slices.long", above=long + 1), lengths > long),
    ]


def _slice(name: Message | str, right: Any, whole: float) -> Slice:
    share, interval = of_share(right)
    return Slice(name, len(right), share, interval, interval[1] < whole)
