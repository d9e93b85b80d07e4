"""Roles of columns: what each looks like, and which ones to learn from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from core.data import column_names
from core.data.labels.separators import (
    MAX_LABELS,
    NO_GUESS,
    SAMPLE_CELLS,
    SeparatorGuess,
    guess_separator,
)
from core.words import Message, message

Role = Literal["text", "label", "split", "id", "empty", "number", "other"]

EXAMPLES = 3
EXAMPLE_CHARS = 120
MIN_CODE_LENGTH = 10  # characters of what may be read, where it looks like an id
MAX_LABEL_LENGTH = 60  # characters, on average
MAX_NUMBERS = 20  # more different numbers than this are a quantity, not classes
TEXT_NAME_RANK = 0.8  # rank of a name that says text, whatever the cells are
LABEL_NAME_RANK = 0.94  # rank of a name that says label, whatever the values are


@dataclass(frozen=True)
class Column:
    """A column and what it looks like. `filled` and `unique` count cells that are not blank."""

    name: str
    role: Role
    reason: Message
    filled: int
    unique: int
    mean_length: float  # characters per filled cell
    examples: tuple[str, ...]
    several: SeparatorGuess = NO_GUESS  # whether a cell looks as if it held several labels


def describe(frame: pd.DataFrame) -> tuple[Column, ...]:
    """Every column's role by its name and cells; several may look like a text or a label."""
    return tuple(_describe(name, frame[name].str.strip()) for name in frame.columns)


def _describe(name: str, cells: pd.Series) -> Column:
    values = cells[cells != ""]
    filled = len(values)
    codes, kinds = values.factorize()
    distinct, counts = pd.Series(kinds, dtype="str"), np.bincount(codes)
    mean_length = float(values.str.len().mean()) if filled else 0.0
    several = guess_separator(distinct, counts)
    role = "label" if several.separator else _role(name, values, distinct, mean_length)
    return Column(
        name=name,
        role=role,
        reason=message(f"data.role.{role}", unique=len(distinct), length=mean_length),
        filled=filled,
        unique=len(distinct),
        mean_length=mean_length,
        examples=tuple(value[:EXAMPLE_CHARS] for value in distinct.iloc[:EXAMPLES]),
        several=several,
    )


def _role(name: str, values: pd.Series, distinct: pd.Series, mean_length: float) -> Role:
    filled, unique = len(values), len(distinct)
    if not filled:
        return "empty"
    if _is_split(name, distinct):
        return "split"
    sample = distinct.iloc[:: max(1, unique // SAMPLE_CELLS)]
    numeric = _share(sample, r"[-+]?\d+(?:[.,]\d+)?%?") > 0.95
    called_label = column_names.rank(name, column_names.LABEL_NAMES) > 0
    repeats = 2 <= unique <= MAX_LABELS and unique * 2 <= filled and mean_length <= MAX_LABEL_LENGTH
    if _is_id(name, sample, unique / filled, mean_length):
        return "id"
    if numeric:
        return "label" if repeats and (unique <= MAX_NUMBERS or called_label) else "number"
    if repeats and not _is_text_by_name(name, unique, mean_length):
        return "label"
    return "text" if unique > 1 and (unique * 5 >= filled or unique > MAX_LABELS) else "other"


def _is_split(name: str, distinct: pd.Series) -> bool:
    """Whether the values are train, test and the like; one alone suffices if the name says so."""
    if len(distinct) > 10 or column_names.rank(name, column_names.LABEL_NAMES) > LABEL_NAME_RANK:
        return False
    known = {column_names.split_of(value) for value in distinct}
    if None in known:
        return False
    return len(known) >= 2 or "".join(column_names.words_of(name)) in column_names.SPLIT_NAMES


def _is_id(name: str, sample: pd.Series, share_unique: float, mean_length: float) -> bool:
    code = r"[!-~]*\d[!-~]*"  # one word of ASCII with a digit in it
    codes = _share(sample, code) > 0.9
    if column_names.is_id(name):
        return mean_length <= 100 and (codes or _share(sample, r"\S+") > 0.9)
    if column_names.rank(name, column_names.TEXT_NAMES) > TEXT_NAME_RANK:
        return False  # serial numbers, molecules, passwords: whoever calls them text means it
    whole = _share(sample, r"\d+(?:\.0)?") > 0.95
    fractions = not whole and _share(sample, r"[-+]?\d+[.,]\d+%?") > 0.5
    return share_unique > 0.95 and codes and not fractions and len(sample) > 1


def _is_text_by_name(name: str, unique: int, mean_length: float) -> bool:
    return column_names.rank(name, column_names.TEXT_NAMES) > 0.5 and unique > 2 and mean_length > 5


def _share(sample: pd.Series, pattern: str) -> float:
    return float(sample.str.fullmatch(pattern).mean()) if len(sample) else 0.0


def choose_text(columns: Sequence[Column], taken: Sequence[str]) -> tuple[str | None, Message]:
    """The column that most looks like the text, and why."""
    able = [
        column
        for column in columns
        if column.name not in taken and column.role in ("text", "label", "other")
    ]
    able = [column for column in able if column.unique > 1]
    if all(column.role == "label" for column in able):
        able += _codes(columns, taken)
    if not able:
        return None, message("data.why.no_text")
    most = max(column.filled for column in able)
    best = max(able, key=lambda column: _text_score(column, most))
    if column_names.rank(best.name, column_names.TEXT_NAMES) > 0.5:
        return best.name, message("data.why.text_name", column=best.name)
    return best.name, message("data.why.text_form", column=best.name, length=best.mean_length)


def _codes(columns: Sequence[Column], taken: Sequence[str]) -> list[Column]:
    """The columns of addresses, molecules and the like, where there is nothing else to read: they hold more
    than a number, and are of any length. That they look like ids `core.data.checkup.columns` says."""
    free = (column for column in columns if column.name not in taken and column.role == "id")
    able = (candidate for candidate in free if candidate.mean_length >= MIN_CODE_LENGTH)
    return [candidate for candidate in able if len(set(map(len, candidate.examples))) > 1]


def _text_score(column: Column, most: int) -> float:
    score = (
        3 * column_names.rank(column.name, column_names.TEXT_NAMES)
        - 2 * column_names.rank(column.name, column_names.LABEL_NAMES)
        + math.log10(1 + column.mean_length)
        + column.unique / column.filled
        + (column.role == "text")
    )
    return score * column.filled / most if score > 0 else score


def choose_label(columns: Iterable[Column], taken: Sequence[str]) -> tuple[str | None, Message]:
    """The column that most looks like the label, and why: its name, then how its values repeat."""
    free = [column for column in columns if column.name not in taken and column.filled]
    able = [column for column in free if column.role == "label"]
    # A column that is called label but cannot be one: `check` says what is wrong with it.
    able = able or [
        column for column in free if column_names.rank(column.name, column_names.LABEL_NAMES) > 0
    ]
    if not able:
        return None, message("data.why.no_label")
    most = max(column.filled for column in free)
    ranked = sorted(able, key=lambda column: -_label_score(column, most))
    best, others = ranked[0], ", ".join(column.name for column in ranked[1:6])
    by_name = column_names.rank(best.name, column_names.LABEL_NAMES) > 0
    key = f"data.why.label_{'name' if by_name else 'form'}{'_others' if others else ''}"
    further = {"others": others} if others else {}
    return best.name, message(key, column=best.name, unique=best.unique, **further)


def _label_score(column: Column, most: int) -> float:
    # Rounded, so that of two much alike the one further left wins.
    return round(
        3 * column_names.rank(column.name, column_names.LABEL_NAMES)
        - column_names.rank(column.name, column_names.TEXT_NAMES)
        + 2 * column.filled / most
        + min(column.filled / column.unique / 10, 1)
        + (column.unique <= MAX_NUMBERS) / 2
        - column.mean_length / MAX_LABEL_LENGTH
        - (column.examples[0].isdigit()),
        1,
    )


def choose_split(columns: Iterable[Column], taken: Sequence[str]) -> str | None:
    return next(
        (column.name for column in columns if column.role == "split" and column.name not in taken),
        None,
    )
