"""Auto-tune: a search for better settings within the time that the person gives."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.evidence import Chart, Table
from core.options import option
from core.recipe import TrainSpec
from core.technique import Fit, Technique, TrainingCost
from core.words import message

if TYPE_CHECKING:
    import torch

STAGE = "autotune"


class Autotune(Technique):
    """A search with Optuna (Akiba et al. 2019): the tree-structured Parzen estimator proposes, the median
    rule ends what is behind. Trials learn from the training rows and are judged by the validation rows; test
    rows are not touched. What the person has set is left alone."""

    key = "autotune"
    group = "course"

    @dataclass(frozen=True)
    class Options:
        minutes: float = option(10.0, minimum=0.5, maximum=600.0)
        trials: int = option(20, minimum=2, maximum=200)  # at most

    def takes(self, training: TrainingCost) -> float:
        return float(min(60 * self.options.minutes, self.options.trials * training.seconds))

    def before(self, fit: Fit, model: torch.nn.Module) -> None:
        facts = fit.stages.facts(STAGE)
        if facts is None:
            facts = self._search(fit, model)
            fit.stages.keep(STAGE, facts)
        winner, trials = facts["winner"], facts["trials"]
        if winner is None:
            self.tell(fit, message("technique.autotune.none", minutes=float(self.options.minutes)))
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
        self.tell(fit, said)
        names = list(settings)
        self.evidence += [
            Chart(
                message(f"stage.{STAGE}.title"),
                message(f"stage.{STAGE}.x"),
                message(f"stage.{STAGE}.y"),
                [(number, trial["macro_f1"]) for number, trial in enumerate(trials, 1)],
                mark=(winner + 1, message("technique.autotune.mark")),
                dots=True,
            ),
            Table(
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
                        *(f"{trial['settings'][name]:.3g}" for name in names),
                        f"{trial['macro_f1']:.3f}",
                        message(f"technique.autotune.{'pruned' if trial['pruned'] else 'whole'}")
                        if number != winner + 1
                        else message("technique.autotune.winner"),
                    ]
                    for number, trial in enumerate(trials, 1)
                ],
            ),
        ]

    def _search(self, fit: Fit, model: Any) -> dict[str, Any]:
        from core.techniques.autotune.search import SPACE, best, search

        given, usual = fit.run.recipe().train, TrainSpec()
        # What was set by hand stays; what is as everybody has it may be searched.
        open_settings = {name for name in SPACE if getattr(given, name) == getattr(usual, name)}
        # Where the encoder stays as it came, nothing learns at its rate; elsewhere the head's suits any rate.
        open_settings.discard("learning_rate" if fit.frozen else "head_learning_rate")
        seconds = 60 * float(self.options.minutes)
        trials = search(fit, model, STAGE, seconds, int(self.options.trials), open_settings)
        return {"winner": best(trials), "trials": [dataclasses.asdict(trial) for trial in trials]}
