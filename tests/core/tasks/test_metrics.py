"""Scores against numbers worked out by hand and against scikit-learn."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from core.tasks.metrics import log_softmax, quick_score, score, softmax

LABELS = ["bird", "cat", "dog"]


def test_score_by_hand() -> None:
    probabilities = np.array([[0.5, 0.25, 0.25], [0.5, 0.4, 0.1], [0.1, 0.8, 0.1], [0.2, 0.5, 0.3]])
    found = score(probabilities, np.array([0, 1, 1, 1]), LABELS)
    assert found["rows"] == 4
    assert found["accuracy"] == 0.75
    assert found["confusion"] == [[1, 0, 0], [1, 2, 0], [0, 0, 0]]
    assert found["loss"] == pytest.approx(-(2 * math.log(0.5) + math.log(0.4) + math.log(0.8)) / 4)
    bird, cat, dog = found["per_class"]
    assert bird == {"label": "bird", "precision": 0.5, "recall": 1.0, "f1": 2 / 3, "rows": 1}
    assert (cat["precision"], cat["recall"], cat["f1"], cat["rows"]) == (1.0, 2 / 3, 0.8, 3)
    assert (dog["precision"], dog["recall"], dog["f1"], dog["rows"]) == (0.0, 0.0, 0.0, 0)
    # No test row is a dog and none is taken for one: dogs do not count.
    assert found["macro_f1"] == pytest.approx((2 / 3 + 0.8) / 2)
    assert json.loads(json.dumps(found)) == found


def test_a_class_that_is_only_answered_counts_as_zero() -> None:
    found = score(np.array([[0.9, 0.1], [0.1, 0.9]]), np.array([0, 0]), ["a", "b"])
    assert found["macro_f1"] == pytest.approx((2 / 3 + 0) / 2)


def test_the_scores_are_those_of_scikit_learn() -> None:
    from sklearn.metrics import confusion_matrix, f1_score, log_loss

    draw = np.random.default_rng(0)
    logits = draw.normal(size=(200, 5))
    truth = draw.integers(0, 4, 200)
    names, predicted = [*"abcde"], logits.argmax(axis=1)
    found = score(softmax(logits), truth, names)
    assert found["macro_f1"] == pytest.approx(f1_score(truth, predicted, average="macro"))
    assert found["loss"] == pytest.approx(log_loss(truth, softmax(logits), labels=range(5)))
    assert found["confusion"] == confusion_matrix(truth, predicted, labels=range(5)).tolist()
    assert quick_score(logits, truth) == pytest.approx(
        {name: found[name] for name in ("accuracy", "macro_f1")}
    )


def test_a_probability_of_zero_keeps_the_loss_finite() -> None:
    assert 30 < score(np.array([[1.0, 0.0]]), np.array([1]), ["a", "b"])["loss"] < 40


def test_large_logits_do_not_overflow() -> None:
    logits = np.array([[1e4, 0.0], [-1e4, 0.0]], dtype=np.float32)
    assert softmax(logits).tolist() == [[1, 0], [0, 1]]
    assert log_softmax(logits).tolist() == [[0, -1e4], [-1e4, 0]]


@pytest.mark.parametrize(
    ("probabilities", "truth", "labels"),
    [
        pytest.param(np.zeros((0, 2)), np.zeros(0, int), ["a", "b"], id="no rows"),
        pytest.param(np.ones((2, 2)), np.zeros(1, int), ["a", "b"], id="rows differ"),
        pytest.param(np.ones((1, 2)), np.zeros(1, int), ["a"], id="labels differ"),
    ],
)
def test_what_cannot_be_scored(
    probabilities: np.ndarray, truth: np.ndarray, labels: list[str]
) -> None:
    with pytest.raises(ValueError, match=r"score|labels"):
        score(probabilities, truth, labels)
