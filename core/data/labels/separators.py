"""Separators: whether the cells of a column hold one label each or several, and what is between these."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.data.labels.cells import (
    LIST,
    indicator_length,
    parse_bare_list,
    parse_list,
    separator_marks,
    split_labels,
)

Counts = npt.NDArray[np.int64]

MAX_LABELS = 200
MIN_SEVERAL_SHARE = 0.05  # share of cells with several labels, from which on it looks meant
MAX_MEAN_LENGTH = 30  # characters of a label among several, on average
SAMPLE_CELLS = 2_000  # cells whose form is looked at
# Between labels these stand for nothing else; a comma and the rest also stand within a label.
CLEAR_MARKS = ("\n", "||", "::", ";#", ";", "|", "#", "\t")
USUAL_MARKS = (",", "、")
SELDOM_MARKS = ("/", "+", "&", " and ")
OFFERED_SEPARATORS = (";", ",", "|", "#", "\n")  # on the page, beside whatever else is typed
# Share of cells from which on the comma is that of a number, whatever else is there.
MIN_DECIMAL_SHARE = 0.9
DECIMAL = re.compile(r"[-+]?\d+(?:[,，]\d+)?%?")


@dataclass(frozen=True)
class SeparatorGuess:
    """`separator` is between the labels of a cell, "" where each seems to hold one. `other` is what could be
    between labels, too, but seems to be a part of them, or is met too seldom."""

    separator: str = ""
    other: str = ""


NO_GUESS = SeparatorGuess()


def guess_separator(distinct: pd.Series, counts: Counts) -> SeparatorGuess:
    """Guess the separator from the different cells that are not blank, and how often each occurs.

    Labels are short and few, most of them come in more than one combination, which tells "red; green" from
    "Smith; John"; and not each at a place of its own, which tells them from "agree, strongly".
    """
    if not len(distinct):
        return NO_GUESS
    step = max(1, len(distinct) // SAMPLE_CELLS)
    cells, times = distinct.iloc[::step].tolist(), counts[::step]
    if (guess := _lists(cells, times)) is not None:
        return guess
    other, letters = "", sum(map(len, cells))
    for mark in (*CLEAR_MARKS, *USUAL_MARKS, *SELDOM_MARKS):
        shown = (mark,) if mark.isspace() else separator_marks(mark)
        found_marks = sum(cell.count(variant) for cell in cells for variant in shown)
        if not found_marks or letters > MAX_MEAN_LENGTH * (len(cells) + found_marks):
            continue
        split = [split_labels(cell, mark) for cell in cells]
        if not _able(split, times, int(counts.sum())):
            other = other or (mark if _slips(split, cells) else "")
            continue
        if _convincing(mark, cells, split):
            return SeparatorGuess(mark, other)
        other = other or mark
    return SeparatorGuess("", other)


def _lists(cells: Sequence[str], times: Counts) -> SeparatorGuess | None:
    """The guess for a column of lists; None for any other."""
    lists = list(map(parse_list, cells))
    words = [None if one else parse_bare_list(cell) for one, cell in zip(lists, cells, strict=True)]
    with_commas = any(len(word) > 1 for word in words if word)
    are = np.array(
        [
            (one is not None and not one.spans) or (with_commas and several is not None)
            for one, several in zip(lists, words, strict=True)
        ]
    )
    if are.mean() < MIN_SEVERAL_SHARE or times[are].sum() < MIN_SEVERAL_SHARE * times.sum():
        return None
    if indicator_length(cells):
        marked = [sum(one.places) for one in lists if one and one.places]
        return SeparatorGuess(LIST if any(count != 1 for count in marked) else "", "")
    split = [split_labels(cell, LIST) for cell in cells]
    names = {name for parts in split for name in parts}
    if not 1 <= len(names) <= MAX_LABELS or len(names) * 2 > times.sum():
        return None
    if sum(map(len, names)) > 2 * MAX_MEAN_LENGTH * len(names):
        return None
    return SeparatorGuess(LIST if any(len(parts) > 1 for parts in split) else "")


def _slips(split: Sequence[Sequence[str]], cells: Sequence[str]) -> bool:
    """Whether a few cells are made of labels that are met alone."""
    alone = set(cells)
    return any(len(names) > 1 and alone.issuperset(names) for names in split)


def _able(split: Sequence[Sequence[str]], times: Counts, rows: int) -> bool:
    """Whether the pieces of cells could be labels."""
    several = np.array([len(names) > 1 for names in split])
    if several.mean() < MIN_SEVERAL_SHARE or times[several].sum() < MIN_SEVERAL_SHARE * times.sum():
        return False
    combined = Counter(part for names in split for part in names)
    often = sum(number > 1 for number in combined.values())
    return (
        2 <= len(combined) <= min(MAX_LABELS, len(split))
        and often >= len(combined) / 2
        and sum(map(len, combined)) <= MAX_MEAN_LENGTH * len(combined)
        and len(combined) * 4 <= rows
    )


def _convincing(mark: str, cells: Sequence[str], split: Sequence[Sequence[str]]) -> bool:
    """Whether they are: some stand now before, now behind others, and a seldom mark is between labels that
    are also met alone. What may be numbers with a decimal comma is no list."""
    if mark == "," and sum(map(bool, map(DECIMAL.fullmatch, cells))) >= MIN_DECIMAL_SHARE * len(
        cells
    ):
        return False
    places: dict[str, set[int]] = {}
    for names in split:
        for place, part in enumerate(names):
            places.setdefault(part, set()).add(place)
    if all(len(positions) == 1 for positions in places.values()):
        return False
    alone = {names[0] for names in split if len(names) == 1}
    return mark not in SELDOM_MARKS or len(alone) * 2 >= len(places)
