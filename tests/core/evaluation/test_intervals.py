"""Intervals against what is known of them, and scores against scikit-learn."""

from __future__ import annotations

import json
import time
from dataclasses import asdict

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from core.evaluation.intervals import measure, of_share, paired, wilson
from core.io.typed import decode
from core.runs.result import SCORES, Scores
from core.tasks import of_names
from core.tasks.metrics import softmax

ABC = of_names("abc")


def guesses(rows: int, classes: int, skill: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, classes, rows)
    logits = draw.normal(size=(rows, classes))
    logits[np.arange(rows), truth] += skill
    return softmax(logits), truth


def test_a_share_has_the_interval_of_wilson() -> None:
    """Drawn anew, 34 of 35 would get a narrower one than 35 of 35."""

    def of(right: int) -> Scores:
        truth = np.zeros(35, int)
        truth[:9] = 1
        answers = np.where(np.arange(35) < right, truth, 1 - truth)
        return measure(of_names("ab"), np.eye(2)[answers] * 0.8 + 0.1, truth, None)

    most, all_right = of(34), of(35)
    assert most.intervals["accuracy"] == pytest.approx((0.8547, 0.9949), abs=1e-3)
    assert all_right.intervals["accuracy"] == pytest.approx((0.9011, 1), abs=1e-3)
    first, second = most.per_class
    assert first.intervals["recall"] == pytest.approx(wilson(25 / 26, 26))
    assert second.intervals["precision"] == pytest.approx(wilson(9 / 10, 10))
    assert of_share([True] * 34 + [False])[1] == most.intervals["accuracy"]


@pytest.mark.parametrize("classes", [2, 5])
def test_the_values_are_those_of_scikit_learn(classes: int) -> None:
    probabilities, truth = guesses(300, classes, 1.0)
    found = measure(of_names("abcde"[:classes]), probabilities, truth, None)
    shares = probabilities if classes > 2 else probabilities[:, 1]
    assert found.roc_auc == pytest.approx(roc_auc_score(truth, shares, multi_class="ovr"))
    answers = probabilities.argmax(axis=1)
    assert found.balanced_accuracy == pytest.approx(balanced_accuracy_score(truth, answers))
    assert decode(Scores, json.loads(json.dumps(asdict(found)))) == found


def test_ties_count_as_a_half() -> None:
    shares = np.round(guesses(200, 2, 0.5)[0], 1)
    truth = guesses(200, 2, 0.5)[1]
    found = measure(of_names("ab"), shares, truth, None)
    assert found.roc_auc == pytest.approx(roc_auc_score(truth, shares[:, 1]))


def test_several_labels_are_the_mean_over_the_classes() -> None:
    draw = np.random.default_rng(0)
    truth = (draw.random((400, 3)) < [0.2, 0.5, 0.7]).astype(int)
    shares = np.clip(draw.normal(0.3, 0.2, (400, 3)) + 0.4 * truth, 0, 1)
    found = measure(of_names("abc", ";"), shares, truth, 0.5)
    assert found.roc_auc == pytest.approx(roc_auc_score(truth, shares))
    each = [balanced_accuracy_score(truth[:, k], shares[:, k] >= 0.5) for k in range(3)]
    assert found.balanced_accuracy == pytest.approx(np.mean(each))
    known = wilson(found.accuracy, 400)
    assert found.intervals["accuracy"] == pytest.approx(known, abs=0.01)


def test_on_many_rows_it_is_the_interval_of_a_share() -> None:
    probabilities, truth = guesses(4_000, 3, 1.5)
    found = measure(ABC, probabilities, truth, None)
    known = wilson(found.accuracy, 4_000)
    assert found.intervals["accuracy"] == pytest.approx(known, abs=0.003)
    recall = found.per_class[0]
    known = wilson(recall.recall, recall.rows)
    assert recall.intervals["recall"] == pytest.approx(known, abs=0.006)


@pytest.mark.slow
def test_the_truth_is_within_as_often_as_promised() -> None:
    """150 test sets out of one large population: about 95 % of the intervals hold its scores."""
    everything = guesses(30_000, 3, 1.0, seed=1)
    whole = measure(ABC, *everything, None)
    held = dict.fromkeys(SCORES, 0)
    for number in range(150):
        some = slice(200 * number, 200 * (number + 1))
        found = measure(ABC, everything[0][some], everything[1][some], None)
        for name in SCORES:
            ends = found.intervals[name]
            assert ends is not None
            low, high = ends
            held[name] += low <= getattr(whole, name) <= high
    assert all(0.90 <= count / 150 <= 0.99 for count in held.values()), held


def test_three_of_three_right_is_not_certainty() -> None:
    found = measure(ABC, np.eye(3), np.arange(3), None)
    assert found.intervals["accuracy"] == pytest.approx(wilson(1.0, 3))
    assert found.per_class[0].intervals["recall"] == pytest.approx(wilson(1.0, 1))
    assert of_share(np.ones(3, bool)) == (1.0, pytest.approx(wilson(1.0, 3)))


def test_wilson_by_hand() -> None:
    # Wilson 1927 for 90 of 100.
    assert wilson(0.9, 100) == pytest.approx((0.8256, 0.9448), abs=1e-4)
    assert wilson(1.0, 3) == pytest.approx((0.4385, 1.0), abs=1e-4)


def test_a_class_that_no_test_row_has_is_left_out_and_named() -> None:
    probabilities, truth = guesses(100, 3, 1.0)
    some = truth < 2
    found = measure(ABC, probabilities[some], truth[some], None)
    assert found.roc_auc_left_out == ("c",)
    each = [roc_auc_score(truth[some] == k, probabilities[some, k]) for k in range(2)]
    assert found.roc_auc == pytest.approx(np.mean(each))
    assert found.per_class[2].intervals["recall"] is None
    alone = measure(ABC, probabilities[truth == 0], truth[truth == 0], None)
    assert alone.roc_auc is alone.intervals["roc_auc"] is None
    assert alone.roc_auc_left_out == ("a", "b", "c")


def test_the_same_rows_are_drawn_for_both() -> None:
    """Two that make nearly the same mistakes differ by less than two that make others."""
    probabilities, truth = guesses(400, 3, 2.0)
    one = probabilities.argmax(axis=1)
    near = one.copy()
    near[np.flatnonzero(one == truth)[:12]] += 1
    near %= 3
    changes = paired(ABC, truth, one, near)
    assert changes.accuracy.value == pytest.approx(12 / 400)
    assert changes.accuracy.clear
    assert changes.accuracy.kind == "better"
    assert paired(ABC, truth, near, one).macro_f1.kind == "worse"
    other = guesses(400, 3, 2.0, seed=5)[0].argmax(axis=1)
    assert paired(ABC, truth, one, other).accuracy.kind == "better"
    assert paired(ABC, truth, one, one).macro_f1.kind == "unclear"


def test_two_thousand_rows_of_twenty_classes_take_no_time() -> None:
    probabilities, truth = guesses(2_000, 20, 1.5)
    task = of_names([f"class {k:02}" for k in range(20)])
    started = time.process_time()
    measure(task, probabilities, truth, None)
    assert time.process_time() - started < 2
