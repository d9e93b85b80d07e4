"""The last layer: softer answers, whoever built it."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from transformers import SiglipForImageClassification

from core.models.surgery.heads import apply_temperature, below, last_layer
from tests.core.models.families import FAMILIES, SIGLIP, batch, made


@pytest.mark.parametrize("config", FAMILIES.values(), ids=FAMILIES)
def test_the_logits_are_divided(config: Any) -> None:
    model = made(config)
    with torch.inference_mode():
        before = model(**batch()).logits
        assert apply_temperature(model, [slice(0, 1), slice(1, 2)], [4.0, 0.5])
        after = model(**batch()).logits
    assert torch.allclose(after, before / torch.tensor([4.0, 0.5]), rtol=1e-4, atol=1e-5)


def test_a_layer_that_others_use_too_is_left_alone() -> None:
    model = made(FAMILIES["bert"])
    found = last_layer(model)
    assert found is not None
    model.twin = copy.deepcopy(found[1])
    model.twin.weight = found[1].weight
    kept = found[1].weight.clone()
    assert not apply_temperature(model, [slice(0, 2)], [2.0])
    assert torch.equal(found[1].weight, kept)


def test_a_classifier_that_is_its_own_base_model_has_one_too() -> None:
    model = SiglipForImageClassification(SIGLIP)
    found = last_layer(model)
    assert found is not None
    assert found[0] == "classifier"
    head = {name for name, p in model.named_parameters() if id(p) not in below(model)}
    assert head == {"classifier.weight", "classifier.bias"}


def test_below_the_head_is_the_encoder() -> None:
    model = made(FAMILIES["roberta"])
    head = {name for name, p in model.named_parameters() if id(p) not in below(model)}
    assert head == {name for name, _ in model.named_parameters() if name.startswith("classifier.")}
