"""What a model is compared with."""

from __future__ import annotations

import math
import random
import time

import numpy as np
import pytest

from core.evaluation import baselines
from core.evaluation.baselines import majority, tfidf


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
    parts = texts[:150], truth[:150], texts[150:], truth[150:], ["good", "bad"]
    found = tfidf(*parts, seed=0)
    assert found["accuracy"] > 0.95 > majority(truth[:150], truth[150:], parts[4])["accuracy"]
    assert found["train_rows"] == 150
    again = tfidf(*parts, seed=0)
    assert {**found, "seconds": 0} == {**again, "seconds": 0}


def test_majority_by_hand() -> None:
    found = majority(np.array([0, 0, 0, 1]), np.array([0, 1]), ["a", "b", "c"])
    assert found["confusion"] == [[1, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert found["loss"] == pytest.approx(-(math.log(0.75) + math.log(0.25)) / 2)


def test_a_class_without_a_training_row() -> None:
    texts, truth = ["one two", "three four"] * 5, np.array([0, 2] * 5)
    found = tfidf(texts, truth, ["one", "three", "five"], np.array([0, 2, 1]), ["a", "b", "c"], 0)
    assert np.diag(found["confusion"]).tolist() == [1, 0, 1]


def test_one_class_to_learn_from() -> None:
    found = tfidf(["one", "two"], np.array([1, 1]), ["three"], np.array([1]), ["a", "b"], 0)
    assert found["accuracy"] == 1


def test_many_rows_are_sampled_with_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines, "MAX_TRAIN_ROWS", 20)
    texts, truth = toy(200, "great fine", "awful poor", "a film with people in it", " ")
    losses = [tfidf(texts, truth, texts, truth, ["a", "b"], seed)["loss"] for seed in (0, 0, 1)]
    assert losses[0] == losses[1] != losses[2]
    assert tfidf(texts, truth, texts, truth, ["a", "b"], 0)["train_rows"] == 20


@pytest.mark.slow
def test_five_thousand_long_texts_take_seconds() -> None:
    draw = np.random.default_rng(0)
    words = np.array(["".join(draw.choice([*"abcdefghij"], 6)) for _ in range(5_000)])
    texts = [" ".join(draw.choice(words, 700)) for _ in range(5_000)]
    truth = draw.integers(0, 8, 5_000)
    started = time.process_time()
    tfidf(texts[:4_000], truth[:4_000], texts[4_000:], truth[4_000:], [*"abcdefgh"], 0)
    assert time.process_time() - started < 30  # about 12 on one core


def test_what_stands_late_in_a_text_counts_in_a_large_table_too() -> None:
    rows = 6_000
    truth = np.arange(rows) % 2
    texts = [f"{'filler ' * 150}{('good', 'bad')[k]} {n}" for n, k in enumerate(truth)]
    result = baselines.tfidf(texts, truth, texts[:200], truth[:200], ("g", "b"), 1)
    assert result["accuracy"] == 1.0
    assert result["train_rows"] < rows
