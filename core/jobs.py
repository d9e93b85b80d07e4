"""The queue and its worker thread: one run trains at a time, the others wait their turn."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from filelock import FileLock, Timeout

from core import comparisons, folds, techniques
from core.data.profile import check, profile, usable_rows
from core.data.read import Table
from core.data.split import split
from core.errors import UserError
from core.libraries import load_libraries
from core.modalities import modality_of
from core.models.locate import resolve
from core.recipe import Recipe
from core.runs import Run, RunStore
from core.series import make
from core.tasks import strata
from core.training import events as ev
from core.words import message

if TYPE_CHECKING:
    from core.training.preflight import Estimate, Preflight

CAPACITY = 32  # runs that may wait
NICE = 10  # of the thread that trains: the page comes first
log = logging.getLogger(__name__)
T = TypeVar("T")


def checked(store: RunStore, table: Table, recipe: Recipe) -> Recipe:
    """The recipe with every option written out and the model pinned, once all that can be checked before
    anything starts is checked.

    Raises UserError for whatever the person has to mend: data, columns, techniques, model, settings.
    """
    recipe.validate()
    profiles = [
        profile(table, recipe.data.text, task.column, recipe.data.split or "", task.separator)
        for task in recipe.tasks
    ]
    for each in profiles:
        check(each)
    chosen = techniques.resolve(recipe.techniques, profiles[0])
    for technique in chosen:
        technique.check(recipe)
    # With every option written out, so that runs can be compared by their recipes.
    recipe = dataclasses.replace(
        recipe, techniques={each.key: dataclasses.asdict(each.options) for each in chosen}
    )
    columns = [each.column for each in recipe.tasks]
    rows, _ = usable_rows(table, recipe.data.text, columns)
    given = rows[recipe.data.split].tolist() if recipe.data.split else None
    modality = modality_of(table)
    texts = [modality.identity(each) for each in modality.inputs(rows, recipe.data.text)]
    labels = strata(rows[recipe.task.column].tolist(), recipe.task.separator)
    split(texts, labels, recipe.train.seed, given=given, part=recipe.data.fold)
    return dataclasses.replace(recipe, model=resolve(recipe.model, store))


def new_run(store: RunStore, table: Table, recipe: Recipe, extra: Table | None = None) -> Run:
    """A run's folder, of a recipe that is `checked`. Raises UserError. `extra` is what `recipe.data.extra`
    names."""
    return store.create(checked(store, table, recipe), table, extra)


def new_comparison(
    store: RunStore, table: Table, recipe: Recipe, extra: Table | None = None
) -> tuple[comparisons.Comparison, list[Run]]:
    """The runs that compare the recipe's techniques, and those of them that are still to be trained: see
    `core.series.make`. Raises UserError as `checked` does; then nothing is left."""
    found, made = make(store, table, comparisons.variants(recipe), extra, checked)
    members = [comparisons.Member(keys, run.id) for keys, run in found]
    name = recipe.name or recipe.data.file
    return comparisons.ComparisonStore(store).create(name, members), made


def new_folds(
    store: RunStore,
    table: Table,
    recipe: Recipe,
    asked: folds.Asked,
    extra: Table | None = None,
    base: str = "",
) -> tuple[folds.CrossValidation, list[Run]]:
    """The runs that cross-validate a recipe, and those that are still to be trained, as `new_comparison`.

    `base` is the run that is measured so.
    """
    wanted = folds.recipes(recipe, asked)
    found, made = make(store, table, wanted, extra, checked)
    members = [folds.Member(part, run.id) for part, run in found]
    name = recipe.name or recipe.data.file
    return folds.FoldStore(store).create(name, members, base), made


class Jobs:
    """Runs submitted here are trained one after the other by a single background thread."""

    def __init__(self, store: RunStore) -> None:
        self.store = store
        self._waiting: deque[tuple[Run, FileLock]] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._running = False
        # Held by the run that trains, or by the measurement: they would slow each other down, and
        # share the random numbers that make a run repeatable.
        self._machine = threading.Lock()

    def start(self, table: Table, recipe: Recipe, extra: Table | None = None) -> Run:
        """Make a run (see `new_run`) and put it in the queue. Raises UserError; then nothing is left."""
        self._check_room()
        run = new_run(self.store, table, recipe, extra)
        try:
            self.submit(run)
        except UserError:
            self.store.delete(run.id)
            raise
        return run

    def compare(
        self, table: Table, recipe: Recipe, extra: Table | None = None
    ) -> comparisons.Comparison:
        """Put the runs that compare the recipe's techniques in the queue. Raises UserError; then nothing is
        left."""
        self._check_room(len(comparisons.variants(recipe)))
        comparison, made = new_comparison(self.store, table, recipe, extra)
        for run in made:
            self.submit(run)
        return comparison

    def cross_validate(self, base: Run, asked: folds.Asked) -> folds.CrossValidation:
        """Put the runs that cross-validate the recipe of a run in the queue. Raises UserError; then nothing
        is left."""
        self._check_room(len(folds.recipes(base.recipe(), asked)))
        made, runs = new_folds(
            self.store, base.table(), base.recipe(), asked, base.extra(), base.id
        )
        for run in runs:
            self.submit(run)
        return made

    def submit(self, run: Run) -> None:
        """Put a run in the queue. Raises UserError when it is full or the run is at work already."""
        self._check_room()
        lock = run.lock()
        try:
            lock.acquire(timeout=5)
        except Timeout:
            raise UserError("run_busy") from None
        run.stop_file.unlink(missing_ok=True)
        run.mend_events()
        run.append(ev.RunQueued())
        with self._changed:
            self._waiting.append((run, lock))
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="training", daemon=True)
                self._thread.start()
            self._changed.notify()

    def _check_room(self, runs: int = 1) -> None:
        with self._changed:
            if len(self._waiting) + runs > CAPACITY:
                raise UserError("queue_full", limit=CAPACITY)

    def stop(self, run_id: str) -> None:
        """Ask a run to stop; one that still waits is taken out of the queue."""
        run = self.store.get(run_id)
        run.request_stop()
        with self._changed:
            for waiting in list(self._waiting):
                if waiting[0].id == run_id:
                    self._waiting.remove(waiting)
                    run.append(ev.RunStopped(step=None, seconds=0.0))
                    waiting[1].release()

    def resume(self, run_id: str) -> Run:
        """Go on with a stopped, failed or interrupted run from its last checkpoint."""
        run = self.store.get(run_id)
        if run.status() not in ("stopped", "interrupted", "failed"):
            raise UserError("run_not_resumable")
        self.submit(run)
        return run

    def position(self, run_id: str) -> int:
        """How many runs are before this one: 0 when it is next or at work."""
        with self._changed:
            ids = [run.id for run, _ in self._waiting]
        return ids.index(run_id) if run_id in ids else 0

    def busy(self) -> bool:
        """Is a run at work, or about to be?"""
        with self._changed:
            return self._running or bool(self._waiting)

    def measure(
        self, preflight: Preflight, wanted: Callable[[], bool] = lambda: True
    ) -> Estimate | None:
        """What a run would take: what is known, or what a few steps tell, one measurement at a time.

        None when a run is at work, which comes first, or when it is no longer `wanted`.
        """
        load_libraries()
        from core.training.fit import Stopped

        def should_stop() -> bool:
            return self.busy() or not wanted()

        if preflight.known():
            return preflight.estimate()
        while not self._machine.acquire(timeout=0.1):
            if should_stop():
                return None
        try:
            if should_stop():
                return None
            # As a run's, in a thread that gives way to the page.
            with ThreadPoolExecutor(1, "measuring", initializer=_give_way) as aside:
                return aside.submit(preflight.estimate, should_stop).result()
        except Stopped:
            return None
        finally:
            self._machine.release()

    def aside(self, work: Callable[[], T], wanted: Callable[[], bool]) -> T | None:
        """What `work` returns, done once nothing else computes; None when it is no longer `wanted` by then.

        Whatever it raises is raised here.
        """
        while not self._machine.acquire(timeout=0.1):
            if not wanted():
                return None
        try:
            with ThreadPoolExecutor(1, "aside", initializer=_give_way) as aside:
                return aside.submit(work).result()
        finally:
            self._machine.release()

    def _work(self) -> None:
        _give_way()
        while True:
            with self._changed:
                self._running = False
                self._changed.wait_for(lambda: self._waiting)
                run, lock = self._waiting.popleft()
                self._running = True
            try:
                load_libraries()
                from core.training.train import train

                with self._machine:
                    train(run)
            except Exception as error:
                # train() reports what happens inside a run; this is about train itself.
                log.exception("run %s", run.id)
                failed = ev.RunFailed(message=message("error.unexpected", reason=repr(error)))
                with contextlib.suppress(OSError):  # the disk may be full, the folder gone
                    run.append(failed)
            finally:
                lock.release()


def _give_way() -> None:
    """Make this thread, and those that torch starts for it, yield to whatever else wants a core.

    On Linux a thread has a priority of its own; elsewhere nothing is changed.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, NICE)


def warm_up() -> threading.Thread:
    """Load what training needs, in the background, so that the first Start does not wait for it."""

    def load() -> None:
        _give_way()
        load_libraries()
        import core.training.train  # noqa: F401
        from core.models.load import load
        from core.models.locate import bundled_folder
        from core.tasks.base import head
        from core.training.machine import machine

        with contextlib.suppress(UserError):  # it is said when the model is wanted
            load(bundled_folder(), head(("a", "b")), machine().attention)

    thread = threading.Thread(target=load, name="warm-up", daemon=True)
    thread.start()
    return thread
