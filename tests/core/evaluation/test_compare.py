"""Two runs beside each other: on the same test rows, with what they deliver."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from core.data.read.table import read
from core.evaluation.compare import delivered, difference
from core.jobs.queue import new_run
from core.runs.run import Run
from core.runs.store import RunStore
from core.workflow.train import train
from tests.conftest import recipe_for, sentiment_csv
from tests.ui.fake import make_run


def finished(store: RunStore, key: str | None, **settings: Any) -> Run:
    table = read(sentiment_csv(80), "toy.csv")
    chosen: dict[str, dict[str, object]] = {key: {}} if key else {}
    run = new_run(store, table, recipe_for(table, techniques=chosen, **settings))
    train(run)
    return run


@pytest.mark.slow
def test_the_difference_is_that_of_the_reports(store: RunStore) -> None:
    fast, plain = finished(store, "freeze", epochs=1.0), finished(store, None, epochs=6.0)
    found = difference(fast, plain)
    assert found is not None
    for name in ("accuracy", "macro_f1"):
        change = getattr(found.lead, name)
        scores = [getattr(run.measured().test, name) for run in (fast, plain)]
        assert change.value == pytest.approx(scores[0] - scores[1])
        assert change.low <= change.value <= change.high
    assert found.rows == len(fast.test_rows())  # type: ignore[arg-type]


def test_only_rows_that_both_were_tested_on_count(store: RunStore) -> None:
    plain, other = finished(store, None, epochs=1.0), finished(store, None, epochs=1.0, seed=7)
    lines = [set(run.test_rows()["line"]) for run in (plain, other)]  # type: ignore[index]
    both = lines[0] & lines[1]
    assert 0 < len(both) < 10  # too few to say anything
    assert difference(plain, other) is None


def test_a_run_is_no_better_than_itself(store: RunStore) -> None:
    run = finished(store, None, epochs=1.0)
    found = difference(run, run)
    assert found is not None
    change = found.lead.macro_f1
    assert (change.value, change.low, change.high, change.clear) == (0, 0, 0, False)


def test_the_small_form_of_a_model_is_what_is_judged(store: RunStore) -> None:
    run = finished(store, "quantize", epochs=1.0)
    result, got = run.measured(), delivered(run)
    assert got is not None
    small = run.model / "model_int8.onnx"
    assert got.size == small.stat().st_size < result.size
    assert got.macro_f1 == result.small.macro_f1
    plain = finished(store, None, epochs=1.0)
    found = difference(run, plain)
    assert found is not None
    gain = result.small.macro_f1 - plain.measured().test.macro_f1
    assert found.lead.macro_f1.value == pytest.approx(gain)
    assert got.latency != result.latency


def test_what_was_read_is_kept_until_a_file_changes(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, plain = make_run(store), make_run(store)
    first, got = difference(run, plain), delivered(run)
    assert first is not None
    assert got is not None
    reads: list[Run] = []
    read_rows = Run.test_rows
    monkeypatch.setattr(Run, "test_rows", lambda run: (reads.append(run), read_rows(run))[1])
    assert (difference(run, plain), delivered(run)) == (first, got)
    assert reads == []

    rows = read_rows(plain)
    assert rows is not None
    plain.write_test_rows(rows.assign(predicted=rows["label"].tolist()))
    now = difference(run, plain)
    assert now is not None
    assert now.lead.accuracy.value < first.lead.accuracy.value
    result = run.measured()
    run.write_result(dataclasses.replace(result, seconds=result.seconds + 1))
    assert delivered(run) == dataclasses.replace(got, seconds=got.seconds + 1)
    store.delete(plain.id)
    assert difference(run, plain) is None
