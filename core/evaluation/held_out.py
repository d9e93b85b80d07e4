"""What the two simple models say of rows that they have not learned: cross-validation, in seconds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluation import baselines
from core.evaluation.metrics import Floats, Numbers
from core.tasks import Task

MOST = 20_000  # rows that a model learns from
CHARACTERS = 2_000_000  # of the texts that word counts learn from: some seconds
ASKED = 2_000  # texts that are counted at a time: the counts of many take gigabytes

# Told how much is done, from 0 to 1; may raise, to stop.
Tell = Callable[[float], None]


@dataclass(frozen=True)
class Known:
    """Rows with a label: their texts on one line each, what an encoder makes of them [rows, hidden size]
    (None where that would take too long), and what is true of them. Without `words` the texts only say which
    rows are the same, and there must be vectors."""

    texts: Sequence[str]
    vectors: Floats | None
    task: Task
    truth: Numbers
    words: bool = True

    def learned(self, learn: Numbers, ask: Numbers, seed: int, tell: Tell) -> list[Floats]:
        """What each model that has learned the rows `learn` says to the rows `ask`: [asked, classes] each."""
        learn = learn[baselines.draw(len(learn), MOST, seed)]
        answers = [self._by_words(learn, ask, seed, tell)] if self.words else []
        if self.vectors is not None:
            answers.append(self.by_vectors(learn, ask))
        return answers

    def by_vectors(self, learn: Numbers, ask: Numbers) -> Floats:
        """The same of the logistic regression on the encoder alone."""
        assert self.vectors is not None
        fitted = baselines.embedding(self.vectors[learn], self.truth[learn], self.task)
        return fitted.probabilities(self.vectors[ask])

    def _by_words(self, learn: Numbers, ask: Numbers, seed: int, tell: Tell) -> Floats:
        size = sum(min(len(self.texts[int(i)]), baselines.MAX_CHARACTERS) for i in learn)
        most = max(1, len(learn) * CHARACTERS // max(1, size))
        learn = learn[baselines.draw(len(learn), most, seed)]
        texts = [self.texts[int(i)] for i in learn]
        fitted = baselines.tfidf(texts, self.truth[learn], self.task, seed)
        answers = np.zeros((len(ask), len(self.task.names)))
        for start in range(0, len(ask), ASKED):
            tell(start / len(ask))
            some = [baselines.cut(self.texts[int(i)]) for i in ask[start : start + ASKED]]
            answers[start : start + ASKED] = fitted.probabilities(some)
        return answers


def out_of_fold(known: Known, parts: Numbers, seed: int, tell: Tell) -> Floats:
    """Probabilities [rows, classes] of each row by models that have not learned its part: the mean of both.

    `parts` [rows] are the numbers of `core.data.split.folds`.
    """
    answers = np.zeros((len(known.texts), len(known.task.names)))
    numbers = np.unique(parts)
    for done, number in enumerate(numbers):

        def within(share: float, done: int = done) -> None:
            tell((done + share) / len(numbers))

        ask = np.flatnonzero(parts == number)
        said = known.learned(np.flatnonzero(parts != number), ask, seed, within)
        answers[ask] = np.mean(said, axis=0)
    tell(1.0)
    return answers
