"""Runs that belong together: what is found again, and what is read back."""

from __future__ import annotations

import dataclasses

from core.data.checkup.edits import apply_edits, edits_to_json
from core.data.checkup.label_edits import Relabel
from core.data.read.table import read
from core.recipe import Fold
from core.runs import events
from core.runs.run_group import make, twin
from core.runs.store import RunStore
from core.workflow.comparisons import ComparisonStore, Member
from tests.conftest import recipe_for, sentiment_csv
from tests.ui.fake import add_result


def test_a_run_of_a_changed_table_is_found_again(store: RunStore) -> None:
    """A recipe that was read back holds lists and text where a new one holds tuples and numbers."""
    table = apply_edits(read(sentiment_csv(30), "toy.csv"), [Relabel("label", {3: "positive"})])
    recipe = recipe_for(table)
    data = dataclasses.replace(recipe.data, edits=edits_to_json(table), fold=Fold(0, 5))
    recipe = dataclasses.replace(recipe, data=data)
    run = store.create(recipe, table)
    assert twin(store, recipe) is None  # not trained yet
    add_result(run, ("negative", "positive"))
    run.append(events.RunFinished(seconds=1.0))
    assert twin(store, dataclasses.replace(recipe, name="another")) == run
    found, made = make(store, table, [("a", recipe)], None, lambda _store, _table, each: each)
    assert found == [("a", run)]
    assert made == []
    other = dataclasses.replace(recipe, data=dataclasses.replace(data, fold=Fold(1, 5)))
    assert twin(store, other) is None


def test_it_is_read_back_as_it_was_written(store: RunStore) -> None:
    kept = ComparisonStore(store)
    made = kept.create("toy 试", [Member((), "a"), Member(("freeze",), "b")], base="c")
    assert kept.get(made.id) == made
    assert kept.all() == [made]
    assert kept.busy(made) == []
    assert kept.share(made) == (0.0, 0.0)
