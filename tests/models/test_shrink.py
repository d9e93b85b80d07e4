"""Smaller encoders: what is left answers as it should, in all families, and loads from its folder."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForSequenceClassification

from core.models.layers import layers
from core.models.shrink import (
    apply_masks,
    feed_forward,
    keep_layers,
    keep_neurons,
    neuron_importance,
    smallest_weights,
)
from tests.models.families import FAMILIES, batch, made

PLAIN = ["bert", "distilbert", "roberta", "electra", "deberta"]


def logits(model: torch.nn.Module) -> torch.Tensor:
    with torch.inference_mode():
        found: torch.Tensor = model(**batch()).logits
    return found


def reloaded(model: torch.nn.Module, folder: Path) -> torch.nn.Module:
    model.save_pretrained(folder)
    return AutoModelForSequenceClassification.from_pretrained(folder).eval()


@pytest.mark.parametrize("family", [*PLAIN, "modernbert"])
def test_layers_are_taken_out(family: str, tmp_path: Path) -> None:
    model = made(FAMILIES[family])
    kept = layers(model)[:2]
    keep_layers(model, (0, 1))
    assert layers(model) == kept
    again = reloaded(model, tmp_path)
    assert len(layers(again)) == 2
    assert torch.allclose(logits(again), logits(model), atol=1e-5)


@pytest.mark.parametrize("family", PLAIN)
def test_neurons_that_do_nothing_are_the_first_to_go(family: str, tmp_path: Path) -> None:
    model = made(FAMILIES[family])
    for _, out in feed_forward(model) or []:
        out.weight.data[:, ::2] = 0  # every second neuron is not listened to
    before = logits(model)
    wanted = torch.tensor([0, 1, 0, 1])

    def loss(inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        return torch.nn.functional.cross_entropy(model(**inputs).logits, wanted)

    importance = neuron_importance(model, [batch()], loss)
    assert all(each[::2].max() == 0 < each[1::2].min() for each in importance)
    assert all(p.grad is None for p in model.parameters())
    assert keep_neurons(model, importance, 0.5) == 32
    assert torch.allclose(logits(model), before, atol=1e-5)
    assert torch.allclose(logits(reloaded(model, tmp_path)), before, atol=1e-5)


def test_importance_is_what_the_loss_changes_by() -> None:
    """To first order: a neuron is scaled down a little, and the loss is worked out anew."""
    model = made(FAMILIES["bert"]).double()
    wanted = torch.tensor([0])
    one = {name: value[:1] for name, value in batch().items()}

    def loss(inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        return torch.nn.functional.cross_entropy(model(**inputs).logits, wanted)

    importance = neuron_importance(model, [one], loss)
    _, out = (feed_forward(model) or [])[2]
    with torch.no_grad():
        before = loss(one)
        for neuron in (0, 17, 40):
            kept = out.weight[:, neuron].clone()
            out.weight[:, neuron] *= 1 - 1e-6
            change = (loss(one) - before).abs() / 1e-6
            out.weight[:, neuron] = kept
            assert importance[2][neuron].item() == pytest.approx(change.item(), rel=0.02)


def test_a_model_that_is_built_otherwise_is_found_out() -> None:
    assert feed_forward(made(FAMILIES["modernbert"])) is None  # gated: two halves for each neuron


def test_the_smallest_weights_become_zero_and_stay_so() -> None:
    model = made(FAMILIES["bert"])
    size = sum(p.numel() for p in model.parameters())
    masks = smallest_weights(model, 0.5)
    apply_masks(model, masks)
    zero = sum(int((~mask).sum()) for mask in masks.values())
    assert zero == pytest.approx(sum(mask.numel() for mask in masks.values()) / 2, rel=0.01)
    for parameter in model.parameters():
        parameter.data += 1
    apply_masks(model, masks)
    part = dict(layers(model)[0].named_modules())["intermediate.dense"]
    assert torch.equal(part.weight == 0, ~masks["0.intermediate.dense"])
    assert sum(p.numel() for p in model.parameters()) == size  # nothing is any smaller
