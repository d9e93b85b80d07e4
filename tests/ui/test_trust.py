"""How far a model can be trusted, as the page tells it."""

from __future__ import annotations

import json
from typing import Any

import gradio as gr
import pytest

from core.export.unsure import save
from core.runs import RunStore
from core.words import say
from tests.ui.fake import HOSTILE, make_run
from tests.ui.test_pieces import harmless
from ui import answer, calibration, scores, slices, trust_charts, unsure


def parts(store: RunStore, **how: Any) -> Any:
    run = make_run(store, **how)
    metrics = run.metrics()
    assert metrics is not None
    return run, metrics


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_number_stands_with_its_interval(store: RunStore, lang: str) -> None:
    run, metrics = parts(store, name=HOSTILE, labels=("fine", HOSTILE))
    tiles = harmless(scores.tiles(metrics, lang))
    for name in scores.SHOWN:
        assert scores.between(metrics["test"]["intervals"][name], name, lang) in tiles
    good = scores.good(metrics, lang)
    assert "tt-good" in good
    assert say("good.title", lang) in harmless(good)
    assert harmless(scores.ahead(metrics, lang))
    assert "<img" in harmless(scores.per_class(metrics, lang))
    groups = harmless(slices.groups_html(run, "column:shop", lang))
    assert HOSTILE[:20] in groups
    assert "<img" in harmless(slices.groups_html(run, "label", lang))


def test_an_older_run_shows_what_it_has(store: RunStore) -> None:
    run, metrics = parts(store, old=True)
    assert "earlier version" in harmless(scores.good(metrics, "en"))
    assert scores.tiles(metrics, "en").count("<dt>") == 2
    assert scores.ahead(metrics, "en") == ""
    hidden, *_ = calibration.show(run, "en")
    assert hidden["visible"] is False
    by, groups = slices.show(run, "en")
    assert [value for _, value in by.choices] == ["length", "label"]
    assert "rows" in harmless(groups)
    card, *rest = unsure.show(run, "model", "en")  # its test rows are there, a curve is not
    assert card["visible"] is True
    assert "no answers to validation rows" in rest[1]
    assert unsure.show(run, "tfidf", "en")[0]["visible"] is False


def test_few_rows_are_said_where_nothing_is_clear(store: RunStore) -> None:
    _, metrics = parts(store)
    said = scores.good(metrics, "en")
    assert "more rows would tell" not in said
    unclear = {"value": 0.01, "low": -0.05, "high": 0.07}
    tfidf = {"accuracy": unclear, "macro_f1": unclear}
    said = scores.good({**metrics, "against": {**metrics["against"], "tfidf": tfidf}}, "en")
    assert "not clearly different from simply counting words" in said
    assert "more rows would tell" in said
    assert "tt-info" in said


def test_a_good_model_that_is_often_wrong_is_no_model_to_rely_on(store: RunStore) -> None:
    _, metrics = parts(store)
    said = scores.good({**metrics, "test": {**metrics["test"], "accuracy": 0.4}}, "en")
    assert "tt-good" in said
    assert "do not rely on single answers" in said


def test_labels_that_cannot_be_judged_are_named(store: RunStore) -> None:
    _, metrics = parts(store)
    test = {**metrics["test"], "roc_auc_left_out": [HOSTILE]}
    assert HOSTILE[:10] in harmless(scores.left_out(test, "en"))
    assert "cannot be told" in scores.left_out({**test, "roc_auc": None}, "en")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_calibration_says_what_was_done(store: RunStore, lang: str) -> None:
    run, metrics = parts(store)
    shown, said, drawn = calibration.show(run, lang)
    assert shown["visible"] is True
    assert "2.00" in harmless(said)
    traces = json.loads(drawn)["data"]
    assert [each["name"] for each in traces] == [
        say(f"calibration.{name}", lang) for name in ("honest", "before", "after")
    ]
    skipped = {
        **metrics["calibration"],
        "temperature": 1.0,
        "skipped": {"key": "calibrate.few", "values": {"rows": 9, "fewest": 50}},
    }
    run.write_metrics({**metrics, "calibration": skipped})
    assert "9" in harmless(calibration.show(run, lang)[1])
    assert len(trust_charts.reliability(skipped, lang).data) == 2


def test_the_limit_is_told_and_what_it_is_worth(store: RunStore) -> None:
    run, metrics = parts(store)
    card, limit, said, plot, suggest, kept = unsure.show(run, "model", "en")
    assert card["visible"] is True
    assert limit == 0
    rows = metrics["test"]["rows"]
    assert f"{rows} of {rows}" in harmless(said)
    assert isinstance(suggest, gr.Button)
    assert "always gives a label" in kept
    assert len(json.loads(plot["value"])["data"]) == 2
    half, _ = unsure.look(run, "model", 0.9, "en")
    assert f"{rows} of {rows}" not in half
    assert "none of the" in unsure.look(run, "model", 0.995, "en")[0]


def test_a_saved_limit_is_gone_by(store: RunStore) -> None:
    run, _ = parts(store)
    text = "it stands in the file as negative"

    def said() -> str:
        return harmless(answer.answer_html(answer.asked_of(run, "tfidf", [(text, None)]), "en"))

    assert "negative, with" in said()
    save(run, "tfidf", 0.995)
    assert said().count("Unsure: the likeliest is") == 1
    assert unsure.show(run, "tfidf", "en")[1] == 0.995
    save(run, "tfidf", 0)
    assert "Unsure" not in said()
