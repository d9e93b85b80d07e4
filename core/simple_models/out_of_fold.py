"""Out-of-fold predictions: what the two simple models say of rows that they have not learned, in seconds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from core.simple_models import fit
from core.tasks import Task
from core.tasks.metrics import Floats, Numbers

MAX_TRAIN_ROWS = 20_000  # rows that a model learns from
CHARACTER_BUDGET = 2_000_000  # of the texts that word counts learn from: some seconds
TEXTS_AT_ONCE = 2_000  # texts that are counted at a time: the counts of many take gigabytes

# Told how much is done, from 0 to 1; may raise, to stop.
Progress = Callable[[float], None]


@dataclass(frozen=True)
class LabelledRows:
    """Rows with a label: their texts on one line each, what an encoder makes of them [rows, hidden size]
    (None where that would take too long), and what is true of them. Without `words` the texts only say which
    rows are the same, and there must be vectors."""

    texts: Sequence[str]
    vectors: Floats | None
    task: Task
    truth: Numbers
    words: bool = True

    def learned(self, learn: Numbers, ask: Numbers, seed: int, progress: Progress) -> list[Floats]:
        """What each model that has learned the rows `learn` says to the rows `ask`: [asked, classes] each."""
        learn = learn[fit.draw(len(learn), MAX_TRAIN_ROWS, seed)]
        answers = [self._by_words(learn, ask, seed, progress)] if self.words else []
        if self.vectors is not None:
            answers.append(self.by_vectors(learn, ask))
        return answers

    def by_vectors(self, learn: Numbers, ask: Numbers) -> Floats:
        """The same of the logistic regression on the encoder alone."""
        assert self.vectors is not None
        fitted = fit.embedding(self.vectors[learn], self.truth[learn], self.task)
        return fitted.probabilities(self.vectors[ask])

    def _by_words(self, learn: Numbers, ask: Numbers, seed: int, progress: Progress) -> Floats:
        size = sum(min(len(self.texts[int(i)]), fit.MAX_CHARACTERS) for i in learn)
        most = max(1, len(learn) * CHARACTER_BUDGET // max(1, size))
        learn = learn[fit.draw(len(learn), most, seed)]
        texts = [self.texts[int(i)] for i in learn]
        fitted = fit.tfidf(texts, self.truth[learn], self.task, seed)
        answers = np.zeros((len(ask), len(self.task.names)))
        for start in range(0, len(ask), TEXTS_AT_ONCE):
            progress(start / len(ask))
            some = [fit.cut(self.texts[int(i)]) for i in ask[start : start + TEXTS_AT_ONCE]]
            answers[start : start + TEXTS_AT_ONCE] = fitted.probabilities(some)
        return answers


def out_of_fold(known: LabelledRows, parts: Numbers, seed: int, progress: Progress) -> Floats:
    """Probabilities [rows, classes] of each row by models that have not learned its part: the mean of both.

    `parts` [rows] are the numbers of `core.data.split.folds`.
    """
    answers = np.zeros((len(known.texts), len(known.task.names)))
    numbers = np.unique(parts)
    for done, number in enumerate(numbers):

        def within(share: float, done: int = done) -> None:
            progress((done + share) / len(numbers))

        ask = np.flatnonzero(parts == number)
        said = known.learned(np.flatnonzero(parts != number), ask, seed, within)
        answers[ask] = np.mean(said, axis=0)
    progress(1.0)
    return answers
