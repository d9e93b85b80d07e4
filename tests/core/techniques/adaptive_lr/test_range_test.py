"""The learning-rate range test on pictures: of what will be trained, and the model is as before."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest
import torch
from transformers import AutoModelForImageClassification

from core.data.any_file import read_archive
from core.jobs.queue import new_run
from core.runs import events
from core.runs.store import RunStore
from core.training.fit import Fitter
from core.training.head_only import FrozenEncoder
from core.workflow.train import train
from tests.conftest import TINY_PICTURES, TINY_PICTURES_RUN, recipe_for
from tests.core.data.drawn import coloured


@pytest.mark.parametrize("fast", [True, False])
def test_what_will_be_trained_is_what_is_tested(
    picture_store: RunStore, fast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = read_archive(coloured(20), "toy.zip")
    chosen: dict[str, dict[str, Any]] = {"adaptive_lr": {"head": 5.0}}
    if fast:
        chosen["linear_probe"] = {}
    run = new_run(
        picture_store,
        table,
        recipe_for(table, model=TINY_PICTURES, techniques=chosen, learning_rate=None),
    )
    tested: list[list[torch.Size]] = []
    copies: list[weakref.ref[Any]] = []
    thrown_away: list[weakref.ref[Any]] = []
    learning, cut = Fitter.trained_part, FrozenEncoder.__init__

    def look(self: Fitter, model: Any) -> Any:
        found = learning(self, model)
        tested.append([p.shape for p in found[0].parameters() if p.requires_grad])
        thrown_away.extend(copies)
        return found

    def cut_in_two(self: FrozenEncoder, model: Any, layer: Any) -> None:
        copies.append(weakref.ref(model))
        cut(self, model, layer)

    monkeypatch.setattr(Fitter, "trained_part", look)
    monkeypatch.setattr(FrozenEncoder, "__init__", cut_in_two)
    train(run)
    assert run.status() == "finished", run.progress().error
    (shapes,) = tested
    assert (len(shapes) == 2) == fast  # a weight and a bias
    gc.collect()
    assert [copied() for copied in thrown_away] == [None] * fast  # nobody holds a second network
    settings = run.measured().settings
    assert settings.learning_rate is not None
    assert settings.head_learning_rate == pytest.approx(5 * settings.learning_rate)
    points = [
        e
        for e in events.read(run.events)[0]
        if isinstance(e, events.Point) and e.stage == "range_test"
    ]
    assert len(points) > 5
    # The network that the last layer sits on was not touched by the test.
    before, after = (
        AutoModelForImageClassification.from_pretrained(folder).base_model.state_dict()
        for folder in (picture_store.root / TINY_PICTURES_RUN / "model", run.model)
    )
    assert all(torch.equal(before[name], after[name]) for name in before) == fast
