"""One run, read from top to bottom."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import logging
import math
import re
import shutil
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from transformers import DataCollatorWithPadding, TrainingArguments, set_seed

from core import techniques
from core.errors import UserError
from core.evaluation.metrics import quick_score, score, softmax
from core.export import bundle
from core.modalities import text
from core.models.load import load, locate
from core.recipe import TrainSpec
from core.runs import Run, RunStore
from core.tasks import single_label
from core.techniques.base import Context, Technique
from core.training import events as ev
from core.training.rows import Rows
from core.training.simple import Simple
from core.training.trainer import FineTuner, KeepBest, Reporter, last_checkpoint
from core.words import Message, message

log = logging.getLogger(__name__)

EVALUATIONS_PER_EPOCH = 2
EVAL_BATCH = 32
NO_SPACE = re.compile(r"No space left|os error 28|File too large|os error 27", re.IGNORECASE)
PROBES = 8  # test rows on which the exported model must give the same answers


class Stopped(Exception):
    """The person stopped the run before this training brought a model."""


def train(run: Run) -> None:
    """Work on a run until it has finished, was stopped or has failed; never raises for what went wrong."""
    started = time.monotonic()
    with _log_to(run):
        run.append(ev.RunStarted())
        try:
            stopped_at = _train(run, started)
            seconds = time.monotonic() - started
            if stopped_at is None:
                run.append(ev.RunFinished(seconds=seconds))
            else:
                run.append(ev.RunStopped(step=stopped_at, seconds=seconds))
        except Stopped:
            # One that was stopped before, continued and stopped again still has its earlier model.
            kept = (run.metrics() or {}).get("best", {}).get("step")
            run.append(ev.RunStopped(step=kept, seconds=time.monotonic() - started))
        except Exception as error:
            log.exception("run %s failed", run.id)
            what = in_words(error)
            run.append(ev.RunFailed(message=what.what, hint=what.hint_message))


def _train(run: Run, started: float) -> int | None:
    """The whole run. Returns the step of the kept model when it was stopped, None when it ran to its end."""
    run.append(ev.StageStarted(stage="prepare"))
    recipe, store = run.recipe(), RunStore(run.path.parent)
    rows = Rows.of(run, recipe, store)
    for note in (*rows.split.notes, *rows.notes):
        _note(run, note)
    _stop_here(run)

    run.append(ev.StageStarted(stage="baselines", rows=len(rows.split.train)))
    simple = Simple(run, rows, recipe.train.seed)
    simple.tfidf()
    _stop_here(run)

    run.append(ev.StageStarted(stage="prepare"))
    set_seed(recipe.train.seed)
    folder = locate(recipe.model, store)
    tokenizer = text.load_tokenizer(folder)
    model = load(folder, single_label.head(rows.labels))
    length = text.usable_length(tokenizer, model.config, recipe.train.max_length)
    spec = _settled(recipe.train, len(rows.split.train), length)
    run.append(ev.StageStarted(stage="baselines", rows=len(rows.split.train)))
    simple.embedding(model, tokenizer, length, between=lambda: _stop_here(run))
    run.append(ev.StageStarted(stage="prepare"))
    train_set, truncated = text.encode(tokenizer, *rows.part(rows.split.train), length)
    validation_set, _ = text.encode(tokenizer, *rows.part(rows.chooser), length)
    test_set, _ = text.encode(tokenizer, *rows.part(rows.split.test), length)
    if truncated:
        _note(run, message("train.truncated", share=truncated, length=length))

    chosen = techniques.resolve(recipe.techniques, rows.profile)
    steps_per_epoch = math.ceil(math.ceil(len(train_set) / spec.batch_size) / spec.accumulation)
    evaluate_every = max(1, steps_per_epoch // EVALUATIONS_PER_EPOCH)
    context = Context(
        train=spec,
        labels=rows.labels,
        class_counts=np.bincount(rows.numbers[rows.split.train], minlength=len(rows.labels)),
        evaluations_per_epoch=steps_per_epoch / evaluate_every,
        note=lambda what: _note(run, what),
    )
    for technique in chosen:
        technique.model(model, context)
    reporter, keeper = Reporter(run), KeepBest(run)
    trainer = FineTuner(
        model=model,
        args=_arguments(run, spec, evaluate_every),
        train_dataset=train_set,
        eval_dataset=validation_set,
        data_collator=DataCollatorWithPadding(tokenizer),
        compute_metrics=_scores,
        callbacks=[reporter, keeper, *(c for t in chosen for c in t.callbacks(context))],
        loss_function=_loss(chosen, context),
        spec=spec,
    )

    total = math.ceil(steps_per_epoch * float(spec.epochs or 0))
    run.append(
        ev.StageStarted(
            stage="train", total_steps=total, epochs=float(spec.epochs or 0), rows=len(train_set)
        )
    )
    _stop_here(run)
    checkpoint = last_checkpoint(run)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    history = [row for row in trainer.state.log_history if "eval_loss" in row]
    best = single_label.best(history)
    if best is None:
        raise Stopped
    model.load_state_dict(keeper.weights)

    run.append(ev.StageStarted(stage="test", rows=len(test_set)))
    probabilities = softmax(trainer.predict(test_set).predictions)
    metrics = {
        "labels": list(rows.labels),
        "rows": rows.counts(),
        "train_rows": len(train_set),
        "test": score(probabilities, rows.numbers[rows.split.test], rows.labels),
        "baselines": simple.compared,
        "recommended": simple.recommended(best["eval_macro_f1"]),
        "best": {"step": best["step"], "epoch": best["epoch"], "macro_f1": best["eval_macro_f1"]},
        "epochs": float(trainer.state.epoch or 0),
        "steps": trainer.state.global_step,
        "seconds": time.monotonic() - started,
        "max_length": length,
        "truncated": truncated,
    }

    run.append(ev.StageStarted(stage="export"))
    recipe = dataclasses.replace(recipe, train=spec)
    sample = rows.texts_at(rows.split.test[:PROBES])
    bundle.export(
        run, model, tokenizer, rows.labels, recipe, metrics, sample, probabilities[:PROBES]
    )
    simple.export(recipe, metrics)
    rows.write_test(run, probabilities)
    run.write_metrics(metrics)
    run.write_recipe(recipe)
    bundle.zip_model(run, recipe.name or recipe.data.file)
    if reporter.stopped:
        return int(best["step"])
    for leftover in run.path.glob("checkpoint-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    return None


def _settled(spec: TrainSpec, rows: int, length: int) -> TrainSpec:
    """The settings with everything that was left open filled in."""
    epochs = spec.epochs or default_epochs(rows, spec.batch_size * spec.accumulation)
    return dataclasses.replace(spec, epochs=float(epochs), max_length=length)


def default_epochs(rows: int, batch: int) -> int:
    """Enough epochs for about 300 optimizer steps on small data, never fewer than 3 or more than 20.

    On few rows the number of steps decides: three epochs of 200 rows lose to a linear model.
    """
    return int(np.clip(round(300 * batch / rows), 3, 20))


def _arguments(run: Run, spec: TrainSpec, evaluate_every: int) -> TrainingArguments:
    return TrainingArguments(
        output_dir=str(run.path),
        num_train_epochs=float(spec.epochs or 0),
        learning_rate=spec.learning_rate,
        per_device_train_batch_size=spec.batch_size,
        per_device_eval_batch_size=EVAL_BATCH,
        gradient_accumulation_steps=spec.accumulation,
        weight_decay=spec.weight_decay,
        warmup_steps=spec.warmup,  # below 1 it is a share of all steps
        lr_scheduler_type="linear",
        seed=spec.seed,
        eval_strategy="steps",
        eval_steps=evaluate_every,
        save_strategy="no",  # KeepBest asks for checkpoints, and removes the old
        logging_steps=1,
        logging_nan_inf_filter=False,
        disable_tqdm=True,
        report_to="none",
        dataloader_pin_memory=False,
    )


def _loss(chosen: list[Technique], context: Context) -> Any:
    for technique in chosen:
        loss = technique.loss(context)
        if loss is not None:
            return loss
    return single_label.loss


def _scores(seen: Any) -> dict[str, float]:
    """Scores of the validation rows; their loss is the Trainer's own, from the loss that trains."""
    return quick_score(seen.predictions, seen.label_ids)


def _note(run: Run, what: Message) -> None:
    run.append(ev.Note(message=what))


def _stop_here(run: Run) -> None:
    if run.stop_requested():
        raise Stopped


def in_words(error: Exception) -> UserError:
    """What a person should read about an exception: ours as it is, the common ones by name."""
    if isinstance(error, UserError):
        return error
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)) or "can't allocate" in str(error):
        return UserError("out_of_memory")
    # torch and safetensors report a full disk as errors of their own.
    if getattr(error, "errno", None) == errno.ENOSPC or NO_SPACE.search(str(error)):
        return UserError("disk_full")
    return UserError("unexpected", reason=f"{type(error).__name__}: {error}"[:300])


@contextlib.contextmanager
def _log_to(run: Run) -> Iterator[None]:
    """Everything that this thread logs goes to the run's log.txt as well."""
    handler = logging.FileHandler(run.log, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    thread = threading.get_ident()
    handler.addFilter(lambda record: record.thread == thread)
    loggers = [
        logging.getLogger(name) for name in ("core", "transformers", "datasets", "py.warnings")
    ]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
        handler.close()
