"""Ablation: the gain of a technique, from two runs that differ in it alone, in figures and in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.evaluation.compare import Delivered
from core.runs.result import Change
from core.words import Message, message

# What differs by less than this factor is called the same: two runs of one recipe differ by as much. Each was
# trained once, beside whatever else the machine did.
SAME = {"time": 2.0, "size": 1.05, "latency": 1.2}
# Of two runs: the first of a process loads what the next ones find loaded, which is no work of a technique.
SAME_SECONDS = 5.0


@dataclass(frozen=True)
class Line:
    """One row of the report card; what is not known yet is None. Changes are to the run without
    techniques."""

    techniques: tuple[str, ...]
    run: str
    status: str  # of the run, or "deleted", or "damaged"
    got: Delivered | None = None
    accuracy: Change | None = None
    macro_f1: Change | None = None
    rows: int = 0  # test rows that the changes were measured on
    said: Message | None = None
    column: str = ""  # whose scores they are, where the run has learned several label columns


def measured(lines: Sequence[Line]) -> Message:
    """A message on which rows the changes of the report card were measured."""
    tested = max((line.rows for line in lines), default=0)
    column = next((line.column for line in lines if line.column), "")
    how = message("compare.how", rows=tested)
    return message("compare.how.column", how=how, column=column) if column else how


def named(techniques: tuple[str, ...]) -> Message:
    """The name of a row."""
    if not techniques:
        return message("compare.none")
    if len(techniques) > 1:
        return message("compare.all", n=len(techniques))
    return message(f"technique.{techniques[0]}.name")


def sentence(
    techniques: tuple[str, ...], change: Change, got: Delivered, base: Delivered
) -> Message:
    """The gain of techniques in plain words: the score first, then what else is not the same."""
    kind = ("better" if change.value > 0 else "worse") if change.clear else "unclear"
    words = message(
        f"compare.said.{kind}",
        name=named(techniques),
        points=100 * change.value,
        low=100 * change.low,
        high=100 * change.high,
    )
    # The same network is as fast as before: what was measured is what else the machine did.
    resized = _differ("size", got.size, base.size)
    speeds = (got.latency, base.latency) if resized else (0.0, 0.0)
    longer = abs(got.seconds - base.seconds) >= SAME_SECONDS
    for what, ours, theirs in (
        ("time", *((got.seconds, base.seconds) if longer else (0.0, 0.0))),
        ("size", got.size, base.size),
        ("latency", *speeds),
    ):
        if not _differ(what, ours, theirs):
            continue
        more = ours > theirs
        times = ours / theirs if more else theirs / ours
        words = message(
            "compare.said.and",
            first=words,
            second=message(f"compare.said.{what}.{'more' if more else 'less'}", times=times),
        )
    return words


def _differ(what: str, ours: float, theirs: float) -> bool:
    """Do values differ by more than those of two runs of one recipe? 0 is not known."""
    return bool(ours and theirs) and max(ours / theirs, theirs / ours) >= SAME[what]


def to_json(lines: list[Line]) -> list[dict[str, Any]]:
    """The report card for programs: scores and their changes from 0 to 1, seconds, bytes."""

    def changed(change: Change | None) -> Mapping[str, float] | None:
        return None if change is None else dataclasses.asdict(change)

    return [
        {
            "techniques": list(line.techniques),
            "run": line.run,
            "status": line.status,
            "label": line.column or None,
            "accuracy": line.got and line.got.accuracy,
            "macro_f1": line.got and line.got.macro_f1,
            "accuracy_change": changed(line.accuracy),
            "macro_f1_change": changed(line.macro_f1),
            "rows": line.rows,
            "seconds": line.got and round(line.got.seconds, 1),
            "size": line.got and line.got.size,
            "latency": line.got and line.got.latency,
            "sentence": None if line.said is None else str(line.said),
        }
        for line in lines
    ]
