"""The one sentence on whether a model is any good."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.evaluation.verdict import against, less_often_right, often_wrong, verdict
from core.runs.result import Change, Lead
from core.tasks import of_names
from core.words import LANGUAGES, say
from tests.conftest import scores

AB = of_names("ab")
BETTER, UNCLEAR, WORSE = (0.1, 0.05, 0.15), (0.02, -0.03, 0.05), (-0.1, -0.2, -0.05)


def found(majority: Any, tfidf: Any) -> dict[str, Lead]:
    leads = {"majority": Change(*majority), "tfidf": Change(*tfidf)}
    return {name: Lead(each, each) for name, each in leads.items()}


@pytest.mark.parametrize(
    ("majority", "tfidf", "kind", "parts"),
    [
        (BETTER, BETTER, "good", ("better", "better")),
        (BETTER, UNCLEAR, "info", ("better", "unclear")),
        (BETTER, WORSE, "warning", ("better", "worse")),
        (UNCLEAR, UNCLEAR, "warning", ("unclear", "unclear")),
        (WORSE, WORSE, "warning", ("worse", "worse")),
    ],
)
def test_the_sentence_says_what_was_found(
    majority: Any, tfidf: Any, kind: str, parts: tuple[str, str]
) -> None:
    shown, sentence = verdict(found(majority, tfidf))
    assert shown == kind
    assert [sentence.values[name].key for name in ("majority", "tfidf")] == [
        f"verdict.majority.{parts[0]}",
        f"verdict.tfidf.{parts[1]}",
    ]
    assert all(say(sentence, language) for language in LANGUAGES)
    # "And" joins what points the same way.
    apart = len({part == "better" for part in parts}) > 1
    assert (", but" in say(sentence).split("it is")[1]) is apart
    assert ("，但与" in say(sentence, "zh") or "，但明显不如" in say(sentence, "zh")) is apart
    assert ("而且" in say(sentence, "zh")) is not apart


def test_the_same_answers_are_no_difference() -> None:
    truth = np.arange(100) % 2
    worse = np.where(np.arange(100) < 40, 1 - truth, truth)
    made = against(AB, truth, truth, {"majority": worse, "tfidf": truth})
    assert made["majority"].accuracy.value == pytest.approx(0.4)
    assert made["tfidf"].macro_f1 == Change(0, 0, 0)
    assert verdict(made)[0] == "info"


def test_whoever_finds_the_rare_and_errs_more_is_told_so() -> None:
    truth = np.array([0] * 190 + [1] * 10)
    always = np.zeros(200, int)
    finds = truth.copy()
    finds[:40] = 1  # 40 false alarms
    made = against(AB, truth, finds, {"majority": always, "tfidf": always})
    assert made["majority"].macro_f1.low > 0
    said = less_often_right(made)
    assert said is not None
    assert said.key == "verdict.less_often"
    assert less_often_right(found(BETTER, BETTER)) is None


def test_who_is_often_wrong_is_said_to_be_whatever_it_beats() -> None:
    said = often_wrong(scores(["a"], 0.375, 32), "")
    assert said is not None
    assert "20 of the 32" in str(said)
    assert often_wrong(scores(["a"], 0.9, 32), "") is None
    assert often_wrong(scores(["a"], 0.375, 32), ";") is None
