"""The simple models of a run: fitted before the fine-tuning starts, compared, and kept beside it."""

from __future__ import annotations

import dataclasses
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
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
from core.runs.run import LabelColumn
from core.simple_models import fit
from core.tasks import Task
from core.tasks.metrics import Floats, Numbers
from core.training.rows import Rows
from core.words import Message, message
from core.workflow.decisions import Decided

# Tokens times parameters of the encoder, forward only, for the training rows: about 20 seconds of
# MiniLM on two cores. A budget in work and not in seconds: the same input gives the same numbers.
BUDGET = 1e12
HELD_OUT = (
    4  # times the budget is what validation and test rows may cost: they cannot be thinned out
)
SAMPLED = 200  # texts from which the tokens of all are estimated
REMEMBERED = 4  # simple models of earlier runs in this process
PROBES = 8  # test rows on which what was exported must give the same answers


@dataclass(frozen=True)
class _Made:
    """A simple model, the first test rows as it reads them, its tolerance, what it says to the test rows, how
    long it took with its scores on the validation rows, and what was noted.

    `logits` [test rows, classes] are those before the temperature.
    """

    fitted: fit.SimpleModel
    asked: Any
    tolerance: float
    logits: Floats
    decided: Decided
    seconds: float
    validation: Validation | None
    notes: tuple[Message, ...]

    def probabilities(self, task: Task) -> Floats:
        return task.probabilities(self.logits / self.decided.temperature.value)


# A second run on the same rows, to try another technique, does not wait for the same comparison again.
_made: OrderedDict[Hashable, _Made] = OrderedDict()


class Simple:
    """The simple models of one label column: what there is to beat. Call `plain`, then `embedding`, then
    after training `test` and `export`.

    They are the plain model (`Modality.plain`), "embedding" and "majority".
    """

    def __init__(self, column: LabelColumn, rows: Rows, seed: int, columns: int = 1) -> None:
        """`columns` is how many label columns the run has."""
        self._place, self._run = column, column.run
        self._rows, self._seed, self._columns = rows, seed, columns
        self._fitted: dict[str, _Made] = {}
        self._notes: list[Message] = []  # on the model that is being made
        self._with: tuple[Any, ...] = ()  # what the frozen embedding follows from besides the rows
        if not len(rows.split.validation):
            # On the training rows themselves the simple models would only show off their memory.
            self._note("train.no_validation")
            self._notes.clear()

    def plain(self) -> None:
        """The model that needs no pretrained one: word counts with logistic regression."""
        modality, learn = self._rows.modality, self._rows.split.train
        name = modality.plain
        if self._again(name):
            return
        kind = fit.BASELINES[name]
        read = modality.plain_input(self._rows.texts)
        fitted = kind.fit(
            [read[i] for i in learn], self._rows.truth[learn], self._rows.task, self._seed
        )
        if fitted.train_rows < len(learn):
            self._note("train.baseline_rows", rows=fitted.train_rows, all=len(learn))
        self._keep(name, fitted, lambda where: kind.asked([read[i] for i in where]))

    def embedding(
        self,
        model: Any,
        processor: Any,
        length: int,
        *,
        bf16: bool = False,
        between: Callable[[], None] = lambda: None,
    ) -> None:
        """Logistic regression on the encoder of `model`, which must not have been trained yet.

        `length` is in tokens. `between` is called before each batch: it may raise, to stop. Left out
        where it would take too long, which is noted, and where the model answers with what is no number.
        """
        spec = self._place.recipe().model
        self._with = (spec.key, spec.revision, length, bf16)
        if self._again("embedding"):
            return
        started = time.monotonic()
        if (device := torch.accelerator.current_accelerator(check_available=True)) is not None:
            model.to(device)  # where the training will put it anyway
        rows, learn = self._rows, self._affordable(model, processor, length)
        if learn is None:
            self._note("train.no_embedding")
            return
        if len(learn) < len(rows.split.train):
            self._note("train.embedding_rows", rows=len(learn), all=len(rows.split.train))

        def vectors(where: np.ndarray) -> np.ndarray:
            return rows.modality.embed(
                model, processor, rows.texts_at(where), length, bf16=bf16, between=between
            )

        known = vectors(learn)
        if not np.isfinite(known).all():
            return  # the training will fail on it, and say why
        fitted = fit.embedding(known, rows.truth[learn], rows.task)
        tolerance = simple.TOLERANCE_BF16 if bf16 else simple.TOLERANCE
        self._keep("embedding", fitted, vectors, tolerance, time.monotonic() - started)

    def recommended(self, ours: float) -> str:
        """The name of the model to use, given the fine-tuned model's macro-F1 on the validation rows."""
        scored = {name: model.validation for name, model in self._fitted.items()}
        theirs = {name: scores.macro_f1 for name, scores in scored.items() if scores}
        return fit.recommended(ours, theirs)

    def test(self) -> dict[str, Compared]:
        """Score the test rows, once everything is decided."""
        task, truth = self._rows.task, self._rows.truth[self._rows.split.test]
        compared = {}
        for name, (probabilities, threshold) in self._answered().items():
            scores = vars(measure(task, probabilities, truth, threshold))
            model = self._fitted.get(name)
            compared[name] = Compared(**scores)
            if model:
                compared[name] = Compared(
                    **scores,
                    seconds=model.seconds,
                    train_rows=model.fitted.train_rows,
                    validation=model.validation,
                    threshold=threshold,
                    abstention=model.decided.abstention,
                    calibration=described(task, model.logits, truth, model.decided.temperature),
                )
        return compared

    def answers(self) -> dict[str, Numbers]:
        """Predictions for the test rows, encoded like the truth."""
        return {name: self._rows.task.given(*answer) for name, answer in self._answered().items()}

    def tested(self) -> dict[str, list[Any]]:
        """Predictions as columns of `ColumnFolder.test_rows`."""
        task, columns = self._rows.task, {}
        for name, answer in self._answered().items():
            columns[f"predicted:{name}"] = task.said(*answer)
            columns[f"confidence:{name}"] = task.sure(*answer).tolist()
        return columns

    def export(self, recipe: Recipe, result: Result) -> None:
        """Write the folders. `result` is the run's. Raises OSError and RuntimeError."""
        probes = self._rows.texts_at(self._rows.split.test[:PROBES])
        for name, model in self._fitted.items():
            simple.export(
                self._place,
                name,
                model.fitted,
                recipe,
                result,
                probes,
                model.asked,
                model.tolerance,
            )

    def _keep(
        self,
        name: str,
        fitted: fit.SimpleModel,
        inputs: Callable[[np.ndarray], Any],
        tolerance: float = simple.TOLERANCE,
        seconds: float = 0.0,
    ) -> None:
        """Decide all there is to decide on the validation rows; the page waits for their scores. The test
        rows are answered and not yet looked at."""
        split, truth, task = self._rows.split, self._rows.truth, self._rows.task
        started, validation = time.monotonic(), None
        decided = Decided(Temperature(skipped=message("calibrate.no_validation")), None, None)
        seconds = seconds or fitted.seconds
        if len(split.validation):
            known = truth[split.validation]
            logits = task.logits(fitted.probabilities(inputs(split.validation)))
            decided = Decided.of(task, logits, known, temperature(task, logits, known))
            answers = task.probabilities(logits / decided.temperature.value)
            scored = task.score(answers, known, decided.threshold)
            validation = Validation(
                len(known), scored["accuracy"], scored["macro_f1"], scored["loss"]
            )
            seconds += time.monotonic() - started
            self._tell(name, validation, seconds)
        asked = inputs(split.test)
        test_logits = task.logits(fitted.probabilities(asked))
        fitted.apply_temperature(decided.temperature.value)
        notes, self._notes = tuple(self._notes), []
        model = _Made(
            fitted, asked[:PROBES], tolerance, test_logits, decided, seconds, validation, notes
        )
        self._fitted[name] = _made[self._key(name)] = model
        while len(_made) > REMEMBERED:
            _made.popitem(last=False)

    def _key(self, name: str) -> Hashable:
        """The key of a simple model: everything that it follows from."""
        recipe, split = self._place.recipe(), self._rows.split
        sides = tuple(side.tobytes() for side in (split.train, split.validation, split.test))
        used = self._with if name == "embedding" else ()
        # The fingerprint is that of what the edits made.
        data = dataclasses.replace(recipe.data, edits=())
        return name, data, self._rows.tasks[0].column, self._seed, sides, used

    def _again(self, name: str) -> bool:
        """Take over the model that an earlier run fitted to the same rows, if there is one."""
        model = _made.get(self._key(name))
        if model is None:
            return False
        _made.move_to_end(self._key(name))
        for note in model.notes:
            self._say(note)
        if model.validation:
            self._tell(name, model.validation, model.seconds)
        self._fitted[name] = model
        return True

    def _answered(self) -> dict[str, tuple[Floats, float | None]]:
        """Probabilities for the test rows and the threshold, of each model: the simplest first."""
        rows, task = self._rows, self._rows.task
        known = rows.truth[rows.split.train]
        return {
            "majority": (fit.majority(task, known, len(rows.split.test)), None),
            **{
                name: (model.probabilities(task), model.decided.threshold)
                for name, model in self._fitted.items()
            },
        }

    def _tell(self, name: str, validation: Validation, seconds: float) -> None:
        self._run.append(
            events.Baseline(
                name=name,
                accuracy=validation.accuracy,
                macro_f1=validation.macro_f1,
                seconds=seconds,
                column=self._column,
                columns=self._columns,
            )
        )

    def _say(self, note: Message) -> None:
        """A note on the simple models of one of several label columns names the column."""
        if self._columns > 1:
            note = message("train.of_column", column=self._column, note=note)
        self._run.append(events.Note(message=note))

    @property
    def _column(self) -> str:
        return self._rows.tasks[0].column

    def _affordable(self, model: Any, processor: Any, length: int) -> np.ndarray | None:
        """The training rows to embed; None when validation and test rows alone would take too long."""
        split = self._rows.split
        some = fit.draw(len(split.train), SAMPLED, self._seed)
        sample = self._rows.texts_at(split.train[some])
        tokens = np.minimum(self._rows.modality.lengths(processor, sample), length).mean()
        work = tokens * model.base_model.num_parameters(exclude_embeddings=True)
        budget = embedding_budget(model, BUDGET)
        if (len(split.validation) + len(split.test)) * work > HELD_OUT * budget:
            return None
        # Enough for every class to have some, however large the encoder.
        most = max(20 * len(self._rows.labels), math.floor(budget / work))
        return split.train[fit.draw(len(split.train), most, self._seed)]

    def _note(self, key: str, **values: Any) -> None:
        self._notes.append(message(key, **values))
        self._say(self._notes[-1])
