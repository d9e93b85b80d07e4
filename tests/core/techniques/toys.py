"""What the tests of all techniques train: a toy table and toy pictures, with settings that let each technique
show."""

from __future__ import annotations

import dataclasses
from typing import Any

from core import techniques
from core.data.any_file import read_archive
from core.data.read.table import read
from core.data.table import Table
from core.jobs.queue import new_run
from core.recipe import TaskSpec
from core.runs import events
from core.runs.run import Run
from core.runs.store import RunStore
from core.workflow.train import train
from tests.conftest import TINY_PICTURES, recipe_for, sentiment_csv
from tests.core.data.drawn import packed, picture

FOR_TEXTS = [each.key for each in techniques.ALL if "text" in each.modalities]
FOR_PICTURES = [each.key for each in techniques.ALL if "image" in each.modalities]
# What makes each one show on a tiny model: early stopping must have something to stop.
OPTIONS: dict[str, dict[str, Any]] = {
    "adaptive_epochs": {"patience": 0.5},
    "continued_pretraining": {"epochs": 1.0},
    # A search that ends by the number of trials can be repeated; one that time ends cannot.
    "autotune": {"trials": 3, "minutes": 60.0},
    "vocab_trim": {"margin": 500},
}
# Rates that make the toy run differ measurably where the technique acts.
SETTINGS: dict[str, dict[str, Any]] = {
    "adaptive_epochs": {"epochs": 20.0, "learning_rate": 1e-2},
    "autotune": {"learning_rate": None, "epochs": 4.0},
}


def toy() -> Table:
    """The toy CSV with a second label column, which few techniques look at."""
    head, *lines = sentiment_csv(rows=60, rare=15).decode().splitlines()
    longer = [f"{line},{'long' if line.count(' ') > 8 else 'short'}" for line in lines]
    return read("\n".join([f"{head},size", *longer]).encode(), "toy.csv")


def toy_pictures() -> Table:
    """Three times as many red ones as blue ones."""
    files = {f"red/{number}.png": picture("red", number) for number in range(30)}
    files |= {f"blue/{number}.png": picture("blue", number) for number in range(10)}
    return read_archive(packed(files), "toy.zip")


def run_with(
    store: RunStore, chosen: dict[str, dict[str, Any]], key: str, kind: str = "text"
) -> Run:
    settings = SETTINGS.get(key, {})
    if kind == "image":
        pictures = toy_pictures()
        recipe = recipe_for(pictures, model=TINY_PICTURES, techniques=chosen, **settings)
        return new_run(store, pictures, recipe)
    table = toy()
    recipe = recipe_for(table, techniques=chosen, **settings)
    if "multitask" in chosen:
        recipe = dataclasses.replace(recipe, also=(TaskSpec("size"),))
    return new_run(store, table, recipe)


def curve(run: Run) -> list[tuple[int, float]]:
    return [(e.step, e.loss) for e in events.read(run.events)[0] if isinstance(e, events.Evaluated)]


def trained(
    store: RunStore, chosen: dict[str, dict[str, Any]], key: str, kind: str = "text"
) -> Run:
    """A finished run with these techniques and the settings for one of them."""
    run = run_with(store, chosen, key, kind)
    train(run)
    assert run.status() == "finished", run.progress().error
    return run
