"""A run and its twin without a technique: found, and compared on the same test rows."""

from __future__ import annotations

import pytest

from core.data.read import read
from core.evaluation.compare import difference, twin, without
from core.jobs import new_run
from core.runs import Run, RunStore
from core.training.train import train
from tests.conftest import recipe_for, sentiment_csv


def finished(store: RunStore, key: str | None, **settings: object) -> Run:
    table = read(sentiment_csv(80), "toy.csv")
    chosen: dict[str, dict[str, object]] = {key: {}} if key else {}
    run = new_run(store, table, recipe_for(table, techniques=chosen, **settings))
    train(run)
    return run


def test_the_twin_differs_in_the_technique_alone(store: RunStore) -> None:
    fast = finished(store, "freeze")
    assert twin(fast, store, "freeze") is None
    finished(store, None, seed=7)
    finished(store, None, epochs=1.0)
    assert twin(fast, store, "freeze") is None
    plain = finished(store, None)
    assert twin(fast, store, "freeze") == plain
    assert without(fast.recipe(), "freeze").techniques == {}


def test_the_difference_is_that_of_the_reports(store: RunStore) -> None:
    fast, plain = finished(store, "freeze", epochs=1.0), finished(store, None, epochs=6.0)
    found = difference(fast, plain)
    assert found is not None
    scores = [run.metrics()["test"]["macro_f1"] for run in (fast, plain)]  # type: ignore[index]
    assert found.f1 == pytest.approx(scores[0] - scores[1])
    assert found.low <= found.f1 <= found.high
    assert found.rows == len(fast.test_rows())  # type: ignore[arg-type]
    other = finished(store, None, seed=7)
    assert difference(fast, other) is None  # other test rows


def test_a_run_is_no_better_than_itself(store: RunStore) -> None:
    run = finished(store, None, epochs=1.0)
    found = difference(run, run)
    assert found is not None
    assert (found.f1, found.low, found.high, found.clear) == (0, 0, 0, False)
