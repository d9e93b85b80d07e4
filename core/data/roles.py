"""What each column of a table looks like, and which ones to learn from."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.data import columns as names
from core.data.columns import parts
from core.words import Message, message

Counts = npt.NDArray[np.int64]
Role = Literal["text", "label", "split", "id", "empty", "number", "other"]

MAX_LABELS = 200
EXAMPLES = 3
EXAMPLE_CHARS = 120
LONGEST_LABEL = 60  # characters, on average
MANY_NUMBERS = 20  # more different numbers than this are a quantity, not classes
SEPARATORS = (";", "|", ",")  # that labels of one cell have between them
SEVERAL = 0.05  # share of cells with a separator, from which on it looks meant
LONGEST_PART = 30  # characters of a label among several, on average
SAMPLE = 2_000  # cells whose form is looked at


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
    separator: str = ""  # between the labels of a cell, if it looks as if there were several


def describe(frame: pd.DataFrame) -> tuple[Column, ...]:
    """Every column's role by its name and cells; several may look like a text or a label."""
    return tuple(_describe(name, frame[name].str.strip()) for name in frame.columns)


def _describe(name: str, cells: pd.Series) -> Column:
    values = cells[cells != ""]
    filled = len(values)
    codes, kinds = values.factorize()
    distinct, counts = pd.Series(kinds, dtype="str"), np.bincount(codes)
    mean_length = float(values.str.len().mean()) if filled else 0.0
    separator = _separator(distinct, counts)
    role = "label" if separator else _role(name, values, distinct, mean_length)
    return Column(
        name=name,
        role=role,
        reason=message(f"data.role.{role}", unique=len(distinct), length=mean_length),
        filled=filled,
        unique=len(distinct),
        mean_length=mean_length,
        examples=tuple(value[:EXAMPLE_CHARS] for value in distinct.iloc[:EXAMPLES]),
        separator=separator,
    )


def guess_separator(cells: pd.Series) -> str:
    """What is between the labels of a cell, or "" where each cell seems to hold one.

    `cells` are not blank. Labels are short and few; most of them come in more than one combination, which
    tells "red; green" from "Smith; John".
    """
    codes, kinds = cells.factorize()
    return _separator(pd.Series(kinds, dtype="str"), np.bincount(codes))


def _separator(distinct: pd.Series, counts: Counts) -> str:
    """The same of the different cells, and how often each occurs."""
    if distinct.empty:
        return ""
    step = max(1, len(distinct) // SAMPLE)
    sample = distinct.iloc[::step]
    for separator in SEPARATORS:
        if sample.str.contains(separator, regex=False).mean() < SEVERAL:
            continue
        having = distinct.str.contains(separator, regex=False).to_numpy(dtype=bool)
        if counts[having].sum() / counts.sum() < SEVERAL:
            continue
        combined = Counter(part for cell in sample for part in parts(cell, separator))
        often = sum(times > 1 for times in combined.values())
        length = sum(map(len, combined)) / max(1, len(combined))
        if (
            2 <= len(combined) <= min(MAX_LABELS, len(sample))
            and often >= len(combined) / 2
            and length <= LONGEST_PART
            and len(combined) * 4 <= counts.sum()
        ):
            return separator
    return ""


def _role(name: str, values: pd.Series, distinct: pd.Series, mean_length: float) -> Role:
    filled, unique = len(values), len(distinct)
    if not filled:
        return "empty"
    if _is_split(name, distinct):
        return "split"
    sample = distinct.iloc[:: max(1, unique // SAMPLE)]
    numeric = _share(sample, r"[-+]?\d+(?:[.,]\d+)?%?") > 0.95
    called_label = names.rank(name, names.LABEL_NAMES) > 0
    repeats = 2 <= unique <= MAX_LABELS and unique * 2 <= filled and mean_length <= LONGEST_LABEL
    if _is_id(name, sample, unique / filled, mean_length):
        return "id"
    if numeric:
        return "label" if repeats and (unique <= MANY_NUMBERS or called_label) else "number"
    if repeats and not _is_text_by_name(name, unique, mean_length):
        return "label"
    return "text" if unique > 1 and (unique * 5 >= filled or unique > MAX_LABELS) else "other"


def _is_split(name: str, distinct: pd.Series) -> bool:
    """Whether the values are train, test and the like; one alone suffices if the name says so."""
    if len(distinct) > 10:
        return False
    known = {names.split_of(value) for value in distinct}
    if None in known:
        return False
    return len(known) >= 2 or "".join(names.words_of(name)) in names.SPLIT_NAMES


def _is_id(name: str, sample: pd.Series, share_unique: float, mean_length: float) -> bool:
    code = r"[!-~]*\d[!-~]*"  # one word of ASCII with a digit in it
    codes = _share(sample, code) > 0.9
    if names.is_id(name):
        return mean_length <= 100 and (codes or _share(sample, r"\S+") > 0.9)
    whole = _share(sample, r"\d+(?:\.0)?") > 0.95
    fractions = not whole and _share(sample, r"[-+]?\d+[.,]\d+%?") > 0.5
    return share_unique > 0.95 and codes and not fractions and len(sample) > 1


def _is_text_by_name(name: str, unique: int, mean_length: float) -> bool:
    return names.rank(name, names.TEXT_NAMES) > 0.5 and unique > 2 and mean_length > 5


def _share(sample: pd.Series, pattern: str) -> float:
    return float(sample.str.fullmatch(pattern).mean()) if len(sample) else 0.0


def choose_text(columns: Iterable[Column], taken: Sequence[str]) -> tuple[str | None, Message]:
    """The column that most looks like the text, and why."""
    able = [
        column
        for column in columns
        if column.name not in taken and column.role in ("text", "label", "other")
    ]
    able = [column for column in able if column.unique > 1]
    if not able:
        return None, message("data.why.no_text")
    most = max(column.filled for column in able)
    best = max(able, key=lambda column: _text_score(column, most))
    if names.rank(best.name, names.TEXT_NAMES) > 0.5:
        return best.name, message("data.why.text_name", column=best.name)
    return best.name, message("data.why.text_form", column=best.name, length=best.mean_length)


def _text_score(column: Column, most: int) -> float:
    score = (
        3 * names.rank(column.name, names.TEXT_NAMES)
        - 2 * names.rank(column.name, names.LABEL_NAMES)
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
    able = able or [column for column in free if names.rank(column.name, names.LABEL_NAMES) > 0]
    if not able:
        return None, message("data.why.no_label")
    most = max(column.filled for column in free)
    ranked = sorted(able, key=lambda column: -_label_score(column, most))
    best, others = ranked[0], ", ".join(column.name for column in ranked[1:6])
    by_name = names.rank(best.name, names.LABEL_NAMES) > 0
    if others:
        key = "data.why.label_name_others" if by_name else "data.why.label_form_others"
        return best.name, Message(
            key, {"column": best.name, "unique": best.unique, "others": others}
        )
    key = "data.why.label_name" if by_name else "data.why.label_form"
    return best.name, Message(key, {"column": best.name, "unique": best.unique})


def _label_score(column: Column, most: int) -> float:
    # Rounded, so that of two much alike the one further left wins.
    return round(
        3 * names.rank(column.name, names.LABEL_NAMES)
        - names.rank(column.name, names.TEXT_NAMES)
        + 2 * column.filled / most
        + min(column.filled / column.unique / 10, 1)
        + (column.unique <= MANY_NUMBERS) / 2
        - column.mean_length / LONGEST_LABEL
        - (column.examples[0].isdigit()),
        1,
    )


def choose_split(columns: Iterable[Column], taken: Sequence[str]) -> str | None:
    return next(
        (column.name for column in columns if column.role == "split" and column.name not in taken),
        None,
    )
