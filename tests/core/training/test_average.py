"""The average of the best models: which are kept, what their mean is, and when it is taken."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from core.data.read.table import read
from core.jobs.queue import new_run
from core.runs import events
from core.runs.run import Run
from core.runs.store import RunStore, run_at
from core.training.trainer import KeepBest
from core.workflow.train import train
from tests.conftest import recipe_for, sentiment_csv


def evaluated(keeper: KeepBest, scores: list[float]) -> list[dict[str, Any]]:
    """One evaluation for each score; the model's only weight is the number of the evaluation."""
    model = torch.nn.Linear(1, 1, bias=False)
    history: list[dict[str, Any]] = []
    for number, score in enumerate(scores):
        model.weight.data.fill_(number)
        history.append({"eval_loss": 0.5, "eval_macro_f1": score, "step": number})
        keeper.on_evaluate(None, SimpleNamespace(log_history=history), None, model=model)
    return history


def test_the_best_few_are_kept_and_averaged(tmp_path: Path) -> None:
    keeper = KeepBest(run_at(tmp_path), tmp_path, count=3)
    evaluated(keeper, [0.1, 0.9, 0.2, 0.8, 0.7, 0.3])
    assert keeper.weights["weight"].item() == 1
    mean = keeper.average(0)
    assert mean is not None
    assert mean["weight"].item() == pytest.approx((1 + 3 + 4) / 3)


def test_what_had_much_to_learn_still_is_left_out(tmp_path: Path) -> None:
    keeper = KeepBest(run_at(tmp_path), tmp_path, count=3)
    evaluated(keeper, [0.4, 0.7, 0.8])
    mean = keeper.average(0.65)
    assert mean is not None
    assert mean["weight"].item() == (1 + 2) / 2
    assert keeper.average(0.75) is None


def test_one_alone_has_no_average(tmp_path: Path) -> None:
    keeper = KeepBest(run_at(tmp_path), tmp_path)
    evaluated(keeper, [0.1, 0.9, 0.2])
    assert keeper.average(0) is None


def test_of_large_models_fewer_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.training.trainer.KEPT_BYTES", 8)  # two weights of four bytes
    keeper = KeepBest(run_at(tmp_path), tmp_path, count=5)
    evaluated(keeper, [0.1, 0.9, 0.2, 0.8])
    mean = keeper.average(0)
    assert mean is not None
    assert mean["weight"].item() == (1 + 3) / 2


def test_what_is_kept_comes_back_with_a_checkpoint(tmp_path: Path) -> None:
    keeper = KeepBest(run_at(tmp_path), tmp_path, count=3)
    history = evaluated(keeper, [0.1, 0.9, 0.2, 0.8])
    (tmp_path / "checkpoint-3").mkdir()
    state = SimpleNamespace(global_step=3, log_history=history)
    keeper.on_save(None, state, None)
    again = KeepBest(run_at(tmp_path), tmp_path, count=3)
    again.on_train_begin(None, state, None)
    one, other = keeper.average(0), again.average(0)
    assert one is not None
    assert other is not None
    assert torch.equal(one["weight"], other["weight"])


def run_with_average(store: RunStore, **train_settings: Any) -> Run:
    table = read(sentiment_csv(60), "toy.csv")
    techniques: dict[str, dict[str, object]] = {"adaptive_epochs": {"average": 3}}
    run = new_run(store, table, recipe_for(table, techniques=techniques, **train_settings))
    train(run)
    assert run.status() == "finished", run.progress().error
    return run


def test_it_is_taken_where_it_is_not_clearly_worse(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.training.fit.Fitter._standard_error", lambda *_: 1.0)  # all is luck
    run = run_with_average(store, epochs=4.0)
    told = [e for e in events.read(run.events)[0] if isinstance(e, events.Evaluated)]
    assert "train.averaged.kept" in [note.key for note in run.progress().notes]
    assert told[-1].step == told[-2].step  # the average is scored after the last step
    assert run.measured().best.macro_f1 == told[-1].macro_f1
    assert run.progress().best == told[-1]


def test_it_is_not_taken_where_it_is_worse(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.training.fit.Fitter._standard_error", lambda *_: 0.0)
    # Something that has forgotten all answers one class only.
    monkeypatch.setattr(
        KeepBest, "average", lambda self, _: {k: 0 * v for k, v in self.weights.items()}
    )
    run = run_with_average(store, epochs=12.0, learning_rate=2e-3)
    told = [e for e in events.read(run.events)[0] if isinstance(e, events.Evaluated)]
    assert "train.averaged.dropped" in [note.key for note in run.progress().notes]
    expected = max(told[:-1], key=lambda e: (e.macro_f1, -e.loss))
    assert expected.macro_f1 > told[-1].macro_f1
    assert run.measured().best.macro_f1 == expected.macro_f1
    assert run.progress().best == expected
