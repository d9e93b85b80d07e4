"""Checks of the labels: spelled alike, too rare, too uneven."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.data.checkup.finding import CheckupInput, Finding, finding, lines_where
from core.data.checkup.label_edits import MergeLabels
from core.data.checkup.row_edits import DropLabels
from core.data.labels.cells import split_labels
from core.data.normalize import normalize
from core.data.read.grid import name_some

MIN_ROWS = 3  # rows of a label: one for each of train, validation and test
RARE_ROWS = 10  # fewer are hard to learn from
IMBALANCE = 10  # most rows of a label to fewest
MAJORITY_SHARE = 0.8  # share of the commonest label
MISLEADING_SHARE = 0.5  # share of the commonest label that makes accuracy misleading
QUOTES = "\"'“”‘’„«»‹›「」` "
NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?")
THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:[.,'’ \u00a0\u202f]\d{3})+")
NAMED_GROUPS = 5  # of labels alike, that are named


def check_labels(seen: CheckupInput) -> Iterator[Finding]:
    label = seen.profile.label
    if not label or not len(seen.rows):
        return
    raw = seen.table.frame.loc[seen.rows.index, label]
    padded = lines_where(raw.str.strip() != raw, seen.rows.index)
    if padded:
        yield finding("labels_padded", "note", len(padded), seen.labelled(padded))
    yield from _alike(seen, label)
    yield from _sizes(seen, label)


def _alike(seen: CheckupInput, label: str) -> Iterator[Finding]:
    groups: list[list[str]] = []
    place: dict[str, int] = {}
    for name, _ in seen.profile.classes:  # the commonest spelling comes first
        keys = [normalize(spelling) for spelling in (name, *_plainer(name))]
        number = next((place[key] for key in keys if key in place), len(groups))
        if number == len(groups):
            groups.append([])
        groups[number].append(name)
        for key in keys:
            place.setdefault(key, number)
    several = [group for group in groups if len(group) > 1]
    if not several:
        return
    into = {name: group[0] for group in several for name in group[1:]}
    names = "; ".join(" = ".join(f"“{name}”" for name in group) for group in several[:NAMED_GROUPS])
    names += "; …" if len(several) > NAMED_GROUPS else ""
    fix = MergeLabels(label, into, seen.profile.separator)
    lines = _having(seen, set(into))
    yield finding("labels_alike", "warning", len(several), seen.labelled(lines), [fix], names=names)


def _plainer(name: str) -> Iterator[str]:
    """How the same label may be written with less: without quotes or a full stop, and of a number without
    marks of thousands, zeros that say nothing, and the sign of percent."""
    yield name.strip(QUOTES).rstrip(".。") or name
    number = name.removesuffix("%").strip()
    if THOUSANDS.fullmatch(number):
        yield re.sub(r"[^-+\d]", "", number)
    elif NUMBER.fullmatch(number):
        whole, _, rest = number.replace(",", ".").partition(".")
        sign = whole[:1] if whole[:1] in ("-", "+") else ""
        whole, rest = whole.removeprefix(sign).lstrip("0") or "0", rest.rstrip("0")
        yield sign.replace("+", "") + whole + (f".{rest}" if rest else "")


def _sizes(seen: CheckupInput, label: str) -> Iterator[Finding]:
    classes = seen.profile.classes
    if len(classes) < 2 or len(classes) * 2 > len(seen.rows):
        return  # the label column itself is in question
    few = [name for name, rows in classes if rows < MIN_ROWS]
    rare = [name for name, rows in classes if MIN_ROWS <= rows < RARE_ROWS]
    if few:
        # With several labels in a cell the row has others, and stays.
        several = seen.profile.separator or seen.between
        fixes = [] if several else [DropLabels(label, tuple(few))]
        lines = seen.labelled(_having(seen, set(few)))
        yield finding(
            "labels_few", "warning", len(few), lines, fixes, names=name_some(few), few=MIN_ROWS
        )
    if rare:
        yield finding(
            "labels_rare", "note", len(rare), names=name_some(rare), rare=RARE_ROWS, few=MIN_ROWS
        )
    total = sum(rows for _, rows in classes)
    (name, most), (least_name, least) = classes[0], classes[-1]
    if most >= IMBALANCE * least or most >= MAJORITY_SHARE * total:
        yield finding(
            "majority" if most >= MISLEADING_SHARE * total else "imbalance",
            "warning",
            most,
            label=name,
            share=most / total,
            least_label=least_name,
            least=least,
        )


def _having(seen: CheckupInput, names: set[str]) -> list[int]:
    """The lines with one of these labels."""
    separator = seen.profile.separator
    if not separator:
        return lines_where(seen.labels.isin(names), seen.rows.index)
    return lines_where(
        [bool(names & set(split_labels(cell, separator))) for cell in seen.labels], seen.rows.index
    )
