"""Changes to a table that a person asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.data.checkup.edit import Edit
from core.data.checkup.edits import (
    EDITS,
    added_lines,
    apply_edits,
    edit_from_json,
    edit_to_json,
    edits_to_json,
    undo_edit,
)
from core.data.checkup.label_edits import Bin, MergeLabels, Relabel
from core.data.checkup.row_edits import (
    AddRows,
    DropConflicts,
    DropLabels,
    DropLines,
    DropRepeats,
    DropShort,
)
from core.data.checkup.text_edits import Mask, find_marks
from core.data.read.table import read
from core.data.table import Table, load_table, write_table
from core.errors import UserError
from core.words import say

ROWS = (
    ("good film", "pos"),
    ("Good  film", "pos"),  # line 3: repeats line 2
    ("bad film", "neg"),
    ("bad film", "Neg"),  # line 5: another spelling
    ("what a film", "pos"),
    ("what a film", "neg"),  # line 7: conflicts with line 6
    ("ok", "neg"),
    ("", "neg"),
)


def table(rows: tuple[tuple[str, ...], ...] = ROWS, head: str = "text,label") -> Table:
    lines = "".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in rows)
    return read(f"{head}\n{lines}".encode(), "films.csv")


def lines(table: Table) -> list[int]:
    return [int(line) for line in table.frame.index]


def test_lines_of_added_rows_are_those_that_are_still_there() -> None:
    def added(*texts: str) -> AddRows:
        return AddRows(tuple({"text": text, "label": "pos"} for text in texts))

    assert not len(added_lines(apply_edits(table(), [DropLines((9,))])))
    edits = [DropLines((9,)), added("odd", "even"), DropLines((9,)), added("new"), DropLines((2,))]
    changed = apply_edits(table(), edits)
    assert changed.frame.loc[added_lines(changed), "text"].tolist() == ["even", "new"]


@pytest.mark.parametrize(
    ("edit", "left"),
    [
        (DropRepeats(("text",), "label"), [2, 4, 5, 6, 7, 8, 9]),
        (DropConflicts(("text",), "label"), [2, 3, 8, 9]),
        (DropShort(("text",), 3), [2, 3, 4, 5, 6, 7, 9]),
        (DropLines((2, 9, 99)), [3, 4, 5, 6, 7, 8]),
        (DropLabels("label", ("Neg",)), [2, 3, 4, 6, 7, 8, 9]),
    ],
)
def test_rows_go(edit: Edit, left: list[int]) -> None:
    before = table()
    after = apply_edits(before, [edit])

    assert lines(after) == left
    assert str(len(ROWS) - len(left)) in say(after.changes[0].said)
    assert len(before.frame) == len(ROWS), "the table that was read stays as it was"


def test_labels_change() -> None:
    merged = apply_edits(table(), [MergeLabels("label", {"Neg": "neg"})])
    assert set(merged.frame["label"]) == {"pos", "neg"}

    several = apply_edits(
        table((("a", "red; Green"), ("b", "green;red"), ("c", "blue"))),
        [MergeLabels("label", {"Green": "green"}, ";")],
    )
    assert list(several.frame["label"]) == ["red; green", "green;red", "blue"]

    mended = apply_edits(table(), [Relabel("label", {2: "neg", 99: "pos"})])
    assert mended.frame["label"].tolist() == ["neg", *(label for _, label in ROWS[1:])]
    assert say(mended.changes[0].said).count("1") == 1


def test_numbers_become_classes() -> None:
    rows = tuple((f"text {n}", f"{n}.5") for n in range(90))
    binned = apply_edits(table(rows), [Bin("label", 3)])

    counts = binned.frame["label"].value_counts()
    assert len(counts) == 3
    assert counts.tolist() == [30, 30, 30]
    assert binned.frame["label"].iloc[0].startswith("0.5 –")


@pytest.mark.parametrize(
    ("cells", "names"),
    [
        ([str(1_700_000_000 + n) for n in range(90)], ["1700000000 – 1700000030"]),
        ([f"{n * 50:,}" for n in range(90)], ["0 – 1483.33", "2966.67 – 4450"]),
        ([f"{n * 50:,}".replace(",", ".") for n in range(90)], ["0 – 1483.33", "2966.67 – 4450"]),
        ([f"{n / 8:.3f}".replace(".", ",") for n in range(90)], ["0 – 3.70833"]),
        ([f"{1 + n / 8:.3f}" for n in range(60)] + ["3"] * 30, ["1 – 3"]),
    ],
)
def test_large_numbers_and_marks_of_thousands(cells: list[str], names: list[str]) -> None:
    rows = tuple((f"text {n}", cell) for n, cell in enumerate(cells))
    binned = apply_edits(table(rows), [Bin("label", 3)])
    assert binned.frame["label"].nunique() == 3
    assert set(names) <= set(binned.frame["label"])


def test_rows_are_added_behind_the_file() -> None:
    more = apply_edits(table(), [AddRows(({"text": "so so", "label": "neg"}, {"text": "fine"}))])

    assert lines(more)[-2:] == [10, 11]
    assert more.frame.iloc[-2].tolist() == ["so so", "neg"]
    assert more.frame.iloc[-1].tolist() == ["fine", ""]


@pytest.mark.parametrize(
    ("what", "text", "found"),
    [
        ("url", "see https://a.example/b?c=1 and www.b.example.", 2),
        ("url", "go to the shop", 0),
        ("email", "write to a.b+c@mail.example.org!", 1),
        ("email", "me @ home", 0),
        ("phone", "call +49 30 1234567 or (030) 123-4567", 2),
        ("phone", "电话13800138000", 1),
        ("phone", "电话: 13800138000", 1),
        ("phone", "in 2024-05-06 we sold 1000000 pieces, 12.50 each, 2019-2020", 0),
        ("html", "<p>good</p><br/>film &amp; more", 4),
        ("html", "a < b and c > d, <3", 0),
    ],
)
def test_what_is_masked(what: str, text: str, found: int) -> None:
    assert len(find_marks(what, text)) == found


def test_masking() -> None:
    rows = (("mail me@a.example or see http://b.example/x", "pos"), ("<b>good</b>", "pos"))
    masked = apply_edits(
        table(rows), [Mask(("text",), ("url", "email")), Mask(("text",), ("html",))]
    )

    assert masked.frame["text"].tolist() == ["mail [EMAIL] or see [URL]", " good "]


def test_undo_does_the_later_ones_again() -> None:
    read_as = table()
    first, second = DropRepeats(("text",), "label"), DropShort(("text",), 3)
    both = apply_edits(apply_edits(read_as, [first]), [second])

    assert lines(undo_edit(both, 0)) == lines(apply_edits(read_as, [second]))
    assert lines(undo_edit(both, 1)) == lines(apply_edits(read_as, [first]))
    assert undo_edit(undo_edit(both, 0), 0) == read_as


def test_kept_with_the_table_and_in_plain_values(tmp_path: Path) -> None:
    edits: list[Edit] = [
        DropRepeats(("text",), "label"),
        Relabel("label", {2: "neg"}),
        AddRows(({"text": "so so", "label": "neg"},)),
    ]
    changed = apply_edits(table(), edits)
    write_table(changed, tmp_path / "table.parquet")
    again = load_table(tmp_path / "table.parquet")

    assert again.frame.equals(changed.frame)
    assert [edit_from_json(each.edit) for each in again.changes] == edits
    written = json.loads(json.dumps(edits_to_json(changed)))
    assert [edit_from_json(each) for each in written] == edits
    assert apply_edits(table(), map(edit_from_json, written)).fingerprint == changed.fingerprint


def test_every_kind_has_its_words_and_its_plain_form() -> None:
    given = {
        "text": ("text",),
        "label": "label",
        "least": 3,
        "lines": (2,),
        "column": "label",
        "labels": ("pos",),
        "into": {"Neg": "neg"},
        "columns": ("text",),
        "what": ("url",),
        "classes": 3,
        "rows": ({"text": "a"},),
        "values": ("nan",),
        "name": "labels",
        "names": ("pos", "neg"),
    }
    for kind in EDITS.values():
        names = [name for name in kind.__dataclass_fields__ if name in given]
        values = {name: given[name] for name in names}
        if kind is Relabel:
            values["lines"] = {2: "neg"}
        edit = kind(**values)
        assert edit_from_json(json.loads(json.dumps(edit_to_json(edit)))) == edit
        for language in ("en", "zh"):
            assert "7" in say(edit.said(7), language)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"kind": "nothing"},
        {"kind": "drop_lines"},
        {"kind": "drop_lines", "lines": "12"},
        {"kind": "drop_lines", "lines": ["2"]},
        {"kind": "drop_short", "text": ["text"], "least": True},
        {"kind": "mask", "columns": ["text"], "what": ["__class__"]},
        {"kind": "merge_labels", "column": "label", "into": {"a": 1}},
        {"kind": "relabel", "column": "label", "lines": {"x": "pos"}},
    ],
)
def test_what_is_no_edit_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(UserError, match="changes"):
        edit_from_json(values)


def test_errors() -> None:
    with pytest.raises(UserError, match="no column"):
        apply_edits(table(), [DropShort(("review",), 3)])
    with pytest.raises(UserError, match="no row"):
        apply_edits(table(), [DropLines(tuple(range(20)))])
