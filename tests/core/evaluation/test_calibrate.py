"""Temperature scaling on logits whose temperature is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.evaluation.calibrate import BOUNDS, described, reliability, temperature
from core.tasks import of_names
from core.tasks.metrics import sigmoid, softmax

ABC, SEVERAL = of_names("abc"), of_names("abc", ";")


def honest(rows: int, several: bool = False) -> tuple[Any, np.ndarray, np.ndarray]:
    """A task, logits, and a truth that is drawn with the very probabilities that they stand for."""
    draw = np.random.default_rng(0)
    logits = draw.normal(size=(rows, 3)) * 2
    if several:
        return SEVERAL, logits, (draw.random((rows, 3)) < sigmoid(logits)).astype(int)
    chances = softmax(logits).cumsum(axis=1)
    return ABC, logits, (draw.random((rows, 1)) > chances).sum(axis=1).clip(max=2)


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("wrong", [0.5, 1.0, 3.0])
def test_what_was_done_to_the_logits_is_found_and_undone(wrong: float, several: bool) -> None:
    task, logits, truth = honest(5_000, several)
    found = temperature(task, logits * wrong, truth)
    assert found.value == pytest.approx(wrong, rel=0.06)
    assert found.skipped is None
    about = described(task, logits * wrong, truth, found)
    assert about.after.ece < 0.02
    if wrong != 1:
        assert about.before.ece > 2 * about.after.ece


def test_the_answers_stay_the_same() -> None:
    task, logits, truth = honest(200)
    value = temperature(task, logits * 4, truth).value
    before, after = task.probabilities(logits * 4), task.probabilities(logits * 4 / value)
    assert (task.given(before, None) == task.given(after, None)).all()


def test_it_is_skipped_with_its_reason() -> None:
    sure = np.eye(3)[np.arange(90) % 3] * 5
    right = temperature(ABC, sure, np.arange(90) % 3)
    assert right.value == 1
    assert right.skipped.key == "calibrate.no_mistakes"


def test_few_rows_tell_something_and_not_all() -> None:
    """Of a model that is three times as sure as it may be, thirty rows tell so, as good as always; a single
    mistake among five is not taken for the whole truth."""
    task, logits, truth = honest(3_000)
    few = [
        temperature(task, 3 * logits[i : i + 30], truth[i : i + 30]) for i in range(0, 3_000, 30)
    ]
    assert all(each.skipped is None for each in few)
    assert np.median([each.value for each in few]) == pytest.approx(3, rel=0.25)
    assert min(each.value for each in few) > 1
    sure, wrong = np.array([[9.0, 0, 0]]), np.array([0, 0, 0, 0, 1])
    once = temperature(task, sure.repeat(5, axis=0), wrong).value
    assert 1 < once < temperature(task, sure.repeat(500, axis=0), np.tile(wrong, 100)).value


def test_it_stays_within_bounds() -> None:
    task, logits, _ = honest(300)
    opposite = logits.argmin(axis=1)
    assert temperature(task, logits, opposite).value == pytest.approx(BOUNDS[1], rel=0.02)


def test_a_class_that_was_never_learned_has_no_say() -> None:
    task, logits, truth = honest(2_000)
    without = logits.copy()
    without[:, 2] = -np.inf
    assert (truth == 2).any()
    assert temperature(task, without * 3, truth).value == pytest.approx(3, rel=0.1)
    nothing = temperature(task, without[truth == 2], truth[truth == 2])
    assert nothing.skipped.key == "calibrate.unanswerable"


def test_the_error_by_hand() -> None:
    # 40 answers of 0.9, of which half are right: off by 0.4.
    shares = np.tile([0.9, 0.1], (40, 1))
    found = reliability(of_names("ab"), shares, np.arange(40) % 2)
    assert found.ece == pytest.approx(0.4)
    assert sum(each.rows for each in found.bins) == 40


def test_bins_hold_as_many_each() -> None:
    task, logits, truth = honest(1_003)
    sizes = [each.rows for each in reliability(task, softmax(logits), truth).bins]
    assert len(sizes) == 10
    assert max(sizes) - min(sizes) <= 1
