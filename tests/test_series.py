"""Runs that belong together: what is found again, and what is read back."""

from __future__ import annotations

import dataclasses

from core.comparisons import ComparisonStore, Member
from core.data.edits import Relabel, change, edits_of
from core.data.read import read
from core.recipe import Fold
from core.runs import RunStore
from core.series import make, twin
from core.training import events as ev
from tests.conftest import recipe_for, sentiment_csv


def test_a_run_of_a_changed_table_is_found_again(store: RunStore) -> None:
    """A recipe that was read back holds lists and text where a new one holds tuples and numbers."""
    table = change(read(sentiment_csv(30), "toy.csv"), [Relabel("label", {3: "positive"})])
    recipe = recipe_for(table)
    data = dataclasses.replace(recipe.data, edits=edits_of(table), fold=Fold(0, 5))
    recipe = dataclasses.replace(recipe, data=data)
    run = store.create(recipe, table)
    assert twin(store, recipe) is None  # not trained yet
    run.write_metrics({"test": {}})
    run.append(ev.RunFinished(seconds=1.0))
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
    # One of an earlier version names no run that it is about.
    file = kept.root / f"{made.id}.json"
    file.write_text(file.read_text().replace(', "base": "c"', ""))
    assert kept.get(made.id) == dataclasses.replace(made, base="")
