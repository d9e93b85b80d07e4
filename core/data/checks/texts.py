"""The texts: repeated, contradicting, leaking from one side to the other, too short, with marks to hide."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from core.data.checks.finding import Finding, Seen, finding, where
from core.data.checks.near import MOST, near_repeats
from core.data.columns import split_of
from core.data.edits import (
    PATTERNS,
    DropConflicts,
    DropLines,
    DropRepeats,
    DropShort,
    Mask,
    finds,
    label_keys,
)

SHORT = 3  # characters
SCANNED = 50_000  # texts that are looked through for addresses and the like
# What a text must hold before it is worth a closer look: searched for in all of them at once.
HINTS = {"url": r"://|www\.", "email": "@", "phone": r"\d{3}", "html": r"<[A-Za-z/!]|&[a-z#]"}


def check(seen: Seen) -> Iterator[Finding]:
    if not len(seen.rows):
        return
    short = where(seen.texts.str.len() < SHORT, seen.rows.index)
    if short:
        fix = DropShort(seen.profile.text, SHORT)
        yield finding("short", "warning", len(short), seen.labelled(short), [fix], least=SHORT)
    yield from equal(seen)
    yield from leaks(seen)
    yield from _near(seen)
    yield from _marks(seen)


def equal(seen: Seen, prefix: str = "") -> Iterator[Finding]:
    """Rows that are the same but for their label, or with it; `prefix` of the findings' keys."""
    asked = seen.compared, seen.profile.label or "", seen.profile.separator
    labels = label_keys(seen.labels, seen.profile.separator)
    pairs = pd.DataFrame({"text": seen.keys, "label": labels})
    again = where(pairs.duplicated(), pairs.index)
    if again:
        fix = DropRepeats(*asked)
        yield finding(f"{prefix}repeats", "warning", len(again), seen.labelled(again), [fix])
    kinds = pairs.groupby("text")["label"].transform("nunique")
    conflicting = pairs[kinds > 1]
    if len(conflicting):
        lines = conflicting.sort_values("text", kind="stable").drop_duplicates().index
        count = conflicting["text"].nunique()
        fix_all = DropConflicts(*asked)
        shown = seen.labelled(lines)
        yield finding(
            f"{prefix}conflicts", "warning", count, shown, [fix_all], rows=len(conflicting)
        )


def leaks(seen: Seen, prefix: str = "") -> Iterator[Finding]:
    """Texts on more than one side of the split that the table names."""
    split = seen.profile.split
    if not split:
        return
    sides = seen.rows[split].map({cell: split_of(cell) for cell in seen.rows[split].unique()})
    known = pd.DataFrame({"text": seen.keys, "side": sides.fillna("train")})
    tested = known["side"] == "test"
    if not tested.any():
        tested = known["side"] == "validation"
    leaking = where(~tested & known["text"].isin(known["text"][tested]), known.index)
    if leaking:
        shown = seen.labelled(leaking)
        yield finding(f"{prefix}leaks", "warning", len(leaking), shown, column=split)


def _near(seen: Seen) -> Iterator[Finding]:
    """Among the first `MOST` different texts."""
    first = seen.keys.drop_duplicates().index[:MOST]
    near = near_repeats(seen.texts.loc[first].tolist())
    pairs = [(int(first[place]), int(first[earlier])) for place, earlier in near]
    if not pairs:
        return
    lines = [line for line, _ in pairs]
    same = tuple(line for line, earlier in pairs if seen.labels[line] == seen.labels[earlier])
    shown = [line for pair in pairs for line in reversed(pair)]
    fixes = [DropLines(same)] if same else []
    part = "" if len(first) < MOST else "_first"
    yield finding(f"near{part}", "note", len(lines), seen.labelled(shown), fixes, first=MOST)


def _marks(seen: Seen) -> Iterator[Finding]:
    """Addresses, phone numbers and HTML."""
    texts = seen.texts.iloc[:SCANNED]
    for what in PATTERNS:
        hinted = texts[texts.str.contains(HINTS[what], regex=True)]
        hits = [int(line) for line, text in hinted.items() if finds(what, text)]
        if hits:
            fix = Mask(seen.profile.text, (what,))
            part = "" if len(texts) < SCANNED else "_first"
            yield finding(
                f"{what}{part}", "note", len(hits), seen.examples(hits), [fix], first=SCANNED
            )
