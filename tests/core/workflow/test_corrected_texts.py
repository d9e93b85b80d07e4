"""A new run tells how many of the texts that were corrected before it are now answered as the person said."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from core.data.checkup.edits import apply_edits, edit_from_json, edits_to_json
from core.data.read.table import read
from core.inference.predictor import TransformerPredictor
from core.jobs.queue import new_run
from core.recipe import Recipe, TaskSpec
from core.runs.answers import Corrected, Tally
from core.runs.run import Run
from core.runs.store import RunStore
from core.training.rows import Rows
from core.workflow.corrected_texts import corrected, corrected_rows
from core.workflow.corrections import Corrections
from core.workflow.corrections import corrected as with_corrections
from core.workflow.train import train
from tests.conftest import measured, recipe_for, sentiment_csv

LABELS = ["negative", "positive"]


def retrained(store: RunStore, texts: dict[str, str], split: bool) -> Run:
    """A trained run with the corrections of a run before it; `split`: its table says which rows test."""
    lines = sentiment_csv(60).decode().splitlines()
    if split:
        sides = ["split", *("test" if number > 45 else "train" for number in range(60))]
        lines = [f"{line},{side}" for line, side in zip(lines, sides, strict=True)]
    table = read("\n".join(lines).encode(), "toy.csv")
    recipe = recipe_for(table, learning_rate=5e-3)
    data = dataclasses.replace(recipe.data, split="split" if split else None)
    first = store.create(dataclasses.replace(recipe, data=data), table)
    first.write_result(measured(LABELS))
    for text, label in texts.items():
        Corrections(first.main).add((text,), [label])
    table, recipe, _ = with_corrections(first)
    run = new_run(store, table, recipe)
    train(run)
    assert run.status() == "finished", run.progress().error
    return run


@pytest.mark.parametrize("split", [False, True])
def test_it_counts_what_the_trained_model_answers(store: RunStore, split: bool) -> None:
    texts = {f"a {word} plot {n}": LABELS[n % 2] for n in range(24) for word in ["sad"]}
    run = retrained(store, texts, split)
    probabilities = TransformerPredictor(run.model).probabilities([(text, None) for text in texts])
    right = [
        LABELS[place] == label
        for place, label in zip(probabilities.argmax(axis=1), texts.values(), strict=True)
    ]
    test = run.test_rows()
    assert test is not None
    unseen = [text in set(test["text"]) for text in texts]
    answer = run.answer("corrected")
    assert answer.seen == Tally(24 - sum(unseen), int(np.sum(np.array(right)[~np.array(unseen)])))
    assert answer.unseen == Tally(sum(unseen), int(np.sum(np.array(right)[unseen])))
    assert 0 < answer.all.right < 24
    assert (sum(unseen) == 0) == split


def rows_with(store: RunStore, *added: list[dict[str, str]], further: str = "") -> tuple[Run, Rows]:
    """A run that nobody trains, after rows were added to its table, and its rows. The last lines of the file
    are tested on."""
    lines = [
        f"text {n},{'ab'[n % 2]},{'xy'[n % 2]},{'test' if n > 13 else 'train'}" for n in range(20)
    ]
    table = read("\n".join(["text,label,other,split", *lines]).encode(), "toy.csv")
    table = apply_edits(
        table, [edit_from_json({"kind": "add_rows", "rows": rows}) for rows in added]
    )
    recipe: Recipe = recipe_for(table)
    data = dataclasses.replace(recipe.data, split="split", edits=edits_to_json(table))
    also = (TaskSpec(further),) if further else ()
    recipe = dataclasses.replace(recipe, data=data, also=also, techniques={"multitask": {}})
    run = store.create(recipe, table)
    return run, Rows.of(table, recipe, store)


def tally(rows: Rows, where: np.ndarray, answers: list[int]) -> Corrected:
    return corrected(rows, where, np.eye(2)[answers], None)


def test_a_text_counts_once_as_it_was_corrected_last(store: RunStore) -> None:
    again = [{"text": "odd One", "label": "b", "split": "train"}]
    run, rows = rows_with(store, [{"text": "odd one", "label": "a", "split": "train"}], again)
    where = corrected_rows(run, rows)
    assert rows.frame.iloc[where]["text"].tolist() == ["odd one", "odd One"]
    assert tally(rows, where, [1, 1]) == Corrected(Tally(1, 1), Tally(0, 0))
    assert tally(rows, where, [0, 0]) == Corrected(Tally(1, 0), Tally(0, 0))


def test_a_corrected_test_row_was_not_trained_on(store: RunStore) -> None:
    """It stands in the table twice, and the split leaves out the one that was to be trained on."""
    run, rows = rows_with(store, [{"text": "text 15", "label": "a", "split": "train"}])
    where = corrected_rows(run, rows)
    assert not np.isin(where, rows.split.train).any()
    assert tally(rows, where, [0]) == Corrected(Tally(0, 0), Tally(1, 1))


def test_of_several_label_columns_each_counts_its_own(store: RunStore) -> None:
    added = [
        {"text": "one", "label": "a", "split": "train"},
        {"text": "two", "label": "a", "other": "y", "split": "train"},
    ]
    run, rows = rows_with(store, added, further="other")
    where, (main, other) = corrected_rows(run, rows), rows.views()
    assert tally(main, where, [0, 1]).all == Tally(2, 1)
    assert tally(other, where, [0, 1]).all == Tally(1, 1)


def test_without_corrections_no_table_is_read_for_it(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, rows = rows_with(store)
    monkeypatch.setattr(Run, "table", None)
    assert not len(corrected_rows(run, rows))
