"""Ablation of techniques, the report card: the same data, split and seed with and without each, in runs
of their own.

A group of runs (`core.runs.run_group`) in the folder comparisons.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from core.errors import UserError
from core.evaluation.compare import delivered, difference
from core.evaluation.technique_gain import Line, sentence
from core.io.json_files import Damaged
from core.recipe import Recipe
from core.runs.run import Run
from core.runs.run_group import RunGroup, RunGroupStore
from core.techniques import BY_KEY


@dataclass(frozen=True)
class Member:
    """One run and the techniques that it has, none in the run that the others are compared with."""

    techniques: tuple[str, ...]
    run: str

    def __post_init__(self) -> None:
        if not BY_KEY.keys() >= set(self.techniques):
            raise Damaged("techniques")


Comparison = RunGroup[Member]


def variants(recipe: Recipe) -> list[tuple[tuple[str, ...], Recipe]]:
    """Recipes without techniques, with each of the recipe's alone, and with all where they are several.

    Raises UserError when the recipe has none.
    """
    chosen = tuple(recipe.techniques)
    if not chosen:
        raise UserError("compare_nothing")
    sets = [(), *((key,) for key in chosen), *([chosen] if len(chosen) > 1 else [])]
    return [(keys, only(recipe, keys)) for keys in sets]


def only(recipe: Recipe, keys: tuple[str, ...]) -> Recipe:
    """The recipe with no other techniques than these, and without what belongs to the others."""
    techniques, data = [BY_KEY[key] for key in keys], recipe.data
    if not any(technique.unlabelled for technique in techniques):
        data = dataclasses.replace(data, extra=None)
    return dataclasses.replace(
        recipe,
        data=data,
        techniques={key: options for key, options in recipe.techniques.items() if key in keys},
        also=recipe.also if any(technique.joint for technique in techniques) else (),
    )


class ComparisonStore(RunGroupStore[Member]):
    """All comparisons of the runs of one store."""

    kind, unknown = "comparisons", "compare_unknown"
    member = Member

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
            return Line(member.techniques, member.run, self.lost(member))
        status = run.status()
        got = delivered(run) if status in ("finished", "stopped") else None
        recipe = run.recipe()
        column = recipe.task.column if recipe.also else ""
        line = Line(member.techniques, member.run, status, got, column=column)
        gain = difference(run, plain) if got and plain and member.techniques else None
        base = delivered(plain) if plain else None
        if gain is None or got is None or base is None:
            return line
        return dataclasses.replace(
            line,
            accuracy=gain.lead.accuracy,
            macro_f1=gain.lead.macro_f1,
            rows=gain.rows,
            said=sentence(member.techniques, gain.lead.macro_f1, got, base),
        )
