"""Integrated gradients add up, and see what a model looks at."""

from __future__ import annotations

import types
from typing import Any

import numpy as np
import pytest
from transformers import AutoTokenizer, ResNetConfig, ResNetForImageClassification

from core.inference.explain_text import units_of
from core.inference.gradients import integrated_gradients
from core.modalities.text import Text
from core.models.locate import bundled_folder
from tests.core.models.families import FAMILIES, made


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return AutoTokenizer.from_pretrained(bundled_folder())


def odds(model: Any, inputs: Any, label: int) -> float:
    logits = model(**inputs).logits[0].detach().numpy().astype(float)
    return float(logits[label] - np.log(np.exp(np.delete(logits, label)).sum()))


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta", "modernbert"])
def test_the_weights_add_up_to_what_the_text_changes(tokenizer: Any, family: str) -> None:
    model = made(FAMILIES[family])
    text: Text = ("a good film, badly told", "and so on")
    found = integrated_gradients(model, tokenizer, 32, text, units_of(text), 1, steps=64)
    assert found is not None
    full = tokenizer(*text, return_tensors="pt")
    blank = {**full, "input_ids": full["input_ids"].clone()}
    special = tokenizer(*text, return_special_tokens_mask=True)["special_tokens_mask"]
    blank["input_ids"][0, np.array(special) == 0] = tokenizer.pad_token_id
    # The axiom of completeness. Both texts go the same way in, without positions made of the ids.
    table = model.get_input_embeddings()
    expected = []
    for inputs in (full, blank):
        vectors = {name: each for name, each in inputs.items() if name != "input_ids"}
        vectors["inputs_embeds"] = table(inputs["input_ids"])
        expected.append(odds(model, vectors, 1))
    assert found.sum() == pytest.approx(
        expected[0] - expected[1], abs=0.05 + 0.02 * abs(found).sum()
    )


def test_what_cannot_be_asked_has_no_gradients(tokenizer: Any) -> None:
    text: Text = ("a film", None)
    units = units_of(text)
    slow = types.SimpleNamespace(is_fast=False, pad_token_id=0)
    assert integrated_gradients(None, slow, 32, text, units, 0, 4) is None

    config = ResNetConfig(embedding_size=8, hidden_sizes=[8, 8], depths=[1, 1], layer_type="basic")
    pictures = ResNetForImageClassification(config)  # has no vectors of tokens
    assert integrated_gradients(pictures, tokenizer, 32, text, units, 0, 4) is None
