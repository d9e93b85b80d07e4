"""The simple models of whole runs: which is recommended, and what happens when they cannot be had."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from typing import Any

import pytest

from core.data.read.table import read
from core.jobs.queue import new_run
from core.models import embed as models_embed
from core.runs import events
from core.runs.run import Run
from core.runs.store import RunStore
from core.training.rows import Rows
from core.workflow import simple_models
from core.workflow.train import train
from tests.conftest import recipe_for, sentiment_csv


@pytest.fixture(autouse=True)
def nothing_made_before() -> None:
    simple_models._made.clear()


def trained(store: RunStore, data: bytes, **settings: Any) -> Run:
    table = read(data, "toy.csv")
    run = new_run(store, table, recipe_for(table, **settings))
    train(run)
    assert run.status() == "finished", run.progress().error
    return run


def events_of(run: Run) -> list[events.Event]:
    return events.read(run.events)[0]


@pytest.mark.slow
def test_the_simple_models_are_told_before_the_training(store: RunStore) -> None:
    run = trained(store, sentiment_csv(80), epochs=1.0)
    written = events_of(run)
    names = [e.name for e in written if isinstance(e, events.Baseline)]
    assert names == ["tfidf", "embedding"]
    first_step = next(i for i, e in enumerate(written) if isinstance(e, events.Step))
    assert all(i < first_step for i, e in enumerate(written) if isinstance(e, events.Baseline))
    result = run.measured()
    for event in written:
        if isinstance(event, events.Baseline):
            assert event.macro_f1 == result.baselines[event.name].validation.macro_f1
    simple_models._made.clear()
    again = trained(store, sentiment_csv(80), epochs=1.0).measured()
    for name in names:
        one, two = result.baselines[name], again.baselines[name]
        assert replace(one, seconds=0) == replace(two, seconds=0)


@pytest.mark.slow
def test_a_second_run_on_the_same_rows_does_not_wait_for_them_again(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = trained(store, sentiment_csv(80), epochs=1.0)
    with monkeypatch.context() as patch:  # whatever would make them anew fails
        patch.setattr("core.simple_models.fit.BASELINES", {})
        patch.setattr("core.models.embed.embed", None)
        two = trained(store, sentiment_csv(80), epochs=2.0)
        with pytest.raises(AssertionError):
            trained(store, sentiment_csv(80), epochs=1.0, seed=7)  # another split
    assert two.measured().baselines == one.measured().baselines
    assert two.models() == one.models() == ("model", "embedding", "tfidf")
    assert [e.name for e in events_of(two) if isinstance(e, events.Baseline)] == [
        "tfidf",
        "embedding",
    ]


@pytest.mark.slow
def test_where_words_give_it_away_word_counts_are_recommended(store: RunStore) -> None:
    run = trained(store, sentiment_csv(120), epochs=1.0, learning_rate=1e-6)
    result = run.measured()
    assert result.recommended == run.recommended() == "tfidf"
    assert result.baselines["tfidf"].validation.macro_f1 > result.best.macro_f1
    assert run.models() == ("model", "embedding", "tfidf")


@pytest.mark.slow
def test_where_it_learned_more_the_model_is_recommended(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One row to learn from: the simple model can only guess.
    monkeypatch.setattr("core.simple_models.fit.MAX_TRAIN_ROWS", 1)
    monkeypatch.setattr(simple_models, "embedding", lambda *_, **__: None)
    run = trained(store, sentiment_csv(120), epochs=6.0, learning_rate=5e-3)
    result = run.measured()
    assert result.recommended == run.recommended() == "model"
    assert run.models() == ("model", "tfidf")


@pytest.mark.slow
def test_without_validation_rows_nothing_simple_is_recommended(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = Rows.of

    def without(*args: Any) -> Rows:
        rows = of(*args)
        sides = dataclasses.replace(rows.split, validation=rows.split.validation[:0])
        return dataclasses.replace(rows, split=sides)

    monkeypatch.setattr(Rows, "of", without)
    run = trained(store, sentiment_csv(120), epochs=1.0, learning_rate=1e-6)
    result = run.measured()
    assert result.recommended == "model"
    assert result.baselines["tfidf"].validation is None
    assert result.baselines["tfidf"].macro_f1 > result.test.macro_f1
    assert not [e for e in events_of(run) if isinstance(e, events.Baseline)]
    assert any(note.key == "train.no_validation" for note in run.progress().notes)
    assert "tfidf" in run.models()


def test_a_stop_between_the_two_ends_the_run(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = read(sentiment_csv(80), "toy.csv")
    run = new_run(store, table, recipe_for(table))
    embed = models_embed.embed
    monkeypatch.setattr(
        models_embed, "embed", lambda *args, **named: (run.request_stop(), embed(*args, **named))[1]
    )
    train(run)
    assert run.status() == "stopped"
    assert run.progress().kept_step is None
    assert [e.name for e in events_of(run) if isinstance(e, events.Baseline)] == ["tfidf"]


@pytest.mark.slow
def test_too_much_work_is_thinned_or_left_out_and_it_is_said(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simple_models, "BUDGET", 14_000_000)  # about 45 rows for the tiny encoder
    monkeypatch.setattr("core.models.embed.ACCELERATOR_FACTOR", 1)
    run = trained(store, sentiment_csv(120), epochs=1.0)
    notes = [note.key for note in run.progress().notes]
    assert "train.embedding_rows" in notes
    result = run.measured()
    assert 40 <= result.baselines["embedding"].train_rows < result.train_rows

    simple_models._made.clear()
    monkeypatch.setattr(simple_models, "BUDGET", 1_000_000)
    run = trained(store, sentiment_csv(120), epochs=1.0)
    assert "train.no_embedding" in [note.key for note in run.progress().notes]
    assert "embedding" not in run.measured().baselines
