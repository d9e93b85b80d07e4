"""In fast mode, once all is decided: the last layer learns from the rows too that it was decided on.

Which epoch is the best, when to stop, temperature and thresholds follow from the validation rows as always.
The layer learns from kept features in a second or two, so it can afford to begin anew on all rows but those
of the test, as a simple model does that needs no validation rows: with few rows that is worth points
(benchmarks/README.md, "Pictures").
"""

from __future__ import annotations

import copy
import dataclasses
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import ConcatDataset
from transformers import SchedulerType, set_seed

from core.models.heads import last_layer, soften
from core.techniques.base import Fitted
from core.training.decide import Decided
from core.training.fit import CUTS, Fit
from core.words import message

NEVER = 10**9  # steps


def complete(fit: Fit, fitted: Fitted, decided: Sequence[Decided]) -> Any:
    """The model to test and to export; what was `decided` on that of `fitted` stays."""
    model = None if fitted.stopped else _on_all(fit, fitted)
    if model is None:
        return fitted.model
    soften(model, fit.sets.joint.places, [each.temperature.value for each in decided])
    return model


def _on_all(fit: Fit, fitted: Fitted) -> Any | None:
    """A copy of a model whose last layer alone was trained, in which it begins anew and learns from the
    validation rows as well, for all epochs of the run. None for others, and without such rows."""
    model = copy.deepcopy(fitted.model)
    more, found = len(fit.sets.rows.split.validation), last_layer(model)
    if not (fit.frozen and fit.kept and more and found):
        return None
    found[1].load_state_dict(fit.head)
    epochs = float(fit.spec.epochs or 0)
    planned = dataclasses.replace(fit.planned, evaluate_every=NEVER)
    with (
        fit.unseen(),
        tempfile.TemporaryDirectory(dir=fit.run.path, prefix=".attempt-") as folder,
    ):
        set_seed(fit.spec.seed)
        at_work = fit.open(model, "train", planned, epochs, Path(folder), [], CUTS[:1])
        trainer = at_work.trainer
        rows = ConcatDataset([trainer.train_dataset, trainer.eval_dataset])
        trainer.train_dataset = rows
        trainer.lengths = [*trainer.lengths, *fit.sets.validation["length"]]
        if trainer.args.lr_scheduler_type == SchedulerType.REDUCE_ON_PLATEAU:
            # There are no scores to go by.
            trainer.args.lr_scheduler_type = SchedulerType.LINEAR
            trainer.args.lr_scheduler_kwargs = {}
        trainer.train()
        model = at_work.close(trainer.model.state_dict())
    if not all(torch.isfinite(weights).all() for weights in found[1].parameters()):
        return None
    fit.note(message("train.on_all", rows=len(rows), more=more, epochs=epochs))
    return model
