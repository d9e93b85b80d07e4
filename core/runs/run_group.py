"""Runs that belong together: made at once, trained one after the other, and looked at as one.

A file of the runs' folder, KIND/ID.json, says which they are; everything else is in the runs.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import re
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Generic, Protocol, TypeVar

from core.data.table import Table
from core.errors import UserError
from core.io.json_files import read_json, replace_json
from core.io.typed import decode
from core.recipe import Recipe
from core.runs.integrity import check
from core.runs.leftovers import STILL_WRITTEN
from core.runs.run import BUSY, Run
from core.runs.store import RunStore

ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")
log = logging.getLogger(__name__)


class Belongs(Protocol):
    """What a group knows of one of its runs, besides its id: a frozen dataclass."""

    @property
    def run(self) -> str: ...


M = TypeVar("M", bound=Belongs)
K = TypeVar("K")


@dataclass(frozen=True)
class RunGroup(Generic[M]):
    """`base` is the run that it tells more about, where there is one."""

    id: str
    name: str
    members: tuple[M, ...]
    base: str = ""


class RunGroupStore(Generic[M]):
    """All groups of one kind, of the runs of one store."""

    kind: ClassVar[str]
    unknown: ClassVar[str]  # key of the UserError where there is no such group
    member: type[M]

    def __init__(self, runs: RunStore) -> None:
        self.runs = runs
        self.root = runs.root / self.kind

    def create(self, name: str, members: Sequence[M], base: str = "") -> RunGroup[M]:
        group = RunGroup(
            f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}", name, tuple(members), base
        )
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            replace_json(self._file(group.id), dataclasses.asdict(group))
        except OSError as error:
            raise UserError("store_unwritable", reason=error.strerror or str(error)) from error
        return group

    def _file(self, group: str) -> Path:
        return self.root / f"{group}.json"

    def get(self, group: object) -> RunGroup[M]:
        """The group of an id that may come from anywhere. Raises UserError for one that is not there, or
        damaged."""
        name = str(group)
        if not ID.fullmatch(name):
            raise UserError(self.unknown)
        try:
            raw = read_json(self._file(name))
            stored = RunGroup(
                decode(str, raw["id"]),
                decode(str, raw["name"]),
                tuple(decode(self.member, member) for member in raw["members"]),
                decode(str, raw["base"]),
            )
            if stored.id != name or not stored.members:
                raise ValueError(name)
        except FileNotFoundError:
            raise UserError(self.unknown) from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("%s/%s.json is damaged: %s", self.kind, name, repr(error))
            raise UserError("series_damaged", file=f"{self.kind}/{name}.json") from error
        return stored

    def _ids(self) -> list[str]:
        files = self.root.glob("[0-9]*.json") if self.root.is_dir() else ()
        return sorted((file.stem for file in files if ID.fullmatch(file.stem)), reverse=True)

    def all(self) -> list[RunGroup[M]]:
        """Groups, the newest first, without the damaged ones."""
        return [group for name in self._ids() if (group := self._sound(name))]

    def damaged(self) -> list[str]:
        """Ids of groups that cannot be read, the newest first."""
        return [name for name in self._ids() if self._sound(name) is None]

    def _sound(self, group: str) -> RunGroup[M] | None:
        try:
            return self.get(group)
        except UserError:
            return None

    def delete(self, group: str) -> None:
        """Delete a group, be it damaged; its runs stay. Raises UserError."""
        if group not in self._ids():
            raise UserError(self.unknown)
        try:
            self._file(group).unlink(missing_ok=True)
        except OSError as error:
            raise UserError("store_unwritable", reason=error.strerror or str(error)) from error

    def clean(self) -> None:
        """Remove groups none of whose runs is left, and what a killed process has half written."""
        for group in self.all():
            if all(self._deleted(member) for member in group.members):
                # Another process has, or nothing can be written.
                with contextlib.suppress(UserError):
                    self.delete(group.id)
        with contextlib.suppress(OSError):
            for file in self.root.glob(".*.new"):
                if time.time() - file.stat().st_mtime >= STILL_WRITTEN:
                    file.unlink()

    def run_of(self, member: M) -> Run | None:
        """The run of a member; None where it was deleted, or is damaged."""
        try:
            run = self.runs.get(member.run)
            check(run)
        except UserError:
            return None
        return run

    def lost(self, member: M) -> str:
        """The word in place of a status, where there is no `run_of`: "deleted" or "damaged"."""
        return "deleted" if self._deleted(member) else "damaged"

    def _deleted(self, member: M) -> bool:
        try:
            self.runs.get(member.run)
        except UserError:
            return True
        return False

    def busy(self, group: RunGroup[M]) -> list[Run]:
        """Runs of the group that wait or are at work."""
        runs = [run for member in group.members if (run := self.run_of(member))]
        return [run for run in runs if run.status() in BUSY]

    def share(self, group: RunGroup[M]) -> tuple[float, float | None]:
        """The share that is done (0 to 1), and the seconds that are left; None while nothing tells."""
        runs = [run for member in group.members if (run := self.run_of(member))]
        course = [(run.progress(), run.status()) for run in runs]
        over = [progress.seconds for progress, status in course if status not in BUSY]
        at_work = [progress for progress, status in course if status == "running"]
        waiting = sum(status == "queued" for _, status in course)
        done = len(over) + sum(progress.share for progress in at_work)
        left = at_work[0].seconds_left if at_work else 0.0
        usual = sum(over) / len(over) if over else None
        if usual is None and at_work and left is not None:
            usual = at_work[0].seconds + left
        known = left is not None and (usual is not None or not waiting)
        return done / max(1, len(runs)), (left or 0.0) + waiting * (usual or 0.0) if known else None


def twin(store: RunStore, recipe: Recipe) -> Run | None:
    """The newest finished run with this recipe, whatever its name: it would come out the same again."""
    wanted = Recipe.from_json(dataclasses.replace(recipe, name="").to_json())  # as runs keep it
    for run in store.all():
        try:
            same = dataclasses.replace(run.recipe(), name="") == wanted
            if same and run.status() == "finished" and run.result():
                check(run)
                return run
        except UserError:
            continue  # damaged, or just deleted
    return None


@contextlib.contextmanager
def all_or_none(store: RunStore, created: Sequence[Run]) -> Iterator[None]:
    """Context of what may raise UserError: runs `created` for it do not outlive that."""
    try:
        yield
    except UserError:
        for run in created:
            with contextlib.suppress(UserError):
                store.delete(run.id)
        raise


def make(
    store: RunStore,
    table: Table,
    wanted: Sequence[tuple[K, Recipe]],
    extra: Table | None,
    checked: Callable[[RunStore, Table, Recipe], Recipe],
) -> tuple[list[tuple[K, Run]], list[Run]]:
    """A run for each recipe, and those of them that are still to be trained.

    One that was trained before is not trained again: it would come out the same. Raises UserError as
    `checked` does, and where a run cannot be written; then nothing is left.
    """
    recipes = [(key, checked(store, table, recipe)) for key, recipe in wanted]
    runs: list[tuple[K, Run]] = []
    created: list[Run] = []
    with all_or_none(store, created):
        for key, recipe in recipes:
            run = twin(store, recipe)
            if run is None:
                run = store.create(recipe, table, extra)
                created.append(run)
            runs.append((key, run))
    return runs, created
