"""Merged cells: what stands in one holds for all the rows that it covers, and that is said."""

from __future__ import annotations

import pytest

from core.data.checkup.edits import undo_edit
from core.data.profile.profile import profile
from core.data.read.grid import MAX_CELL
from core.data.read.table import read
from core.data.table import Table
from core.modalities.checkup import checkup, mend
from tests.core.data.csv_tables import as_csv, cells, keys
from tests.core.data.office import Cell, ods, xlsb, xlsx
from tests.core.data.read.test_markup import book

THREES: list[list[Cell]] = [
    ["category", "text"],
    ["negative", "t1"],
    [None, "t2"],
    [None, "t3"],
    ["positive", "t4"],
    [None, "t5"],
    [None, "t6"],
]


def filled(table: Table) -> int:
    return next(
        (int(note.values["cells"]) for note in table.notes if note.key == "data.note.merged"), 0
    )


def test_a_merged_label_holds_for_all_its_rows() -> None:
    table = read(xlsx({"S": THREES}, merged=["A2:A4", "A5:A7"]))
    labels = ["negative"] * 3 + ["positive"] * 3
    assert cells(table) == [[label, f"t{n}"] for n, label in enumerate(labels, 1)]
    assert filled(table) == 4


def test_without_merged_cells_nothing_is_filled_in() -> None:
    table = read(xlsx({"S": THREES}))
    assert [row[0] for row in cells(table)] == ["negative", "", "", "positive", "", ""]
    assert "merged" not in keys(table)


def test_the_ranges_are_those_of_the_sheet_wherever_the_table_stands() -> None:
    rows: dict[int, list[Cell]] = {n + 3: [None, None, *row] for n, row in enumerate(THREES, 1)}
    table = read(xlsx({"S": rows}, merged=["C5:C7", "C8:C10"]))
    assert [row[0] for row in cells(table)] == ["negative"] * 3 + ["positive"] * 3
    assert list(table.frame.index) == [5, 6, 7, 8, 9, 10]


def test_a_row_that_is_merged_as_a_whole_is_one_row() -> None:
    rows: list[list[Cell]] = [["text", "label"], ["a", "x"], [None, None], ["b", "y"]]
    table = read(xlsx({"S": rows}, merged=["A2:A3", "B2:B3"]))
    assert cells(table) == [["a", "x"], ["b", "y"]]
    assert filled(table) == 0


def test_a_header_of_two_rows_has_the_names_of_both() -> None:
    rows: list[list[Cell]] = [
        ["text", "answers", None],
        [None, "tone", "topic"],
        ["a", "x", "1"],
        ["b", "y", "2"],
    ]
    table = read(xlsx({"S": rows}, merged=["A1:A2", "B1:C1"]))
    assert list(table.frame.columns) == ["text", "answers tone", "answers topic"]
    assert cells(table) == [["a", "x", "1"], ["b", "y", "2"]]
    assert list(table.frame.index) == [3, 4]


def test_a_block_is_filled_both_ways_and_a_title_is_not() -> None:
    rows: list[list[Cell]] = [
        ["text", "tone", "topic"],
        ["part one", None, None],
        ["a", "x", None],
        ["b", None, None],
        ["c", "z", "w"],
    ]
    table = read(xlsx({"S": rows}, merged=["A2:C2", "B3:C4"]))
    assert cells(table) == [
        *(["part one", "", ""], ["a", "x", "x"], ["b", "x", "x"], ["c", "z", "w"]),
    ]


def test_ranges_without_end_fill_no_rows_of_their_own() -> None:
    rows: list[list[Cell]] = [["text", "label"], ["a", "x"], ["b", None]]
    table = read(xlsx({"S": rows}, merged=["B2:B1048576", "A1:XFD1048576", "C1:XFD9"]))
    assert cells(table) == [["a", "x"], ["b", "x"]]
    more: list[list[Cell]] = [[None, "x", "1"]] * 20
    long: list[list[Cell]] = [["text", "label", "n"], ["x" * MAX_CELL, "x", "0"], *more]
    again = read(xlsx({"S": long}, merged=["A2:A22", "A2:A22", "B5:A1"]))
    assert len(again.frame) == 21


def test_in_the_xml_of_excel_2003_they_are_filled_as_well() -> None:
    def cell(text: str, **given: int) -> str:
        more = " ".join(f'ss:{name}="{number}"' for name, number in given.items())
        return f'<Cell {more}><Data ss:Type="String">{text}</Data></Cell>'

    rows = [
        ["<Row>", cell("text", MergeDown=1), cell("answers", MergeAcross=1)],
        ["<Row>", cell("tone", Index=2), cell("topic")],
        ["<Row>", cell("a"), cell("x", MergeDown=2), cell("1")],
        ['<Row ss:Index="5">', cell("b"), cell("2", Index=3)],
        ["<Row>", cell("c"), cell("z"), cell("3")],
    ]
    table = read(book(("S", "".join("".join(row) + "</Row>" for row in rows))))
    assert list(table.frame.columns) == ["text", "answers tone", "answers topic"]
    assert cells(table) == [["a", "x", "1"], ["b", "x", "2"], ["c", "z", "3"]]
    assert list(table.frame.index) == [3, 5, 6]
    assert filled(table) == 3  # two of them in the header


def test_rows_that_go_back_and_forth_are_read_once() -> None:
    cell = '<Cell><Data ss:Type="String">a</Data></Cell>'
    rows = (
        f'<Row>{cell}</Row><Row ss:Index="999999">{cell}</Row><Row ss:Index="2">{cell}</Row>' * 40
    )
    assert len(read(book(("S", rows))).frame) == 119


@pytest.mark.parametrize(
    ("plain", "merged"),
    [
        (
            ods([["text", "label"], ["a", "x"], ["b", ""]]),
            ods(
                [["text", "label"], ["a", "x"]],
                '<table:table-row><table:table-cell office:value-type="string" '
                'table:number-rows-spanned="2"><text:p>b</text:p></table:table-cell></table:table-row>',
            ),
        ),
        (
            xlsb({1: ["text", "label"], 2: ["a", "x"], 3: ["b", ""]}),
            xlsb({1: ["text", "label"], 2: ["a", "x"], 3: ["b", ""]}, merged=[(1, 2, 1, 1)]),
        ),
    ],
    ids=["ods", "xlsb"],
)
def test_where_they_cannot_be_filled_that_is_said(plain: bytes, merged: bytes) -> None:
    assert "merged_unfilled" not in keys(read(plain))
    table = read(merged)
    assert "merged_unfilled" in keys(table)
    assert len(table.frame) == 2


GROUPS = [[label if not n else "", f"a text of {label}, {n}"] for label in "abc" for n in range(9)]


@pytest.mark.parametrize("header", [["category", "text"], ["Gruppe", "Kommentar"]])
def test_labels_in_the_first_row_of_their_group_are_filled_down_with_a_click(
    header: list[str],
) -> None:
    table = read(as_csv([header, *GROUPS]).encode())
    seen = profile(table)
    gaps = {each.key: each for each in checkup(table, seen)}["label_gaps"]
    assert (gaps.count, gaps.severity) == (24, "warning")
    filled, now = mend(table, seen, ["label_gaps"])
    assert filled.frame[header[0]].tolist() == [label for label in "abc" for _ in range(9)]
    assert (now.label, now.usable) == (header[0], 27)
    assert "label_gaps" not in {each.key for each in checkup(filled, now)}
    assert undo_edit(filled, 0).frame.equals(table.frame)


def test_rows_that_nobody_has_labelled_yet_are_not_offered_that() -> None:
    for labels in (["a", "b"] * 5 + [""] * 20, ["", "a", "", "", "b"] * 4, ["a", "", "", "a"] * 5):
        rows = [[label, f"a text, number {n}"] for n, label in enumerate(labels)]
        table = read(as_csv([["label", "text"], *rows]).encode())
        assert "label_gaps" not in {each.key for each in checkup(table, profile(table))}
