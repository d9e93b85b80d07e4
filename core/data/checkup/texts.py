"""Checks of the texts: duplicates, conflicting labels, leaks between splits, short ones, marks to hide."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from core.data.checkup.edit import Edit
from core.data.checkup.finding import CheckupInput, Decision, Finding, finding, lines_where
from core.data.checkup.label_edits import Relabel
from core.data.checkup.near_duplicates import MAX_TEXTS, near_duplicates
from core.data.checkup.row_edits import DropConflicts, DropLines, DropRepeats, DropShort, label_keys
from core.data.checkup.text_edits import PATTERNS, Mask, find_marks
from core.data.column_names import split_of
from core.data.read.grid import shorten

MIN_CHARACTERS = 3  # characters
MAX_DECISIONS = 200  # texts whose label can be decided one by one
MAX_SCANNED_TEXTS = 50_000  # texts that are looked through for addresses and the like
# What a text must hold before it is worth a closer look: searched for in all of them at once.
HINTS = {"url": r"://|www\.", "email": "@", "phone": r"\d{3}", "html": r"<[A-Za-z/!]|&[a-z#]"}


def check_texts(seen: CheckupInput) -> Iterator[Finding]:
    if not len(seen.rows):
        return
    short = lines_where(seen.texts.str.len() < MIN_CHARACTERS, seen.rows.index)
    if short:
        fix = DropShort(seen.profile.text, MIN_CHARACTERS)
        yield finding(
            "short", "warning", len(short), seen.labelled(short), [fix], least=MIN_CHARACTERS
        )
    yield from duplicates_and_conflicts(seen)
    yield from split_leaks(seen)
    yield from _near(seen)
    yield from _marks(seen)


def check_pictures(seen: CheckupInput) -> Iterator[Finding]:
    """Duplicate pictures, also under two labels or on more than one side of the split."""
    if len(seen.rows):
        yield from duplicates_and_conflicts(seen, "picture_")
        yield from split_leaks(seen, "picture_")


def duplicates_and_conflicts(seen: CheckupInput, prefix: str = "") -> Iterator[Finding]:
    """Rows that are the same but for their label, or with it; `prefix` of the findings' keys."""
    asked = seen.compared, seen.profile.label or "", seen.profile.separator
    labels = label_keys(seen.labels, seen.profile.separator)
    pairs = pd.DataFrame({"text": seen.keys, "label": labels})
    again = lines_where(pairs.duplicated(), pairs.index)
    if again:
        fix = DropRepeats(*asked)
        yield finding(f"{prefix}repeats", "warning", len(again), seen.labelled(again), [fix])
    kinds = pairs.groupby("text")["label"].transform("nunique")
    conflicting = pairs[kinds > 1]
    if len(conflicting):
        lines = conflicting.sort_values("text", kind="stable").drop_duplicates().index
        count = conflicting["text"].nunique()
        fixes: list[Edit] = [DropConflicts(*asked)]
        relabel, texts = majority_relabel(seen, conflicting)
        if texts:
            fixes.append(relabel)
        conflict = finding(
            f"{prefix}conflicts",
            "warning",
            count,
            seen.labelled(lines),
            fixes,
            rows=len(conflicting),
            clear=texts,
        )
        yield replace(conflict, decisions=tuple(label_decisions(seen, conflicting)))


def majority_relabel(seen: CheckupInput, conflicting: pd.DataFrame) -> tuple[Relabel, int]:
    """What gives each text ("text", a number, of rows with "label") the label that most of its rows have, and
    for how many texts there is one. Where several are as frequent, nothing is changed."""
    sizes = conflicting.groupby(["text", "label"], sort=False).size().reset_index(name="rows")
    top = sizes[sizes["rows"] == sizes.groupby("text")["rows"].transform("max")]
    winners = top[~top["text"].duplicated(keep=False)].set_index("text")["label"]
    cells = _cells(seen, conflicting)
    clear = conflicting["text"][conflicting["text"].isin(winners.index)]
    lines = {int(line): cells[winners[text]] for line, text in clear.items()}
    return Relabel(seen.profile.label or "", lines), len(winners)


def label_decisions(seen: CheckupInput, conflicting: pd.DataFrame) -> Iterator[Decision]:
    """For each of the first texts which labels it has, the most frequent first, and what keeps that one."""
    cells = _cells(seen, conflicting)
    for _, rows in itertools.islice(conflicting.groupby("text", sort=False), MAX_DECISIONS):
        lines = [int(line) for line in rows.index]
        options = tuple(
            (
                cells[label],
                times,
                Relabel(seen.profile.label or "", dict.fromkeys(lines, cells[label])),
            )
            for label, times in Counter(rows["label"]).most_common()
        )
        yield Decision(lines[0], shorten(seen.texts.loc[lines[0]]), options)


def _cells(seen: CheckupInput, rows: pd.DataFrame) -> dict[str, str]:
    """The first spelling of each label."""
    first = rows["label"].drop_duplicates()
    return {label: str(seen.labels.loc[line]) for line, label in first.items()}


def split_leaks(seen: CheckupInput, prefix: str = "") -> Iterator[Finding]:
    """Texts on more than one side of the split that the table names."""
    split = seen.profile.split
    if not split:
        return
    sides = seen.rows[split].map({cell: split_of(cell) for cell in seen.rows[split].unique()})
    known = pd.DataFrame({"text": seen.keys, "side": sides.fillna("train")})
    tested = known["side"] == "test"
    if not tested.any():
        tested = known["side"] == "validation"
    leaking = lines_where(~tested & known["text"].isin(known["text"][tested]), known.index)
    if leaking:
        shown = seen.labelled(leaking)
        yield finding(f"{prefix}leaks", "warning", len(leaking), shown, column=split)


def _near(seen: CheckupInput) -> Iterator[Finding]:
    """Among the first `MAX_TEXTS` different texts."""
    first = seen.keys.drop_duplicates().index[:MAX_TEXTS]
    near = near_duplicates(seen.texts.loc[first].tolist())
    pairs = [(int(first[place]), int(first[earlier])) for place, earlier in near]
    if not pairs:
        return
    lines = [line for line, _ in pairs]
    same = tuple(line for line, earlier in pairs if seen.labels[line] == seen.labels[earlier])
    shown = [line for pair in pairs for line in reversed(pair)]
    fixes = [DropLines(same)] if same else []
    part = "" if len(first) < MAX_TEXTS else "_first"
    yield finding(f"near{part}", "note", len(lines), seen.labelled(shown), fixes, first=MAX_TEXTS)


def _marks(seen: CheckupInput) -> Iterator[Finding]:
    """Addresses, phone numbers and HTML."""
    texts = seen.texts.iloc[:MAX_SCANNED_TEXTS]
    for what in PATTERNS:
        hinted = texts[texts.str.contains(HINTS[what], regex=True)]
        hits = [int(line) for line, text in hinted.items() if find_marks(what, text)]
        if hits:
            fix = Mask(seen.profile.text, (what,))
            part = "" if len(texts) < MAX_SCANNED_TEXTS else "_first"
            yield finding(
                f"{what}{part}",
                "note",
                len(hits),
                seen.examples(hits),
                [fix],
                first=MAX_SCANNED_TEXTS,
            )
