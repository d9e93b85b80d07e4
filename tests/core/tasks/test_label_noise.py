"""Which labels are doubted: on probabilities of which it is known how good they are."""

from __future__ import annotations

import numpy as np
import pytest

from core.tasks.label_noise import (
    MIN_CLASS_ROWS,
    NOISE_RATES,
    doubts,
    multi_label_doubts,
    noise,
    sharpened,
)


def sure(truth: np.ndarray, classes: int, by: float = 0.95) -> np.ndarray:
    """Probabilities of models that are right and sure of it."""
    answers = np.full((len(truth), classes), (1 - by) / (classes - 1))
    answers[np.arange(len(truth)), truth] = by
    return answers


def honest(rows: int, classes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities, and labels that are drawn by them: no model could know better."""
    random = np.random.default_rng(seed)
    answers = random.dirichlet([0.15] * classes, rows)
    truth = np.array([random.choice(classes, p=each) for each in answers])
    return answers, truth


def test_a_label_is_doubted_where_sure_models_say_another_one() -> None:
    truth = np.repeat([0, 1, 2], 20)
    given = truth.copy()
    given[[4, 37]] = [2, 0]
    found = doubts(sure(truth, 3), given)
    assert np.flatnonzero(found.doubtful).tolist() == [4, 37]
    assert found.suggested[[4, 37]].tolist() == [0, 1]
    assert sorted(found.wrong.argsort()[-2:].tolist()) == [4, 37]
    assert found.wrong[0] < 0.01
    assert found.judged.all()


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("rate", [0.05, 0.15])
def test_the_share_of_wrong_labels_and_the_temperature_are_found(classes: int, rate: float) -> None:
    answers, truth = honest(4_000, classes, 1)
    random = np.random.default_rng(2)
    wrong = random.random(len(truth)) < rate
    truth[wrong] = (truth[wrong] + random.integers(1, classes, wrong.sum())) % classes
    temperature, found = noise(sharpened(answers, 1.6), truth)  # models that are not sure enough
    assert NOISE_RATES.index(found) == pytest.approx(NOISE_RATES.index(rate), abs=1)
    assert temperature == pytest.approx(1 / 1.6, rel=0.15)


def test_a_probability_of_being_wrong_is_one() -> None:
    """Of the labels that are said to be wrong with 60 to 90 %, so many are."""
    answers, truth = honest(6_000, 4, 3)
    random = np.random.default_rng(4)
    wrong = random.random(len(truth)) < 0.1
    truth[wrong] = (truth[wrong] + random.integers(1, 4, wrong.sum())) % 4
    found = doubts(answers, truth)
    some = (found.wrong > 0.6) & (found.wrong < 0.9)
    assert some.sum() > 50
    assert wrong[some].mean() == pytest.approx(found.wrong[some].mean(), abs=0.1)


def test_models_that_are_merely_unsure_doubt_little() -> None:
    """The likeliest class is another one in a quarter of the rows, and no label is wrong."""
    random = np.random.default_rng(5)
    yes = random.beta(2, 2, 2_000)
    answers = np.stack([1 - yes, yes], axis=1)
    truth = (random.random(2_000) < yes).astype(int)
    assert (answers.argmax(axis=1) != truth).mean() > 0.2
    assert doubts(answers, truth).doubtful.mean() < 0.02


def test_a_label_that_cannot_be_learned_is_neither_judged_nor_suggested() -> None:
    few, unknown = 3, 2
    truth = np.array([0] * 30 + [1] * 30 + [unknown] * 30 + [few] * (MIN_CLASS_ROWS - 1))
    answers = sure(np.where(truth > 1, 0, truth), 4)  # models that know two of the classes
    answers[0] = [0.02, 0.03, 0.05, 0.9]
    found = doubts(answers, truth)
    assert np.flatnonzero(~found.judged).tolist() == list(range(60, 90 + MIN_CLASS_ROWS - 1))
    assert np.flatnonzero(found.doubtful).tolist() == [0]
    assert found.suggested[0] == 1


def test_of_several_labels_the_doubted_answers_are_turned_round() -> None:
    truth = np.array([[1, 0, 1], [0, 1, 0]] * 20)
    answers = np.where(truth == 1, 0.97, 0.03)
    given = truth.copy()
    given[0] = [1, 1, 1]  # one too many
    given[3] = [0, 0, 0]  # the only one is missing
    found = multi_label_doubts(answers, given)
    assert np.flatnonzero(found.doubtful).tolist() == [0, 3]
    assert found.suggested[0].tolist() == [1, 0, 1]
    assert found.suggested[3].tolist() == [0, 1, 0]
    assert (found.wrong[[0, 3]] > 0.5).all()
    assert (found.wrong[[1, 2]] < 0.1).all()


def test_models_that_say_nothing_or_0_are_no_trouble() -> None:
    truth = np.array([0, 1] * 10)
    for answers in (np.eye(2)[truth], np.full((20, 2), 0.5)):
        found = doubts(answers, truth)
        assert not found.doubtful.any()
        assert np.isfinite(found.wrong).all()
