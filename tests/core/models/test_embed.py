"""Texts as vectors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AlbertConfig, AlbertModel, AutoModel, BertConfig, BertModel

from core.models.embed import embed
from core.models.load import load
from core.models.tokenizer import load_tokenizer
from core.tasks.base import head

TEXTS: list[tuple[str, str | None]] = [(f"film {'x ' * (n % 7)}", None) for n in range(40)]
TEXTS += [("good", "a plot"), ("", None), ("word " * 500, None)]


def test_means_in_the_middle_and_at_the_end_each_at_length_one(tiny_model: Path) -> None:
    model, tokenizer = load(tiny_model, head(["a", "b"])), load_tokenizer(tiny_model)
    model.train()
    found = embed(model, tokenizer, TEXTS, 128)
    assert model.training  # left as it was
    middle, last = np.split(found, 2, axis=1)
    encoder = AutoModel.from_pretrained(tiny_model).eval()
    for row in (0, 6, 40, 41, 42):
        first, second = TEXTS[row]
        inputs = tokenizer(first, second, truncation=True, max_length=128, return_tensors="pt")
        with torch.inference_mode():
            states = encoder(**inputs, output_hidden_states=True).hidden_states
        for vectors, layer in ((middle, (len(states) - 1) // 2), (last, -1)):
            mean = states[layer].mean(1)[0]
            assert np.allclose(vectors[row], mean / mean.norm(), atol=1e-5)
    assert not any(module._forward_hooks for module in model.modules())  # left as it was


def test_half_precision_is_near(tiny_model: Path) -> None:
    model, tokenizer = load(tiny_model, head(["a", "b"])), load_tokenizer(tiny_model)
    exact = embed(model, tokenizer, TEXTS, 128)
    assert np.allclose(exact, embed(model, tokenizer, TEXTS, 128, bf16=True), atol=0.02)


def test_it_can_be_stopped_between_two_batches(tiny_model: Path) -> None:
    model, tokenizer = load(tiny_model, head(["a", "b"])), load_tokenizer(tiny_model)
    calls = []

    def between() -> None:
        calls.append(1)
        if len(calls) == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        embed(model, tokenizer, TEXTS, 128, between=between)
    assert len(embed(model, tokenizer, TEXTS[:2], 128)) == 2


@pytest.mark.parametrize("layers", [1, 2, 5])
def test_the_middle_is_the_same_layer_for_whoever_asks_for_all_states(layers: int) -> None:
    """As the download's predict.py does."""
    config = BertConfig(hidden_size=32, num_hidden_layers=layers, num_attention_heads=2,
                        intermediate_size=32, vocab_size=50)  # fmt: skip
    encoder = BertModel(config).eval()

    class Words:
        def __call__(self, texts: Any, **_: Any) -> dict[str, torch.Tensor]:
            ids = torch.full((len(texts), 4), 7)
            return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}

    found = embed(encoder, Words(), [("a", None)], 16)[0]
    with torch.inference_mode():
        states = encoder(**Words()([("a", None)]), output_hidden_states=True).hidden_states
    wanted = [states[(len(states) - 1) // 2], states[-1]] if layers > 1 else [states[-1]]
    means = [torch.nn.functional.normalize(each.mean(1))[0] for each in wanted]
    assert np.allclose(found, torch.cat(means), atol=1e-5)


def test_an_encoder_that_uses_one_layer_again_has_no_middle() -> None:
    config = AlbertConfig(hidden_size=32, num_hidden_layers=4, num_attention_heads=2,
                          intermediate_size=32, embedding_size=16, vocab_size=50)  # fmt: skip
    encoder = AlbertModel(config).eval()
    ids = torch.full((1, 4), 7)
    answer = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    assert embed(encoder, lambda *_, **__: answer, [("a", None)], 16).shape == (1, 32)
