"""What a group of runs would take: which of them are still to be trained, and for how long."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from core.data.table import Table
from core.jobs.queue import checked
from core.libraries import load_libraries
from core.models.catalog import BY_KEY, title
from core.models.locate import downloaded
from core.recipe import Recipe
from core.runs.run_group import twin
from core.runs.store import RunStore
from core.words import Message, message

if TYPE_CHECKING:
    from core.workflow.preflight import Estimate, Preflight

K = TypeVar("K")


@dataclass(frozen=True)
class Part(Generic[K]):
    """One run of a group: its recipe as `core.jobs.queue.checked` returns it. One that is `done` was trained
    before and is not trained again."""

    key: K
    recipe: Recipe
    done: bool


def parts(store: RunStore, table: Table, wanted: Sequence[tuple[K, Recipe]]) -> list[Part[K]]:
    """What is to be trained for each of the recipes. Raises UserError where one of them cannot be."""
    every = [(key, checked(store, table, recipe)) for key, recipe in wanted]
    return [Part(key, recipe, twin(store, recipe) is not None) for key, recipe in every]


def absent(store: RunStore, wanted: Sequence[Part[K]]) -> Message | None:
    """That the model has to be fetched before anything can be measured, and its size; None where it is
    here."""
    for part in wanted:
        key = part.recipe.model.key
        if not part.done and downloaded(part.recipe.model, store) is None:
            size = BY_KEY[key].megabytes if key in BY_KEY else None
            name = "forecast.absent.size" if size else "forecast.absent"
            return message(name, model=title(key), size=size)
    return None


def seconds(
    store: RunStore,
    table: Table,
    wanted: Sequence[Part[K]],
    extra: Table | None,
    measure: Callable[[Preflight], Estimate | None],
) -> Iterator[float | None]:
    """How long each part trains here, one after the other: 0 where it is done, None where nobody knows.

    `measure` runs a few real steps, unless such a run was measured before; it may return None. Nothing is
    downloaded for it.
    """
    load_libraries()
    from core.workflow.preflight import Preflight

    before: Preflight | None = None
    for part in wanted:
        if part.done or downloaded(part.recipe.model, store) is None:
            yield 0.0 if part.done else None
            continue
        own = extra if part.recipe.data.extra else None
        before = Preflight(part.recipe, table, store, before, own)
        estimate = measure(before)
        yield None if estimate is None else estimate.seconds
