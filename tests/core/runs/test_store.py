"""Runs and the queue: what is asked of a folder, and who works on it."""

from __future__ import annotations

import multiprocessing
import threading
from pathlib import Path

import pytest

from core.data.read.table import read
from core.errors import UserError
from core.jobs.job import Job
from core.jobs.queue import CAPACITY, Jobs, new_run
from core.runs import events
from core.runs.run import Run
from core.runs.store import RunStore, run_at
from core.words import LANGUAGES
from tests.conftest import TINY_RUN, recipe_for, sentiment_csv
from ui.steps.train.step import waits_for


def make(store: RunStore, **settings: object) -> Run:
    table = read(sentiment_csv(), "toy.csv")
    return new_run(store, table, recipe_for(table, **settings))  # type: ignore[arg-type]


def wait_for(run: Run, *statuses: str) -> None:
    tick = threading.Event()
    for _ in range(600):
        status = run.status()
        if status in statuses:
            return
        assert status != "failed", run.log.read_text()
        tick.wait(0.1)
    raise AssertionError(f"{run.status()} after a minute: {run.progress().error}")


@pytest.mark.parametrize(
    "name", ["", "..", "../x", "20200101-000000-000", "x" * 300, "/etc", None, 5]
)
def test_ids_from_anywhere_open_nothing_else(store: RunStore, name: object) -> None:
    with pytest.raises(UserError):
        store.get(name)  # type: ignore[arg-type]


def test_runs_are_listed_newest_first_and_deleted_for_good(store: RunStore) -> None:
    run = make(store)
    assert [r.id for r in store.all()] == [run.id, TINY_RUN]
    store.delete(run.id)
    assert [r.id for r in store.all()] == [TINY_RUN]


def test_a_run_keeps_its_recipe_and_its_table(store: RunStore) -> None:
    run = make(store)
    assert run.recipe().data.text == ("text",)
    assert run.table().fingerprint == run.recipe().data.fingerprint


@pytest.mark.slow
def test_the_queue_works_them_off_one_after_the_other(store: RunStore) -> None:
    jobs = Jobs(store)
    runs = [make(store, epochs=1.0) for _ in range(2)]
    for run in runs:
        jobs.submit(run)
    for run in runs:
        wait_for(run, "finished")
    first_end = events.read(runs[0].events)[0][-1].time
    second = events.read(runs[1].events)[0]
    assert next(e for e in second if isinstance(e, events.RunStarted)).time >= first_end


def hold(jobs: Jobs) -> None:
    """Something else computes for ever: everything waits."""
    begun = threading.Event()
    jobs.machine.put(Job(work=lambda: (begun.set(), threading.Event().wait())))
    assert begun.wait(60)


def test_a_waiting_run_can_be_stopped_and_the_queue_is_bounded(store: RunStore) -> None:
    jobs = Jobs(store)
    hold(jobs)
    runs = [make(store) for _ in range(CAPACITY + 1)]
    for run in runs[:-1]:
        jobs.submit(run)
    assert [len(jobs.before(run.id)) for run in runs[:3]] == [0, 1, 2]
    assert jobs.before(runs[2].id) == runs[:2]
    for lang in LANGUAGES:
        assert "toy.csv" in waits_for(jobs.before(runs[2].id), lang)
    with pytest.raises(UserError, match=str(CAPACITY)):
        jobs.submit(runs[-1])
    with pytest.raises(UserError):
        store.delete(runs[1].id)
    before = len(store.all())
    with pytest.raises(UserError, match=str(CAPACITY)):
        jobs.start(runs[0].table(), runs[0].recipe())
    assert len(store.all()) == before
    jobs.stop(runs[0].id)
    assert runs[0].status() == "stopped"
    assert jobs.before(runs[1].id) == []


def test_runs_are_put_in_the_queue_all_or_none(store: RunStore) -> None:
    """And a run about which nothing can be written is not held for ever."""
    jobs = Jobs(store)
    hold(jobs)
    runs = [make(store) for _ in range(2)]
    runs[1].events.mkdir()
    with pytest.raises(UserError):
        jobs.submit(*runs)
    assert not jobs.busy()
    assert not any(run.owned() for run in runs)
    jobs.submit(runs[0])
    assert runs[0].owned()
    runs[0].events.unlink()
    runs[0].events.mkdir()
    with pytest.raises(UserError):
        jobs.stop(runs[0].id)
    assert not jobs.busy()
    assert not runs[0].owned()


def _own_and_die(path: Path, ready: multiprocessing.synchronize.Event) -> None:
    run = run_at(path)
    held = run.lock()
    held.acquire()
    run.append(events.RunQueued())
    run.append(events.RunStarted())
    with run.events.open("a") as file:
        file.write('{"event": "Step", "ti')  # torn by the crash
    ready.set()
    threading.Event().wait()


@pytest.mark.slow
def test_a_run_whose_process_died_is_interrupted_and_can_go_on(store: RunStore) -> None:
    run = make(store, epochs=1.0)
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=_own_and_die, args=(run.path, ready), daemon=True)
    process.start()
    assert ready.wait(60)
    assert run.status() == "running"
    process.kill()
    process.join()
    assert run.status() == "interrupted"
    Jobs(store).resume(run.id)
    wait_for(run, "finished")


def test_looking_at_a_run_neither_owns_it_nor_brings_it_back(store: RunStore) -> None:
    run = make(store)
    run.append(events.RunStarted())
    seen: set[str] = set()
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            seen.add(run.status())

    lookers = [threading.Thread(target=look) for _ in range(4)]
    for looker in lookers:
        looker.start()
    for _ in range(200):
        seen.add(run.status())
    assert seen == {"interrupted"}
    store.delete(run.id)
    over.set()
    for looker in lookers:
        looker.join()
    assert not run.path.exists()
    assert run.id not in [each.id for each in store.all()]


def test_a_run_that_cannot_be_written_leaves_nothing(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    before = sorted(store.root.iterdir())
    monkeypatch.setattr("core.runs.store.write_table", full)
    with pytest.raises(UserError, match="No space left"):
        make(store)
    assert sorted(store.root.iterdir()) == before


@pytest.mark.slow
def test_the_worker_outlives_a_run_that_it_cannot_even_report(store: RunStore) -> None:
    jobs = Jobs(store)
    first, second = make(store, epochs=1.0), make(store, epochs=1.0)
    # A folder in the place of the log: the run can neither begin nor say why.
    first.log.mkdir()
    jobs.submit(first)
    jobs.submit(second)
    wait_for(second, "finished")


def test_a_finished_run_does_not_go_on(store: RunStore) -> None:
    run = make(store)
    run.append(events.RunFinished(seconds=1.0))
    with pytest.raises(UserError):
        Jobs(store).resume(run.id)
