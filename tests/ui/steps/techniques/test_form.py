"""Widgets are drawn from settings, and their values make the same settings again."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from core import techniques
from core.data.profile.profile import profile
from core.data.samples import load
from core.errors import UserError
from core.options import fields_of, parse
from core.recipe import TrainSpec
from core.runs.store import RunStore
from core.technique import Technique
from core.words import LANGUAGES
from ui.session import Loaded
from ui.steps.techniques import form, step

STORE = RunStore(Path("no-runs-here"))


@pytest.mark.parametrize("technique", techniques.ALL, ids=lambda technique: technique.key)
def test_untouched_widgets_give_the_defaults_of_every_technique(
    technique: type[Technique],
) -> None:
    with gr.Blocks():
        drawn = form.draw(technique.Options, f"technique.{technique.key}", technique.key)
    values = drawn.read({widget: widget.value for widget in drawn.widgets.values()})
    assert parse(technique.Options, values, technique.key) == technique.Options()


def test_untouched_settings_give_the_default_settings() -> None:
    with gr.Blocks():
        drawn = form.draw(TrainSpec, "train", "train")
    values = drawn.read({widget: widget.value for widget in drawn.widgets.values()})
    assert parse(TrainSpec, values, "train") == TrainSpec()
    assert list(values) == [field.name for field in fields_of(TrainSpec)]


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    table = load("sentiment_en")
    return Loaded(table, profile(table))


@pytest.fixture(scope="module")
def drawn() -> step.TechniquesStep:
    with gr.Blocks():
        return step.build()


def values(drawn: step.TechniquesStep) -> dict[Any, Any]:
    return {widget: widget.value for widget in drawn.choices.components()}


def test_what_is_ticked_and_typed_becomes_the_recipe(
    drawn: step.TechniquesStep, loaded: Loaded
) -> None:
    data = values(drawn)
    data[drawn.choices.ticks["freeze"]] = True
    data[drawn.choices.options["freeze"].widgets["share"]] = "0.3"
    data[drawn.choices.train.widgets["epochs"]] = "2"
    data[drawn.choices.name] = "  mine "
    recipe = drawn.choices.recipe(data, loaded, "minilm")
    recipe.validate()
    assert recipe.techniques["freeze"] == {"share": 0.3, "gradual": False}
    assert recipe.train.epochs == 2.0
    assert recipe.name == "mine"
    assert recipe.data.fingerprint == loaded.table.fingerprint
    assert (recipe.data.text, recipe.task.column) == (("text",), "label")


@pytest.mark.parametrize("value", ["many", "-1", "1e9", "nan", "[1]", 0])
def test_a_bad_setting_is_named(drawn: step.TechniquesStep, loaded: Loaded, value: object) -> None:
    data = values(drawn)
    data[drawn.choices.train.widgets["epochs"]] = value
    with pytest.raises(UserError):
        drawn.choices.recipe(data, loaded, "minilm")


def test_what_does_not_apply_is_greyed_with_the_reason(
    drawn: step.TechniquesStep, loaded: Loaded
) -> None:
    shown = step.enter(drawn, STORE, loaded, "minilm", "en", None)
    assert shown.keys() == set(drawn.entered)
    assert "800" in shown[drawn.plan.line]
    assert (shown[drawn.unread], shown[drawn.problem]) == ("", "")
    balance = shown[drawn.choices.ticks["class_balance"]]
    assert balance.interactive is False
    assert "nothing to balance" in balance.info
    assert shown[drawn.choices.ticks["freeze"]].interactive is True


@pytest.mark.parametrize("lang", LANGUAGES)
def test_beside_start_it_is_said_that_the_model_does_not_read_the_texts(
    drawn: step.TechniquesStep, lang: str
) -> None:
    table = load("sentiment_zh")
    chinese = Loaded(table, profile(table))
    for key, reads in (("minilm", False), ("multilingual-e5-small", True)):
        shown = step.enter(drawn, STORE, chinese, key, lang, None)
        assert (shown[drawn.unread] == "") is reads
    warned = step.unread_html(chinese, "minilm", STORE, lang)
    assert "Multilingual E5 small" in warned
    assert "MiniLM" in warned
    # A click takes it; its key is for the command line.
    assert 'data-do="use" data-key="multilingual-e5-small"' in warned
    assert warned.count("multilingual-e5-small") == 1


def test_what_suits_the_data_is_ticked_once(drawn: step.TechniquesStep, loaded: Loaded) -> None:
    def enter(suggested: tuple[Any, ...] | None) -> tuple[Any, dict[str, dict[str, Any]]]:
        shown = step.enter(drawn, STORE, loaded, "minilm", "en", suggested)
        ticks = drawn.choices.ticks.items()
        return shown[drawn.suggested], {
            key: shown[tick]._constructor_args[0] for key, tick in ticks
        }

    seen, first = enter(None)
    assert {key for key, given in first.items() if given["value"]} == {"adaptive_epochs"}
    # The same data again: the ticks stay as the person left them, but for what cannot be used.
    _, again = enter(seen)
    assert [key for key, given in again.items() if "value" in given] == [
        "augment_pictures",
        "multitask",
        "linear_probe",
        "class_balance",
    ]


def test_with_another_file_everything_starts_afresh(
    drawn: step.TechniquesStep, loaded: Loaded
) -> None:
    first = step.enter(drawn, STORE, loaded, "minilm", "en", None)
    for other in (dataclasses.replace(loaded), dataclasses.replace(loaded, origin=object())):
        filled = step.enter(drawn, STORE, other, "minilm", "en", first[drawn.suggested])
        afresh = other.origin is not loaded.origin
        expected = "" if afresh else None  # which is left as it is
        assert filled.get(drawn.choices.name) == expected
        assert filled.get(drawn.choices.train.widgets["epochs"]) == expected
        assert ("value" in filled[drawn.choices.ticks["freeze"]]._constructor_args[0]) is afresh


def test_a_recipe_fills_the_widgets_and_comes_back(
    drawn: step.TechniquesStep, loaded: Loaded
) -> None:
    data = values(drawn)
    data[drawn.choices.ticks["adaptive_epochs"]] = False
    data[drawn.choices.ticks["freeze"]] = True
    data[drawn.choices.options["freeze"].widgets["share"]] = 0.3
    data[drawn.choices.train.widgets["epochs"]] = "2.5"
    data[drawn.choices.train.widgets["learning_rate"]] = 3e-5
    data[drawn.choices.name] = "again"
    recipe = drawn.choices.recipe(data, loaded, "minilm")
    again = drawn.choices.show(recipe)
    assert again.keys() == set(drawn.choices.components())
    assert drawn.choices.recipe(again, loaded, "minilm") == recipe


def test_the_default_recipe_fills_the_widgets_as_they_are(
    drawn: step.TechniquesStep, loaded: Loaded
) -> None:
    recipe = drawn.choices.recipe(values(drawn), loaded, "minilm")
    again = drawn.choices.show(recipe)
    assert drawn.choices.recipe(again, loaded, "minilm") == recipe
