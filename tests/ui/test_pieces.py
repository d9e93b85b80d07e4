"""Every piece of HTML that shows data shows it as text."""

from __future__ import annotations

import csv
import dataclasses
import io
import re
import zipfile
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core.data.profile.profile import profile, ready
from core.data.read.table import read
from core.jobs.queue import Jobs
from core.recipe import DataSpec, ModelSpec, Recipe, Settings, TaskSpec
from core.report.evidence import table_of
from core.report.html import CELL, clip
from core.report.result import per_class, recommendation
from core.report.rows import rows_html
from core.runs import events
from core.runs.store import RunStore
from core.training.plan import Facts, Plan
from core.words import message, say
from tests.ui.fake import HOSTILE, add_result, drawn, make_run
from ui.kit import download
from ui.kit.words import duration, when
from ui.server.live import Live
from ui.session import Loaded
from ui.steps.data import overview
from ui.steps.data.step import title_html
from ui.steps.model import step as model
from ui.steps.result import answer
from ui.steps.result import step as result
from ui.steps.result.answer import picked
from ui.steps.shared.checkup import checkup_html
from ui.steps.techniques import plan
from ui.steps.train import step as train
from ui.tabs import runs


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
    scored = run.measured()
    pieces = [
        result.headline(run.main, scored, lang),
        table_of(per_class(scored.test), lang),
        result.settings_html(run.main, scored, lang),
        rows_html(run.main, scored.labels, lang),
        rows_html(run.main, scored.labels, lang, "1", "0"),
        runs.table_html(store, lang),
        model.earlier_runs(store, lang),
        train.status_html(run, run.progress(), "finished", [], lang),
    ]
    assert "<img" in harmless("".join(pieces))


def test_the_rows_of_a_cell_are_those_of_the_cell(store: RunStore) -> None:
    run = make_run(store)
    text = harmless(rows_html(run.main, ["positive", "negative"], "en", "0", "1"))
    assert text.count("stands in the file as positive") == 3
    assert "as negative" not in text
    everything = harmless(rows_html(run.main, ["positive", "negative"], "en"))
    assert everything.startswith("6 of 6, the surest")


@pytest.mark.parametrize("wrong", ["-1", "99", "x", "", "²"])
def test_a_made_up_cell_is_no_error(store: RunStore, wrong: str) -> None:
    assert rows_html(make_run(store).main, ["positive", "negative"], "en", wrong, wrong)


def test_labels_from_right_to_left_leave_their_numbers_alone(store: RunStore) -> None:
    labels = ("إيجابي", "سلبي")
    text = rows_html(make_run(store, labels=labels).main, labels, "en")
    assert re.search("\u2068(إيجابي|سلبي)\u2069 97.7%", text)


def test_many_classes_are_cut_and_the_rest_is_said() -> None:
    rows = "\n".join(f"a text of its own {n},class {n % 30:02}" for n in range(120))
    seen = profile(read(f"text,label\n{rows}\n".encode(), "many.csv"))
    text = harmless(overview.class_bars(seen, "en"))
    assert "and 10 more labels with 40 examples" in text


def test_a_file_that_cannot_be_trained_on_says_so() -> None:
    seen = profile(read(b"text,label\n" + b"good,one\n" * 12, "one.csv"))
    assert not ready(seen)
    assert 'role="alert"' in overview.obstacle(seen, "en")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_recommended_model_is_chosen_and_its_reason_told(store: RunStore, lang: str) -> None:
    run = make_run(store, recommended="tfidf")
    step = drawn(result.ResultStep)
    shown = step.show(run.main, lang)
    columns, picked = shown[step.column], shown[step.which]
    assert columns.visible is False
    assert (picked.value, picked.visible) == ("tfidf", True)
    assert [value for _, value in picked.choices] == ["model", "embedding", "tfidf"]
    scored = run.measured()
    told = result.headline(run.main, scored, lang)
    assert "0.950" in told
    assert "0.920" in told
    assert told.count("tt-bar-label") == 8
    assert recommendation(replace(scored, recommended="model")) is None


def test_models_of_one_file_are_told_apart_by_their_time(store: RunStore) -> None:
    run = make_run(store)
    assert f"{when(run.id)} · labels: positive, negative" in model.earlier_runs(store, "en")


def test_nothing_to_complain_of_is_not_said_beside_what_is_wrong() -> None:
    rows = "".join(f"text number {n} is here,same\n" for n in range(30))
    table = read(f"text,label\n{rows}".encode(), "one.csv")
    seen = profile(table)
    assert "1 different value." in str(seen.why_label)
    assert "complain" not in checkup_html(Loaded(table, seen), "en")
    other = read(f"text,label\n{rows.replace('same', 'other', 15)}".encode(), "two.csv")
    assert "complain" in checkup_html(Loaded(other, profile(other)), "en")


def test_one_column_is_one_column() -> None:
    table = read(b"text\n" + b"some words to read\n" * 30, "texts.csv")
    assert "30 rows · 1 column ·" in title_html(table, profile(table), "en")


def test_the_choice_of_a_browser_is_checked(store: RunStore) -> None:
    run = make_run(store)
    assert picked(run.main, "tfidf") == "tfidf"
    for wrong in ("../..", "majority", "", None, 3):
        assert picked(run.main, wrong) == "model"


def test_a_simple_model_answers_and_is_packed(store: RunStore) -> None:
    run = make_run(store)
    asked = answer.asked_of(run.main, "tfidf", [("it stands in the file as negative", None)])
    assert "negative, with" in harmless(answer.answer_html(asked, "en"))
    hidden, button, _ = download.packed(run.main, "tfidf", "en")
    assert hidden.visible is False
    place = str(button.value["path"])
    assert place.endswith("sentiment-en-tfidf.zip")
    assert f"/{run.id}/0/" in place


def test_the_zip_of_a_simple_model_names_its_label_column_where_there_are_several(
    store: RunStore,
) -> None:
    run = make_run(store)
    main = dataclasses.replace(run.recipe(), also=(TaskSpec("How urgent?"),))
    run.write_recipe(main)
    other = run.new_column(1, dataclasses.replace(main, task=main.also[0], also=(main.task,)))
    add_result(other, ("positive", "negative"))
    for column, name in ((run.main, "label"), (other, "how-urgent")):
        _, button, _ = download.packed(column, "tfidf", "en")
        place = Path(str(button.value["path"]))
        assert place.name == f"sentiment-en-{name}-tfidf.zip"
        assert zipfile.ZipFile(place).namelist()[0].startswith(f"{place.stem}/")


@pytest.mark.parametrize("end", ["finished", "stopped", "failed", ""])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_end_of_a_run_has_a_view(store: RunStore, end: str, lang: str) -> None:
    run = make_run(store, end=end, upto=0.6)
    view = train.show(Live(Jobs(store), train.draw).shot(run, lang), lang)
    assert len(view) == 11
    status, verdict = view[1], view[2]
    assert "tt-tiles" in harmless_markup(status)
    assert verdict


def test_where_an_average_is_kept_its_score_is_called_so(store: RunStore) -> None:
    """It may be below that of the best single model."""
    run = make_run(store)
    assert "Best macro-F1" in train.status_html(run, run.progress(), "finished", [], "en")
    run.append(events.Note(message=message("train.averaged.kept", before=0.9, after=0.8)))
    status = train.status_html(run, run.progress(), "finished", [], "en")
    assert "Macro-F1 of the average" in status
    assert "Best" not in status


def harmless_markup(piece: str) -> str:
    harmless(piece)
    return piece


def test_long_cells_are_clipped() -> None:
    assert len(clip("x" * 5000)) == CELL


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_a_run_takes_is_shown_and_what_would_help(lang: str) -> None:
    rates = {"learning_rate": 1e-4, "head_learning_rate": 1e-3, "weight_decay": 0.01}
    settings: dict[str, Any] = {
        "epochs": 4.0,
        **rates,
        "batch_size": 16,
        "max_length": 64,
        "evaluations": 2.0,
    }
    spec = Settings(**settings)
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
    assert unfit.count('data-do="apply"') == 2
    for piece in (plan.waiting("plan.measuring", lang), plan.busy(lang), plan.later(lang)):
        assert harmless(piece)
