"""Auto-tune: what is searched, what ends it, and that nothing but the validation rows decides."""

from __future__ import annotations

from typing import Any

import pytest

from core.data.any_file import read_archive
from core.data.read.table import read
from core.evidence import Chart, Sentence, Table
from core.jobs.queue import new_run
from core.runs import events
from core.runs.run import Run
from core.runs.store import RunStore
from core.techniques.autotune.search import Trial, best
from core.workflow.train import train
from tests.conftest import TINY_PICTURES, recipe_for, sentiment_csv
from tests.core.data.drawn import coloured

OPEN = {"learning_rate": None, "batch_size": None, "epochs": None}


def tuned(store: RunStore, **settings: Any) -> Run:
    table = read(sentiment_csv(60), "toy.csv")
    options = {"trials": 4, "minutes": 60.0, **settings.pop("options", {})}
    recipe = recipe_for(table, techniques={"autotune": options}, **{"epochs": 2.0, **settings})
    run = new_run(store, table, recipe)
    train(run)
    assert run.status() == "finished", run.progress().error
    return run


@pytest.mark.slow
def test_the_winner_becomes_the_run_and_every_trial_is_shown(store: RunStore) -> None:
    run = tuned(store, learning_rate=None, batch_size=None)
    result = run.measured()
    said, chart, table = result.techniques["autotune"]
    assert isinstance(said, Sentence)
    assert isinstance(chart, Chart)
    assert isinstance(table, Table)
    assert len(chart.points) == len(table.rows) == 4
    ends = [row[-1].key.rpartition(".")[2] for row in table.rows]
    winner = ends.index("winner")
    head = [each.key for each in table.head]
    for name in ("learning_rate", "batch_size", "warmup", "weight_decay"):
        shown = float(str(table.rows[winner][head.index(f"train.{name}")]))
        assert getattr(result.settings, name) == pytest.approx(shown, rel=0.01)
    assert result.settings.epochs == 2.0  # set by hand: left alone
    assert "train.epochs" not in head
    assert result.why["batch_size"].key == "technique.autotune.why"
    points = [e for e in events.read(run.events)[0] if isinstance(e, events.Point)]
    assert [point.x for point in points] == [1, 2, 3, 4]
    assert all(point.dots and 0 <= point.step <= point.total_steps for point in points)
    # What follows from the settings follows from the new ones.
    batch = result.settings.batch_size
    assert batch is not None
    assert result.steps == -(-result.train_rows // batch) * 2


@pytest.mark.slow
def test_the_first_trial_is_the_automatic_recipe(store: RunStore) -> None:
    run = tuned(store, learning_rate=None, options={"trials": 2})
    row = run.measured().techniques["autotune"][2].rows[0]
    assert row[1] == "0.0001"


def test_too_little_time_leaves_everything_as_it_is(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter(range(0, 10**6, 1000))  # every look at the clock is a quarter of an hour later
    monkeypatch.setattr("core.techniques.autotune.search.time.monotonic", lambda: float(next(now)))
    run = tuned(store, learning_rate=None, options={"minutes": 0.5})
    result = run.measured()
    assert result.settings.learning_rate == 1e-4
    assert result.techniques["autotune"][0].said.key == "technique.autotune.none"


def test_the_best_of_those_that_ran_to_their_end_wins() -> None:
    trials = [
        Trial({}, 0.8, 0.5, False),
        Trial({}, 0.9, 0.9, True),  # ended early
        Trial({}, 0.85, 0.6, False),
        Trial({}, 0.85, 0.4, False),
    ]
    assert best(trials) == 3
    assert best(trials[1:2]) is None
    assert best([]) is None


@pytest.mark.slow
def test_a_search_is_not_done_again_when_the_run_goes_on(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = read(sentiment_csv(60), "toy.csv")
    options: dict[str, object] = {"trials": 2, "minutes": 60.0}
    recipe = recipe_for(table, techniques={"autotune": options}, learning_rate=None)
    run = new_run(store, table, recipe)
    append = Run.append

    def stop_in_the_training(self: Run, event: events.Event) -> None:
        append(self, event)
        if isinstance(event, events.StageStarted) and event.stage == "train":
            run.request_stop()

    with monkeypatch.context() as patch:
        patch.setattr(Run, "append", stop_in_the_training)
        patch.setattr("core.training.trainer.STOP_SECONDS", 0.0)
        train(run)
    assert run.status() == "stopped"
    run.stop_file.unlink()
    monkeypatch.setattr("core.techniques.autotune.search.search", None)  # whoever calls it fails
    train(run)
    assert run.status() == "finished", run.progress().error
    assert len(run.measured().techniques["autotune"][1].points) == 2


@pytest.mark.slow
def test_in_fast_mode_the_rate_of_the_last_layer_is_searched(picture_store: RunStore) -> None:
    table = read_archive(coloured(20), "toy.zip")
    chosen: dict[str, dict[str, Any]] = {
        "linear_probe": {},
        "autotune": {"trials": 3, "minutes": 60.0},
    }
    recipe = recipe_for(table, model=TINY_PICTURES, techniques=chosen, learning_rate=None)
    run = new_run(picture_store, table, recipe)
    train(run)
    assert run.status() == "finished", run.progress().error
    result = run.measured()
    table_of_trials = result.techniques["autotune"][2]
    head = [each.key for each in table_of_trials.head]
    assert "train.head_learning_rate" in head
    assert "train.learning_rate" not in head
    at = head.index("train.head_learning_rate")
    assert len({row[at] for row in table_of_trials.rows}) == 3
    # The features are computed once, whoever asks first, and only the run itself is told about.
    assert [note.key for note in run.progress().notes].count("technique.linear_probe.done") == 1
