"""Smaller encoders: what is left answers as it should, in all families, and loads from its folder."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import (
    AutoModelForImageClassification,
    AutoModelForSequenceClassification,
    ConvNextV2Config,
    Dinov2Config,
    EfficientNetConfig,
    MobileNetV2Config,
    MobileViTConfig,
    ResNetConfig,
    SiglipConfig,
    SwinConfig,
    ViTConfig,
)

from core.models.surgery.layers import layers
from core.models.surgery.neurons import can_lose, keep_neurons, neuron_importance, neurons
from core.models.surgery.shrink import apply_masks, droppable, keep_layers, smallest_weights
from tests.core.models.families import FAMILIES, batch, made

SMALL: dict[str, Any] = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2}
PLAIN = ["bert", "distilbert", "roberta", "electra", "deberta"]


# Networks for pictures of 32 x 32 pixels, and the neurons of their layers that are left of half of them.
EYES: dict[str, tuple[Any, list[int]]] = {
    "efficientnet": (
        EfficientNetConfig(
            image_size=32,
            in_channels=[32, 8, 16],
            out_channels=[8, 16, 24],
            kernel_sizes=[3, 3, 5],
            strides=[1, 2, 2],
            expand_ratios=[1, 6, 4],
            num_block_repeats=[1, 2, 3],
            depthwise_padding=[3],
            width_coefficient=1.0,
            depth_coefficient=1.0,
            hidden_dim=1280,
        ),
        [24, 48, 32, 48, 48],
    ),
    "mobilenet": (MobileNetV2Config(image_size=32), [48] + [72] * 2 + [96] * 3),
    "vit": (ViTConfig(image_size=32, intermediate_size=64, **SMALL), [32] * 3),
    "dinov2": (Dinov2Config(image_size=28, **SMALL), [32] * 3),
    "siglip": (
        SiglipConfig(
            text_config={"intermediate_size": 48, **SMALL},
            vision_config={"image_size": 32, "intermediate_size": 64, **SMALL},
        ),
        [32] * 4,  # and of the pooling
    ),
}
STAGES: dict[str, Any] = {
    "resnet": ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[2, 2]),
    "convnext": ConvNextV2Config(hidden_sizes=[8, 16], depths=[1, 3], num_stages=2),
    # Several blocks in a layer, and one ratio for all.
    "mobilevit": MobileViTConfig(
        image_size=64,
        hidden_sizes=[16, 24, 32],
        neck_hidden_sizes=[8, 8, 8, 16, 16, 16, 32],
        num_attention_heads=2,
    ),
    "swin": SwinConfig(image_size=32, embed_dim=16, depths=[1, 3], num_heads=[2, 2], window_size=4),
}


def eye(config: Any) -> Any:
    """With statistics of batches as a network has them that has seen some."""
    torch.manual_seed(0)
    model = AutoModelForImageClassification.from_config(config)
    for each in model.modules():
        if isinstance(each, torch.nn.BatchNorm2d):
            each.running_mean.normal_(0, 0.1)
            each.running_var.uniform_(0.5, 1.5)
            each.weight.data.uniform_(0.5, 1.5)
    return model.eval()


def seen(model: torch.nn.Module) -> torch.Tensor:
    pictures = torch.rand(4, 3, 28, 28, generator=torch.manual_seed(1))
    pictures = torch.nn.functional.interpolate(pictures, getattr(model.config, "image_size", 32))
    with torch.inference_mode():
        found: torch.Tensor = model(pixel_values=pictures).logits
    return found


def logits(model: torch.nn.Module) -> torch.Tensor:
    with torch.inference_mode():
        found: torch.Tensor = model(**batch()).logits
    return found


def reloaded(
    model: torch.nn.Module, folder: Path, kind: Any = AutoModelForSequenceClassification
) -> torch.nn.Module:
    model.save_pretrained(folder)
    made: torch.nn.Module = kind.from_pretrained(folder).eval()
    return made


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
    for each in neurons(model) or []:
        out = each.taking[-1]
        out.weight.data[:, ::2] = 0  # every second neuron is not listened to
    before = logits(model)
    wanted = torch.tensor([0, 1, 0, 1])

    def loss(inputs: Mapping[str, torch.Tensor]) -> torch.Tensor:
        return torch.nn.functional.cross_entropy(model(**inputs).logits, wanted)

    importance = neuron_importance(model, [batch()], loss)
    assert all(each[::2].max() == 0 < each[1::2].min() for each in importance)
    assert all(p.grad is None for p in model.parameters())
    assert keep_neurons(model, importance, 0.5) == [32] * len(importance)
    assert torch.allclose(logits(model), before, atol=1e-5)
    assert torch.allclose(logits(reloaded(model, tmp_path)), before, atol=1e-5)


@pytest.mark.parametrize("family", list(EYES))
def test_of_networks_for_pictures_as_well(family: str, tmp_path: Path) -> None:
    config, left = EYES[family]
    model = eye(config)
    there = neurons(model) or []
    for each in there:
        each.taking[-1].weight.data[:, 1::2] = 0
    before = seen(model)

    def loss(inputs: Any) -> torch.Tensor:
        answers = model(**inputs).logits
        return torch.nn.functional.cross_entropy(answers, torch.tensor([0, 1]))

    size = 28 if family == "dinov2" else 32
    pictures = torch.rand(2, 3, size, size, generator=torch.manual_seed(2))
    importance = neuron_importance(model, [{"pixel_values": pictures}], loss)
    assert [len(each) for each in importance] == [each.count for each in there]
    assert all(each[1::2].max() == 0 for each in importance)
    counts = keep_neurons(model, importance, 0.5)
    assert counts[: len(left)] == left
    assert len(counts) == len(there)
    assert torch.allclose(seen(model), before, atol=1e-4)
    again = reloaded(model, tmp_path, AutoModelForImageClassification)
    assert torch.allclose(seen(again), before, atol=1e-4)


def test_what_has_no_neurons_to_spare_is_found_out() -> None:
    assert can_lose(eye(EYES["efficientnet"][0]), 0.5)
    narrow = copy.deepcopy(EYES["efficientnet"][0])
    narrow.expand_ratios = [1, 2, 2]
    assert not can_lose(eye(narrow), 0.5)
    assert not can_lose(eye(STAGES["resnet"]), 0.5)
    assert can_lose(made(FAMILIES["bert"]), 0.5)


@pytest.mark.parametrize(
    ("family", "free"),
    [("efficientnet", [2, 4, 5]), ("vit", [0, 1, 2]), ("siglip", [0, 1, 2]), ("mobilenet", [])],
)
def test_of_a_network_of_stages_what_changes_the_size_stays(
    family: str, free: list[int], tmp_path: Path
) -> None:
    model = eye(EYES[family][0])
    assert droppable(model) == free
    places = [place for place in range(len(layers(model))) if place not in free[:1]]
    keep_layers(model, places)
    again = reloaded(model, tmp_path, AutoModelForImageClassification)
    assert len(layers(again)) == len(places)
    assert torch.allclose(seen(again), seen(model), atol=1e-4)
    with pytest.raises(ValueError, match="cannot"):
        keep_layers(eye(EYES["efficientnet"][0]), [0, 2, 3])


@pytest.mark.parametrize("family", list(STAGES))
def test_where_the_stages_are_the_layers_nothing_is_taken_out(family: str) -> None:
    model = eye(STAGES[family])
    assert neurons(model) is None
    assert droppable(model) == []


def test_importance_is_what_the_loss_changes_by() -> None:
    """To first order: a neuron is scaled down a little, and the loss is worked out anew."""
    model = made(FAMILIES["bert"]).double()
    wanted = torch.tensor([0])
    one = {name: value[:1] for name, value in batch().items()}

    def loss(inputs: Mapping[str, torch.Tensor]) -> torch.Tensor:
        return torch.nn.functional.cross_entropy(model(**inputs).logits, wanted)

    importance = neuron_importance(model, [one], loss)
    out = (neurons(model) or [])[2].taking[-1]
    with torch.no_grad():
        before = loss(one)
        for neuron in (0, 17, 40):
            kept = out.weight[:, neuron].clone()
            out.weight[:, neuron] *= 1 - 1e-6
            change = (loss(one) - before).abs() / 1e-6
            out.weight[:, neuron] = kept
            assert importance[2][neuron].item() == pytest.approx(change.item(), rel=0.02)


def test_a_model_that_is_built_otherwise_is_found_out() -> None:
    assert neurons(made(FAMILIES["modernbert"])) is None  # gated: two halves for each neuron


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
