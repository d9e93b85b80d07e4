"""Lists as programs write them into a cell are their labels; what only looks like one is a word."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.__main__ import main
from core.data.checkup.edits import undo_edit
from core.data.labels.cells import LIST
from core.data.labels.literals import NoLiteralError, parse_literal
from core.data.profile.profile import profile
from core.data.read.table import read
from core.errors import UserError
from core.modalities.checkup import mend
from tests.core.data.labels.label_columns import (
    NAMES,
    columns,
    counts,
    csv,
    expected,
    found,
    jsonl,
    sets,
)
from ui.session import Loaded
from ui.steps.data import label_names


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


def test_brackets_alone_make_no_list() -> None:
    assert counts(csv(["[PSA]", "[meta]"] * 20)) == {"[PSA]": 20, "[meta]": 20}
