"""Texts as vectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel

from core.models.embed import embed
from core.models.load import load
from core.models.tokenizer import load_tokenizer
from core.tasks.base import head

TEXTS: list[tuple[str, str | None]] = [(f"film {'x ' * (n % 7)}", None) for n in range(40)]
TEXTS += [("good", "a plot"), ("", None), ("word " * 500, None)]


def test_the_mean_of_the_tokens_at_length_one(tiny_model: Path) -> None:
    model, tokenizer = load(tiny_model, head(["a", "b"])), load_tokenizer(tiny_model)
    model.train()
    found = embed(model, tokenizer, TEXTS, 128)
    assert model.training  # left as it was
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    encoder = AutoModel.from_pretrained(tiny_model).eval()
    for row in (0, 6, 40, 41, 42):
        first, second = TEXTS[row]
        inputs = tokenizer(first, second, truncation=True, max_length=128, return_tensors="pt")
        with torch.inference_mode():
            mean = encoder(**inputs).last_hidden_state.mean(1)[0]
        assert np.allclose(found[row], mean / mean.norm(), atol=1e-5)


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
