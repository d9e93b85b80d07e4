"""The learning rates: the head, which starts from random numbers, has one of its own."""

from __future__ import annotations

from typing import Any

import pytest
from transformers import SiglipForImageClassification

from core import techniques
from core.recipe import Settings
from core.training.arguments import rates
from tests.core.models.families import FAMILIES, SIGLIP, made

SPEC = Settings(1.0, 1e-4, 1e-3, 8, 64, 0.01, 1.0)


@pytest.mark.parametrize(
    "model",
    [made(FAMILIES["bert"]), SiglipForImageClassification(SIGLIP)],
    ids=["bert", "its own base model"],
)
def test_the_head_learns_at_a_rate_of_its_own(model: Any) -> None:
    rate_of = rates(model, SPEC, techniques.resolve({"adaptive_lr": {"decay": 0.5}}))
    top = max(
        rate_of(name) for name, _ in model.named_parameters() if not name.startswith("classifier.")
    )
    assert top == pytest.approx(1e-4)
    assert rate_of("classifier.weight") == rate_of("classifier.bias") == pytest.approx(1e-3)
