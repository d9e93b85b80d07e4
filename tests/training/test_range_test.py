"""The learning-rate range test on pictures: of what will be trained, and the model is as before."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest
import torch
from transformers import AutoModelForImageClassification

from core.data.picture_table import read_archive
from core.jobs import new_run
from core.runs import RunStore
from core.training import events as ev
from core.training.fit import Fit
from core.training.train import train
from tests.conftest import TINY_PICTURES, TINY_PICTURES_RUN, recipe_for
from tests.data.drawn import coloured


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
    thrown_away: list[tuple[Fit, weakref.ref[Any]]] = []
    learning = Fit.learning

    def look(self: Fit, model: Any) -> Any:
        found = learning(self, model)
        tested.append([p.shape for p in found[0].parameters() if p.requires_grad])
        if fast:
            thrown_away.append((self, weakref.ref(found[2].__self__.model)))
        return found

    monkeypatch.setattr(Fit, "learning", look)
    train(run)
    assert run.status() == "finished", run.progress().error
    (shapes,) = tested
    assert (len(shapes) == 2) == fast  # a weight and a bias
    gc.collect()
    assert [copied() for _, copied in thrown_away] == [None] * fast  # nobody holds a second network
    settings = (run.metrics() or {})["settings"]
    assert settings["head_learning_rate"] == pytest.approx(5 * settings["learning_rate"])
    points = [
        e for e in ev.read(run.events)[0] if isinstance(e, ev.Point) and e.stage == "range_test"
    ]
    assert len(points) > 5
    # The network that the last layer sits on was not touched by the test.
    before, after = (
        AutoModelForImageClassification.from_pretrained(folder).base_model.state_dict()
        for folder in (picture_store.root / TINY_PICTURES_RUN / "model", run.model)
    )
    assert all(torch.equal(before[name], after[name]) for name in before) == fast
