"""Every piece of HTML that shows data shows it as text."""

from __future__ import annotations

import csv
import dataclasses
import io
import re
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest

from core.data.profile import profile
from core.data.read import read
from core.jobs import Jobs
from core.recipe import DataSpec, ModelSpec, Recipe, TaskSpec, TrainSpec
from core.runs import RunStore
from core.training.auto import Facts, Plan
from core.words import message, say
from tests.ui.fake import HOSTILE, make_run
from ui import answer, download, html, overview, plan, runs, scores, trial
from ui.checkup import checkup_html
from ui.rows import ANY, rows_html
from ui.session import Loaded
from ui.steps import model, result, train
from ui.words import duration


class Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def harmless(piece: str) -> str:
    """The text of a piece; fails where data has become markup or template."""
    seen = Elements()
    seen.feed(piece)
    assert not {"img", "script", "iframe"} & set(seen.tags)
    assert not [name for name in seen.attributes if name.startswith("on")]
    assert not set("{}$`") & set(piece)
    return seen.text


def hostile_table() -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["text", f"label {HOSTILE}"])
    writer.writerows(
        [f"{n} {HOSTILE} long enough to be a text", f"{n % 2} {HOSTILE}"] for n in range(40)
    )
    return out.getvalue().encode()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_hostile_table_is_shown_as_text(lang: str) -> None:
    table = read(hostile_table(), f"{HOSTILE}.csv")
    seen = profile(table)
    piece = (
        overview.overview(seen, lang)
        + checkup_html(Loaded(table, seen), lang)
        + overview.preview(table, seen, lang)
    )
    assert HOSTILE[:20] in harmless(piece)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_run_with_a_hostile_name_and_labels_is_shown_as_text(store: RunStore, lang: str) -> None:
    run = make_run(store, name=HOSTILE, labels=("fine", HOSTILE))
    metrics = run.metrics()
    assert metrics is not None
    pieces = [
        result.headline(run, metrics, lang),
        scores.per_class(metrics, lang),
        result.settings_html(run, metrics, lang),
        rows_html(run, metrics["labels"], ANY, ANY, lang),
        rows_html(run, metrics["labels"], "1", "0", lang),
        runs.table_html(store, lang),
        model.earlier_runs(store, "minilm", lang),
        train.status_html(run, run.progress(), "finished", 0, lang),
    ]
    assert "<img" in harmless("".join(pieces))


def test_the_rows_of_a_cell_are_those_of_the_cell(store: RunStore) -> None:
    run = make_run(store)
    text = harmless(rows_html(run, ["positive", "negative"], "0", "1", "en"))
    assert text.count("stands in the file as positive") == 3
    assert "as negative" not in text
    everything = harmless(rows_html(run, ["positive", "negative"], ANY, ANY, "en"))
    assert everything.startswith("6 of 6, the surest")


@pytest.mark.parametrize("wrong", ["-1", "99", "x", "", "²"])
def test_a_made_up_cell_is_no_error(store: RunStore, wrong: str) -> None:
    assert rows_html(make_run(store), ["positive", "negative"], wrong, wrong, "en")


def test_labels_from_right_to_left_leave_their_numbers_alone(store: RunStore) -> None:
    labels = ("إيجابي", "سلبي")
    text = rows_html(make_run(store, labels=labels), labels, ANY, ANY, "en")
    assert re.search("\u2068(إيجابي|سلبي)\u2069 97.7%", text)


def test_many_classes_are_cut_and_the_rest_is_said() -> None:
    rows = "\n".join(f"a text of its own {n},class {n % 30:02}" for n in range(120))
    seen = profile(read(f"text,label\n{rows}\n".encode(), "many.csv"))
    text = harmless(overview.class_bars(seen, "en"))
    assert "and 10 more labels with 40 examples" in text


def test_a_file_that_cannot_be_trained_on_says_so() -> None:
    seen = profile(read(b"text,label\n" + b"good,one\n" * 12, "one.csv"))
    assert not overview.ready(seen)
    assert 'role="alert"' in overview.obstacle(seen, "en")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_recommended_model_is_chosen_and_its_reason_told(store: RunStore, lang: str) -> None:
    run = make_run(store, recommended="tfidf")
    shown = result.show(run, lang)
    columns, picked = (each for each in shown if isinstance(each, gr.Radio))
    assert columns.visible is False
    assert (picked.value, picked.visible) == ("tfidf", True)
    assert [value for _, value in picked.choices] == ["model", "embedding", "tfidf"]
    metrics = run.metrics()
    assert metrics is not None
    told = result.headline(run, metrics, lang)
    assert "0.950" in told
    assert "0.920" in told
    assert told.count("tt-bar-label") == 8
    assert scores.recommendation({**metrics, "recommended": "model"}) is None


def test_a_run_of_the_first_version_still_opens(store: RunStore) -> None:
    run = make_run(store, old=True)
    metrics = run.metrics()
    assert metrics is not None
    assert "recommended" not in metrics
    shown = result.show(run, "en")
    assert len(shown) == result.VIEW
    columns, picked = (each for each in shown if isinstance(each, gr.Radio))
    assert columns.visible is False
    assert (picked.value, picked.visible) == ("model", False)
    assert result.headline(run, metrics, "en").count("tt-bar-label") == 6
    assert scores.recommendation(metrics) is None


def test_the_choice_of_a_browser_is_checked(store: RunStore) -> None:
    run = make_run(store)
    assert trial.picked(run, "tfidf") == "tfidf"
    for wrong in ("../..", "majority", "", None, 3):
        assert trial.picked(run, wrong) == "model"


def test_a_simple_model_answers_and_is_packed(store: RunStore) -> None:
    run = make_run(store)
    asked = answer.asked_of(run, "tfidf", [("it stands in the file as negative", None)])
    assert "negative, with" in harmless(answer.answer_html(asked, "en"))
    hidden, button = download.packed(run, "tfidf", "en")
    assert hidden.visible is False
    assert str(button.value["path"]).endswith("sentiment-en-tfidf.zip")


@pytest.mark.parametrize("end", ["finished", "stopped", "failed", ""])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_end_of_a_run_has_a_view(store: RunStore, end: str, lang: str) -> None:
    from types import SimpleNamespace

    run = make_run(store, end=end, upto=0.6)
    view = train.look(run, SimpleNamespace(jobs=Jobs(store)), lang)  # type: ignore[arg-type]
    assert len(view) == 10
    status, verdict = view[0], view[1]
    assert "tt-tiles" in harmless_markup(status)
    assert verdict


def harmless_markup(piece: str) -> str:
    harmless(piece)
    return piece


def test_long_cells_are_clipped() -> None:
    assert len(html.clip("x" * 5000)) == html.CELL


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_a_run_takes_is_shown_and_what_would_help(lang: str) -> None:
    rates = {"learning_rate": 1e-4, "head_learning_rate": 1e-3, "weight_decay": 0.01}
    settings = {"epochs": 4.0, **rates, "batch_size": 16, "max_length": 64, "evaluations": 2.0}
    spec = TrainSpec(**settings)  # type: ignore[arg-type]
    why = {name: message("recipe.yours") for name in settings}
    facts = Facts(rows=160, validation=30, lengths=np.array([20, 60]), limit=512)
    planned = Plan(spec, why, 10, 5, 3, cut=0.02, facts=facts)
    recipe = Recipe(
        DataSpec("a.csv", "0", ("text",)),
        TaskSpec("label"),
        ModelSpec("minilm"),
        techniques={"adaptive_epochs": {"patience": None}},
    )
    table = harmless(plan.settings_table(planned, recipe, lang))
    assert "40" in table
    assert "2.0%" in table
    assert plan.automatic(planned, recipe, "max_length", lang).visible
    # Pictures are all brought to one size: there is nothing to choose, and no word of texts.
    pictures = dataclasses.replace(
        planned, facts=dataclasses.replace(facts, one_length=True), cut=0
    )
    of_pictures = dataclasses.replace(
        recipe, data=dataclasses.replace(recipe.data, modality="image")
    )
    assert not plan.automatic(pictures, of_pictures, "max_length", lang).visible
    shown = harmless(plan.settings_table(pictures, of_pictures, lang))
    assert say("train.max_length.image", lang) in shown
    assert say("train.max_length", lang) not in shown

    def estimate(seconds: float | None, need: float) -> Any:
        memory = int(need * plan.GB)
        fits = need <= 4
        return SimpleNamespace(
            plan=planned, seconds=seconds, memory=memory, available=4 * plan.GB, fits=fits
        )

    good = harmless(plan.figures(estimate(240.0, 1.5), recipe, [], lang))
    assert duration(240.0, lang) in good
    assert "1.5 GB" in good
    helps = [
        SimpleNamespace(what=message("remedy.batch", batch=8, times=2), model=""),
        SimpleNamespace(what=message("remedy.model", model=HOSTILE), model="minilm"),
    ]
    unfit = plan.figures(estimate(None, 6.0), recipe, helps, lang)  # type: ignore[arg-type]
    assert "2.0 GB" in harmless(unfit)
    assert unfit.count("data-do='apply'") == 2
    for piece in (plan.waiting("plan.measuring", lang), plan.busy(lang), plan.later(lang)):
        assert harmless(piece)
    assert "268" in harmless(plan.absent("distilbert", lang))
    assert HOSTILE in harmless(plan.absent(HOSTILE, lang))
