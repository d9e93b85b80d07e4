"""Adaptive learning rate: a short test finds the rate, and a schedule lowers it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.evidence import Chart, Sentence
from core.options import option
from core.technique import Fit, Technique, TrainingCost
from core.words import message

if TYPE_CHECKING:
    import torch

STAGE = "range_test"
STEPS = 60  # of the test
SCHEDULES = {"linear": "linear", "cosine": "cosine", "plateau": "reduce_lr_on_plateau"}


class AdaptiveLr(Technique):
    """Learning-rate range test (Smith 2017, "Cyclical Learning Rates for Training Neural Networks"),
    layer-wise decay and a higher rate for the head (Howard and Ruder 2018, section 3.2), a schedule."""

    key = "adaptive_lr"
    group = "course"

    @dataclass(frozen=True)
    class Options:
        range_test: bool = option(True)
        schedule: str = option("linear", choices=tuple(SCHEDULES))
        # From layer to layer, downwards.
        decay: float = option(1.0, minimum=0.5, maximum=1.0, step=0.05)
        head: float = option(10.0, minimum=1.0, maximum=50.0, step=1.0)  # times the encoder's rate

    def takes(self, training: TrainingCost) -> float:
        return STEPS / training.steps * training.seconds if self.options.range_test else 0.0

    def before(self, fit: Fit, model: torch.nn.Module) -> None:
        rate, asked = fit.spec.learning_rate, fit.run.recipe().train
        tested = self.options.range_test and asked.learning_rate is None
        if self.options.range_test and asked.learning_rate is not None:
            self.tell(fit, message(f"technique.{self.key}.yours", rate=f"{rate:g}"))
        elif self.options.range_test:
            facts = fit.stages.facts(STAGE) or self._test(fit, model)
            said = message(f"technique.{self.key}.found", rate=f"{facts['rate']:.1g}")
            if not fit.slowed:
                rate = facts["rate"]
                fit.note(said)
            self.evidence += [
                Sentence(said),
                Chart(
                    message(f"stage.{STAGE}.title"),
                    message(f"stage.{STAGE}.x"),
                    message(f"stage.{STAGE}.y"),
                    [(x, y) for x, y in facts["points"]],
                    log_x=True,
                    mark=(facts["rate"], message(f"technique.{self.key}.mark")),
                ),
            ]
        if not fit.slowed:
            head = asked.head_learning_rate
            if head is None and fit.frozen and not tested:
                head = fit.spec.head_learning_rate  # which suits a head that learns alone
            elif head is None:
                head = rate * self.options.head
            fit.spec = dataclasses.replace(fit.spec, learning_rate=rate, head_learning_rate=head)

    def _test(self, fit: Fit, model: torch.nn.Module) -> dict[str, Any]:
        from core.techniques.adaptive_lr.range_test import range_test

        points, rate = range_test(fit, model, STAGE, STEPS, self.options.head, self.rates(model))
        facts = {"points": points, "rate": rate}
        fit.stages.keep(STAGE, facts)
        return facts

    def arguments(self) -> dict[str, Any]:
        settings: dict[str, Any] = {"lr_scheduler_type": SCHEDULES[self.options.schedule]}
        if self.options.schedule == "plateau":
            settings |= {
                "metric_for_best_model": "macro_f1",
                "greater_is_better": True,
                "lr_scheduler_kwargs": {"mode": "max", "factor": 0.5, "patience": 1},
            }
        return settings

    def rates(self, model: torch.nn.Module) -> Callable[[str], float]:
        from core.models.surgery.layers import heights, layers

        height, top, decay = heights(model), len(layers(model)), self.options.decay
        factors = {
            name: decay ** (top - height[id(p)])
            for name, p in model.named_parameters()
            if id(p) in height
        }
        return lambda name: factors.get(name, 1.0)
