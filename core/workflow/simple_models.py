"""The simple models of a run's label columns: fitted before the fine-tuning starts, compared, and kept beside
it."""

from __future__ import annotations

import dataclasses
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from core.evaluation.calibrate import Temperature, described, temperature
from core.evaluation.intervals import measure
from core.export import simple
from core.models.embed import budget as embedding_budget
from core.recipe import Recipe
from core.runs import events
from core.runs.result import Compared, Result, Validation
from core.runs.run import LabelColumn, Run
from core.simple_models import fit
from core.tasks import Task
from core.tasks.metrics import Floats, Numbers
from core.training.rows import Rows
from core.words import Message, message
from core.workflow.decisions import Decided

# Tokens times parameters of the encoder, forward only, for the training rows: about 20 seconds of
# MiniLM on two cores. A budget in work and not in seconds: the same input gives the same numbers.
BUDGET = 1e12
# So many times the budget is what validation and test rows may cost: they cannot be thinned out.
HELD_OUT = 4
SAMPLED = 200  # texts from which the tokens of all are estimated
REMEMBERED = 4  # simple models of earlier runs in this process
PROBES = 8  # test rows on which what was exported must give the same answers


@dataclass(frozen=True)
class Column:
    """A label column, one of so many `columns` of the run: where its results go, the recipe as that of this
    column, the rows that have its label."""

    place: LabelColumn
    recipe: Recipe
    rows: Rows
    columns: int

    @classmethod
    def all(cls, run: Run, rows: Rows, recipe: Recipe) -> list[Column]:
        columns, views = [], rows.views()
        for number, view in enumerate(views):
            others = tuple(task for k, task in enumerate(recipe.tasks) if k != number)
            own = dataclasses.replace(recipe, task=recipe.tasks[number], also=others)
            place = run.new_column(number, own) if number else run.main
            columns.append(cls(place, own, view, len(views)))
        return columns

    def say(self, note: Message) -> None:
        """A note on the simple models of one of several label columns names the column."""
        if self.columns > 1:
            note = message("train.of_column", column=self.recipe.task.column, note=note)
        self.place.run.append(events.Note(message=note))


@dataclass(frozen=True)
class SimpleModel:
    """A simple model, the first test rows as it reads them, its tolerance, what it says to the test rows, how
    long it took with its scores on the validation rows, and what was noted.

    `logits` [test rows, classes] are those before the temperature.
    """

    name: str
    fitted: fit.SimpleModel
    asked: Any
    tolerance: float
    logits: Floats
    decided: Decided
    seconds: float
    validation: Validation | None
    notes: Sequence[Message]

    def probabilities(self, task: Task) -> Floats:
        return task.probabilities(self.logits / self.decided.temperature.value)

    def tell(self, column: Column) -> None:
        """The page waits for the scores on the validation rows."""
        if self.validation:
            column.place.run.append(
                events.Baseline(
                    name=self.name,
                    accuracy=self.validation.accuracy,
                    macro_f1=self.validation.macro_f1,
                    seconds=self.seconds,
                    column=column.recipe.task.column,
                    columns=column.columns,
                )
            )


# A second run on the same rows, to try another technique, does not wait for the same comparison again.
_made: OrderedDict[Hashable, SimpleModel] = OrderedDict()


def plain(column: Column) -> SimpleModel:
    """The model that needs no pretrained one (`Modality.plain`): word counts with logistic regression."""
    rows, learn = column.rows, column.rows.split.train
    name, notes = rows.modality.plain, []
    if not len(rows.split.validation):
        # On the training rows themselves the simple models would only show off their memory.
        column.say(message("train.no_validation"))
    if again := _again(column, key := _key(column, name)):
        return again
    kind = fit.BASELINES[name]
    read = rows.modality.plain_input(rows.texts)
    seed = column.recipe.train.seed
    fitted = kind.fit([read[i] for i in learn], rows.truth[learn], rows.task, seed)
    if fitted.train_rows < len(learn):
        notes = [message("train.baseline_rows", rows=fitted.train_rows, all=len(learn))]
        column.say(notes[0])

    def inputs(where: np.ndarray) -> Any:
        return kind.asked([read[i] for i in where])

    return _decided(column, key, name, fitted, inputs, simple.TOLERANCE, fitted.seconds, notes)


def embedding(
    column: Column,
    model: Any,
    processor: Any,
    length: int,
    *,
    bf16: bool = False,
    between: Callable[[], None] = lambda: None,
) -> SimpleModel | None:
    """Logistic regression on the encoder of `model`, which must not have been trained yet.

    `length` is in tokens. `between` is called before each batch: it may raise, to stop. None where it would
    take too long, which is noted, and where the model answers with what is no number.
    """
    spec = column.recipe.model
    key = _key(column, "embedding", spec.key, spec.revision, length, bf16)
    if again := _again(column, key):
        return again
    started, notes = time.monotonic(), []
    if (device := torch.accelerator.current_accelerator(check_available=True)) is not None:
        model.to(device)  # where the training will put it anyway
    rows, learn = column.rows, _affordable(column, model, processor, length)
    if learn is None:
        column.say(message("train.no_embedding"))
        return None
    if len(learn) < len(rows.split.train):
        notes = [message("train.embedding_rows", rows=len(learn), all=len(rows.split.train))]
        column.say(notes[0])

    def vectors(where: np.ndarray) -> np.ndarray:
        return rows.modality.embed(
            model, processor, rows.texts_at(where), length, bf16=bf16, between=between
        )

    known = vectors(learn)
    if not np.isfinite(known).all():
        return None  # the training will fail on it, and say why
    fitted = fit.embedding(known, rows.truth[learn], rows.task)
    tolerance = simple.TOLERANCE_BF16 if bf16 else simple.TOLERANCE
    seconds = time.monotonic() - started
    return _decided(column, key, "embedding", fitted, vectors, tolerance, seconds, notes)


@dataclass(frozen=True)
class Baselines:
    """What there is to beat in a label column: the plain model, "embedding" where it could be had, and
    "majority"."""

    column: Column
    plain: SimpleModel
    embedding: SimpleModel | None

    @property
    def models(self) -> Mapping[str, SimpleModel]:
        return {model.name: model for model in (self.plain, self.embedding) if model}

    def recommended(self, ours: float) -> str:
        """The name of the model to use, given the fine-tuned model's macro-F1 on the validation rows."""
        scored = {name: model.validation for name, model in self.models.items()}
        theirs = {name: scores.macro_f1 for name, scores in scored.items() if scores}
        return fit.recommended(ours, theirs)

    def test(self) -> dict[str, Compared]:
        """Score the test rows, once everything is decided."""
        rows, compared = self.column.rows, {}
        task, truth = rows.task, rows.truth[rows.split.test]
        for name, (probabilities, threshold) in self._answered().items():
            more: dict[str, Any] = {}
            if model := self.models.get(name):
                more = {
                    "seconds": model.seconds,
                    "train_rows": model.fitted.train_rows,
                    "validation": model.validation,
                    "threshold": threshold,
                    "abstention": model.decided.abstention,
                    "calibration": described(task, model.logits, truth, model.decided.temperature),
                }
            compared[name] = Compared(
                **vars(measure(task, probabilities, truth, threshold)), **more
            )
        return compared

    def answers(self) -> dict[str, Numbers]:
        """Predictions for the test rows, encoded like the truth."""
        task = self.column.rows.task
        return {name: task.given(*answer) for name, answer in self._answered().items()}

    def tested(self) -> dict[str, list[Any]]:
        """Predictions as columns of `ColumnFolder.test_rows`."""
        task, columns = self.column.rows.task, {}
        for name, answer in self._answered().items():
            columns[f"predicted:{name}"] = task.said(*answer)
            columns[f"confidence:{name}"] = task.sure(*answer).tolist()
        return columns

    def export(self, recipe: Recipe, result: Result) -> None:
        """Write the folders. `result` is the run's. Raises OSError and RuntimeError."""
        place, rows = self.column.place, self.column.rows
        probes = rows.texts_at(rows.split.test[:PROBES])
        for name, model in self.models.items():
            proof = probes, model.asked, model.tolerance
            simple.export(place, name, model.fitted, recipe, result, *proof)

    def _answered(self) -> dict[str, tuple[Floats, float | None]]:
        """Probabilities for the test rows and the threshold, of each model: the simplest first."""
        rows, task = self.column.rows, self.column.rows.task
        majority = fit.majority(task, rows.truth[rows.split.train], len(rows.split.test))
        return {"majority": (majority, None)} | {
            name: (model.probabilities(task), model.decided.threshold)
            for name, model in self.models.items()
        }


def _decided(
    column: Column,
    key: Hashable,
    name: str,
    fitted: fit.SimpleModel,
    inputs: Callable[[np.ndarray], Any],
    tolerance: float,
    seconds: float,
    notes: Sequence[Message],
) -> SimpleModel:
    """Decide all there is to decide on the validation rows. The test rows are answered and not yet looked
    at."""
    split, truth, task = column.rows.split, column.rows.truth, column.rows.task
    started, validation = time.monotonic(), None
    decided = Decided(Temperature(skipped=message("calibrate.no_validation")), None, None)
    if len(split.validation):
        known = truth[split.validation]
        logits = task.logits(fitted.probabilities(inputs(split.validation)))
        decided = Decided.of(task, logits, known, temperature(task, logits, known))
        answers = task.probabilities(logits / decided.temperature.value)
        scored = task.score(answers, known, decided.threshold)
        validation = Validation(len(known), scored["accuracy"], scored["macro_f1"], scored["loss"])
        seconds += time.monotonic() - started
    asked = inputs(split.test)
    logits = task.logits(fitted.probabilities(asked))
    fitted.apply_temperature(decided.temperature.value)
    model = SimpleModel(
        name, fitted, asked[:PROBES], tolerance, logits, decided, seconds, validation, notes
    )
    model.tell(column)
    _made[key] = model
    while len(_made) > REMEMBERED:
        _made.popitem(last=False)
    return model


def _key(column: Column, name: str, *used: Hashable) -> Hashable:
    """The key of a simple model: everything that it follows from. `used` is what that is besides the rows."""
    recipe, split = column.recipe, column.rows.split
    sides = tuple(side.tobytes() for side in (split.train, split.validation, split.test))
    # The fingerprint is that of what the edits made.
    data = dataclasses.replace(recipe.data, edits=())
    return name, data, recipe.task.column, recipe.train.seed, sides, used


def _again(column: Column, key: Hashable) -> SimpleModel | None:
    """The model that an earlier run fitted to the same rows, if there is one."""
    model = _made.get(key)
    if model is not None:
        _made.move_to_end(key)
        for note in model.notes:
            column.say(note)
        model.tell(column)
    return model


def _affordable(column: Column, model: Any, processor: Any, length: int) -> np.ndarray | None:
    """The training rows to embed; None when validation and test rows alone would take too long."""
    rows, split, seed = column.rows, column.rows.split, column.recipe.train.seed
    sample = rows.texts_at(split.train[fit.draw(len(split.train), SAMPLED, seed)])
    tokens = np.minimum(rows.modality.lengths(processor, sample), length).mean()
    work = tokens * model.base_model.num_parameters(exclude_embeddings=True)
    budget = embedding_budget(model, BUDGET)
    if (len(split.validation) + len(split.test)) * work > HELD_OUT * budget:
        return None
    # Enough for every class to have some, however large the encoder.
    most = max(20 * len(rows.labels), math.floor(budget / work))
    return split.train[fit.draw(len(split.train), most, seed)]
