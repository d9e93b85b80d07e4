"""The lean attention: the same answers and gradients as transformers' own, where a model can use it."""

from __future__ import annotations

import pytest
import torch

from core.models.surgery.attention import IMPLEMENTATION, use
from tests.core.models.families import FAMILIES, assert_alike, batch, learned, made


@pytest.mark.parametrize("bf16", [False, True])
@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta", "modernbert"])
def test_it_answers_and_learns_as_the_eager_one_does(family: str, bf16: bool) -> None:
    model = made(FAMILIES[family], "eager")
    eager = learned(model, bf16)
    use(model)
    assert model.config._attn_implementation == IMPLEMENTATION
    assert_alike(eager, learned(model, bf16), bf16)


def test_a_model_with_an_attention_of_its_own_keeps_it() -> None:
    model = made(FAMILIES["deberta"], "eager")
    before = model(**batch()).logits
    use(model)
    assert model.config._attn_implementation == "eager"
    assert torch.equal(model(**batch()).logits, before)
