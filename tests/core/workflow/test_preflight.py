"""The pre-flight: its plan is the run's, its measurement is kept, and it gets out of the way."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from core.data.any_file import read_archive
from core.data.profile.profile import profile
from core.data.read.table import read
from core.data.table import Table
from core.errors import UserError
from core.jobs.queue import Jobs, new_run
from core.models.locate import downloaded
from core.recipe import ModelSpec
from core.runs.store import RunStore
from core.training import machine
from core.training.fit import Stopped
from core.workflow import preflight
from core.workflow.preflight import Estimate, Preflight
from core.workflow.remedies import LONG, remedies
from core.workflow.train import train
from tests.conftest import TINY, TINY_PICTURES, recipe_for, sentiment_csv
from tests.core.data.drawn import coloured

GB = 10**9
OPEN: dict[str, Any] = {"epochs": None, "batch_size": None, "learning_rate": None}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TICKTUNE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each time that something was measured."""
    times: list[int] = []
    steps = Preflight._steps

    def counted(*args: Any) -> Any:
        times.append(1)
        return steps(*args)

    monkeypatch.setattr(Preflight, "_steps", counted)
    return times


def toy(rows: int = 60) -> Table:
    return read(sentiment_csv(rows), "toy.csv")


@pytest.mark.slow
def test_the_plan_is_what_the_run_then_uses(store: RunStore) -> None:
    table = toy()
    recipe = recipe_for(table, **{**OPEN, "epochs": 1.0})
    planned = Preflight(recipe, table, store).plan
    run = new_run(store, table, recipe)
    train(run)
    assert run.progress().total_steps == planned.total_steps
    result = run.measured()
    settings = result.settings
    assert {name: getattr(settings, name) for name in planned.why} == {
        name: getattr(planned.spec, name) for name in planned.why
    }


@pytest.mark.slow
def test_it_is_measured_once_for_each_model_and_kind_of_settings(
    store: RunStore, home: Path, measured: list[int]
) -> None:
    table = toy()
    first = Preflight(recipe_for(table), table, store)
    assert not first.known()
    small = first.estimate()
    assert first.known()
    assert small.seconds is not None
    assert small.seconds > 0
    assert 0 < small.fixed < small.memory
    assert small.fits
    # More epochs, another rate, more rows: the same steps, more of them.
    more = toy(400)
    large = Preflight(recipe_for(more, epochs=4.0, learning_rate=1e-5), more, store).estimate()
    assert large.seconds is not None
    assert large.seconds > small.seconds
    assert sum(measured) == 1
    again = Preflight(recipe_for(table, epochs=5.0), table, store, before=first)
    assert again.rows is first.rows
    assert again.known()
    # Other steps.
    for changed in (
        recipe_for(table, batch_size=4),
        recipe_for(table, max_length=8),
        recipe_for(table, techniques={"freeze": {}}),
        recipe_for(table, model="minilm"),
    ):
        assert not Preflight(changed, table, store, before=first).known()
    # What was kept is unreadable: it is measured again.
    (home / "preflight.json").write_text('{"broken": ')
    assert not first.known()
    first.estimate()
    assert sum(measured) == 2
    assert first.known()


def test_it_stops_when_told_to_and_keeps_nothing(store: RunStore) -> None:
    table = toy()
    asked = Preflight(recipe_for(table), table, store)
    with pytest.raises(Stopped):
        asked.estimate(should_stop=lambda: True)
    assert not asked.known()


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"text,label\n" + b"".join(b"a text %d,same\n" % n for n in range(40)), "two labels"),
        (b"text,label\n" + b"".join(b"a text %d,l%d\n" % (n, n % 2) for n in range(4)), "row"),
    ],
)
def test_what_cannot_be_trained_on_is_told(store: RunStore, content: bytes, key: str) -> None:
    table = read(content, "bad.csv")
    with pytest.raises(UserError, match=key):
        Preflight(recipe_for(table), table, store)


@pytest.mark.slow
def test_a_run_comes_first(
    store: RunStore, measured: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = toy()
    asked, jobs = Preflight(recipe_for(table), table, store), Jobs(store)
    assert jobs.measure(asked, wanted=lambda: False) is None
    monkeypatch.setattr(jobs, "busy", lambda: True)
    assert jobs.measure(asked) is None
    assert measured == []
    monkeypatch.setattr(jobs, "busy", lambda: False)
    assert jobs.measure(asked) is not None
    # What is known costs nothing, so it is told at any time.
    monkeypatch.setattr(jobs, "busy", lambda: True)
    assert jobs.measure(asked) is not None
    assert sum(measured) == 1


@pytest.mark.slow
def test_start_ends_a_measurement_and_the_run_trains(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = toy()
    asked, jobs = Preflight(recipe_for(table), table, store), Jobs(store)
    started = []
    weights = preflight._weights

    def start(model: Any) -> int:  # in the middle of the measurement
        started.append(jobs.start(table, recipe_for(table)))
        return weights(model)

    monkeypatch.setattr(preflight, "_weights", start)
    assert jobs.measure(asked) is None
    run = started[0]
    with run.lock().acquire(timeout=60):
        assert run.status() in ("finished", "running")
    assert run.result() is not None


def test_what_would_not_fit_is_not_even_tried(
    store: RunStore, monkeypatch: pytest.MonkeyPatch, measured: list[int]
) -> None:
    table = toy()
    monkeypatch.setattr(preflight, "available_memory", lambda: 10**6)
    estimate = Preflight(recipe_for(table), table, store).estimate()
    assert not estimate.fits
    assert estimate.seconds is None
    assert measured == []


def test_a_container_may_have_less_memory_than_its_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "CGROUP", tmp_path)
    whole = machine._free_in_container()
    assert whole > 10**12
    for name, content in {
        "memory.max": "1000",
        "memory.current": "600",
        "memory.stat": "anon 400\ninactive_file 150",
    }.items():
        (tmp_path / name).write_text(content)
    assert machine._free_in_container() == 550
    (tmp_path / "memory.max").write_text("max")
    assert machine._free_in_container() == whole


def estimate_of(store: RunStore, memory: float, available: float, **train: Any) -> Estimate:
    table = toy()
    planned = Preflight(recipe_for(table, **train), table, store).plan
    return Estimate(planned, 60.0, int(memory * GB), 2 * GB, int(available * GB))


def test_what_is_suggested_would_fit(store: RunStore) -> None:
    table = toy()
    seen = profile(table)
    recipe = dataclasses.replace(recipe_for(table), model=ModelSpec("bert"))
    assert remedies(estimate_of(store, 3, 4), recipe, seen) == []
    # 10 GB for a batch of 32: 8 fit into 3.
    tight = estimate_of(store, 12, 5, batch_size=32, max_length=128)
    found = remedies(tight, recipe, seen)
    assert {"batch_size": 8, "accumulation": 4} in [each.settings for each in found]
    assert {"max_length": 32} in [each.settings for each in found]
    assert "freeze" not in [each.technique for each in found]
    assert [each.model for each in found if each.model] == ["minilm"]
    # Not even the weights fit: only a smaller model helps.
    hopeless = estimate_of(store, 3, 1)
    assert [each.model for each in remedies(hopeless, recipe, seen)] == ["minilm"]
    assert remedies(hopeless, recipe_for(table), seen) == []


def test_fast_mode_is_suggested_for_long_runs(store: RunStore) -> None:
    table = toy()
    seen = profile(table)
    long = dataclasses.replace(estimate_of(store, 3, 4), seconds=LONG + 1.0)
    assert [r.technique for r in remedies(long, recipe_for(table), seen)] == ["freeze"]
    frozen = recipe_for(table, techniques={"freeze": {}})
    assert remedies(long, frozen, seen) == []


def test_of_pictures_the_last_layer_where_nothing_speaks_against_it(
    picture_store: RunStore,
) -> None:
    table = read_archive(coloured(10), "toy.zip")
    seen, recipe = profile(table), recipe_for(table, model=TINY_PICTURES)
    planned = Preflight(recipe, table, picture_store).plan
    long = Estimate(planned, LONG + 1.0, 3 * GB, 2 * GB, 4 * GB)
    assert [r.technique for r in remedies(long, recipe, seen)] == ["linear_probe"]
    pruned = dataclasses.replace(recipe, techniques={"prune": {}})
    assert [r.technique for r in remedies(long, pruned, seen)] == ["freeze"]
    tight = dataclasses.replace(long, memory=int(3.5 * GB), available=3 * GB)
    found = remedies(tight, recipe, seen)
    assert "linear_probe" in [each.technique for each in found]
    assert not [each for each in found if "max_length" in each.settings]  # pictures have none


def test_a_model_is_here_or_has_to_be_downloaded(
    store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.models.locate._cached_commit", lambda *_: None)
    assert downloaded(ModelSpec("minilm"), store) == ModelSpec("minilm")
    assert downloaded(ModelSpec(TINY), store) == ModelSpec(TINY)
    assert downloaded(ModelSpec("distilbert"), store) is None
    monkeypatch.setattr("core.models.locate._cached_commit", lambda *_: "abc")
    assert downloaded(ModelSpec("distilbert"), store) == ModelSpec("distilbert", "abc")
    with pytest.raises(UserError):
        downloaded(ModelSpec("no such/thing/at all"), store)
