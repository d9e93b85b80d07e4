"""The labels: spelled alike, too rare, too uneven."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from core.data.checks.finding import Finding, Seen, finding, where
from core.data.columns import parts
from core.data.edits import DropLabels, MergeLabels
from core.data.split import fold, name_some

FEW = 3  # rows of a label: one for each of train, validation and test
RARE = 10  # fewer are hard to learn from
IMBALANCE = 10  # most rows of a label to fewest
MAJORITY = 0.8  # share of the commonest label
HALF = 0.5  # share of the commonest label that makes accuracy misleading
GROUPS = 5  # of labels alike, that are named


def check(seen: Seen) -> Iterator[Finding]:
    label = seen.profile.label
    if not label or not len(seen.rows):
        return
    raw = seen.table.frame.loc[seen.rows.index, label]
    padded = where(raw != seen.labels, seen.rows.index)
    if padded:
        yield finding("labels_padded", "note", len(padded), seen.labelled(padded))
    yield from _alike(seen, label)
    yield from _sizes(seen, label)


def _alike(seen: Seen, label: str) -> Iterator[Finding]:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for name, _ in seen.profile.classes:  # the commonest spelling comes first
        groups[fold(name)].append(name)
    several = [group for group in groups.values() if len(group) > 1]
    if not several:
        return
    into = {name: group[0] for group in several for name in group[1:]}
    names = "; ".join(" = ".join(f"“{name}”" for name in group) for group in several[:GROUPS])
    names += "; …" if len(several) > GROUPS else ""
    fix = MergeLabels(label, into, seen.profile.separator)
    lines = _having(seen, set(into))
    yield finding("labels_alike", "warning", len(several), seen.labelled(lines), [fix], names=names)


def _sizes(seen: Seen, label: str) -> Iterator[Finding]:
    classes = seen.profile.classes
    if len(classes) < 2 or len(classes) * 2 > len(seen.rows):
        return  # the label column itself is in question
    few = [name for name, rows in classes if rows < FEW]
    rare = [name for name, rows in classes if FEW <= rows < RARE]
    if few:
        # With several labels in a cell the row has others, and stays.
        fixes = [] if seen.profile.separator else [DropLabels(label, tuple(few))]
        lines = seen.labelled(_having(seen, set(few)))
        yield finding(
            "labels_few", "warning", len(few), lines, fixes, names=name_some(few), few=FEW
        )
    if rare:
        yield finding("labels_rare", "note", len(rare), names=name_some(rare), rare=RARE, few=FEW)
    total = sum(rows for _, rows in classes)
    (name, most), (least_name, least) = classes[0], classes[-1]
    if most >= IMBALANCE * least or most >= MAJORITY * total:
        yield finding(
            "majority" if most >= HALF * total else "imbalance",
            "warning",
            most,
            label=name,
            share=most / total,
            least_label=least_name,
            least=least,
        )


def _having(seen: Seen, names: set[str]) -> list[int]:
    """The lines with one of these labels."""
    separator = seen.profile.separator
    if not separator:
        return where(seen.labels.isin(names), seen.rows.index)
    return where(
        [bool(names & set(parts(cell, separator))) for cell in seen.labels], seen.rows.index
    )
