"""What a technique brought: a run beside its twin, which differs in nothing but that technique."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from itertools import chain

import numpy as np

from core.errors import UserError
from core.evaluation.metrics import Numbers
from core.recipe import Recipe
from core.runs import Run, RunStore
from core.tasks import task_of

DRAWS = 1_000


@dataclass(frozen=True)
class Difference:
    """Macro-F1 (0 to 1) of a run minus its twin's on the same test rows, with its 95 % interval.

    `faster` is how many times as long the twin took, start to end.
    """

    f1: float
    low: float
    high: float
    rows: int
    faster: float

    @property
    def clear(self) -> bool:
        return self.low > 0 or self.high < 0


def without(recipe: Recipe, key: str) -> Recipe:
    """The recipe of the twin, under the same name."""
    left = {name: options for name, options in recipe.techniques.items() if name != key}
    return dataclasses.replace(recipe, techniques=left)


def twin(run: Run, store: RunStore, key: str) -> Run | None:
    """The newest finished run with the recipe of `run` but for the technique `key`, or None."""
    wanted = dataclasses.replace(without(run.recipe(), key), name="")
    for other in store.all():
        try:
            same = dataclasses.replace(other.recipe(), name="") == wanted
        except (UserError, OSError):
            continue  # written by another version, or being deleted
        if same and other.status() == "finished" and other.metrics():
            return other
    return None


def difference(run: Run, other: Run) -> Difference | None:
    """None when the two were not tested on the same rows.

    Paired bootstrap over the test rows (Berg-Kirkpatrick, Burkett and Klein 2012): both lose or gain the
    same rows in every draw.
    """
    ours, theirs = run.test_rows(), other.test_rows()
    if ours is None or theirs is None or ours["line"].tolist() != theirs["line"].tolist():
        return None
    said = [ours["label"].tolist(), ours["predicted"].tolist(), theirs["predicted"].tolist()]
    task = task_of(chain(*said), run.recipe().task.separator)
    truth, one, two = (task.encode(cells) for cells in said)

    def gain(where: Numbers) -> float:
        return task.macro_f1(one[where], truth[where]) - task.macro_f1(two[where], truth[where])

    everything = np.arange(len(truth))
    random = np.random.default_rng(0)
    draws = [gain(random.choice(everything, len(everything))) for _ in range(DRAWS)]
    low, high = np.quantile(draws, (0.025, 0.975))
    seconds = [float((each.metrics() or {}).get("seconds", 0)) for each in (run, other)]
    return Difference(
        f1=gain(everything),
        low=float(low),
        high=float(high),
        rows=len(truth),
        faster=seconds[1] / max(0.001, seconds[0]),
    )
