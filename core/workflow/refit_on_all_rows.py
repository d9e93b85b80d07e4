"""Refit on all rows: in fast mode, once all is decided, the last layer learns from the rows too that it was
decided on.

Which epoch is the best, when to stop, temperature and thresholds follow from the validation rows as always.
The layer learns from kept features in a second or two, so it can afford to begin anew on all rows but those
of the test, as a simple model does that needs no validation rows: with few rows that is worth points
(benchmarks/README.md, "Pictures").
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Sequence
from typing import Any

import torch
from torch.utils.data import ConcatDataset
from transformers import SchedulerType, set_seed

from core.models.surgery.heads import apply_temperature, last_layer
from core.technique import Fitted
from core.training.fit import Fitter
from core.words import message
from core.workflow.decisions import Decided

NEVER = 10**9  # steps


def refit_on_all_rows(fit: Fitter, fitted: Fitted, decided: Sequence[Decided]) -> Any:
    """The model to test and to export; what was `decided` on that of `fitted` stays."""
    model = None if fitted.stopped else _on_all(fit, fitted)
    if model is None:
        return fitted.model
    apply_temperature(
        model, fit.splits.joint.places, [decision.temperature.value for decision in decided]
    )
    return model


def _on_all(fit: Fitter, fitted: Fitted) -> Any | None:
    """A copy of a model whose last layer alone was trained, in which it begins anew and learns from the
    validation rows as well, for all epochs of the run. None for others, and without such rows."""
    model = copy.deepcopy(fitted.model)
    more, named_layer = len(fit.splits.rows.split.validation), last_layer(model)
    if not (fit.frozen and fit.cached and more and named_layer):
        return None
    named_layer[1].load_state_dict(fit.initial_head)
    epochs = fit.spec.epochs
    planned = dataclasses.replace(fit.plan, evaluate_every=NEVER)
    with fit.unobserved() as folder:
        set_seed(fit.spec.seed)
        prepared = fit.prepare(model, "train", planned, epochs, folder, [])
        trainer = prepared.trainer
        rows = ConcatDataset([trainer.train_dataset, trainer.eval_dataset])
        trainer.train_dataset = rows
        trainer.lengths = [*trainer.lengths, *fit.splits.validation["length"]]
        if trainer.args.lr_scheduler_type == SchedulerType.REDUCE_ON_PLATEAU:
            # There are no scores to go by.
            trainer.args.lr_scheduler_type = SchedulerType.LINEAR
            trainer.args.lr_scheduler_kwargs = {}
        trainer.train()
        model = prepared.close(trainer.model.state_dict())
    if not all(torch.isfinite(weights).all() for weights in named_layer[1].parameters()):
        return None
    fit.note(message("train.on_all", rows=len(rows), more=more, epochs=epochs))
    return model
