"""The report card of techniques: the same data, split and seed with and without each, as runs of their own.

A series of runs (`core.series`) in the folder comparisons.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import UserError
from core.evaluation.compare import Delivered, delivered, difference
from core.evaluation.intervals import Change
from core.recipe import Recipe
from core.runs import Run
from core.series import Series, SeriesStore
from core.words import Message, message

# What differs by less than this share is called the same: two runs of one recipe differ by as much.
SAME = {"time": 0.1, "size": 0.05, "latency": 0.2}


@dataclass(frozen=True)
class Member:
    """One run and the techniques that it has, none in the run that the others are compared with."""

    techniques: tuple[str, ...]
    run: str


Comparison = Series[Member]


@dataclass(frozen=True)
class Line:
    """One row of the report card; what is not known yet is None. Changes are to the run without
    techniques."""

    techniques: tuple[str, ...]
    run: str
    status: str  # of the run, or "deleted"
    got: Delivered | None = None
    accuracy: Change | None = None
    macro_f1: Change | None = None
    rows: int = 0  # test rows that the changes were measured on
    said: Message | None = None


def variants(recipe: Recipe) -> list[tuple[tuple[str, ...], Recipe]]:
    """Without techniques, with each of the recipe's alone, and with all of them where they are several.

    Raises UserError when the recipe has none.
    """
    chosen = tuple(recipe.techniques)
    if not chosen:
        raise UserError("compare_nothing")
    sets = [(), *((key,) for key in chosen), *([chosen] if len(chosen) > 1 else [])]
    return [(keys, only(recipe, keys)) for keys in sets]


def only(recipe: Recipe, keys: tuple[str, ...]) -> Recipe:
    """The recipe with no other techniques than these, and without what belongs to the others."""
    data = recipe.data
    if "continued_pretraining" not in keys:
        data = dataclasses.replace(data, extra=None)
    return dataclasses.replace(
        recipe,
        data=data,
        techniques={key: options for key, options in recipe.techniques.items() if key in keys},
        also=recipe.also if "multitask" in keys else (),
    )


class ComparisonStore(SeriesStore[Member]):
    """All comparisons of the runs of one store."""

    kind = "comparisons"

    def _member(self, raw: Mapping[str, Any]) -> Member:
        return Member(tuple(raw["techniques"]), raw["run"])

    def _unknown(self) -> UserError:
        return UserError("compare_unknown")

    def lines(self, comparison: Comparison) -> list[Line]:
        """The report card, as far as the runs have come."""
        runs = [self.run_of(member) for member in comparison.members]
        plain = runs[0]
        return [
            self._line(member, run, plain)
            for member, run in zip(comparison.members, runs, strict=True)
        ]

    def _line(self, member: Member, run: Run | None, plain: Run | None) -> Line:
        if run is None:
            return Line(member.techniques, member.run, "deleted")
        status = run.status()
        got = delivered(run) if status in ("finished", "stopped") else None
        line = Line(member.techniques, member.run, status, got)
        found = difference(run, plain) if got and plain and member.techniques else None
        base = delivered(plain) if plain else None
        if found is None or got is None or base is None:
            return line
        return dataclasses.replace(
            line,
            accuracy=found.accuracy,
            macro_f1=found.macro_f1,
            rows=found.rows,
            said=sentence(member.techniques, found.macro_f1, got, base),
        )


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
    """What it brought, in plain words: the score first, then what else is not the same."""
    kind = ("better" if change.value > 0 else "worse") if change.clear else "unclear"
    said = message(
        f"compare.said.{kind}",
        name=named(techniques),
        points=100 * change.value,
        low=100 * change.low,
        high=100 * change.high,
    )
    for what, ours, theirs in (
        ("time", got.seconds, base.seconds),
        ("size", got.size, base.size),
        ("latency", got.latency, base.latency),
    ):
        if not ours or not theirs or abs(ours / theirs - 1) < SAME[what]:
            continue
        more = ours > theirs
        times = ours / theirs if more else theirs / ours
        said = message(
            "compare.said.and",
            first=said,
            second=message(f"compare.said.{what}.{'more' if more else 'less'}", times=times),
        )
    return said


def to_json(lines: list[Line]) -> list[dict[str, Any]]:
    """The report card for programs: scores and their changes from 0 to 1, seconds, bytes."""

    def changed(change: Change | None) -> Mapping[str, float] | None:
        return None if change is None else dataclasses.asdict(change)

    return [
        {
            "techniques": list(line.techniques),
            "run": line.run,
            "status": line.status,
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
