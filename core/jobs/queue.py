"""The queue and its worker thread: one run trains at a time, the others wait their turn."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import itertools
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from core import techniques
from core.data.profile.profile import profile, raise_if_unlearnable, usable_rows
from core.data.split import split
from core.data.table import Table
from core.errors import UserError
from core.evaluation import cross_validation
from core.jobs.job import Job, Queue, State, give_way
from core.libraries import load_libraries
from core.modalities import modality_of
from core.models.locate import resolve
from core.recipe import Recipe
from core.runs import events
from core.runs.run import RESUMABLE, Run
from core.runs.run_group import RunGroupStore, all_or_none, make
from core.runs.store import RunStore
from core.tasks import strata
from core.words import message
from core.workflow import comparisons

if TYPE_CHECKING:
    from core.workflow.preflight import Estimate, Preflight

CAPACITY = 32  # runs that may wait
log = logging.getLogger(__name__)


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
    for column_profile in profiles:
        raise_if_unlearnable(column_profile)
    chosen = techniques.checked(recipe, profiles[0])
    # With every option written out, so that runs can be compared by their recipes.
    recipe = dataclasses.replace(
        recipe,
        techniques={technique.key: dataclasses.asdict(technique.options) for technique in chosen},
    )
    columns = {task.column: task.separator for task in recipe.tasks}
    rows, _ = usable_rows(table, recipe.data.text, columns)
    given = rows[recipe.data.split].tolist() if recipe.data.split else None
    modality = modality_of(table)
    texts = [modality.identity(item) for item in modality.inputs(rows, recipe.data.text)]
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
    `core.runs.run_group.make`. Raises UserError as that does; then nothing is left."""
    every, fresh = make(store, table, comparisons.variants(recipe), extra, checked)
    members = [comparisons.Member(keys, run.id) for keys, run in every]
    name = recipe.title
    with all_or_none(store, fresh):
        return comparisons.ComparisonStore(store).create(name, members), fresh


def new_folds(
    store: RunStore,
    table: Table,
    recipe: Recipe,
    asked: cross_validation.Asked,
    extra: Table | None = None,
    base: str = "",
) -> tuple[cross_validation.CrossValidation, list[Run]]:
    """The runs that cross-validate a recipe, and those that are still to be trained, as `new_comparison`.

    `base` is the run that is measured so.
    """
    wanted = cross_validation.recipes(recipe, asked)
    every, fresh = make(store, table, wanted, extra, checked)
    members = [cross_validation.Member(part, run.id) for part, run in every]
    name = recipe.title
    with all_or_none(store, fresh):
        return cross_validation.FoldStore(store).create(name, members, base), fresh


@dataclass(eq=False)
class RunJob(Job):
    """A run that waits or is trained; its lock is held meanwhile."""

    run: Run
    lock: FileLock


class Jobs:
    """Runs submitted here are trained one after the other by a single background thread."""

    def __init__(self, store: RunStore) -> None:
        self.store = store
        # Runs, questions and measurements: two at a time would slow each other down, and share the random
        # numbers that make a run repeatable.
        self.machine = Queue("training")

    def start(self, table: Table, recipe: Recipe, extra: Table | None = None) -> Run:
        """Make a run (see `new_run`) and put it in the queue. Raises UserError; then nothing is left."""
        self._check_room()
        run = new_run(self.store, table, recipe, extra)
        with all_or_none(self.store, [run]):
            self.submit(run)
        return run

    def compare(
        self, table: Table, recipe: Recipe, extra: Table | None = None
    ) -> comparisons.Comparison:
        """Put the runs that compare the recipe's techniques in the queue. Raises UserError; then nothing is
        left."""
        self._check_room(len(comparisons.variants(recipe)))
        comparison, fresh = new_comparison(self.store, table, recipe, extra)
        self._begin(fresh, comparisons.ComparisonStore(self.store), comparison.id)
        return comparison

    def cross_validate(
        self, base: Run, asked: cross_validation.Asked
    ) -> cross_validation.CrossValidation:
        """Put the runs that cross-validate the recipe of a run in the queue. Raises UserError; then nothing
        is left."""
        self._check_room(len(cross_validation.recipes(base.recipe(), asked)))
        folds, runs = new_folds(
            self.store, base.table(), base.recipe(), asked, base.extra(), base.id
        )
        self._begin(runs, cross_validation.FoldStore(self.store), folds.id)
        return folds

    def _begin(self, runs: Sequence[Run], groups: RunGroupStore[Any], group: str) -> None:
        with all_or_none(self.store, runs):
            try:
                self.submit(*runs)
            except UserError:
                groups.delete(group)
                raise

    def submit(self, *runs: Run) -> None:
        """Put runs in the queue, all or none. Raises UserError when it is full, when one is at work already
        and when that cannot be written down."""
        with contextlib.ExitStack() as held, _written_down():
            locks = [run.lock() for run in runs]
            for lock in locks:
                lock.acquire(timeout=5)
                held.callback(lock.release)
            with self.machine.changed:
                self._check_room(len(runs))
                for run in runs:
                    run.stop_file.unlink(missing_ok=True)
                    run.append(events.RunQueued())
                work = zip(runs, locks, strict=True)
                self.machine.put(
                    *(
                        RunJob(run, lock, work=functools.partial(_train, run, lock))
                        for run, lock in work
                    )
                )
            held.pop_all()

    def _check_room(self, runs: int = 1) -> None:
        waiting = sum(job.state == State.WAITING for job in self._runs())
        if waiting + runs > CAPACITY:
            raise UserError("queue_full", limit=CAPACITY)

    def _runs(self) -> list[RunJob]:
        """The run at work, then those that wait."""
        return [job for job in self.machine.jobs() if isinstance(job, RunJob)]

    def stop(self, run_id: str) -> None:
        """Ask a run to stop; one that still waits is taken out of the queue."""
        run = self.store.get(run_id)
        with _written_down(), self.machine.changed:
            run.request_stop()
            for job in self._runs():
                if job.run == run and self.machine.take_out(job):
                    try:
                        run.append(events.RunStopped(step=None, seconds=0.0))
                    finally:
                        job.lock.release()

    def resume(self, run_id: str) -> Run:
        """Go on with a stopped, failed or interrupted run from its last checkpoint."""
        run = self.store.get(run_id)
        if run.status() not in RESUMABLE:
            raise UserError("run_not_resumable")
        self.submit(run)
        return run

    def before(self, run_id: str) -> list[Run]:
        """What a run that waits is waiting for: the run at work, then those that are its turn earlier."""
        ids = [job.run.id for job in self._runs() if job.state == State.WAITING]
        runs = [job.run for job in self._runs()]
        return (
            list(itertools.takewhile(lambda run: run.id != run_id, runs)) if run_id in ids else []
        )

    def busy(self) -> bool:
        """Is a run at work, or about to be?"""
        return bool(self._runs())

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

        def estimate() -> Estimate | None:
            give_way()
            with contextlib.suppress(Stopped):
                return None if should_stop() else preflight.estimate(should_stop)
            return None

        if preflight.known():
            return preflight.estimate()
        measured: Estimate | None = self.machine.do(Job(work=estimate), lambda: not should_stop())
        return measured


def _train(run: Run, lock: FileLock) -> None:
    try:
        load_libraries()
        give_way()
        from core.workflow.train import train

        train(run)
    except Exception as error:
        # train() reports what happens inside a run; this is about train itself.
        log.exception("run %s", run.id)
        failed = events.RunFailed(message=message("error.unexpected", reason=repr(error)))
        with contextlib.suppress(OSError):  # the disk may be full, the folder gone
            run.append(failed)
    finally:
        lock.release()


@contextlib.contextmanager
def _written_down() -> Iterator[None]:
    """Around what locks runs and writes into their folders. Raises UserError where that cannot be."""
    try:
        yield
    except Timeout:
        raise UserError("run_busy") from None
    except OSError as error:
        raise UserError("store_unwritable", reason=error.strerror or str(error)) from error


def warm_up() -> None:
    """Load what training needs, in the background, so that the first Start does not wait for it."""

    def load() -> None:
        load_libraries()
        import core.workflow.train  # noqa: F401
        from core.models.load import load
        from core.models.locate import bundled_folder
        from core.tasks.base import head
        from core.training.machine import this_machine

        with contextlib.suppress(UserError):  # it is said when the model is wanted
            load(bundled_folder(), head(("a", "b")), this_machine().attention)

    Queue("warm-up").put(Job(work=load))
