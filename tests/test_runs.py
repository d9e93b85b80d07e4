"""Runs and the queue: what is asked of a folder, and who works on it."""

from __future__ import annotations

import multiprocessing
import threading
from pathlib import Path

import pytest

from core.data.read import read
from core.errors import UserError
from core.jobs import CAPACITY, Jobs, new_run
from core.runs import Run, RunStore
from core.training import events as ev
from tests.conftest import TINY_RUN, recipe_for, sentiment_csv


def make(store: RunStore, **settings: object) -> Run:
    table = read(sentiment_csv(), "toy.csv")
    return new_run(store, table, recipe_for(table, **settings))  # type: ignore[arg-type]


def wait_for(run: Run, *statuses: str) -> None:
    tick = threading.Event()
    for _ in range(600):
        if run.status() in statuses:
            return
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


def test_the_queue_works_them_off_one_after_the_other(store: RunStore) -> None:
    jobs = Jobs(store)
    runs = [make(store, epochs=1.0) for _ in range(2)]
    for run in runs:
        jobs.submit(run)
    with pytest.raises(UserError):
        store.delete(runs[1].id)
    for run in runs:
        wait_for(run, "finished")
    first_end = ev.read(runs[0].events)[0][-1].time
    second = ev.read(runs[1].events)[0]
    assert next(e for e in second if isinstance(e, ev.RunStarted)).time >= first_end


def test_a_waiting_run_can_be_stopped_and_the_queue_is_bounded(store: RunStore) -> None:
    jobs = Jobs(store)
    jobs._thread = threading.Thread()  # no worker: everything waits
    runs = [make(store) for _ in range(CAPACITY + 1)]
    for run in runs[:-1]:
        jobs.submit(run)
    assert [jobs.position(run.id) for run in runs[:3]] == [0, 1, 2]
    with pytest.raises(UserError, match=str(CAPACITY)):
        jobs.submit(runs[-1])
    jobs.stop(runs[0].id)
    assert runs[0].status() == "stopped"
    assert jobs.position(runs[1].id) == 0


def _own_and_die(path: Path, ready: multiprocessing.synchronize.Event) -> None:
    run = Run(path)
    held = run.lock()
    held.acquire()
    run.append(ev.RunQueued())
    run.append(ev.RunStarted())
    with run.events.open("a") as file:
        file.write('{"event": "Step", "ti')  # torn by the crash
    ready.set()
    threading.Event().wait()


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


def test_a_finished_run_does_not_go_on(store: RunStore) -> None:
    run = make(store)
    run.append(ev.RunFinished(seconds=1.0))
    with pytest.raises(UserError):
        Jobs(store).resume(run.id)
