"""Widgets are drawn from settings, and their values make the same settings again."""

from __future__ import annotations

from typing import Any

import gradio as gr
import pytest

from core import techniques
from core.data.profile import profile
from core.data.samples import load
from core.errors import UserError
from core.options import fields_of, parse
from core.recipe import TrainSpec
from core.techniques.base import Technique
from ui import form
from ui.session import Loaded
from ui.steps import techniques as step


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


def test_what_does_not_apply_is_greyed_with_the_reason(loaded: Loaded) -> None:
    summary, _, _, problem, _, *ticks, _ = step.enter(loaded, "minilm", "en", None)
    assert "800" in summary
    assert problem == ""
    shown = dict(zip(techniques.BY_KEY, ticks, strict=True))
    balance = shown["class_balance"]
    assert balance.interactive is False
    assert "nothing to balance" in balance.info
    assert shown["freeze"].interactive is True


def test_what_suits_the_data_is_ticked_once(loaded: Loaded) -> None:
    def enter(suggested: tuple[str, ...] | None) -> tuple[Any, dict[str, dict[str, Any]]]:
        shown = step.enter(loaded, "minilm", "en", suggested)
        seen, boxes = shown[4], shown[5:-1]
        return seen, {
            key: box._constructor_args[0] for key, box in zip(techniques.BY_KEY, boxes, strict=True)
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
    shown = drawn.choices.show(recipe)
    again = dict(zip(drawn.choices.components(), shown, strict=True))
    assert drawn.choices.recipe(again, loaded, "minilm") == recipe


def test_the_default_recipe_fills_the_widgets_as_they_are(
    drawn: step.TechniquesStep, loaded: Loaded
) -> None:
    recipe = drawn.choices.recipe(values(drawn), loaded, "minilm")
    again = dict(zip(drawn.choices.components(), drawn.choices.show(recipe), strict=True))
    assert drawn.choices.recipe(again, loaded, "minilm") == recipe
