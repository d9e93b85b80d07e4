"""The curve on data where what more rows bring is known, and what is promised of it."""

from __future__ import annotations

import numpy as np
import pytest

from core.evaluation.learning_curve import curve, learning_curve, said
from core.simple_models.out_of_fold import LabelledRows
from core.tasks import task_of

SIZES = np.array([100.0, 200.0, 400.0, 800.0])


def draws(errors: np.ndarray, noise: float = 0.004, number: int = 10) -> np.ndarray:
    """[draws, sizes, 2] of scores around 1 - errors."""
    random = np.random.default_rng(0)
    return (1 - errors + random.normal(0, noise, (number, len(errors))))[:, :, None].repeat(2, 2)


def test_a_power_law_is_continued() -> None:
    errors = 2.0 * SIZES**-0.5 + 0.05
    found = curve(SIZES, draws(errors), "tfidf", 1)
    further = 2.0 * (800**-0.5 - 1600**-0.5)
    assert found.clear
    assert found.gain[0] == pytest.approx(errors[2] - errors[3], abs=0.005)
    assert found.promise is not None
    low, high = found.promise
    assert low - 0.005 <= further <= high + 0.005
    assert high < found.gain[0] + 0.005
    assert "Doubling the rows again may gain about" in str(said(found))


def test_a_flat_curve_promises_nothing() -> None:
    found = curve(SIZES, draws(np.full(4, 0.2), 0.02), "embedding", 1)
    assert not found.clear
    assert found.promise is None
    assert "no clear gain" in str(said(found))


def test_points_without_a_law_are_not_continued() -> None:
    found = curve(SIZES, draws(np.array([0.3, 0.5, 0.45, 0.2])), "embedding", 1)
    assert found.clear
    assert found.promise is None
    assert "follow no clear line" in str(said(found))


def rows(number: int, classes: int = 2) -> LabelledRows:
    """Vectors around the middle of their class."""
    random = np.random.default_rng(3)
    cells = [f"class {row % classes}" for row in range(number)]
    task = task_of(cells)
    truth = task.encode(cells)
    middles = random.normal(size=(classes, 16))
    vectors = middles[truth] + random.normal(0, 1.6, (number, 16))
    return LabelledRows([f"text {row}" for row in range(number)], vectors, task, truth)


def test_it_learns_from_ever_more_rows_and_never_from_what_it_is_asked() -> None:
    shares: list[float] = []
    found = learning_curve(rows(300), 1, shares.append)
    assert found is not None
    assert [point.rows for point in found.points] == [30, 60, 120, 240]
    assert found.points[-1].macro_f1 > found.points[0].macro_f1
    assert found.draws == 10
    assert found.model == "embedding"
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert learning_curve(rows(300), 1, lambda share: None) == found


def test_rows_that_say_nothing_score_like_chance() -> None:
    """If what is asked had been learned, noise would score well."""
    noise = rows(200)
    random = np.random.default_rng(0).normal(size=(200, 150))
    found = learning_curve(
        LabelledRows(noise.texts, random, noise.task, noise.truth), 1, lambda _: None
    )
    assert found is not None
    assert max(point.accuracy for point in found.points) < 0.62


def test_too_few_rows_have_no_curve() -> None:
    assert learning_curve(rows(6), 1, lambda share: None) is None
