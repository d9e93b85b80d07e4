from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from core.errors import UserError
from core.recipe import DataSpec, Fold, ModelSpec, Recipe, TaskSpec, TrainSpec

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
def test_what_the_person_has_to_mend(change: dict[str, Any], key: str) -> None:
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


def changed(part: Fold) -> Recipe:
    data = dataclasses.replace(RECIPE.data, split=None, fold=part)
    return dataclasses.replace(RECIPE, data=data)


@pytest.mark.parametrize(
    "part",
    [Fold(5, 5), Fold(-1, 5), Fold(0, 1), Fold(True, 5), Fold("0", 5)],  # type: ignore[arg-type]
)
def test_a_part_of_a_cross_validation_is_checked(part: Fold) -> None:
    with pytest.raises(UserError):
        changed(part).validate()
    with pytest.raises(UserError):
        Recipe.from_json(changed(part).to_json())


def test_a_part_comes_back_and_knows_no_split() -> None:
    recipe = changed(Fold(1, 5, 2))
    assert Recipe.from_json(recipe.to_json()) == recipe
    data = dataclasses.replace(recipe.data, split="set")
    with pytest.raises(UserError, match="cross-validation"):
        dataclasses.replace(recipe, data=data).validate()
