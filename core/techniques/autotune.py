"""Auto-tune: a search for better settings within the time that the person gives."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.options import option
from core.recipe import TrainSpec
from core.techniques.base import Fit, Technique, Training
from core.techniques.evidence import chart, sentence, table
from core.words import message

if TYPE_CHECKING:
    import torch

STAGE = "autotune"


@dataclass(frozen=True)
class Options:
    minutes: float = option(10.0, minimum=0.5, maximum=600.0)
    trials: int = option(20, minimum=2, maximum=200)  # at most


class Autotune(Technique):
    """A search with Optuna (Akiba et al. 2019): the tree-structured Parzen estimator proposes, the median
    rule ends what is behind. Trials learn from the training rows and are judged by the validation rows; test
    rows are not touched. What the person has set is left alone."""

    key = "autotune"
    group = "course"
    modalities = ("text", "image")
    Options = Options

    def takes(self, training: Training) -> float:
        return float(min(60 * self.options.minutes, self.options.trials * training.seconds))

    def before(self, fit: Fit, model: torch.nn.Module) -> None:
        facts = fit.stages.facts(STAGE)
        if facts is None:
            facts = self._search(fit, model)
            fit.stages.keep(STAGE, facts)
        winner, trials = facts["winner"], facts["trials"]
        if winner is None:
            said = message("technique.autotune.none", minutes=float(self.options.minutes))
            fit.note(said)
            self.evidence[:] = [sentence(said)]
            return
        settings = trials[winner]["settings"]
        if not fit.slowed:
            why = message("technique.autotune.why", trials=len(trials))
            fit.settle(dataclasses.replace(fit.spec, **settings), dict.fromkeys(settings, why))
        usual, best = trials[0]["macro_f1"], trials[winner]["macro_f1"]
        said = message(
            "technique.autotune.found" if winner else "technique.autotune.usual",
            trials=len(trials),
            number=winner + 1,
            points=100 * (best - usual),
        )
        fit.note(said)
        names = list(settings)
        self.evidence[:] = [
            sentence(said),
            chart(
                message(f"stage.{STAGE}.title"),
                message(f"stage.{STAGE}.x"),
                message(f"stage.{STAGE}.y"),
                [(number, each["macro_f1"]) for number, each in enumerate(trials, 1)],
                mark=(winner + 1, message("technique.autotune.mark")),
                dots=True,
            ),
            table(
                message("technique.autotune.table"),
                [
                    message("technique.autotune.trial"),
                    *(message(f"train.{name}") for name in names),
                    message("evidence.macro_f1"),
                    message("technique.autotune.end"),
                ],
                [
                    [
                        f"{number}",
                        *(f"{each['settings'][name]:.3g}" for name in names),
                        f"{each['macro_f1']:.3f}",
                        message(f"technique.autotune.{_end(number - 1, winner, each)}"),
                    ]
                    for number, each in enumerate(trials, 1)
                ],
            ),
        ]

    def _search(self, fit: Fit, model: Any) -> dict[str, Any]:
        from core.training.search import SPACE, best, search

        given, usual = fit.run.recipe().train, TrainSpec()
        # What was set by hand stays; what is as everybody has it may be searched.
        open_settings = {name for name in SPACE if getattr(given, name) == getattr(usual, name)}
        # Where the encoder stays as it came, nothing learns at its rate; elsewhere the head's suits any rate.
        open_settings.discard("learning_rate" if fit.frozen else "head_learning_rate")
        seconds = 60 * float(self.options.minutes)
        trials = search(fit, model, STAGE, seconds, int(self.options.trials), open_settings)
        return {"winner": best(trials), "trials": [dataclasses.asdict(each) for each in trials]}


def _end(number: int, winner: int, trial: dict[str, Any]) -> str:
    return "winner" if number == winner else "pruned" if trial["pruned"] else "whole"
