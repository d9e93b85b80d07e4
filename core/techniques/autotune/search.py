"""Hyperparameter search within a time budget: trials on the training rows, judged by the validation rows.

Akiba et al. 2019, "Optuna"; the tree-structured Parzen estimator of Bergstra et al. 2011, and the median rule
of Golovin et al. 2017, "Google Vizier", which ends a trial that is behind the others.
"""

from __future__ import annotations

import copy
import dataclasses
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from transformers import TrainerCallback

from core.runs import events
from core.technique import Fit
from core.training.trainer import Diverged

RATE_RANGE = 5.0  # times the usual learning rate, up and down
BATCH_SIZES = (8, 16, 32)
UNPRUNED_TRIALS = 3  # trials before any is ended early


def _rate(usual: float) -> BaseDistribution:
    return FloatDistribution(usual / RATE_RANGE, usual * RATE_RANGE, log=True)


# What is searched, by the name of the setting and around what it is usually.
SPACE: Mapping[str, Callable[[Any], BaseDistribution]] = {
    "learning_rate": _rate,
    "head_learning_rate": _rate,
    "batch_size": lambda usual: CategoricalDistribution(sorted({*BATCH_SIZES, usual})),
    "epochs": lambda usual: FloatDistribution(usual / 2, usual * 1.5),
    "warmup": lambda usual: FloatDistribution(0.0, max(0.2, usual)),
    "weight_decay": lambda usual: FloatDistribution(0.0, max(0.1, usual)),
}


@dataclass(frozen=True)
class Trial:
    """One attempt: its settings, the best evaluation's macro-F1 and loss on the validation rows, and whether
    it was ended early."""

    settings: Mapping[str, Any]
    macro_f1: float
    loss: float
    pruned: bool


def search(
    fit: Fit, model: Any, stage: str, seconds: float, most: int, open_settings: set[str]
) -> list[Trial]:
    """Trials in their order; the first has the settings that the run has anyway.

    Ends after `seconds` or `most` trials, whichever comes first; a trial that time runs out for counts as
    ended early. Only `open_settings` are changed. `model` stays as it is. Raises Stopped when told to stop.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        direction="maximize",
        sampler=optuna.samplers.TPESampler(
            seed=fit.spec.seed, n_startup_trials=UNPRUNED_TRIALS + 1
        ),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=UNPRUNED_TRIALS, n_warmup_steps=2),
    )
    usual = {name: getattr(fit.spec, name) for name in SPACE if name in open_settings}
    study.enqueue_trial(usual)
    begun = time.monotonic()
    trials: list[Trial] = []
    fit.run.append(events.StageStarted(stage=stage, rows=len(fit.splits.train)))
    while usual and len(trials) < most and time.monotonic() - begun < seconds:
        fit.raise_if_stopped()
        trial = study.ask({name: SPACE[name](value) for name, value in usual.items()})
        chosen = dict(trial.params)
        if "epochs" in chosen:
            chosen["epochs"] = round(chosen["epochs"], 1)
        watch = _Watch(fit, trial, begun + seconds)
        try:
            fit.attempt(copy.deepcopy(model), dataclasses.replace(fit.spec, **chosen), [watch])
        except Diverged:
            watch.ended = True
        score, loss = watch.best
        state = optuna.trial.TrialState
        if watch.ended:  # what was reported until then counts
            study.tell(trial, state=state.PRUNED)
        elif math.isfinite(score):
            study.tell(trial, score)
        else:
            study.tell(trial, state=state.FAIL)
        trials.append(Trial(chosen, max(0.0, score), loss, watch.ended))
        spent = time.monotonic() - begun
        share = max(spent / seconds, len(trials) / most)
        at, x, y = min(1000, round(1000 * share)), len(trials), trials[-1].macro_f1
        fit.run.append(events.Point(stage=stage, x=x, y=y, step=at, total_steps=1000, dots=True))
    return trials


def best(trials: list[Trial]) -> int | None:
    """The place of the trial whose settings are taken, by the rule of `core.tasks.base.ranked`, among those
    that ran to their end."""
    whole = [k for k, trial in enumerate(trials) if not trial.pruned]
    return max(whole, key=lambda k: (trials[k].macro_f1, -trials[k].loss), default=None)


class _Watch(TrainerCallback):
    """Tells the search how a trial does, and ends it when it is behind the others or time is up."""

    def __init__(self, fit: Fit, trial: optuna.Trial, deadline: float) -> None:
        self.fit, self.trial, self.deadline = fit, trial, deadline
        self.best, self.ended = (-math.inf, math.inf), False  # macro-F1 and loss
        self._checks = 0

    def on_step_end(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        self.fit.raise_if_stopped()
        if time.monotonic() > self.deadline:
            self.ended = control.should_training_stop = True
        elif state.global_step >= state.max_steps:
            control.should_evaluate = True

    def on_prediction_step(self, *_: Any, **__: Any) -> None:
        self.fit.raise_if_stopped()

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any, **_: Any) -> None:
        score, loss = float(metrics["eval_macro_f1"]), float(metrics["eval_loss"])
        sound = math.isfinite(score) and math.isfinite(loss)
        if sound:
            self.best = max(self.best, (score, loss), key=lambda each: (each[0], -each[1]))
            self.trial.report(score, self._checks)
        self._checks += 1
        over = state.global_step >= state.max_steps
        if not over and (not sound or self.trial.should_prune()):
            self.ended = control.should_training_stop = True
