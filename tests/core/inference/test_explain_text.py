"""Explanations find the words that a model goes by: here models of which that is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.samples import load
from core.export.predictor import Predictor
from core.inference.explain_text import HINTED, MOST, PARTS, explain, log_odds, units_of, without
from core.modalities.segmentation import Unit
from core.modalities.text import Place, Text
from core.tasks.metrics import Floats, sigmoid


class Known(Predictor):
    """Log-odds of label 1 are a sum over the words (or characters) that it knows."""

    def __init__(self, weights: dict[str, float], longest: int = 10**6) -> None:
        self.weights, self.longest, self.asked = weights, longest, 0

    def probabilities(self, texts: Sequence[Text]) -> Floats:
        self.asked += len(texts)
        odds = [
            sum(
                weight * ((text[0][: self.longest]) + " " + (text[1] or "")).count(word)
                for word, weight in self.weights.items()
            )
            for text in texts
        ]
        return sigmoid(np.stack([-np.array(odds), np.array(odds)], axis=1))

    def reach(self, text: Text) -> tuple[int, int]:
        return min(len(text[0]), self.longest), len(text[1] or "")

    def tokens(self, text: Text) -> Sequence[Place] | None:
        return None


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        (("a good film, but awful in the end", None), {"good": 2.0, "awful": -1.5}),
        (("这部电影很好，结尾差", None), {"好": 2.0, "差": -1.0}),
        (("no title", "a good\nbody text"), {"good": 2.0, "title": -0.5}),
        (("سيارة جيدة جدا", None), {"جيدة": 1.0}),
        (("השירות היה גרוע מאוד", None), {"גרוע": -1.0}),
        (("部屋は良い、でも高い", None), {"良": 2.0, "高": -1.0}),
        (("อาหารดีมาก", None), {"ดี": 1.0, "มา": -0.5}),
    ],
)
def test_each_word_weighs_what_it_takes_away(text: Text, weights: dict[str, float]) -> None:
    found = explain(Known(weights), text, 1)
    for piece in found.pieces:
        expected = next((w for word, w in weights.items() if word in piece.of(text)), 0.0)
        assert piece.weight == pytest.approx(expected, abs=1e-6), piece.of(text)
    assert {piece.of(text).strip(".,") for piece in found.pieces if piece.weight} >= set(weights)
    against = explain(Known(weights), text, 0)
    assert [p.weight for p in against.pieces] == pytest.approx([-p.weight for p in found.pieces])


@pytest.mark.parametrize(("sample", "word"), [("sentiment_zh", "好"), ("classics_zh", "人")])
def test_chinese_as_people_write_it_is_explained(sample: str, word: str) -> None:
    texts = [each for each in load(sample).frame["text"] if word in each and len(each) <= 60][:20]
    assert len(texts) > 5
    for each in texts:
        text = (each, None)
        found = explain(Known({word: 1.0}), text, 1)
        assert found.strongest is not None
        assert found.strongest.of(text) == word
        assert "".join(piece.of(text) for piece in found.pieces) == "".join(each.split())


def test_where_words_are_not_divided_the_tokens_of_the_model_are_words() -> None:
    class Reading(Known):
        def tokens(self, text: Text) -> Sequence[Place] | None:
            # 房间 | 不 | 干净 | , | " good" with the space before it | 味道
            return [(0, 0, 2), (0, 2, 3), (0, 3, 5), (0, 5, 6), (0, 6, 11), (1, 0, 2)]

    text = ("房间不干净, good", "味道")
    assert [piece.of(text) for piece in explain(Known({}), text, 1).pieces] == [
        *"房间不干净",
        ",",
        "good",
        *"味道",
    ]
    found = explain(Reading({"干净": 2.0, "不": -3.0}), text, 1)
    weights = {piece.of(text): round(piece.weight, 6) for piece in found.pieces}
    assert weights == {"房间": 0, "不": -3, "干净": 2, ",": 0, "good": 0, "味道": 0}


def test_it_says_what_is_left_without_the_strongest_word() -> None:
    found = explain(Known({"good": 2.0, "nice": 1.0}), ("a good and nice film", None), 1)
    assert found.strongest is not None
    assert found.strongest.of(("a good and nice film", None)) == "good"
    assert found.sure == pytest.approx(1 / (1 + np.exp(-3)))
    assert found.without == pytest.approx(1 / (1 + np.exp(-1)))


def test_a_long_text_is_asked_about_in_stretches() -> None:
    words = [f"w{n}" for n in range(400)]
    words[123], words[301] = "good", "awful"
    model, text = Known({"good": 2.0, "awful": -3.0}), (" ".join(words), None)
    told: list[tuple[int, int]] = []
    found = explain(model, text, 1, lambda done, total: told.append((done, total)))
    assert model.asked <= MOST + PARTS + 3
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert told[-1][0] <= told[-1][1]
    named = {piece.of(text): piece.weight for piece in found.pieces if piece.weight}
    assert named == pytest.approx({"good": 2.0, "awful": -3.0})
    covered = [unit for piece in found.pieces for unit in piece.units]
    assert covered == list(units_of(text))


def test_hints_say_which_words_are_asked_about() -> None:
    class Hinting(Known):
        def hints(self, text: Text, units: Sequence[Unit], label: int) -> Floats | None:
            words = [text[0][unit.start : unit.end] for unit in units]
            return np.array([1.0 + self.weights.get(word, -0.9) for word in words])

    words = [f"w{n}" for n in range(300)]
    words[23], words[201] = "good", "bad"
    model, text = Hinting({"good": 2.0, "bad": -3.0, "w": 0.01}), (" ".join(words), None)
    found = explain(model, text, 1)
    assert model.asked == HINTED + 3  # the text, and once more with and without the strongest word
    assert [piece.units for piece in found.pieces] == [(unit,) for unit in units_of(text)]
    named = sorted(found.pieces, key=lambda piece: -abs(piece.weight))
    assert [piece.of(text) for piece in named[:2]] == ["bad", "good"]
    assert [piece.weight for piece in named[:2]] == pytest.approx([-3.0, 2.0])
    assert {abs(round(piece.weight, 6)) for piece in named[2:]} == {0.01}


def test_what_the_model_does_not_read_is_not_explained() -> None:
    text = ("good film and then a good end", None)
    found = explain(Known({"good": 1.0}, longest=10), text, 1)
    assert found.reach == (10, 0)
    assert [piece.of(text) for piece in found.pieces] == ["good", "film"]


@pytest.mark.parametrize("text", ["", "  \n ", "one"])
def test_texts_of_few_words_have_explanations(text: str) -> None:
    found = explain(Known({"one": 1.0}), (text, None), 1)
    assert len(found.pieces) == len(text.split())
    assert (found.without is None) == (not text.strip())


@given(st.text(max_size=60), st.none() | st.text(max_size=60))
def test_units_are_the_text_and_taking_all_leaves_nothing(first: str, second: str | None) -> None:
    text = (first, second)
    units = units_of(text)
    for cell in (0, 1):
        own = "".join((text[cell] or "")[u.start : u.end] for u in units if u.cell == cell)
        assert own == "".join((text[cell] or "").split())
    left = without(text, units)
    assert left[0] == ""
    assert not left[1]
    assert without(text, []) == (first.strip(), None if second is None else second.strip())


def test_log_odds_of_a_sure_model_are_finite() -> None:
    found = log_odds(np.array([0.0, 0.5, 1.0]))
    assert np.isfinite(found).all()
    assert found[1] == 0
    assert found[0] == pytest.approx(-found[2])
