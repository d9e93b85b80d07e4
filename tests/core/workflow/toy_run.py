"""A run of a toy table, made for tests."""

from __future__ import annotations

from typing import Any

from core.data.read.table import read
from core.jobs.queue import new_run
from core.runs.run import Run
from core.runs.store import RunStore
from tests.conftest import recipe_for, sentiment_csv


def make(store: RunStore, rows: int = 60, **settings: Any) -> Run:
    table = read(sentiment_csv(rows), "toy.csv")
    return new_run(store, table, recipe_for(table, **settings))
