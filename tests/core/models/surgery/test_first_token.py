"""The last layer for the first token alone: the same answers and gradients, and less work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from core.data.read.table import read
from core.jobs.queue import new_run
from core.models.surgery.attention import use
from core.models.surgery.first_token import first_token_only
from core.models.surgery.layers import layers
from core.runs.store import RunStore
from core.training.machine import Machine
from core.workflow.train import train
from tests.conftest import recipe_for, sentiment_csv
from tests.core.models.families import FAMILIES, assert_alike, batch, learned, made


def tokens_of_the_last(model: Any) -> int:
    """How many tokens of each row the last layer hands on."""
    seen: list[int] = []

    def look(_: Any, __: Any, said: Any) -> None:
        seen.append((said[0] if isinstance(said, tuple) else said).shape[1])

    hook = layers(model)[-1].register_forward_hook(look)
    with torch.inference_mode():
        model(**batch())
    hook.remove()
    return seen[0]


@pytest.mark.parametrize("bf16", [False, True])
@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta", "electra"])
def test_it_answers_and_learns_as_before(family: str, bf16: bool) -> None:
    model = made(FAMILIES[family], "eager")
    use(model)
    whole = learned(model, bf16)
    undo = first_token_only(model)
    assert tokens_of_the_last(model) == 1
    assert_alike(whole, learned(model, bf16), bf16)
    undo()
    assert tokens_of_the_last(model) == 40


@pytest.mark.slow
def test_a_run_makes_use_of_it_and_exports_the_whole_layer(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What training does is the same by any measure but time, so the model is looked at on the way."""
    tokens = []

    def look(model: Any) -> Callable[[], None]:
        undo = first_token_only(model)
        tokens.append(tokens_of_the_last(model))

        def undone() -> None:
            undo()
            tokens.append(tokens_of_the_last(model))

        return undone

    monkeypatch.setattr("core.models.surgery.first_token.first_token_only", look)
    monkeypatch.setattr(
        "core.workflow.train.this_machine", lambda: Machine("cpu", "fp32", "eager", 1)
    )
    table = read(sentiment_csv(), "toy.csv")
    run = new_run(store, table, recipe_for(table, epochs=1.0))
    train(run)
    assert run.status() == "finished", run.progress().error
    assert tokens == [1, 40]


@pytest.mark.parametrize("family", ["deberta", "modernbert", "modernbert_mean"])
def test_a_model_that_it_does_not_suit_stays_as_it_was(family: str) -> None:
    model = made(FAMILIES[family], "eager")
    use(model)
    with torch.inference_mode():
        whole = model(**batch()).logits
    first_token_only(model)
    assert tokens_of_the_last(model) == 40
    with torch.inference_mode():
        assert torch.equal(model(**batch()).logits, whole)


def test_a_last_layer_that_is_frozen_answers_for_every_token() -> None:
    model = made(FAMILIES["bert"], "eager")  # as what it says may be kept
    use(model)
    layers(model)[-1].requires_grad_(False)
    first_token_only(model)
    assert tokens_of_the_last(model) == 40
