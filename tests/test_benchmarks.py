"""The parts of the benchmarks that could make them lie: which rows, which labels, which seconds."""

from __future__ import annotations

import importlib
import io
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks import __main__ as entry
from benchmarks import compression, data, explanations, recipe, suspects, training
from benchmarks.rivals import Rows, frozen, majority, tfidf
from core.data import samples as bundled
from core.data.normalize import normalize
from core.data.read.table import read
from core.data.split import split
from core.inference.explain_text import Piece, units_of
from core.inference.predictor import TransformerPredictor
from core.modalities.text import Text
from core.models.catalog import BUNDLED
from core.tasks.metrics import quick_score
from tests.conftest import sentiment_csv


def archive(lines: list[str]) -> bytes:
    """A zip with a tar.gz with ratings, as the real one."""
    inner, outer = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w:gz") as packed:
        content = "\r\n".join(lines).encode()
        member = tarfile.TarInfo("hutto_ICWSM_2014/tweets_GroundTruth.txt")
        member.size = len(content)
        packed.addfile(member, io.BytesIO(content))
    with zipfile.ZipFile(outer, "w") as zipped:
        zipped.writestr(f"some/folder/{data.INNER}", inner.getvalue())
    return outer.getvalue()


def toy(rows: int = 400) -> pd.DataFrame:
    return read(sentiment_csv(rows), "toy.csv").frame.reset_index(drop=True)


def test_ratings_become_labels_where_people_agree() -> None:
    lines = ["1\t2.5\tLovely  day!", "2\t-1.0\tBad.", "3\t0.9\tWell", "4\t0\tNothing", "5\t-3\tNo"]
    frame = data.rated(archive(lines), ["tweets"])
    assert frame["text"].tolist() == ["Lovely day!", "Bad.", "No"]
    assert frame["label"].tolist() == ["positive", "negative", "negative"]


def test_an_archive_that_is_not_the_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / data.RATINGS).write_bytes(archive(["1\t2.5\tLovely"]))
    with pytest.raises(data.Missing):
        data.ratings_archive(tmp_path)


def test_fewer_rows_are_a_part_of_more_and_share_the_test() -> None:
    frame = pd.concat([toy(), toy().assign(text=toy()["text"].str.upper())])
    few, many = (data.divide(frame, rows, seed=3) for rows in (50, 200))
    sides = [
        {name: set(part["text"]) for name, part in divided.groupby("split")}
        for divided in (few, many)
    ]
    assert sides[0]["test"] == sides[1]["test"]
    learned = [each["train"] | each["validation"] for each in sides]
    assert learned[0] < learned[1]
    assert [len(each) for each in learned] == [50, 200]
    assert len(sides[0]["validation"]) == pytest.approx(0.15 * 50, abs=1)
    # Those that differ only in case are the same text: none is on both sides.
    assert not {normalize(text) for text in learned[1]} & {
        normalize(text) for text in sides[1]["test"]
    }
    assert set(data.divide(frame, 50, seed=4)["text"]) != set(few["text"])
    with pytest.raises(ValueError, match="asked for"):
        data.divide(frame, 10**6, seed=3)


def test_a_given_split_is_kept() -> None:
    given = ["train"] * 300 + ["validation"] * 40 + ["test"] * 60
    frame = toy().assign(split=given)
    divided = data.divide(frame, None, seed=1)
    assert divided["split"].value_counts().to_dict() == {"train": 300, "validation": 40, "test": 60}
    test = frame.loc[frame["split"] == "test", "text"]
    for rows in (None, 100):
        divided = data.divide(frame.replace({"split": {"validation": "train"}}), rows, seed=1)
        assert set(divided.loc[divided["split"] == "test", "text"]) == set(test)
        assert {"train", "validation", "test"} == set(divided["split"])


def test_every_sample_of_the_benchmarks_can_be_had() -> None:
    samples = [
        source.name for source in data.SOURCES if source.name in {s.key for s in bundled.SAMPLES}
    ]
    assert len(samples) >= 7
    for frame in data.available(samples, None).values():
        assert {"text", "label"} <= set(frame)


def test_ours_divides_the_rows_as_the_rivals_do() -> None:
    divided = data.divide(toy(), 100, seed=1)
    frame = read(data.to_csv(divided), "benchmark.csv").frame
    sides = split(frame["text"].tolist(), frame["label"].tolist(), 9, given=frame["split"].tolist())
    rows = Rows.of(divided)
    assert frame["text"].iloc[sides.test].tolist() == rows.test[0]
    assert frame["text"].iloc[sides.train].tolist() == rows.train[0]
    assert not len(sides.left_out)
    assert len(rows.learn[0]) == 100


def test_simple_rivals_answer_each_test_row() -> None:
    rows = Rows.of(data.divide(toy(120), 60, seed=1))
    truth = rows.test[1]
    assert recipe.macro_f1(truth, majority(rows, 1, BUNDLED)) < 40
    assert recipe.macro_f1(truth, tfidf(rows, 1, BUNDLED)) > 60


@pytest.mark.slow
def test_the_frozen_encoder_knows_what_is_good() -> None:
    rows = Rows.of(data.divide(toy(160), 120, seed=1))
    assert recipe.macro_f1(rows.test[1], frozen(rows, 1, BUNDLED, max_length=32)) > 70


def test_the_score_is_the_one_of_the_result_page() -> None:
    draw = np.random.default_rng(0)
    truth, logits = draw.integers(4, size=50), draw.normal(size=(50, 5))
    expected = quick_score(logits, truth)["macro_f1"]
    assert recipe.macro_f1(truth, logits.argmax(axis=1)) == pytest.approx(100 * expected)


def test_a_difference_has_an_interval() -> None:
    truth = np.tile([0, 1], 100)
    good, bad = truth.copy(), truth.copy()
    good[:10], bad[:60] = 1 - good[:10], 1 - bad[:60]
    mean, low, high = recipe.difference([truth], [good], [bad])
    assert 0 < low < mean < high
    assert recipe.difference([truth], [bad], [bad]) == (0, 0, 0)


def test_only_training_is_counted() -> None:
    stages = [("prepare", 0.0), ("baselines", 1.0), ("prepare", 5.0), ("train", 6.0), ("test", 9.0)]
    assert training.counted([*stages, ("", 10.0)]) == [(0.0, 1.0), (5.0, 6.0), (6.0, 9.0)]


def test_the_last_line_takes_the_worse_of_two_sets() -> None:
    def way(seconds: float, f1: float) -> list[dict[str, float]]:
        return [{"seconds": seconds, "memory": seconds, "macro_f1": f1}]

    short = {"plain": way(8, 80), "default": way(2, 81), "fast": way(1, 79)}
    long = {"plain": way(6, 90), "default": way(3, 90), "fast": way(1, 90)}
    assert training.summary({"short": short, "long": long}) == {
        "speedup_default": 2,
        "speedup_fast": 6,
        "macro_f1_plain": 85,
        "macro_f1_default": 85.5,
        "macro_f1_fast": 84.5,
        "peak_rss_ratio": 0.5,
    }


class Knowing:
    """Sure of its answer by a half, and by a tenth more for each good word."""

    def probabilities(self, texts: Sequence[Text]) -> np.ndarray:
        sure = np.array([0.5 + 0.1 * text[0].split().count("good") for text in texts])
        return np.stack([1 - sure, sure], axis=1)


def test_the_deletion_test_rewards_who_finds_the_words() -> None:
    text = ("good a b good c d e f g h", None)
    found, missed = np.array([0, 3, *range(1, 3), *range(4, 10)]), np.arange(9, -1, -1)
    units = units_of(text)
    asked = Knowing().probabilities, text, units, 1, "[MASK]"
    assert explanations.falls(*asked, found) == pytest.approx((0.18, 0.18))
    assert explanations.falls(*asked, missed) == pytest.approx((0.0, 0.0))
    assert explanations.masked(text, units[:2], "[MASK]")[0] == "[MASK] [MASK] b good c d e f g h"
    pieces = [Piece(units[:2], 3.0), Piece(units[4:5], -1.0)]
    assert explanations.spread(pieces, units).tolist() == [1.5, 1.5, 0, 0, -1, 0, 0, 0, 0, 0]


def test_each_way_of_explaining_weighs_the_words_of_a_real_model(tiny_model: Path) -> None:
    text = ("a film with people in it, on the day", None)
    predictor = TransformerPredictor(tiny_model)
    units = units_of(text, predictor.tokens(text))
    found = explanations.weighed(predictor, text, units, np.random.default_rng(0))
    assert set(found) == {*explanations.WAYS, explanations.RANDOM}
    assert all(np.isfinite(list(each.values())).all() for each in found.values())


def test_the_last_line_of_explanations_compares_the_same_texts() -> None:
    def way(*falls: float) -> list[dict[str, float]]:
        return [{"removed": fall, "masked": fall / 2, "seconds": 1.5} for fall in falls]

    ways = {
        "ours": way(0.6, 0.4),
        "leave one out in stretches": way(0.1, 0.1),
        "integrated gradients": way(0.5, 0.3),
        "random words": way(0.2, 0.0),
    }
    found = explanations.summary({"a": {"ways": ways, "words": [9, 9]}})
    assert found["ours_removed"] == 50
    assert found["gradients_masked"] == 20
    assert found["random_removed"] == 10
    assert (found["ahead"], found["ahead_low"], found["ahead_high"]) == (10, 10, 10)
    assert found["slowest"] == 1.5


def test_compression_is_held_against_the_dense_model_of_the_same_seed() -> None:
    def seed(latency: float) -> dict[str, Any]:
        dense = {
            "size": 90.0,
            "latency": latency,
            "throughput": 100.0,
            "accuracy": 88.0,
            "macro_f1": 88.0,
        }
        small = {
            "size": 22.5,
            "latency": latency / 4,
            "throughput": 300.0,
            "accuracy": 87.0,
            "macro_f1": 87.5,
        }
        ways = dict.fromkeys(compression.WAYS, small)
        return {"ways": {**ways, "dense": dense}, "off": latency / 1e6}

    samples = {"large": {"size": 0.6, "off": 1e-9}, "small": {"size": 0.5, "off": 0.0}}
    line = compression.summary([seed(0.01), seed(0.02)], samples)
    assert line["trimmed_sample_size"] == 0.6
    assert line["int8_size"] == 0.25
    assert line["int8_latency"] == 4
    assert line["int8_throughput"] == 3
    assert line["int8_points"] == -0.5
    assert set(line) == {
        "trimmed_sample_size",
        "trimmed_logits_off",
        *(
            f"{name}_{what}"
            for name in ("pruned", "distilled", "distilled_half", "trimmed", "int8")
            for what in ("size", "latency", "throughput", "points")
        ),
    }


@pytest.mark.parametrize("name", entry.NAMES)
def test_every_command_says_what_it_does(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        importlib.import_module(f"benchmarks.{name}").main(["--help"])
    assert f"python -m benchmarks.{name}" in capsys.readouterr().out


def test_planted_labels_are_other_ones_and_are_counted_rightly() -> None:
    labels = ["a", "b", "c", "d"] * 25
    planted, wrong = suspects.plant(labels, 0.1, seed=3)
    changed = [row for row in range(100) if planted[row] != labels[row]]
    assert wrong.tolist() == changed
    assert len(wrong) == 10
    assert set(planted) == set(labels)
    assert suspects.plant(labels, 0.1, seed=3)[0] == planted
    found = suspects.scores([5, 1, 2, 9], 3, [5, 2, 1, 9], planted=[1, 2, 7])
    assert found == {"precision": 2 / 3, "recall": 2 / 3, "top": 2 / 3}


def test_confident_learning_is_done_as_its_paper_says() -> None:
    truth = np.repeat([0, 1], 20)
    answers = np.where(truth[:, None] == 0, [[0.9, 0.1]], [[0.4, 0.6]])
    answers[[3, 25]] = [[0.35, 0.65], [0.6, 0.4]]
    doubts = suspects.confident_learning(answers, truth)
    # 0.65 is more than rows of class 1 give it on average; 0.6 is less than those of class 0 do.
    assert np.flatnonzero(doubts.doubtful).tolist() == [3]
