"""The training of a run, read from top to bottom."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import logging
import re
import shutil
import threading
import time
from collections.abc import Iterator

import torch
from transformers import set_seed

from core import techniques
from core.errors import UserError
from core.io.terminal import Formatter
from core.models.load import load
from core.models.locate import locate
from core.runs import events
from core.runs.run import Run
from core.technique import Technique
from core.training.encoded import EncodedSplits
from core.training.fit import Fitter, Stopped
from core.training.machine import release_memory, this_machine
from core.training.plan import Facts, plan_training, with_techniques
from core.training.rows import Rows
from core.training.trainer import Diverged, drop_checkpoints
from core.words import Message, message
from core.workflow import results, simple_models
from core.workflow.model_choice import unread
from core.workflow.simple_models import Baselines, Column

log = logging.getLogger(__name__)

NO_SPACE = re.compile(r"No space left|os error 28|File too large|os error 27", re.IGNORECASE)


def train(run: Run) -> None:
    """Work on a run until it has finished, was stopped or has failed; never raises for what went wrong."""
    started = time.monotonic()
    with _log_to(run):
        run.append(events.RunStarted())
        try:
            stopped_at = _train(run, started)
            seconds = time.monotonic() - started
            if stopped_at is None:
                run.append(events.RunFinished(seconds=seconds))
            else:
                run.append(events.RunStopped(step=stopped_at, seconds=seconds))
        except Stopped:
            run.append(events.RunStopped(step=_earlier(run), seconds=time.monotonic() - started))
        except Exception as error:
            log.exception("run %s failed", run.id)
            what = in_words(error)
            run.append(events.RunFailed(message=what.what, hint=what.hint_message))
        finally:
            shutil.rmtree(run.tokens, ignore_errors=True)
    release_memory()


def _train(run: Run, started: float) -> int | None:
    """The whole run. Returns the step of the kept model when it was stopped, None when it ran to its end."""
    run.append(events.StageStarted(stage="prepare"))
    recipe, store = run.recipe(), run.store
    rows = Rows.of(run.table(), recipe, store, run.extra())
    trouble = unread(recipe.model.key, rows.profile, store)
    for note in (*rows.split.notes, *rows.notes, *([trouble] if trouble else [])):
        _note(run, note)
    _stop_here(run)

    run.append(events.StageStarted(stage="baselines", rows=len(rows.split.train)))
    columns, plain = Column.all(run, rows, recipe), []
    for column in columns:
        plain.append(simple_models.plain(column))
        _stop_here(run)

    run.append(events.StageStarted(stage="prepare"))
    machine = this_machine()
    set_seed(recipe.train.seed)
    folder = locate(recipe.model, store)
    modality = rows.modality
    processor = modality.processor(folder)
    head = rows.joint().head()
    model = load(folder, head, machine.attention, modality.classifier)
    facts = Facts.of(rows, processor, model.config)
    chosen = techniques.checked(recipe, rows.profile)
    planned = plan_training(recipe.train, with_techniques(facts, chosen))
    length = planned.spec.max_length
    run.append(events.StageStarted(stage="baselines", rows=len(rows.split.train)))
    bf16 = machine.precision == "bf16"
    # Where the encoder stays as it came, the frozen embedding would be the run's own model once more.
    frozen = any(technique.frozen for technique in chosen)
    embedded = [
        None
        if frozen
        else simple_models.embedding(
            column, model, processor, length, bf16=bf16, between=lambda: _stop_here(run)
        )
        for column in columns
    ]
    baselines = list(map(Baselines, columns, plain, embedded))

    run.append(events.StageStarted(stage="prepare"))
    sets = EncodedSplits.of(rows, processor, length, run.tokens, lambda: _stop_here(run))
    if sets.truncated:
        _note(run, message("train.truncated", share=sets.truncated, length=length))
    _stop_here(run)

    release_memory()  # what the simple models held for a while is wanted now
    fit = Fitter(run, planned, sets, processor, chosen, machine)
    if run.progress().slowed:
        fit.slow_down()
        _note(run, message("train.slowed", rate=f"{fit.spec.learning_rate:.1g}"))
    while True:
        for technique in chosen:
            technique.evidence.clear()
            technique.before(fit, model)
        try:
            fitted = fit(model)
            break
        except Diverged as error:
            if fit.slowed:
                raise UserError("diverged", step=error.step) from error
            fit.slow_down()
            drop_checkpoints(run.path)
            slower = fit.spec.learning_rate
            run.append(events.Restarted(step=error.step, learning_rate=slower))
            set_seed(recipe.train.seed)
            model = load(folder, head, machine.attention, modality.classifier)

    for technique in chosen:
        if type(technique).after is Technique.after:
            continue
        if not fitted.stopped:
            try:
                fitted = technique.after(fit, fitted)
            except Stopped:  # the model that was there before is kept
                fitted = dataclasses.replace(fitted, stopped=True)
        if fitted.stopped:
            name = message(f"technique.{technique.key}.title")
            _note(run, message("train.stopped_before", name=name))

    release_memory()  # the optimizer's; what comes now needs less
    results.write(run, baselines, rows, fit, fitted, chosen, started)
    if fitted.stopped:
        return int(fitted.best["step"])
    drop_checkpoints(run.path)
    fit.stages.drop()
    return None


def _earlier(run: Run) -> int | None:
    """The step of the model that is there, of a run that was stopped before, continued and stopped again."""
    try:
        result = run.result()
    except UserError:  # damaged
        return None
    return None if result is None else result.best.step


def _note(run: Run, what: Message) -> None:
    run.append(events.Note(message=what))


def _stop_here(run: Run) -> None:
    if run.stop_requested():
        raise Stopped


def in_words(error: Exception) -> UserError:
    """The error that a person reads for an exception: ours as it is, the common ones by name."""
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
    handler.setFormatter(Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
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
