"""Label cells: one value has one spelling, words for nothing are named, columns of yes and no are labels."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from core.data.checkup.edits import apply_edits, undo_edit
from core.data.checkup.fix import profile_again
from core.data.checkup.label_edits import NoneOfThem
from core.data.labels.cells import LIST, canonical_cells, join_labels, split_labels
from core.data.profile.profile import profile
from core.data.read.table import read
from core.modalities.checkup import mend
from core.tasks import task_of
from tests.core.data.labels.label_columns import (
    NAMES,
    columns,
    counts,
    csv,
    excel,
    expected,
    found,
    jsonl,
    parquet,
    sets,
)
from tests.core.modalities.test_checkup import sentence


def test_what_holds_the_separator_stays_whole() -> None:
    names = ("agree; strongly", "C, C++", 'say "so"')
    cells = [[name for k, name in enumerate(names) if row >> k & 1] for row in range(8)] * 8
    table = jsonl(cells)
    assert counts(table) == dict.fromkeys(names, 32)
    rows = [join_labels(cell, LIST) for cell in cells]
    assert [split_labels(row, LIST) for row in rows] == cells
    task = task_of(rows, LIST)
    truth = task.encode(rows)
    assert truth.sum() == 96
    assert task.known(truth).all()
    spoken = task.spoken(truth)
    assert (np.maximum(task.encode(spoken), 0) == truth).all()


ODD = (
    *("[" * 3_000, "[" + "'a'," * 2_000 + "]", '{"a":' * 50 + "1}", "1" * 5_000 + ".0", "\u200b"),
    *('["\\ud800"]', "'" * 2_000 + "]", '["' + "\\" * 3_001 + '"]', ";" * 500, " , , ,", "[1e999]"),
    *(
        "array([array([1])])",
        "{1: 2}",
        "\n\n\n",
        '"a, b"; "c',
        "a;b|c,d#e",
        "\U0001f468\u200d\U0001f467",
    ),
)


@pytest.mark.parametrize("separator", ["", ";", ",", "\n", "[]", " "])
def test_odd_columns_and_cells_block_nothing(separator: str) -> None:
    frame = columns(["good", "bad"] * 20)
    for number, cell in enumerate(ODD):
        frame[f"odd {number}"] = [cell, "x"] * 20
    frame["mixed"] = [ODD[row % len(ODD)] for row in range(40)]
    table = read(frame.to_json(orient="records", lines=True).encode(), "odd.jsonl")
    assert counts(table) == {"good": 20, "bad": 20}
    assert found(table) == {}, "a column that nobody uses does no harm"
    for label in ("odd 1", "mixed"):
        seen = profile(table, label=label, separator=separator)
        assert found(table, seen)
        cells = canonical_cells(table.frame[label], separator)
        assert (canonical_cells(cells, separator) == cells).all(), "spelled once is spelled"


@pytest.mark.parametrize("cells", [[1.0, 0.0], [1, 0], [True, False], ["good", "bad"]])
def test_the_same_labels_from_every_format(cells: list[object]) -> None:
    seen = [counts(make(cells * 20)) for make in (csv, jsonl, excel, parquet)]
    assert seen[0] == seen[1] == seen[2] == seen[3]
    assert len(seen[0]) == 2


@pytest.mark.parametrize(
    ("written", "label"),
    [
        *(("1.0", "1"), ("1.00", "1"), (" 1", "1"), ("1.000000", "1"), ("-0.0", "0")),
        *(("True", "true"), ("TRUE", "true"), ("True Crime", "True Crime"), ("truE", "true")),
        *(("Cafe\u0301", "Caf\u00e9"), ("a\u200bb", "ab"), ("\ufeffgood", "good"), ("x ", "x")),
        *(("1.5", "1.5"), ("1.10", "1.10"), ("1.000", "1.000"), ("1,5", "1,5"), ("1,000", "1,000")),
    ],
)
def test_one_spelling_for_one_value(written: str, label: str) -> None:
    table = csv([written, "other"] * 20)
    assert counts(table, separator="") == {label: 20, "other": 20}
    told = written.strip() != label
    assert ("labels_respelled" in found(table)) == told


def test_whole_numbers_with_a_decimal_comma() -> None:
    assert counts(csv(["1,0", "0,0", "1"] * 20)) == {"1": 40, "0": 20}
    assert counts(csv(["1,0", "0,5"] * 20)) == {"1,0": 20, "0,5": 20}, "no whole numbers"


def test_spellings_of_one_number_are_one_label() -> None:
    table = csv(["1", "1.0", "0"] * 20)
    assert counts(table) == {"1": 40, "0": 20}
    assert "“1.0” = “1”" in str(found(table)["labels_respelled"].what)
    assert "labels_alike" in found(csv(["１", "1", "0"] * 20))


# --- words for nothing ---


@pytest.mark.parametrize(
    "word", ["nan", "NaN", "NULL", "<NA>", "NaT", "#N/A", "None", "N/A", "-", "?"]
)
def test_words_for_an_empty_cell(word: str) -> None:
    table = csv([*["good", "bad"] * 20, *[word] * 8])
    seen = profile(table)
    assert dict(seen.classes)[word] == 8, "never changed by itself"
    key = next(iter(found(table).keys() & {"label_empty_words", "label_maybe_empty"}))
    assert found(table)[key].count == 8
    emptied, now = mend(table, seen, [key])
    assert set(dict(now.classes)) == {"good", "bad"}
    assert now.usable == 40
    assert undo_edit(emptied, 0) == table


def test_a_frequent_word_is_a_label() -> None:
    assert "label_maybe_empty" not in found(csv(["none", "spam"] * 20))
    assert not found(csv(["nonesuch", "spam"] * 20))


def test_texts_that_say_nothing() -> None:
    frame = columns(["good", "bad"] * 20)
    frame.loc[[3, 7], "text"] = ["nan", "None"]
    table = read(frame.to_csv(index=False).encode(), "made.csv")
    assert found(table)["text_empty_words"].count == 2
    assert mend(table, profile(table), ["text_empty_words"])[1].usable == 38


@pytest.mark.parametrize("word", ["", "none", "-", "nan"])
def test_rows_without_a_label_may_have_none_of_several(word: str) -> None:
    table = csv([";".join(names) or word for names in sets()])
    seen = profile(table)
    keys = {"no_label", "label_empty_words", "label_maybe_empty"}
    one = found(table)[next(iter(found(table).keys() & keys))]
    assert one.count == 5
    none = apply_edits(table, [next(fix for fix in one.fixes if isinstance(fix, NoneOfThem))])
    now = profile_again(none, seen)
    assert (now.usable, dict(now.classes)) == (80, expected(sets()))
    assert undo_edit(none, 0) == table


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(("1000", "1,000"), ("1,000", "1.000"), ("1.5", "1,5"), ("1.5", "1.50"), ("01", "1")),
        *(("50%", "50"), ("good", "“good”"), ("good", "good."), ("good", "GOOD"), ("１", "1")),
    ],
)
def test_labels_that_are_written_alike_are_named_and_made_one(one: str, other: str) -> None:
    table = csv([one, other, one, "something else"] * 10)
    seen = profile(table, separator="")
    assert len(seen.classes) == 3, "never changed by itself"
    merged, now = mend(table, seen, ["labels_alike"])
    assert dict(now.classes) == {one: 30, "something else": 10}
    assert undo_edit(merged, 0) == table


# --- a column for each label ---

MARKS: list[tuple[object, object]] = [
    (1, 0),
    (True, False),
    ("yes", "no"),
    ("x", ""),
    ("1.0", "0.0"),
]


@pytest.mark.parametrize(("yes", "no"), MARKS)
def test_columns_of_yes_and_no_become_several_labels(yes: object, no: object) -> None:
    kept = sets()
    frame = pd.DataFrame({"text": [sentence(row) for row in range(len(kept))]})
    for name in NAMES:
        frame[name] = [yes if name in names else no for names in kept]
    table = read(frame.to_csv(index=False).encode(), "made.csv")
    seen = profile(table)
    assert found(table)["columns_yes_no"].count == 4
    together, now = mend(table, seen, ["columns_yes_no"])
    assert (now.label, now.separator, now.usable) == ("labels", LIST, 80)
    assert dict(now.classes) == expected(kept)
    assert undo_edit(together, 0) == table


def test_one_column_for_each_class_becomes_one_label() -> None:
    """The truth values of spaCy's "cats": one is true in each row."""
    rows = [
        {"text": sentence(row), "cats": {name: float(k == row % 3) for k, name in enumerate("abc")}}
        for row in range(60)
    ]
    table = read(json.dumps(rows).encode(), "made.json")
    _, now = mend(table, profile(table), ["columns_yes_no"])
    assert (now.label, now.separator) == ("labels", "")
    assert dict(now.classes) == {"a": 20, "b": 20, "c": 20}


def test_a_missing_answer_is_no_label() -> None:
    frame = columns([1, 0] * 20, "a").assign(b=[0, 1] * 20, c=[0, 0, 1, 1] * 10).astype(str)
    frame.loc[5, "b"] = ""
    table = read(frame.to_csv(index=False).encode(), "made.csv")
    _, now = mend(table, profile(table), ["columns_yes_no"])
    assert now.usable == 39


@pytest.mark.parametrize("cell", ['",' * 500_000, '"a,' * 300_000, ',"' * 500_000 + 'a"'])
def test_quotes_that_nothing_closes_are_looked_through_once(cell: str) -> None:
    assert split_labels(cell, ",")
