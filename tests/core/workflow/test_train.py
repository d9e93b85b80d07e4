"""Whole runs on a tiny model: the numbers, the files, what is refused and what goes wrong."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from typing import Any

import numpy as np
import psutil
import pytest
import torch

from core.data.read.table import read
from core.data.table import write_table
from core.errors import UserError
from core.inference.predictor import TransformerPredictor
from core.jobs.queue import new_run
from core.runs import events
from core.runs.run import Run
from core.runs.store import RunStore
from core.training.fit import SLOWER_RATE
from core.training.rows import Rows
from core.workflow.train import train
from tests.conftest import recipe_for, sentiment_csv
from tests.core.workflow.toy_run import make


def events_of(run: Run) -> list[events.Event]:
    return events.read(run.events)[0]


@pytest.fixture(scope="module")
def finished(shared_store: RunStore) -> Run:
    run = make(shared_store, rows=80, epochs=6.0, learning_rate=5e-3)
    train(run)
    return run


def test_it_tells_its_story_and_ends_once(finished: Run) -> None:
    told = events_of(finished)
    assert finished.status() == "finished", finished.progress().error
    assert isinstance(told[0], events.RunStarted)
    assert isinstance(told[-1], events.RunFinished)
    assert (
        sum(isinstance(e, events.RunFinished | events.RunStopped | events.RunFailed) for e in told)
        == 1
    )
    stages = [e.stage for e in told if isinstance(e, events.StageStarted)]
    assert list(dict.fromkeys(stages)) == ["prepare", "baselines", "train", "test", "export"]
    losses = [e.loss for e in told if isinstance(e, events.Step)]
    assert all(math.isfinite(loss) for loss in losses)
    assert losses[-1] < losses[0]


def test_it_is_scored_every_epoch_and_at_the_end(finished: Run) -> None:
    scored = [e for e in events_of(finished) if isinstance(e, events.Evaluated)]
    assert [e.epoch for e in scored] == [1, 2, 3, 4, 5, 6]
    assert scored[-1].step == finished.progress().total_steps
    assert scored[0].best


def test_the_test_rows_were_never_trained_on(finished: Run) -> None:
    result, test = finished.measured(), finished.test_rows()
    assert test is not None
    rows = result.rows
    assert rows.train + rows.validation + rows.test == 80
    assert len(test) == result.test.rows == rows.test
    assert result.train_rows == rows.train
    # Measured anew from the exported model: the same accuracy, the same probabilities.
    predictor = TransformerPredictor(finished.model)
    probabilities = predictor.probabilities([(text, None) for text in test["text"]])
    assert np.allclose(probabilities, np.array(test["probabilities"].tolist()), atol=1e-3)
    named = [predictor.labels[k] for k in probabilities.argmax(axis=1)]
    assert result.test.accuracy == pytest.approx(np.mean(named == test["label"]))
    assert set(result.baselines) == {"majority", "tfidf", "embedding"}


def test_the_folder_has_what_it_promises(finished: Run) -> None:
    for name in (
        "config.json",
        "model.safetensors",
        "recipe.json",
        "metrics.json",
        "README.md",
        "predict.py",
    ):
        assert (finished.model / name).is_file(), name
    assert finished.archive() is not None
    assert not list(finished.path.glob("checkpoint-*"))
    assert finished.recipe().train.epochs == 6.0


@pytest.mark.slow
def test_the_same_recipe_data_and_seed_give_the_same_numbers(store: RunStore) -> None:
    one, two, other = make(store), make(store), make(store, seed=43)
    for run in (one, two, other):
        train(run)
    curves = [
        [(e.step, e.loss) for e in events_of(r) if isinstance(e, events.Evaluated)]
        for r in (one, two, other)
    ]
    assert curves[0] == curves[1] != curves[2]
    assert one.measured().test == two.measured().test


@pytest.mark.slow
def test_gradient_accumulation_leaves_loss_and_gradients_alone(store: RunStore) -> None:
    """Two halves of a batch added up are the batch: transformers #47688 would double both."""
    whole, halves = (
        make(store, batch_size=8, epochs=1.0),
        make(store, batch_size=4, accumulation=2, epochs=1.0),
    )
    first = {}
    for run in (whole, halves):
        train(run)
        first[run.id] = next(e for e in events_of(run) if isinstance(e, events.Evaluated))
    a, b = first.values()
    assert a.step == b.step
    # The same rows in the same steps: what is left is rounding, in half precision where the CPU has it.
    assert a.loss == pytest.approx(b.loss, rel=0.005)
    steps = [
        next(e for e in events_of(r) if isinstance(e, events.Step)).loss for r in (whole, halves)
    ]
    assert steps[0] == pytest.approx(math.log(2), rel=0.2)
    assert steps[1] == pytest.approx(steps[0], rel=0.005)


@pytest.mark.slow
def test_a_batch_in_parts_is_the_batch(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the parts are of unequal size."""
    scores = []
    for tokens in (10**6, 40):
        monkeypatch.setattr("core.training.trainer.STEP_TOKENS", tokens)
        run = make(store, batch_size=7, epochs=1.0)
        train(run)
        told = events_of(run)
        steps = [e.loss for e in told if isinstance(e, events.Step)]
        scores.append([steps[0], *(e.loss for e in told if isinstance(e, events.Evaluated))])
    assert scores[0] == pytest.approx(scores[1], rel=0.005)
    assert scores[0] != scores[1]  # it was another sum


@pytest.mark.slow
def test_two_text_columns_are_read_as_a_pair(store: RunStore) -> None:
    lines = sentiment_csv(60).decode().splitlines()
    pairs = ["title,text,label"] + [f"title {i},{line}" for i, line in enumerate(lines[1:])]
    table = read("\n".join(pairs).encode(), "pairs.csv")
    recipe = recipe_for(table)
    recipe = dataclasses.replace(
        recipe, data=dataclasses.replace(recipe.data, text=("title", "text"))
    )
    run = new_run(store, table, recipe)
    train(run)
    assert run.status() == "finished", run.progress().error
    predictor = TransformerPredictor(run.model)
    assert predictor.text_columns == ("title", "text")
    one, other = predictor.probabilities([("title 1", "good film"), ("good film", "title 1")])
    # An untrained model tells them apart only a little, but it does: the order is read.
    assert not np.array_equal(one, other)


@pytest.mark.slow
def test_long_texts_are_cut_and_it_is_said(store: RunStore) -> None:
    run = make(store, max_length=8)
    train(run)
    result = run.measured()
    assert result.max_length == 8
    assert 0.5 < result.truncated <= 1
    assert any(note.key == "train.truncated" for note in run.progress().notes)


def test_a_loss_that_explodes_is_caught_and_explained(store: RunStore, tiny_model: Any) -> None:
    run = make(store)
    broken = store.root / "20200102-000000-0000"
    broken.mkdir()
    (broken / "recipe.json").write_text(run.recipe().to_json())
    (broken / "model").mkdir()
    for file in tiny_model.iterdir():
        (broken / "model" / file.name).write_bytes(file.read_bytes())
    from safetensors.torch import load_file, save_file

    weights = load_file(broken / "model" / "model.safetensors")
    weights["bert.encoder.layer.0.attention.self.query.weight"].fill_(math.nan)
    save_file(weights, broken / "model" / "model.safetensors", metadata={"format": "pt"})
    run = make(store, model=f"run:{broken.name}")
    train(run)
    progress = run.progress()
    assert progress.status == "failed"
    assert progress.error is not None
    assert progress.error.key == "error.diverged"
    assert progress.hint is not None
    assert "Traceback" in run.log.read_text()


@pytest.mark.parametrize(
    ("error", "key"),
    [
        (UserError("disk_full"), "error.disk_full"),
        (MemoryError(), "error.out_of_memory"),
        (torch.OutOfMemoryError("CUDA"), "error.out_of_memory"),
        (OSError(28, "No space left on device"), "error.disk_full"),
        (RuntimeError("[enforce fail at inline_container.cc] No space left"), "error.disk_full"),
        (RuntimeError("odd"), "error.unexpected"),
    ],
)
def test_whatever_goes_wrong_is_told_in_words(error: Exception, key: str) -> None:
    from core.workflow.train import in_words

    assert in_words(error).what.key == key
    assert in_words(error).message


@pytest.mark.slow
def test_a_rate_that_is_too_high_is_lowered_once(store: RunStore) -> None:
    # Labels that nothing can learn, and a head that jumps: the loss climbs.
    table = read(re.sub(rb"(\d),\w+", rb"\1,x", sentiment_csv(120)), "noise.csv")
    labels = np.random.default_rng(0).choice(["a", "b"], len(table.frame))
    table = read(table.frame.assign(label=labels).to_csv(index=False).encode(), "noise.csv")
    recipe = recipe_for(table, epochs=1.0, batch_size=1, learning_rate=1e-2, head_learning_rate=0.1)
    run = new_run(store, table, recipe)
    train(run)
    told, progress = events_of(run), run.progress()
    assert progress.status == "finished", progress.error
    again = [e for e in told if isinstance(e, events.Restarted)]
    assert len(again) == 1
    assert again[0].learning_rate == pytest.approx(1e-2 * SLOWER_RATE)
    assert run.measured().settings.learning_rate == again[0].learning_rate
    # The curves are those of the second attempt alone.
    after = told[told.index(again[0]) :]
    assert len(progress.train) == sum(isinstance(e, events.Step) for e in after)
    assert any(note.key == "train.restarted" for note in progress.notes)


@pytest.mark.slow
def test_ten_runs_leave_no_memory_behind(store: RunStore) -> None:
    memory = psutil.Process().memory_info
    for _ in range(3):  # what is loaded once stays
        train(make(store, epochs=1.0))
    idle = memory().rss
    for _ in range(10):
        train(make(store, epochs=1.0))
    # One leaked copy of the tiny model and its optimizer is 12 MB; of ten runs, 120.
    assert memory().rss - idle < 40 * 2**20


def test_recipes_that_cannot_work_are_refused_before_anything_starts(store: RunStore) -> None:
    table = read(sentiment_csv(), "toy.csv")
    before = len(store.all())
    for recipe in (
        recipe_for(table, model="run:20990101-000000-0000"),
        recipe_for(table, techniques={"turbo": {}}),
        dataclasses.replace(
            recipe_for(table), task=dataclasses.replace(recipe_for(table).task, column="nope")
        ),
    ):
        with pytest.raises(UserError):
            new_run(store, table, recipe)
    assert len(store.all()) == before


@pytest.mark.slow
def test_a_model_is_never_tested_on_what_an_earlier_run_taught_it(store: RunStore) -> None:
    first = make(store)
    train(first)
    again = make(store, model=f"run:{first.id}")  # the same seed: the same split
    train(again)
    assert again.measured().rows == first.measured().rows

    other = make(store, rows=70, model=f"run:{first.id}", seed=7)
    train(other)
    assert other.status() == "finished", other.progress().error
    assert any(note.key == "train.known_moved" for note in other.progress().notes)
    tested = set(other.test_rows()["text"])  # type: ignore[index]
    rows = Rows.of(first.table(), first.recipe(), store)
    taught = np.concatenate([rows.split.train, rows.split.validation])
    assert not tested & {rows.texts[i][0] for i in taught}
    assert tested

    store.delete(first.id)
    with pytest.raises(UserError):
        make(store, model=f"run:{first.id}")


@pytest.mark.slow
def test_a_model_whose_past_is_gone_says_so(store: RunStore) -> None:
    run = make(store)  # the tiny model's run has no table
    train(run)
    assert any(note.key == "train.ancestor_gone" for note in run.progress().notes)


def test_a_table_that_was_exchanged_is_refused(store: RunStore) -> None:
    run = make(store)
    write_table(read(sentiment_csv(30), "other.csv"), run.path / "table.parquet")
    train(run)
    assert run.progress().error.key == "error.data_changed"


def test_metrics_are_plain_json(finished: Run) -> None:
    text = (finished.path / "metrics.json").read_text()
    assert "NaN" not in text
    assert json.loads(text)["labels"] == ["negative", "positive"]
