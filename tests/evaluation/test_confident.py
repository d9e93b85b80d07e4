"""Which labels are doubted: by hand-made probabilities, where what is right is known."""

from __future__ import annotations

import numpy as np
import pytest

from core.evaluation.confident import FEWEST, doubts, multi_label_doubts


def sure(truth: np.ndarray, classes: int, by: float = 0.9) -> np.ndarray:
    """Probabilities of models that are right and sure of it."""
    answers = np.full((len(truth), classes), (1 - by) / (classes - 1))
    answers[np.arange(len(truth)), truth] = by
    return answers


def test_a_label_is_doubted_where_another_class_is_confident() -> None:
    truth = np.repeat([0, 1, 2], 10)
    answers = sure(truth, 3)
    given = truth.copy()
    given[[4, 17]] = [2, 0]
    found = doubts(answers, given)
    assert np.flatnonzero(found.doubtful).tolist() == [4, 17]
    assert found.suggested[[4, 17]].tolist() == [0, 1]
    assert found.confidence[[4, 17]].tolist() == [0.9, 0.9]
    assert found.quality.argsort()[:2].tolist() == [4, 17]
    assert found.judged.all()


def test_each_class_has_its_own_measure() -> None:
    """Of class 1 the models are never sure: 0.55 for it is much, 0.55 for class 0 is little."""
    truth = np.repeat([0, 1], 20)
    answers = np.where(truth[:, None] == 0, [[0.98, 0.02]], [[0.45, 0.55]])
    given = truth.copy()
    given[30] = 0  # truly of class 1, and as near to it as any
    answers[5] = [0.45, 0.55]  # of class 0, and as near to 1 as those of class 1 are
    answers[35] = [0.55, 0.45]  # of class 1; for class 0 this is not confident
    assert np.flatnonzero(doubts(answers, given).doubtful).tolist() == [5, 30]


def test_a_label_with_a_handful_of_rows_is_neither_judged_nor_suggested() -> None:
    truth = np.array([0] * 20 + [1] * 20 + [2] * (FEWEST - 1))
    answers = sure(np.minimum(truth, 1), 3)
    answers[0] = [0.1, 0.1, 0.8]
    found = doubts(answers, truth)
    assert not found.doubtful.any()
    assert np.flatnonzero(~found.judged).tolist() == list(range(40, 40 + FEWEST - 1))


def test_of_several_labels_the_doubted_answers_are_turned_round() -> None:
    truth = np.array([[1, 0, 1], [0, 1, 0]] * 10)
    answers = np.where(truth == 1, 0.9, 0.1)
    given = truth.copy()
    given[0] = [1, 1, 1]  # one too many
    given[3] = [0, 0, 0]  # the only one is missing
    found = multi_label_doubts(answers, given)
    assert np.flatnonzero(found.doubtful).tolist() == [0, 3]
    assert found.suggested[0].tolist() == [1, 0, 1]
    assert found.suggested[3].tolist() == [0, 1, 0]
    assert found.quality[[0, 3]] == pytest.approx([0.1, 0.1])
    assert found.confidence[[0, 3]] == pytest.approx([0.9, 0.9])
