"""Multi-task learning: one encoder learns several label columns at once, each with a head of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.data.profile.profile import Profile, other_labels
from core.errors import UserError
from core.evidence import Table
from core.options import option
from core.recipe import Recipe
from core.technique import Context, Loss, Technique
from core.words import Message, message

if TYPE_CHECKING:
    import torch

PARAMETER = "task_log_variances"


class Multitask(Technique):
    """Caruana 1997, "Multitask Learning". The columns are those of the recipe's `task` and `also`.

    Learned weights are those of Kendall, Gal and Cipolla 2018, "Multi-Task Learning Using Uncertainty to
    Weigh Losses": a loss L with the learned log-variance s counts as exp(-s) L + s / 2.
    """

    key = "multitask"
    joint = True
    group = "data"

    @dataclass(frozen=True)
    class Options:
        weights: str = option("equal", choices=("equal", "learned", "given"))
        # With "given": a number for each label column, the main one first.
        given: str | None = option(None)

    def __init__(self, options: Any = None) -> None:
        super().__init__(options)
        self._given: list[float] = []
        given = self.options.given or ""
        if self.options.weights == "given":
            try:
                self._given = [float(word) for word in re.findall(r"[^\s,;/]+", given)]
            except ValueError:
                self._given = []
            if not self._given or not all(0 < weight <= 100 for weight in self._given):
                raise UserError("multitask_weights", given=given[:60])
        self._spread: torch.nn.Parameter | None = None
        self._columns: dict[int, tuple[str, int, int]] = {}  # name, classes, training rows

    @classmethod
    def unavailable(cls, profile: Profile) -> Message | None:
        return None if other_labels(profile) else message("technique.multitask.unavailable")

    def check(self, recipe: Recipe) -> None:
        columns = len(recipe.tasks)
        if columns < 2:
            raise UserError("multitask_one_column", column=recipe.task.column)
        if self._given and len(self._given) != columns:
            raise UserError("multitask_weights", given=str(self.options.given)[:60])

    def model(self, model: torch.nn.Module, context: Context) -> None:
        if self.options.weights == "learned":
            import torch

            self._spread = torch.nn.Parameter(torch.zeros(len(context.columns)))
            model.register_parameter(PARAMETER, self._spread)

    def loss(self, loss: Loss, context: Context) -> Loss:
        number, task = context.number, context.task
        known = context.known
        self._columns[number] = context.columns[number], len(task.names), known
        if self._given:
            weight = self._given[number]
            return lambda logits, batch: weight * loss(logits, batch)
        spread = self._spread
        if spread is None:
            return loss

        def weighed(logits: torch.Tensor, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
            there = task.known(batch["labels"])
            return (-spread[number]).exp() * loss(logits, batch) + spread[number] / 2 * there

        return weighed

    def finish(self, model: torch.nn.Module, context: Context) -> None:
        weights = self._given or [1.0] * len(context.columns)
        if self._spread is not None:
            weights = (-self._spread.detach()).exp().tolist()
            del model._parameters[PARAMETER]
            self._spread = None
        rows = [
            [column, f"{classes:,}", f"{rows:,}", f"{weights[number]:.2f}"]
            for number, (column, classes, rows) in sorted(self._columns.items())
        ]
        names = ("column", "classes", "rows", "weight")
        head = [message(f"technique.multitask.{name}") for name in names]
        kind = message(f"technique.multitask.weights.{self.options.weights}")
        self.evidence[:] = [Table(message("technique.multitask.learned", kind=kind), head, rows)]
