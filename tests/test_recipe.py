from __future__ import annotations

import dataclasses
import json

import pytest

from core.errors import UserError
from core.recipe import DataSpec, ModelSpec, Recipe, TaskSpec, TrainSpec

RECIPE = Recipe(
    data=DataSpec("reviews.csv", "ab12", ("title", "body"), "fold"),
    task=TaskSpec("stars"),
    model=ModelSpec("minilm"),
    train=TrainSpec(epochs=3, seed=7),
    techniques={"freeze": {"share": 0.3}},
    name="First try 试一试",
)


def test_it_survives_json() -> None:
    assert Recipe.from_json(RECIPE.to_json()) == RECIPE


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"data": DataSpec("f", "x", ())}, "no_text_column"),
        ({"task": TaskSpec("")}, "no_label_column"),
        ({"task": TaskSpec("body")}, "label_is_text"),
        ({"data": DataSpec("f", "x", ("a",), "stars")}, "split_is_used"),
        ({"model": ModelSpec("")}, "no_model"),
        ({"name": "x" * 81}, "run_name"),
        ({"name": "a\nb"}, "run_name"),
        ({"train": TrainSpec(learning_rate=5.0)}, "option_range"),
        ({"train": TrainSpec(batch_size=0)}, "option_range"),
    ],
)
def test_what_the_person_has_to_mend(change: dict[str, object], key: str) -> None:
    with pytest.raises(UserError) as caught:
        dataclasses.replace(RECIPE, **change).validate()
    assert caught.value.args == (key,)
    assert caught.value.message


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"data": 3}', '{"data": {"text": 1}}'])
def test_a_damaged_recipe_is_refused(text: str) -> None:
    with pytest.raises(UserError):
        Recipe.from_json(text)


def test_a_recipe_with_an_unknown_setting_is_refused() -> None:
    raw = json.loads(RECIPE.to_json())
    raw["train"]["turbo"] = True
    with pytest.raises(UserError, match="turbo"):
        Recipe.from_json(json.dumps(raw))
