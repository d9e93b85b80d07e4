"""How far a model can be trusted, as the page tells it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import gradio as gr
import pytest

from core.errors import UserError
from core.export.abstention import save
from core.export.bundle import abstention_limit
from core.report import scores
from core.report.evidence import table_of
from core.report.result import per_class
from core.runs.result import Change, Lead
from core.runs.store import RunStore
from core.words import message, say
from tests.ui.fake import HOSTILE, drawn, make_run
from tests.ui.test_pieces import harmless
from ui.kit import trust_charts
from ui.steps.result import abstention, answer, slices
from ui.steps.result.abstention import Abstention
from ui.steps.result.calibration import CalibrationCard


def test_what_a_limit_is_worth_names_the_model_that_it_is_of(store: RunStore) -> None:
    """The tiles above it are about the fine-tuned one, the recommended one may be another."""
    run, _ = parts(store, recommended="tfidf")
    for which, name in (
        ("tfidf", "Word counts, not the fine-tuned"),
        ("model", "Fine-tuned model"),
    ):
        said, _ = abstention.worth(run.main, which, 0.0, "en")
        assert name in harmless(said)


def parts(store: RunStore, **how: Any) -> Any:
    run = make_run(store, **how)
    return run, run.measured()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_number_stands_with_its_interval(store: RunStore, lang: str) -> None:
    run, scored = parts(store, name=HOSTILE, labels=("fine", HOSTILE))
    tiles = harmless(scores.measured(scored, lang))
    for name in scores.TILES:
        assert scores.between(scored.test.intervals[name], name, lang) in tiles
    good = scores.good(scored, lang)
    assert "tt-good" in good
    assert say("good.title", lang) in harmless(good)
    assert harmless(scores.ahead(scored, lang))
    assert "<img" in harmless(table_of(per_class(scored.test), lang))
    groups = harmless(slices.groups_html(run.main, "column:shop", lang))
    assert HOSTILE[:20] in groups
    assert "<img" in harmless(slices.groups_html(run.main, "label", lang))


def test_without_validation_rows_no_limit_is_suggested(store: RunStore) -> None:
    run, scored = parts(store)
    run.write_result(replace(scored, abstention=None))
    card = drawn(Abstention)
    shown = card.show(run.main, "model", "en")
    assert shown[card.card]["visible"] is True
    assert "no answers to validation rows" in shown[card.worth]


def test_few_rows_are_said_where_nothing_is_clear(store: RunStore) -> None:
    _, scored = parts(store)
    said = scores.good(scored, "en")
    assert "more rows would tell" not in said
    unclear = Change(0.01, -0.05, 0.07)
    against = {**scored.against, "tfidf": Lead(unclear, unclear)}
    said = scores.good(replace(scored, against=against), "en")
    assert "not clearly different from simply counting words" in said
    assert "more rows would tell" in said
    assert "tt-info" in said


def test_a_good_model_that_is_often_wrong_is_no_model_to_rely_on(store: RunStore) -> None:
    _, scored = parts(store)
    said = scores.good(replace(scored, test=replace(scored.test, accuracy=0.4)), "en")
    assert "tt-good" in said
    assert "do not rely on single answers" in said


def test_labels_that_cannot_be_judged_are_named(store: RunStore) -> None:
    _, scored = parts(store)
    test = replace(scored.test, roc_auc_left_out=(HOSTILE,))
    assert HOSTILE[:10] in harmless(scores.left_out(test, "en"))
    assert "cannot be told" in scores.left_out(replace(test, roc_auc=None), "en")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_calibration_says_what_was_done(store: RunStore, lang: str) -> None:
    _, scored = parts(store)
    card = drawn(CalibrationCard)
    shown = card.show(scored.calibration, lang)
    assert shown[card.card]["visible"] is True
    assert "2.00" in harmless(shown[card.said])
    traces = json.loads(shown[card.plot])["data"]
    assert [each["name"] for each in traces] == [
        say(f"calibration.{name}", lang) for name in ("honest", "before", "after")
    ]
    why = message("calibrate.no_mistakes", rows=9)
    skipped = replace(scored.calibration, temperature=1.0, skipped=why)
    assert "9" in harmless(card.show(skipped, lang)[card.said])
    assert len(trust_charts.reliability(skipped, lang).data) == 2


def test_the_limit_is_told_and_what_it_is_worth(store: RunStore) -> None:
    run, scored = parts(store)
    card = drawn(Abstention)
    shown = card.show(run.main, "model", "en")
    assert shown[card.card]["visible"] is True
    assert shown[card.below] == 0
    rows = scored.test.rows
    assert f"{rows} of {rows}" in harmless(shown[card.worth])
    assert isinstance(shown[card.suggest], gr.Button)
    assert "always gives a label" in shown[card.kept]
    assert len(json.loads(shown[card.plot]["value"])["data"]) == 2
    half, _ = abstention.worth(run.main, "model", 0.9, "en")
    assert f"{rows} of {rows}" not in half
    assert "none of the" in abstention.worth(run.main, "model", 0.995, "en")[0]


@pytest.mark.parametrize(("lang", "word"), [("en", "suggested"), ("zh", "建议")])
def test_where_no_limit_is_suggested_nothing_is_said_of_a_suggestion(
    store: RunStore, lang: str, word: str
) -> None:
    run, scored = parts(store)
    assert scored.abstention is not None
    none = replace(scored.abstention, suggested=None)
    run.write_result(replace(scored, abstention=none))
    said, _ = abstention.worth(run.main, "model", 0.0, lang)
    assert say("abstention.chart", lang, rows=none.rows) in harmless(said)
    assert harmless(said).count(word) == 1  # that there is none


def test_a_saved_limit_is_gone_by(store: RunStore) -> None:
    run, _ = parts(store)
    text = "it stands in the file as negative"

    def said() -> str:
        return harmless(
            answer.answer_html(answer.asked_of(run.main, "tfidf", [(text, None)]), "en")
        )

    assert "negative, with" in said()
    save(run.main, "tfidf", 0.995)
    assert said().count("Unsure: the likeliest is") == 1
    card = drawn(Abstention)
    assert card.show(run.main, "tfidf", "en")[card.below] == 0.995
    save(run.main, "tfidf", 0)
    assert "Unsure" not in said()


@pytest.mark.parametrize("content", ["", "{", "5", "{}", '{"below": "much"}', '{"below": NaN}'])
def test_a_damaged_limit_is_said_and_can_be_chosen_anew(store: RunStore, content: str) -> None:
    run, _ = parts(store)
    save(run.main, "tfidf", 0.9)
    (run.folder("tfidf") / "abstention.json").write_text(content)
    with pytest.raises(UserError) as damaged:
        abstention_limit(run.folder("tfidf"))
    assert damaged.value.args == ("abstention_damaged",)
    card = drawn(Abstention)
    assert "tt-error" in card.show(run.main, "tfidf", "en")[card.kept]
    assert save(run.main, "tfidf", 0.8) == 0.8 == abstention_limit(run.folder("tfidf"))
