"""Where a model has its layers, and how high its parameters lie."""

from __future__ import annotations

from typing import Any

import pytest
from transformers import (
    AutoModelForImageClassification,
    ConvNextV2Config,
    EfficientNetConfig,
    MobileNetV2Config,
    ResNetConfig,
    SwinConfig,
    ViTConfig,
)

from core.models.surgery.layers import heights, layers
from tests.core.models.families import FAMILIES, made

PICTURES: dict[str, tuple[Any, int, str]] = {
    "efficientnet": (
        EfficientNetConfig(
            width_coefficient=0.5,
            depth_coefficient=1.0,
            hidden_dim=640,
            num_block_repeats=[1] * 7,
        ),
        7,
        "encoder.top_bn.weight",
    ),
    "mobilenet": (MobileNetV2Config(), 16, "conv_1x1.convolution.weight"),
    "resnet": (ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1]), 2, ""),
    "convnext": (
        ConvNextV2Config(hidden_sizes=[8, 16], depths=[1, 3], num_stages=2),
        2,
        "layernorm.weight",
    ),
    "swin": (
        SwinConfig(image_size=32, embed_dim=16, depths=[1, 3], num_heads=[2, 2], window_size=4),
        2,
        "layernorm.weight",
    ),
    "vit": (
        ViTConfig(hidden_size=16, num_hidden_layers=3, num_attention_heads=2, image_size=32),
        3,
        "layernorm.weight",
    ),
}


def by_name(model: Any) -> dict[str, int]:
    found = heights(model)
    return {name: found[id(p)] for name, p in model.base_model.named_parameters()}


@pytest.mark.parametrize("family", list(PICTURES))
def test_of_pictures_the_stages_are_the_layers_and_what_follows_is_the_top(family: str) -> None:
    config, count, top = PICTURES[family]
    model = AutoModelForImageClassification.from_config(config)
    assert len(layers(model)) == count
    height = by_name(model)
    names = list(height)
    assert height[names[0]] == 0
    assert list(height.values()) == sorted(height.values())
    assert max(height.values()) == count
    if top:
        assert height[top] == count


def test_a_table_that_all_layers_look_into_lies_below_them() -> None:
    height = by_name(made(FAMILIES["deberta"]))
    assert height["encoder.rel_embeddings.weight"] == 0
    assert height["encoder.LayerNorm.weight"] == 0  # every layer sees the table through it
    assert height["embeddings.word_embeddings.weight"] == 0
    assert by_name(made(FAMILIES["bert"]))["pooler.dense.weight"] == 4
    assert by_name(made(FAMILIES["modernbert"]))["final_norm.weight"] == 4
