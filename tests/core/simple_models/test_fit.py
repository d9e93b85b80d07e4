"""What a model is compared with."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from core.simple_models import fit
from core.simple_models.fit import SimpleModel, embedding, majority, recommended, tfidf
from core.tasks import of_names
from core.tasks.metrics import quick_score


def toy(rows: int, good: str, bad: str, filler: str, between: str) -> tuple[list[str], np.ndarray]:
    """Two classes that one word or character gives away, among others that say nothing."""
    draw = random.Random(rows)
    truth = np.arange(rows) % 2
    texts = []
    for label in truth:
        words = draw.choices(filler.split(), k=6)
        words.insert(draw.randrange(7), draw.choice((good, bad)[label].split()))
        texts.append(between.join(words))
    return texts, truth


def accuracy(fitted: SimpleModel, inputs: object, truth: np.ndarray) -> float:
    return quick_score(fitted.probabilities(inputs), truth)["accuracy"]


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("great fine", "awful poor", "a film with people in it", " "), id="words"),
        pytest.param(("好 喜", "坏 恨", "这 部 电 影 里 有 人", ""), id="no spaces"),
        pytest.param(("😀", "😡", "! ? … ☂", ""), id="no words"),
    ],
)
def test_tfidf_beats_the_majority(words: tuple[str, str, str, str]) -> None:
    texts, truth = toy(200, *words)
    learn, task = (texts[:150], truth[:150]), of_names(["good", "bad"])
    fitted = tfidf(*learn, task, seed=0)
    found = fitted.probabilities(texts[150:])
    assert accuracy(fitted, texts[150:], truth[150:]) > 0.95
    assert quick_score(majority(task, truth[:150], 50), truth[150:])["accuracy"] < 0.95
    assert fitted.train_rows == 150
    assert np.array_equal(found, tfidf(*learn, task, seed=0).probabilities(texts[150:]))


@pytest.mark.parametrize("rows", [200, 2_000])
def test_a_rare_class_is_heard_of(rows: int) -> None:
    """One row in twenty has it, and what tells the two overlaps."""
    draw = np.random.default_rng(1)
    truth = (np.arange(2 * rows) % 20 == 0).astype(int)
    vectors = draw.normal(size=(2 * rows, 4))
    vectors[:, 0] += 1.5 * truth
    task = of_names(["common", "rare"])
    fitted = embedding(vectors[:rows], truth[:rows], task)
    found = (fitted.probabilities(vectors[rows:]).argmax(axis=1) == 1)[truth[rows:] == 1].mean()
    unweighted = LogisticRegression(C=fit.INVERSE_REGULARISATION).fit(vectors[:rows], truth[:rows])
    unheard = unweighted.predict(vectors[rows:])[truth[rows:] == 1].mean()
    assert unheard < 0.25
    assert found > unheard + 0.15  # of those that have it
    words = [f"{'good' if x > 0.9 else 'fair'} thing" for x in vectors[:, 0]]
    said = (
        tfidf(words[:rows], truth[:rows], task, seed=0).probabilities(words[rows:]).argmax(axis=1)
    )
    assert said[truth[rows:] == 1].mean() > 0.4  # unweighted, all are common


def test_majority_by_hand() -> None:
    task = of_names("abc")
    said = majority(task, np.array([0, 0, 0, 1]), 2)
    found = task.score(said, np.array([0, 1]), None)
    assert found["confusion"] == [[1, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert found["loss"] == pytest.approx(-(math.log(0.75) + math.log(0.25)) / 2)


def test_a_class_without_a_training_row() -> None:
    texts, truth = ["one two", "three four"] * 5, np.array([0, 2] * 5)
    found = tfidf(texts, truth, of_names("abc"), 0).probabilities(["one", "three", "five"])
    assert found.argmax(axis=1)[:2].tolist() == [0, 2]
    assert not found[:, 1].any()
    assert np.allclose(found.sum(axis=1), 1)


@pytest.mark.parametrize(
    ("texts", "truth"),
    [
        pytest.param(["one", "two"], [1, 1], id="one class"),
        pytest.param(["  ", "\t"], [1, 1], id="nothing to count"),
        pytest.param(["\0", "\0\0", " "], [0, 1, 1], id="nothing but NUL"),
    ],
)
def test_nothing_to_learn_from(texts: list[str], truth: list[int]) -> None:
    found = tfidf(texts, np.array(truth), of_names("ab"), 0).probabilities(["three"])
    assert found.argmax() == 1


def test_many_rows_are_sampled_with_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit, "MAX_TRAIN_ROWS", 20)
    texts, truth = toy(200, "great fine", "awful poor", "a film with people in it", " ")
    one, two, other = (tfidf(texts, truth, of_names("ab"), seed) for seed in (0, 0, 1))
    assert np.array_equal(one.probabilities(texts), two.probabilities(texts))
    assert not np.array_equal(one.probabilities(texts), other.probabilities(texts))
    assert one.train_rows == 20


@pytest.mark.slow
def test_what_stands_late_in_a_text_counts_in_a_large_table_too() -> None:
    rows = 6_000
    truth = np.arange(rows) % 2
    texts = [f"{'filler ' * 150}{('good', 'bad')[k]} {n}" for n, k in enumerate(truth)]
    fitted = fit.tfidf(texts, truth, of_names("gb"), 1)
    assert accuracy(fitted, texts[:200], truth[:200]) == 1.0
    assert fitted.train_rows < rows


def test_vectors_are_told_apart() -> None:
    draw = np.random.default_rng(0)
    truth = np.arange(100) % 3
    vectors = (np.eye(3)[truth] + draw.normal(0, 0.1, (100, 3))).astype(np.float32)
    fitted = embedding(vectors[:50], truth[:50], of_names("abc"))
    assert accuracy(fitted, vectors[50:], truth[50:]) == 1.0
    assert fitted.probabilities(vectors[:0]).shape == (0, 3)


@pytest.mark.parametrize(
    ("ours", "embedded", "counted", "which"),
    [
        (0.9, 0.8, 0.7, "model"),
        (0.8, 0.9, 0.7, "embedding"),
        (0.7, 0.8, 0.9, "tfidf"),
        (0.9, 0.9, 0.7, "embedding"),
        (0.9, 0.9, 0.9, "tfidf"),
        (0.1, None, None, "model"),
    ],
)
def test_the_best_on_validation_rows_is_recommended(
    ours: float, embedded: float | None, counted: float | None, which: str
) -> None:
    scored = {"tfidf": counted, "embedding": embedded, "majority": 1.0}
    theirs = {name: value for name, value in scored.items() if value is not None}
    assert recommended(ours, theirs) == which
