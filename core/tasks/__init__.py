"""The kinds of tasks, and which one a label column is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from core.data.labels.cells import split_labels
from core.tasks.base import Task
from core.tasks.multi_label import MultiLabel
from core.tasks.single_label import SingleLabel

__all__ = ["MultiLabel", "SingleLabel", "Task", "of_names", "strata", "task_of"]


def task_of(cells: Iterable[str], separator: str = "") -> Task:
    """The task that the cells of a label column stand for. Its classes are sorted, so that their order is
    always the same; empty cells have none."""
    if not separator:
        return SingleLabel(tuple(sorted({cell for cell in cells if cell})))
    return MultiLabel(
        tuple(sorted({part for cell in set(cells) for part in split_labels(cell, separator)})),
        separator,
    )


def of_names(names: Iterable[str], separator: str = "") -> Task:
    """The task with these classes, in this order."""
    return MultiLabel(tuple(names), separator) if separator else SingleLabel(tuple(names))


def strata(cells: list[str], separator: str) -> list[str]:
    """What to divide rows by, so that every class is on every side: the rarest label of each."""
    if not separator:
        return cells
    rows = [split_labels(cell, separator) for cell in cells]
    counts = Counter(part for row in rows for part in row)
    return [min(row, key=lambda part: (counts[part], part), default="") for row in rows]
