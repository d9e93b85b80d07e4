"""Distillation, pruning and vocabulary trimming as parts of a run: what is exported, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch

from core import evidence
from core.data.any_file import read_archive
from core.data.read.table import read
from core.data.table import Table
from core.errors import UserError
from core.inference.predictor import TransformerPredictor
from core.jobs.queue import new_run
from core.models.surgery.layers import layers
from core.runs.run import Run
from core.runs.store import RunStore
from core.tasks import of_names
from core.techniques.compression.distill import spread
from core.workflow.train import train
from tests.conftest import TINY, TINY_PICTURES, recipe_for, sentiment_csv
from tests.core.data.drawn import coloured


def toy() -> Table:
    return read(sentiment_csv(80), "toy.csv")


def run_with(store: RunStore, techniques: dict[str, dict[str, Any]], model: str = TINY) -> Run:
    table = toy()
    run = new_run(store, table, recipe_for(table, techniques=techniques, model=model))
    train(run)
    return run


def finished(store: RunStore, techniques: dict[str, dict[str, Any]], model: str = TINY) -> Run:
    run = run_with(store, techniques, model)
    assert run.status() == "finished", run.progress().error
    return run


def rows_of(run: Run, key: str) -> Sequence[Sequence[Any]]:
    blocks = run.measured().techniques[key]
    return next(block for block in blocks if isinstance(block, evidence.Table)).rows


@pytest.mark.slow
def test_a_student_with_half_the_layers_is_exported(store: RunStore) -> None:
    run = finished(store, {"distill": {"layers": 0.5}})
    assert len(layers(TransformerPredictor(run.model).model)) == 1
    assert len(rows_of(run, "distill")) == 2
    # Its training goes on after that of its teacher, and what is kept is of the student.
    stages = [e.stage for e in _stages(run)]
    assert stages.index("train") < stages.index("distill")
    assert run.measured().best.step > 12


@pytest.mark.slow
def test_a_finished_run_teaches(store: RunStore) -> None:
    teacher = finished(store, {})
    key = f"run:{teacher.id}"
    run = finished(store, {"distill": {"teacher": "start"}}, key)
    # The same data and seed: what it tests on, its teacher has not learned either.
    assert run.test_rows()["line"].tolist() == teacher.test_rows()["line"].tolist()  # type: ignore[index]
    assert len(layers(TransformerPredictor(run.model).model)) == 1
    assert [e.stage for e in _stages(run)].count("distill") == 0


@pytest.mark.parametrize(
    ("model", "key"), [(TINY, "distill_other_labels"), ("minilm", "distill_no_teacher")]
)
def test_whoever_cannot_teach_is_refused(store: RunStore, model: str, key: str) -> None:
    run = run_with(store, {"distill": {"teacher": "start"}}, model)
    assert run.progress().error.key == f"error.{key}"


@pytest.mark.parametrize(
    ("there", "kept", "expected"),
    [(6, 3, [0, 2, 5]), (6, 5, [0, 1, 2, 4, 5]), (4, 1, [0]), (2, 2, [0, 1])],
)
def test_layers_are_spread_evenly(there: int, kept: int, expected: list[int]) -> None:
    assert spread(there, kept) == expected


@pytest.mark.parametrize("separator", ["", ";"])
def test_imitation_is_least_where_both_say_the_same(separator: str) -> None:
    task = of_names(("a", "b", "c"), separator)
    logits, others = torch.randn(5, 3), torch.randn(5, 3)
    assert task.imitation(others, others, 2.0).abs().max() < 1e-6
    assert (task.imitation(logits, others, 2.0) > 0).all()
    # The gradient is about as large with any temperature.
    sizes = []
    for temperature in (2.0, 8.0):
        given = logits.clone().requires_grad_()
        task.imitation(given, others, temperature).sum().backward()
        assert given.grad is not None
        sizes.append(float(given.grad.norm()))
    assert 0.3 < sizes[0] / sizes[1] < 3


@pytest.mark.slow
def test_a_pruned_model_is_smaller_and_says_what_that_cost(store: RunStore) -> None:
    run = finished(store, {"prune": {"neurons": 0.5, "layers": 1}})
    model = TransformerPredictor(run.model).model
    assert model.config.intermediate_size == 32
    assert len(layers(model)) == 1
    whole, cut, recovered = rows_of(run, "prune")
    assert [row[0].key.rpartition(".")[2] for row in (whole, cut, recovered)] == [
        "whole",
        "cut",
        "recovered",
    ]
    assert cut[1] == recovered[1]
    first = layers(model)[0]
    assert (
        sum(p.numel() for p in first.parameters()) == 4 * 33 * 32 + 33 * 32 + 32 * 32 + 32 + 4 * 32
    )


@pytest.mark.slow
def test_weights_that_were_set_to_zero_stay_zero(store: RunStore) -> None:
    run = finished(store, {"prune": {"neurons": 0.0, "weights": 0.5}})
    model = TransformerPredictor(run.model).model
    for layer in layers(model):
        for part in layer.modules():
            if isinstance(part, torch.nn.Linear):
                assert (part.weight == 0).float().mean() == pytest.approx(0.5, abs=0.02)
    last = run.measured().techniques["prune"][-1]
    assert last.said.values["share"] == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(("options", "key"), [({"layers": 2}, "prune_too_many_layers")])
def test_what_cannot_be_pruned_is_said_before_the_training(
    store: RunStore, options: dict[str, Any], key: str
) -> None:
    run = run_with(store, {"prune": options})
    assert run.progress().error.key == f"error.{key}"
    assert run.progress().evaluations == []


def test_pruning_nothing_is_refused_at_once(store: RunStore) -> None:
    with pytest.raises(UserError, match="nothing is to be taken out"):
        run_with(store, {"prune": {"neurons": 0.0}})


@pytest.mark.slow
def test_a_trimmed_model_answers_as_before(store: RunStore) -> None:
    plain, trimmed = finished(store, {}), finished(store, {"vocab_trim": {"margin": 0}})
    told = trimmed.measured().techniques["vocab_trim"]
    assert told[1].said.key == "technique.vocab_trim.same"
    sizes = [run.measured().size for run in (plain, trimmed)]
    assert sizes[1] < 0.5 * sizes[0]
    texts = [(text, None) for text in plain.test_rows()["text"]]  # type: ignore[index]
    before, after = (
        TransformerPredictor(run.model).probabilities(texts) for run in (plain, trimmed)
    )
    # Numbers in the test texts may be spelled otherwise: nearly all answers are the same.
    assert (abs(before - after) < 1e-4).all(axis=1).mean() > 0.5


def _stages(run: Run) -> list[Any]:
    from core.runs import events

    return [e for e in events.read(run.events)[0] if isinstance(e, events.StageStarted)]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["text", "image"])
def test_what_was_frozen_can_be_pruned(picture_store: RunStore, kind: str) -> None:
    chosen: dict[str, dict[str, Any]] = {"freeze": {}, "prune": {}}
    if kind == "text":
        finished(picture_store, chosen)
        return
    table = read_archive(coloured(20), "toy.zip")
    run = new_run(picture_store, table, recipe_for(table, model=TINY_PICTURES, techniques=chosen))
    train(run)
    assert run.status() == "finished", run.progress().error
    assert TransformerPredictor(run.model).model.config.expand_ratios == [1, 3]
