"""Profile of a table: columns, classes, lengths, and the rows that cannot be used."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.data.labels.cells import canonical_cells, separator_of_words, split_labels
from core.data.labels.separators import MAX_LABELS
from core.data.profile.language import language_of
from core.data.profile.roles import Column, choose_label, choose_split, choose_text, describe
from core.data.read.grid import BadRow, shorten
from core.data.spreadsheet import csv_text
from core.data.table import Table
from core.errors import UserError
from core.words import Message, message, say

MIN_ROWS = 8
BINS = 20
SCRIPT_SAMPLE = 2_000  # texts
DOMINANT_SHARE = 0.7  # share of the letters that makes a script the text's script
JAPANESE_SCRIPTS = {"HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"}


@dataclass(frozen=True)
class Profile:
    """What a table holds, with the columns in use (guessed, or as the person chose)."""

    rows: int  # rows of the table, without those that could not be read
    columns: tuple[Column, ...]
    text: tuple[str, ...]
    label: str | None
    split: str | None
    why_text: Message
    why_label: Message
    usable: int  # rows with text and label
    separator: str  # between the labels of a cell; "" where each has one
    classes: tuple[tuple[str, int], ...]  # label, usable rows; most common first
    lengths: tuple[int, ...]  # texts in each bin [edge, next edge) of characters
    length_edges: tuple[int, ...]  # one more than bins; the last bin reaches the longest text
    script: str  # "latin", "han", "japanese", "cyrillic", ..., "mixed" or "none"
    dropped: tuple[BadRow, ...]  # every row that cannot be used, by line
    language: str = "english"  # what a model has to read: see `core.data.profile.language`
    modality: str = "text"  # of the table


def profile(
    table: Table,
    text: Sequence[str] | None = None,
    label: str | None = None,
    split: str | None = None,
    separator: str | None = None,
) -> Profile:
    """Describe a table; what is None is guessed, an empty `split` or `separator` means none.

    Raises UserError `unknown_column`, `label_is_text`, `pictures_text`, `separator_unfit`.
    """
    frame = table.frame
    for column in (*(text or ()), *filter(None, (label, split))):
        if column not in frame.columns:
            named = ", ".join(name for name in frame.columns if name not in table.hidden)
            raise UserError("unknown_column", column=column, columns=named)
    if label and label in (text or ()):
        raise UserError("label_is_text", column=label)
    columns = describe(frame)
    if split is None:
        split = choose_split(columns, [*(text or ()), *filter(None, (label,))])
    why_text = why_label = message("data.why.chosen")
    if table.inputs:
        if strange := next((name for name in text or () if name not in table.inputs), None):
            raise UserError("pictures_text", column=strange, file=table.inputs[0])
        text, why_text = table.inputs, message("data.why.pictures")
    if text is None:
        taken = [*filter(None, (label, split))]
        guess, why_text = choose_text(columns, taken)
        labels = [
            option.name for option in columns if option.role == "label" and option.name not in taken
        ]
        if not label and labels == [guess]:  # the only one: then what it is about is in another
            guess, why_text = choose_text(columns, [*taken, *labels])
        text = (guess,) if guess else ()
    if label is None:
        label, why_label = choose_label(columns, [*text, *filter(None, (split,))])
    if separator is None:
        separator = _guessed(columns, label)
    separator = separator_of_words(separator)
    rows, unusable = usable_rows(table, text, {label: separator} if label else {})
    joined = join_text(rows if label else frame, text)
    # Of names of pictures it says nothing how long they are.
    lengths, edges = ((), ()) if table.inputs else _histogram(joined[joined != ""])
    dropped = tuple(sorted((*table.bad_rows, *unusable), key=lambda row: row.line))
    classes = _classes(rows[label], separator) if label else ()
    script = find_script(joined)
    return Profile(
        rows=len(frame),
        columns=columns,
        text=tuple(text),
        label=label or None,
        split=split or None,
        why_text=why_text,
        why_label=why_label,
        usable=len(rows) if label else 0,
        separator=separator,
        classes=classes,
        lengths=lengths,
        length_edges=edges,
        script=script,
        dropped=dropped,
        language=language_of(_sample(joined), script),
        modality=table.modality,
    )


def _classes(cells: pd.Series, separator: str) -> tuple[tuple[str, int], ...]:
    """Each label and how many cells have it: the most common first, then the one that occurs first."""
    codes, distinct = cells.factorize()
    counts: Counter[str] = Counter()
    for cell, times in zip(distinct, np.bincount(codes).tolist(), strict=True):
        for part in split_labels(cell, separator) if separator else [cell]:
            counts[part] += times
    return tuple(counts.most_common())


def separator_of(seen: Profile, column: str) -> str:
    """What seems to be between the labels in the cells of a column; "" for an unknown one."""
    return _guessed(seen.columns, column)


def _guessed(columns: Iterable[Column], name: str | None) -> str:
    return next((column.several.separator for column in columns if column.name == name), "")


def join_text(frame: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """Each row's text: the stripped cells of `columns` that are not blank, one on a line."""
    if not columns:
        return pd.Series("", index=frame.index, dtype="str")
    joined = frame[columns[0]].str.strip()
    for column in columns[1:]:
        cells = frame[column].str.strip()
        between = pd.Series("\n", index=frame.index, dtype="str")
        joined = joined + between.where((joined != "") & (cells != ""), "") + cells
    return joined


def usable_rows(
    table: Table, text: Sequence[str], labels: Mapping[str, str]
) -> tuple[pd.DataFrame, tuple[BadRow, ...]]:
    """The rows that have a text and at least one label, and those that lack one.

    `labels` are the label columns, each with what is between the labels of a cell. The frame keeps all
    columns and the index "line"; its labels are spelled as `core.data.labels.cells.canonical_cells` does.
    Without a text or a label column there is nothing to judge rows by: the frame is then empty, and so is the
    rest.
    """
    frame = table.frame
    if not text or not labels:
        return frame.iloc[:0], ()
    mended = {label: canonical_cells(frame[label], between) for label, between in labels.items()}
    no_label = pd.DataFrame(mended).eq("").all(axis=1)
    no_text = join_text(frame, text) == ""
    usable = ~(no_label | no_text)
    rows = frame[usable].copy()
    for label, cells in mended.items():
        rows[label] = cells[usable]
    names = ", ".join(labels)
    reasons = {
        (True, True): message("data.bad.no_text_no_label", column=names),
        (True, False): message("data.bad.no_text"),
        (False, True): message("data.bad.no_label", column=names),
    }
    shown = list(table.named(frame.columns))  # of a picture its name says enough
    wrong = np.flatnonzero(no_label | no_text)
    dropped = tuple(
        BadRow(int(line), reasons[bool(textless), bool(unlabelled)], shorten(" | ".join(cells)))
        for line, textless, unlabelled, cells in zip(
            frame.index[wrong],
            no_text.iloc[wrong],
            no_label.iloc[wrong],
            frame.iloc[wrong][shown].itertuples(index=False, name=None),
            strict=True,
        )
    )
    return rows, dropped


def _histogram(texts: pd.Series) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Counts and edges, in characters; a few very long texts all go to the last bin."""
    sizes = texts.str.len().to_numpy(dtype=np.int64)
    if not len(sizes):
        return (), ()
    top = int(np.quantile(sizes, 0.99))
    edges = np.unique(np.linspace(0, top + 1, BINS + 1).astype(np.int64))
    edges[-1] = sizes.max() + 1
    counts = np.histogram(sizes, edges)[0]
    return tuple(map(int, counts)), tuple(map(int, edges))


def find_script(texts: pd.Series) -> str:
    """The script of most letters: "latin", "han", "japanese", ..., "mixed", or "none"."""
    scripts: Counter[str] = Counter()
    for char, times in Counter("".join(_sample(texts))).items():
        if char.isalpha():
            scripts[unicodedata.name(char, "OTHER").split()[0]] += times
    total = scripts.total()
    if not total:
        return "none"
    kana = sum(scripts[script] for script in JAPANESE_SCRIPTS)
    if kana >= 0.1 * (kana + scripts["CJK"]) and kana + scripts["CJK"] >= DOMINANT_SHARE * total:
        return "japanese"
    script, times = scripts.most_common(1)[0]
    if times < DOMINANT_SHARE * total:
        return "mixed"
    return "han" if script == "CJK" else script.lower()


def _sample(texts: pd.Series) -> pd.Series:
    return texts.iloc[:: max(1, len(texts) // SCRIPT_SAMPLE)].str.slice(0, 500)


def raise_if_unlearnable(seen: Profile) -> None:
    """Raise UserError if nothing can be learned from the columns in use.

    `no_text_column`, `no_label_column`, `no_usable_rows`, `one_class`, `too_few_rows`,
    `labels_all_different`, `too_many_labels`.
    """
    if not seen.text:
        raise UserError("no_text_column")
    if not seen.label:
        raise UserError("no_label_column")
    if not seen.usable:
        raise UserError("no_usable_rows", rows=len(seen.dropped), label=seen.label)
    usable, classes = seen.usable, len(seen.classes)
    if classes == 1:
        raise UserError("one_class", label=seen.label, value=seen.classes[0][0])
    if usable < MIN_ROWS:
        raise UserError("too_few_rows", rows=usable, least=MIN_ROWS)
    if classes * 2 > usable:
        raise UserError("labels_all_different", label=seen.label, classes=classes, rows=usable)
    if classes > MAX_LABELS:
        raise UserError("too_many_labels", label=seen.label, classes=classes, limit=MAX_LABELS)


def ready(seen: Profile) -> bool:
    """Can a model be trained on this?"""
    try:
        raise_if_unlearnable(seen)
    except UserError:
        return False
    return True


def dropped_csv(seen: Profile, language: str = "en") -> str:
    """The rows that cannot be used as CSV (line, reason, text); no cell runs as a formula."""
    rows = ((row.line, say(row.reason, language), row.text) for row in seen.dropped)
    return csv_text([("line", "reason", "text"), *rows])


def other_labels(seen: Profile) -> list[str]:
    """The columns that could be learned beside the main label column."""
    used = (*seen.text, seen.label, seen.split)
    return [
        column.name for column in seen.columns if column.role == "label" and column.name not in used
    ]
