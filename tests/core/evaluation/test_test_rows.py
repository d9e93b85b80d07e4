"""What a run has written down, in one line: with several label columns the mean of each."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from core.__main__ import main
from core.data.read.table import read
from core.evaluation.test_rows import outcome
from core.recipe import DataSpec, ModelSpec, Recipe, TaskSpec
from core.runs import events
from core.runs.result import Compared
from core.runs.run import LabelColumn, Run
from core.runs.store import RunStore
from core.words import say
from tests.conftest import measured, scores, sentiment_csv
from tests.ui.fake import add_result, make_run
from ui.tabs.runs import table_html


def scored(place: Run | LabelColumn, ours: float, plain: float) -> None:
    add_result(place, ("a", "b"))
    found = measured(["a", "b"], macro_f1=ours)
    rival = Compared(**vars(scores(["a", "b"], plain)))
    place.write_result(replace(found, baselines={**found.baselines, "tfidf": rival}))


@pytest.fixture
def run(store: RunStore) -> Run:
    """A run of two label columns: far ahead on the first, behind on the second."""
    table = read(sentiment_csv(), "toy.csv")
    recipe = Recipe(
        DataSpec(table.name, table.fingerprint, ("text",), None),
        TaskSpec("mood"),
        ModelSpec("minilm"),
        techniques={"multitask": {}},
        also=(TaskSpec("topic"),),
    )
    run = store.create(recipe, table)
    run.append(events.RunFinished(seconds=1.0))
    scored(run, 0.70, 0.50)
    scored(run.new_column(1, Recipe(recipe.data, TaskSpec("topic"), recipe.model)), 0.60, 0.90)
    return run


def test_the_mean_stands_beside_the_mean(run: Run) -> None:
    found = outcome(run)
    assert found is not None
    assert found.columns == ("mood", "topic")
    assert (found.accuracy, found.macro_f1, found.plain) == pytest.approx((0.65, 0.65, 0.7))


def test_the_lists_say_that_it_is_one(
    run: Run, store: RunStore, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = table_html(store, "en")
    assert "mean of 2 label columns" in shown
    ticked = make_run(store)  # what tells the runs of a comparison apart
    assert say(f"technique.{next(iter(ticked.recipe().techniques))}.name") in table_html(
        store, "en"
    )
    assert ">0.650<" in shown
    assert ">0.700<" in shown
    assert main(["runs", "--json", "--runs", str(store.root)]) == 0
    row = next(row for row in json.loads(capsys.readouterr().out) if row["id"] == run.id)
    assert row["macro_f1"] == pytest.approx(0.65)
    assert row["label_columns"] == ["mood", "topic"]
    assert main(["runs", "--runs", str(store.root)]) == 0
    assert "mean of 2 label columns" in capsys.readouterr().out
