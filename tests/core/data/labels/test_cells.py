"""Labels as programs write them: lists are their labels, and one value has one spelling."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.__main__ import main
from core.data.checkup.edits import apply_edits, undo_edit
from core.data.checkup.finding import Finding
from core.data.checkup.fix import profile_again
from core.data.checkup.label_edits import NoneOfThem
from core.data.labels.cells import LIST, canonical_cells, join_labels, split_labels
from core.data.labels.literals import NoLiteralError, parse_literal
from core.data.profile.profile import Profile, profile, raise_if_unlearnable
from core.data.read.table import read
from core.data.table import Table
from core.errors import UserError
from core.modalities.checkup import checkup, mend
from core.tasks import task_of
from tests.core.data.office import xlsx
from tests.core.modalities.test_checkup import sentence
from ui.session import Loaded
from ui.steps.data import label_names

NAMES = ("delivery", "price", "quality", "staff")


def sets(rows: int = 80) -> list[list[str]]:
    """Some labels for each row; every sixteenth has none."""
    return [[name for k, name in enumerate(NAMES) if row >> k & 1] for row in range(rows)]


def columns(cells: Sequence[object], name: str = "label") -> pd.DataFrame:
    return pd.DataFrame({"text": [sentence(row) for row in range(len(cells))], name: list(cells)})


def csv(cells: Sequence[object], name: str = "label") -> Table:
    return read(columns(cells, name).to_csv(index=False).encode(), "made.csv")


def jsonl(cells: Sequence[object]) -> Table:
    rows = columns(cells).to_dict("records")
    return read("\n".join(map(json.dumps, rows)).encode(), "made.jsonl")


def found(table: Table, seen: Profile | None = None) -> dict[str, Finding]:
    return {each.key: each for each in checkup(table, seen or profile(table))}


def counts(table: Table, **chosen: str) -> dict[str, int]:
    seen = profile(table, **chosen)  # type: ignore[arg-type]
    raise_if_unlearnable(seen)
    return dict(seen.classes)


def expected(kept: Sequence[Sequence[str]]) -> dict[str, int]:
    return {name: sum(name in each for each in kept) for name in NAMES}


def quoted(names: Sequence[str]) -> str:
    return "{" + ",".join(f'"{name}"' for name in names) + "}"


WRITINGS: dict[str, Callable[[Any], str]] = {
    "json": json.dumps,
    "python": repr,
    "tuple": lambda names: repr(tuple(names)),
    "set": lambda names: repr(set(names)) if names else "set()",
    "numpy": lambda names: str(np.array(names, dtype=object)),
    "numpy 2": lambda names: repr([np.str_(name) for name in names]),
    "array": lambda names: repr(np.array(names, dtype=object)),
    "objects": lambda names: json.dumps([{"label": name} for name in names]),
    "choices": lambda names: json.dumps({"choices": names}),
    "nested": lambda names: json.dumps([[name] for name in names]),
    "scores": lambda names: json.dumps({name: float(name in names) for name in NAMES}),
    "postgres": quoted,
    "r": lambda names: f"c({', '.join(map(json.dumps, names))})",
    "java": lambda names: f"[{', '.join(names)}]",
}


@pytest.mark.parametrize("writing", WRITINGS)
def test_a_list_in_a_cell_is_its_labels(writing: str) -> None:
    kept = sets()
    table = csv([WRITINGS[writing](names) for names in kept])
    assert counts(table) == expected(kept)
    seen = profile(table)
    assert (seen.usable, seen.separator) == (80, LIST), "an empty list is none of the labels"
    findings = found(table)
    assert findings["label_lists"].count == 80
    assert findings["label_none"].count == 5

    emptied, now = mend(table, seen, ["label_none"])
    assert now.usable == 75
    assert undo_edit(emptied, 0) == table


def test_lists_of_json_and_parquet() -> None:
    kept = sets()
    assert counts(jsonl(kept)) == expected(kept)
    file = io.BytesIO()
    columns(kept).to_parquet(file)
    assert counts(read(file.getvalue(), "made.parquet")) == expected(kept)


@pytest.mark.parametrize("writing", ["json", "python", "numpy", "choices", "tuple", "set"])
def test_lists_of_one_label_are_single_labels(writing: str) -> None:
    cells = [WRITINGS[writing]([("good", "bad")[row % 2]]) for row in range(40)]
    table = csv(cells)
    assert counts(table) == {"good": 20, "bad": 20}
    assert profile(table).separator == ""
    assert found(table)["label_lists_one"].count == 40


def test_mixed_cells() -> None:
    """Label Studio writes one choice as a word, several as an object, and none as an empty cell."""
    kept = sets()
    cells = [
        names[0] if len(names) == 1 else json.dumps({"choices": names}) if names else ""
        for names in kept
    ]
    table = csv(cells)
    assert counts(table) == expected(kept)
    assert profile(table).usable == 75


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


@pytest.mark.parametrize(
    "form",
    [
        *(lambda bits: ",".join(map(str, bits)), lambda bits: " ".join(map(str, bits))),
        repr,
        json.dumps,
        lambda bits: str(np.array(bits)).replace(",", ""),
    ],
)
def test_vectors_are_a_yes_or_no_for_each_place(form: Callable[[Any], str]) -> None:
    bits = [[int(name in names) for name in NAMES] for names in sets()]
    table = csv([form(each) for each in bits])
    assert counts(table) == {f"label {k + 1}": 40 for k in range(4)}
    assert profile(table).usable == 80
    vectors = found(table)["label_vectors"]
    assert (vectors.severity, vectors.count) == ("warning", 80)
    assert "“label 1”, “label 2”" in str(vectors.advice)
    one_hot = csv([form([int(k == row % 3) for k in range(3)]) for row in range(60)])
    assert counts(one_hot) == {"label 1": 20, "label 2": 20, "label 3": 20}
    assert profile(one_hot).separator == ""


def test_the_places_of_vectors_get_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bits = [[int(name in names) for name in NAMES] for names in sets()]
    table = csv(bits)
    loaded = Loaded(table, profile(table))
    assert label_names.show(loaded, "en").visible
    named, seen = label_names.name_labels(loaded, ", ".join(NAMES))
    assert dict(seen.classes) == expected(sets())
    assert seen.usable == 80
    assert not label_names.show(Loaded(named, seen), "en").visible
    assert undo_edit(named, 0) == table
    with pytest.raises(UserError, match="4 places, and 2"):
        label_names.name_labels(loaded, "a, b; a")

    file = tmp_path / "made.csv"
    columns(bits).to_csv(file, index=False)
    assert main(["check", str(file), "--json", "--label-names", ",".join(NAMES)]) == 0
    assert json.loads(capsys.readouterr().out)["classes"] == expected(sets())
    columns(["good", "bad"] * 20).to_csv(file, index=False)
    assert main(["check", str(file), "--label-names", "a,b"]) == 2
    assert not label_names.show(
        Loaded(csv(["1", "0"] * 20), profile(csv(["1", "0"] * 20))), "en"
    ).visible


def test_numbers_in_lists_are_labels() -> None:
    table = csv([[1, 2], [2], [3, 1], [3]] * 20)
    assert counts(table) == {"1": 40, "2": 40, "3": 40}


@pytest.mark.parametrize(
    "cell",
    [
        [[0, 5, "PER"], [7, 9, "LOC"]],
        [{"start": 0, "end": 5, "labels": ["PER"]}],
        {"entities": [[0, 5, "PER"]]},
    ],
)
def test_marked_places_are_named_as_another_task(cell: object) -> None:
    table = csv([json.dumps(cell if row % 2 else []) for row in range(40)])
    assert found(table)["label_spans"].severity == "serious"


@pytest.mark.parametrize(
    "text",
    [
        "[" * 5_000 + "]" * 5_000,
        "[" + "1," * 4_000 + "1]",
        "[" + "9" * 9_000 + "]",
        "[__import__('os').system('x')]",
        "['a' * 10**9]",
        "[1e999999]" * 2,
        "{'a': {'b': {'c': {'d': {'e': {'f': {'g': 1}}}}}}}",
        "['a', 'b'",
        "[‘a’]",
        "(a word)",
        "[0.1, 0.2]x]",
    ],
)
def test_what_is_no_list_is_a_word(text: str) -> None:
    with pytest.raises(NoLiteralError):
        parse_literal(text)
    table = csv([text, "good"] * 20)
    assert set(counts(table, separator="")) == {text, "good"}


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


def test_brackets_alone_make_no_list() -> None:
    assert counts(csv(["[PSA]", "[meta]"] * 20)) == {"[PSA]": 20, "[meta]": 20}


# --- one spelling ---


def excel(cells: Sequence[Any]) -> Table:
    rows = [["text", "label"], *([sentence(row), cell] for row, cell in enumerate(cells))]
    return read(xlsx({"Sheet1": rows}), "made.xlsx")


def parquet(cells: Sequence[object]) -> Table:
    file = io.BytesIO()
    columns(cells).to_parquet(file)
    return read(file.getvalue(), "made.parquet")


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
