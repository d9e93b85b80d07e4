"""Checks of the cells: lists of labels, spellings that count as one, and words for an empty cell."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pandas as pd

from core.data.checkup.finding import CheckupInput, Finding, Severity, examples_of, finding
from core.data.checkup.fix import Choose
from core.data.checkup.label_edits import NO_VALUES, YES_VALUES, Blank, JoinColumns, NoneOfThem
from core.data.column_names import free_name
from core.data.labels.cells import (
    LIST,
    NONE,
    canonical_cells,
    canonical_label,
    indicator_name,
    parse_bare_list,
    parse_list,
    separator_words,
    split_labels,
    split_raw,
    unnamed_indicators,
)
from core.data.read.grid import name_some
from core.words import message

# What programs write for a cell without a value; nobody's label and nobody's text.
EMPTY_WORDS = (
    *("nan", "NaN", "NAN", "-nan", "<NA>", "NaT", "NULL", "null", "Null", "(null)", "<null>"),
    *("#N/A", "#N/A N/A", "#NA", "#VALUE!", "#REF!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", r"\N"),
)
# What may mean the same, or be meant.
MAYBE_EMPTY_WORDS = (
    *("None", "none", "NONE", "NA", "N/A", "n/a", "N.A.", "n.a.", "nil", "undefined", "missing"),
    *("Missing", "MISSING", "-", "--", "---", "–", "—", "?", "??", ".", "(blank)", "(empty)"),
    *("空", "无", "缺失"),
)
ONE_LABEL = Choose({"separator": ""}, message("checkup.fix.one_label"))
# Share of the filled cells, up to which such a word may stand for an empty one.
MAX_MAYBE_SHARE = 0.25
RARE_ROWS = 10  # rows of a label
# Columns of yes and no side by side, from which on they look like labels of one thing.
MIN_YES_NO_COLUMNS = 3
NAMED_PAIRS = 5  # spellings that are named


def check_label_cells(seen: CheckupInput) -> Iterator[Finding]:
    if label := seen.profile.label:
        yield from _lists(seen, label)
        yield from _several(seen, label)
        yield from _spellings(seen, label)
        yield from _nothing(seen, label)


def _lists(seen: CheckupInput, label: str) -> Iterator[Finding]:
    """Lists in label cells, and what is made of them."""
    cells, separator = seen.table.frame[label].str.strip(), seen.profile.separator
    kinds = [str(cell) for cell in cells.unique()]
    parsed = {cell: one for cell in kinds if (one := parse_list(cell)) is not None}
    marked = cells[cells.isin([cell for cell, one in parsed.items() if one.spans])]
    if len(marked):
        yield finding("label_spans", "serious", len(marked), examples_of(marked), column=label)
        return
    lists = [
        *parsed,
        *(cell for cell in kinds if separator and cell not in parsed and parse_bare_list(cell)),
    ]
    rows = cells[cells.isin(lists)]
    if not len(rows):
        return
    if width := unnamed_indicators(kinds):
        yield finding(
            "label_vectors",
            "warning",
            len(rows),
            examples_of(rows),
            column=label,
            places=width,
            names=name_some([indicator_name(place) for place in range(width)]),
        )
    elif separator:
        yield finding(
            "label_lists", "note", len(rows), examples_of(rows), [ONE_LABEL], column=label
        )
    elif all(len(one.names) < 2 for one in parsed.values()):
        yield finding("label_lists_one", "note", len(rows), examples_of(rows), column=label)
    none = cells[canonical_cells(cells, separator) == NONE] if separator else cells.iloc[:0]
    if len(none):
        fix = Blank((label,), tuple(map(str, none.unique())))
        yield finding("label_none", "note", len(none), examples_of(none), [fix], column=label)


def _several(seen: CheckupInput, label: str) -> Iterator[Finding]:
    """Marks between labels, whether or not they are taken for that."""
    now, could = seen.profile.separator, seen.between
    cells = seen.table.frame[label].str.strip()
    split = {
        cell: len(split_labels(str(cell), now or could)) for cell in cells.unique() if now or could
    }
    rows = cells[cells.isin([cell for cell, number in split.items() if number > 1])]
    if now == LIST or not len(rows):
        return
    details: dict[str, Any] = {"column": label, "how": separator_words(now or could)}
    if now:
        details |= {"kinds": len(split.keys() - {""}), "labels": len(seen.profile.classes)}
        yield finding("label_split", "note", len(rows), examples_of(rows), [ONE_LABEL], **details)
        return
    button = message("checkup.fix.several_labels", how=separator_words(could))
    # Where cells that are made of others are labels of their own, many of these are seldom met.
    rare = any(number < RARE_ROWS for _, number in seen.profile.classes)
    yield finding(
        "label_unsplit",
        "warning" if rare else "note",
        len(rows),
        examples_of(rows),
        [Choose({"separator": could}, button)],
        **details,
    )


def _spellings(seen: CheckupInput, label: str) -> Iterator[Finding]:
    """Values that are written in another way than they count."""
    separator = seen.profile.separator
    cells = seen.table.frame[label].str.strip()
    kinds = pd.Series([str(cell) for cell in cells.unique() if parse_list(str(cell)) is None])
    if kinds.empty:
        return
    if separator:
        split = {cell: [part.strip() for part in split_raw(cell, separator)] for cell in kinds}
        mended = {old: canonical_label(old) for parts in split.values() for old in parts}
    else:
        split = {cell: [cell] for cell in kinds}
        mended = dict(zip(kinds, canonical_cells(kinds.astype("str"), ""), strict=True))
    other = {old: new for old, new in mended.items() if old != new}
    if not other:
        return
    rows = cells[
        cells.isin([cell for cell, parts in split.items() if not other.keys().isdisjoint(parts)])
    ]
    names = "; ".join(f"“{old}” = “{new}”" for old, new in list(other.items())[:NAMED_PAIRS])
    names += "; …" if len(other) > NAMED_PAIRS else ""
    yield finding(
        "labels_respelled", "note", len(rows), examples_of(rows), column=label, names=names
    )


def _nothing(seen: CheckupInput, label: str) -> Iterator[Finding]:
    """Labels that stand for an empty cell, or may."""
    cells = seen.table.frame[label].str.strip()
    filled = int((cells != "").sum())
    for key, words, most in (
        ("label_empty_words", EMPTY_WORDS, 1.0),
        ("label_maybe_empty", MAYBE_EMPTY_WORDS, MAX_MAYBE_SHARE),
    ):
        rows = cells[cells.isin(words)]
        if 0 < len(rows) <= most * filled and cells.nunique() > 1:
            severity: Severity = "warning" if words is EMPTY_WORDS else "note"
            empty = _empty(key, severity, label, rows)
            if seen.profile.separator:
                none = NoneOfThem(label, tuple(map(str, rows.unique())))
                empty = dataclasses.replace(empty, fixes=(*empty.fixes, none))
            yield empty


def check_text_cells(seen: CheckupInput) -> Iterator[Finding]:
    """Texts that stand for an empty cell, or may."""
    for column in seen.profile.text:
        cells = seen.table.frame[column].str.strip()
        rows = cells[cells.isin((*EMPTY_WORDS, *MAYBE_EMPTY_WORDS))]
        if 0 < len(rows) < len(cells):
            severity: Severity = "warning" if rows.isin(EMPTY_WORDS).any() else "note"
            yield _empty("text_empty_words", severity, column, rows)


def _empty(key: str, severity: Severity, column: str, rows: pd.Series) -> Finding:
    words = tuple(map(str, rows.unique()))
    return finding(
        key,
        severity,
        len(rows),
        examples_of(rows),
        [Blank((column,), words)],
        column=column,
        names=name_some(words),
    )


def check_yes_no_columns(seen: CheckupInput) -> Iterator[Finding]:
    """Columns of yes and no, side by side."""
    used = {*seen.profile.text, seen.profile.split}
    columns: list[str] = []
    for column in (*seen.profile.columns, None):
        if column is not None and column.name not in used and _is_yes_or_no(seen, column.name):
            columns.append(column.name)
            continue
        if len(columns) >= MIN_YES_NO_COLUMNS:
            taken = {other.name for other in seen.profile.columns} - set(columns)
            name = free_name("labels", taken, "{} {}")
            severity: Severity = "warning" if seen.profile.label in columns else "note"
            yield finding(
                "columns_yes_no",
                severity,
                len(columns),
                fixes=[JoinColumns(tuple(columns), name)],
                names=name_some(columns),
            )
            return
        columns = []


def _is_yes_or_no(seen: CheckupInput, name: str) -> bool:
    """Whether a column says yes and no, and nothing else; what is not marked may be empty."""
    column = next(candidate for candidate in seen.profile.columns if candidate.name == name)
    if not 1 <= column.unique <= 4:
        return False
    kinds = {canonical_label(str(cell)) for cell in seen.table.frame[name].unique()}
    no = kinds & set(NO_VALUES) or kinds & {""}
    return kinds <= {*YES_VALUES, *NO_VALUES, ""} and bool(kinds & set(YES_VALUES)) and bool(no)
