"""Diagnostics of labelled rows that simple models answer in seconds: which labels look wrong, and whether
more rows would help. Nothing is trained for them that anybody takes away."""

from __future__ import annotations

import dataclasses
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import UserError
from core.evaluation.learning_curve import learning_curve as compute_learning_curve
from core.evaluation.suspects import suspects as compute_suspects
from core.modalities.base import Input
from core.models.embed import BATCH
from core.models.embed import budget as embedding_budget
from core.models.load import load
from core.models.locate import locate
from core.recipe import Recipe
from core.runs import answers
from core.runs.run import LabelColumn
from core.runs.store import RunStore
from core.simple_models.fit import draw
from core.simple_models.out_of_fold import MAX_TRAIN_ROWS, LabelledRows, Progress
from core.tasks.metrics import Floats
from core.training.machine import this_machine
from core.training.rows import Rows

LENGTH = 128  # tokens of a text that the encoder reads: more hardly changes what a text is about
# Tokens times parameters, forward only: about a minute of MiniLM on two cores.
BUDGET = 3e12
EMBEDDING = 0.6  # of the time
# Tables whose vectors are kept: the second question about the same rows does not wait for them.
REMEMBERED = 2

_vectors: OrderedDict[Hashable, Floats | None] = OrderedDict()


@dataclass(frozen=True)
class Subject:
    """The rows that a question is about, of one label column, and the recipe that they belong to."""

    rows: Rows
    recipe: Recipe
    store: RunStore

    @classmethod
    def of(cls, column: LabelColumn) -> Subject:
        """Raises UserError."""
        run = column.run
        recipe = run.recipe()
        rows = Rows.of(run.table(), recipe, run.store, run.extra())
        return cls(rows.views()[column.number], recipe, run.store)

    def known(self, where: np.ndarray, tell: Progress) -> LabelledRows:
        """Rows with what the pretrained encoder makes of their texts. Raises UserError where it is gone."""
        texts = self.rows.texts_at(where)
        modality = self.rows.modality
        same = [modality.identity(text) for text in texts]
        vectors = self._embedded(texts, tell)
        if vectors is None and not modality.words:
            raise UserError("study_too_many", rows=len(texts))
        return LabelledRows(same, vectors, self.rows.task, self.rows.truth[where], modality.words)

    def _embedded(self, texts: list[Input], tell: Progress) -> Floats | None:
        """Vectors [texts, features]; None where that would take too long, or some are no numbers."""
        spec = self.recipe.model
        digest = hashlib.sha256(repr(texts).encode("utf-8", "surrogatepass")).hexdigest()
        key = (spec, digest)
        if key not in _vectors:
            folder, modality = locate(spec, self.store), self.rows.modality
            processor, head = modality.processor(folder), self.rows.joint().head()
            model = load(folder, head, this_machine().attention, modality.classifier)
            model.to(this_machine().device)
            length = modality.usable_length(processor, model.config, LENGTH)
            tokens = np.minimum(modality.lengths(processor, texts), length).mean() * len(texts)
            budget = embedding_budget(model, BUDGET)
            if tokens * model.base_model.num_parameters(exclude_embeddings=True) > budget:
                vectors = None
            else:
                counted = _count(tell, -(-len(texts) // BATCH))
                bf16 = this_machine().precision == "bf16"
                vectors = modality.embed(
                    model, processor, texts, length, bf16=bf16, between=counted
                )
            _vectors[key] = vectors if vectors is not None and np.isfinite(vectors).all() else None
            while len(_vectors) > REMEMBERED:
                _vectors.popitem(last=False)
        return _vectors[key]


def suspects(subject: Subject, tell: Progress) -> answers.Suspects:
    """Labels that look wrong: see `core.evaluation.suspects`.

    All labelled rows are looked at, the test rows too: nothing is learned from this. Raises UserError
    `suspects_too_few`.
    """
    rows = subject.rows
    where = np.flatnonzero(rows.tasks[0].known)
    known = subject.known(where, lambda share: tell(EMBEDDING * share))
    judged = compute_suspects(known, subject.recipe.train.seed, _after(tell))
    if not judged.judged:
        raise UserError("suspects_too_few", rows=len(where))
    side = np.full(len(rows.texts), "left_out", dtype=object)
    for name in ("train", "validation", "test"):
        side[getattr(rows.split, name)] = name
    return answers.Suspects(
        rows=judged.judged,
        unjudged=len(where) - judged.judged,
        models=tuple(_models(known)),
        column=rows.tasks[0].column,
        labels=() if rows.task.separator else tuple(rows.labels),
        suspects=tuple(
            answers.Suspect(
                line=int(rows.frame.index[where[suspect.row]]),
                text=rows.modality.shown(rows.texts[where[suspect.row]]),
                given=suspect.given,
                suggested=suspect.suggested,
                confidence=suspect.confidence,
                wrong=suspect.wrong,
                side=str(side[where[suspect.row]]),
            )
            for suspect in judged.suspects
        ),
    )


def learning_curve(subject: Subject, tell: Progress) -> answers.LearningCurve:
    """Whether more rows would help: see `core.evaluation.learning_curve`.

    Of the rows that are not for testing alone. Raises UserError `curve_too_few`.
    """
    split = subject.rows.split
    rows = np.sort(np.concatenate([split.train, split.validation]))
    where = rows[draw(len(rows), MAX_TRAIN_ROWS, subject.recipe.train.seed)]
    known = subject.known(where, lambda share: tell(EMBEDDING * share))
    curve = compute_learning_curve(known, subject.recipe.train.seed, _after(tell))
    if curve is None:
        raise UserError("curve_too_few", rows=len(where))
    return dataclasses.replace(curve, used=len(where), rows=len(rows))


QUESTIONS: dict[str, Callable[[Subject, Progress], Any]] = {
    "suspects": suspects,
    "learning_curve": learning_curve,
}


def answer(column: LabelColumn, question: str, tell: Progress) -> Any:
    """One of QUESTIONS about a label column; the answer is kept in its folder. Raises UserError."""
    result = QUESTIONS[question](Subject.of(column), tell)
    column.write_answer(question, result)
    return result


def _models(known: LabelledRows) -> list[str]:
    words = ["tfidf"] if known.words else []
    return words if known.vectors is None else [*words, "embedding"]


def _after(tell: Progress) -> Progress:
    return lambda share: tell(EMBEDDING + (1 - EMBEDDING) * share)


def _count(tell: Progress, total: int) -> Callable[[], None]:
    done = 0

    def between() -> None:
        nonlocal done
        tell(done / total)
        done += 1

    return between
