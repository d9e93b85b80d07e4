"""Runs that belong together: made at once, trained one after the other, and looked at as one.

A file of the runs' folder, KIND/ID.json, says which they are; everything else is in the runs.
"""

from __future__ import annotations

import dataclasses
import json
import re
import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from core.data.read import Table
from core.errors import UserError
from core.recipe import Recipe
from core.runs import Run, RunStore

ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")
BUSY = ("queued", "running")


class Belongs(Protocol):
    """What a series knows of one of its runs, besides its id: a frozen dataclass."""

    @property
    def run(self) -> str: ...


M = TypeVar("M", bound=Belongs)
K = TypeVar("K")


@dataclass(frozen=True)
class Series(Generic[M]):
    """`base` is the run that it tells more about, where there is one."""

    id: str
    name: str
    members: tuple[M, ...]
    base: str = ""


class SeriesStore(ABC, Generic[M]):
    """All series of one kind, of the runs of one store."""

    kind: ClassVar[str]

    def __init__(self, runs: RunStore) -> None:
        self.runs = runs
        self.root = runs.root / self.kind

    @abstractmethod
    def _member(self, raw: Mapping[str, Any]) -> M:
        """Of what was written. Raises ValueError, KeyError or TypeError."""

    @abstractmethod
    def _unknown(self) -> UserError:
        """What a person reads where there is no such series."""

    def create(self, name: str, members: Sequence[M], base: str = "") -> Series[M]:
        made = Series(
            f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}", name, tuple(members), base
        )
        self.root.mkdir(parents=True, exist_ok=True)
        new = self.root / f".{made.id}.new"
        new.write_text(json.dumps(dataclasses.asdict(made), ensure_ascii=False), encoding="utf-8")
        new.replace(self.root / f"{made.id}.json")
        return made

    def get(self, series: object) -> Series[M]:
        """Of an id that may come from anywhere. Raises UserError for one that is not there."""
        name = str(series)
        try:
            if not ID.fullmatch(name):
                raise ValueError(name)
            raw = json.loads((self.root / f"{name}.json").read_text(encoding="utf-8"))
            members = tuple(map(self._member, raw["members"]))
            return Series(raw["id"], raw["name"], members, str(raw.get("base", "")))
        except (OSError, ValueError, KeyError, TypeError):
            raise self._unknown() from None

    def all(self) -> list[Series[M]]:
        """The newest first."""
        if not self.root.is_dir():
            return []
        return [self.get(file.stem) for file in sorted(self.root.glob("[0-9]*.json"), reverse=True)]

    def delete(self, series: str) -> None:
        """Forget which runs belonged together; the runs stay."""
        (self.root / f"{self.get(series).id}.json").unlink(missing_ok=True)

    def run_of(self, member: M) -> Run | None:
        """None where the run was deleted."""
        try:
            return self.runs.get(member.run)
        except UserError:
            return None

    def busy(self, series: Series[M]) -> list[Run]:
        """Its runs that wait or are at work."""
        runs = [run for member in series.members if (run := self.run_of(member))]
        return [run for run in runs if run.status() in BUSY]

    def share(self, series: Series[M]) -> tuple[float, float | None]:
        """How much is done (0 to 1), and the seconds that are left; None while nothing tells."""
        runs = [run for member in series.members if (run := self.run_of(member))]
        course = [(run.progress(), run.status()) for run in runs]
        over = [each.seconds for each, status in course if status not in BUSY]
        at_work = [each for each, status in course if status == "running"]
        waiting = sum(status == "queued" for _, status in course)
        done = len(over) + sum(each.share for each in at_work)
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
        except (UserError, OSError):
            continue  # written by another version, or being deleted
        if same and run.status() == "finished" and run.metrics():
            return run
    return None


def make(
    store: RunStore,
    table: Table,
    wanted: Sequence[tuple[K, Recipe]],
    extra: Table | None,
    checked: Callable[[RunStore, Table, Recipe], Recipe],
) -> tuple[list[tuple[K, Run]], list[Run]]:
    """A run for each recipe, and those of them that are still to be trained.

    One that was trained before is not trained again: it would come out the same. `checked` may raise
    UserError; then nothing is left.
    """
    recipes = [(key, checked(store, table, recipe)) for key, recipe in wanted]
    found, made = [], []
    for key, recipe in recipes:
        run = twin(store, recipe)
        if run is None:
            run = store.create(recipe, table, extra)
            made.append(run)
        found.append((key, run))
    return found, made
