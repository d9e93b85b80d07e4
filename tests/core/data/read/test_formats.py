"""Excel, JSON and Parquet give the same table as the CSV file of the same rows; what is odd is named."""

from __future__ import annotations

import dataclasses
import datetime
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.data.read import excel, grid, sandbox
from core.data.read.options import ReadOptions
from core.data.read.table import read, read_pasted
from core.data.read.unlabelled import read_unlabelled
from core.data.table import load_table, write_table
from core.errors import UserError
from tests.core.data.csv_tables import as_csv, cells, error, keys
from tests.core.data.drawn import of_the_future
from tests.core.data.office import Cell, xlsx

HEADER = ["text", "label", "note"]
ROWS = [
    ["very bon café", "good", ""],
    ["差了；\nnot \"good\"", "bad", "NA"],
    ["  spaces, and a comma ", "good", "=1+1"],
]  # fmt: skip
FILES = Path(__file__).parent / "files"


def parquet(columns: dict[str, Any], **options: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, **options)
    return out.getvalue()


def json_lines(rows: list[Any]) -> bytes:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()


def objects() -> list[dict[str, str]]:
    return [dict(zip(HEADER, row, strict=True)) for row in ROWS]


EQUAL = {
    "Excel": (xlsx({"Data": [HEADER, *ROWS]}), [2, 3, 4]),
    "JSON Lines": (json_lines(objects()), [1, 2, 3]),
    "JSON": (json.dumps(objects(), indent=2).encode("utf-16"), [1, 2, 3]),
    "Parquet": (
        parquet(dict(zip(HEADER, map(list, zip(*ROWS, strict=True)), strict=True))),
        [1, 2, 3],
    ),
}


@pytest.mark.parametrize("kind", EQUAL)
def test_every_format_gives_the_same_table_whatever_the_file_is_called(kind: str) -> None:
    data, lines = EQUAL[kind]
    table = read(data, "misleading.csv")
    plain = read(as_csv([HEADER, *ROWS]).encode())
    assert table.format == kind
    assert cells(table) == cells(plain) == ROWS
    assert table.fingerprint == plain.fingerprint
    assert list(table.frame.index) == lines
    assert table.frame.index.name == "line"
    assert not table.bad_rows
    assert not table.notes


# --- Excel ---


def test_cells_of_a_sheet_are_written_as_a_person_writes_them() -> None:
    row: list[Cell] = [
        *(3.0, 3.5, 0.1 + 0.2, -2, 1e20, 12345678),
        *(True, ("date", "45000"), ("moment", "45000.5"), ("formula", "2"), ("error", "#N/A"), "x"),
    ]
    table = read(xlsx({"S": [[f"c{n}" for n in range(len(row))], row]}))
    assert cells(table)[0] == [
        *("3", "3.5", "0.3", "-2", "1e+20", "12345678"),
        *("true", "2023-03-15", "2023-03-15 12:00:00", "2", "", "x"),
    ]


def test_line_numbers_are_those_of_the_sheet() -> None:
    rows = {3: ["text", "label"], 4: ["a", "x"], 6: ["b", "y"], 9: ["c", "x"]}
    table = read(xlsx({"S": rows}))
    assert list(table.frame.index) == [4, 6, 9]
    blank = next(note for note in table.notes if note.key == "data.note.blank_lines")
    assert blank.values["lines"] == 5


def test_the_fullest_visible_sheet_is_read_and_that_is_said() -> None:
    few, many, hidden = ([["text", "label"], *[[f"{n}", "x"]] * n] for n in (2, 5, 9))
    data = xlsx({"few": few, "many": many, "hidden": hidden}, hidden=["hidden"])
    table = read(data)
    assert (table.sheet, table.sheets) == ("many", ("few", "many", "hidden"))
    assert "sheet" in keys(table)
    other = read(data, options=ReadOptions(sheet="few"))
    assert (other.sheet, len(other.frame)) == ("few", 2)
    assert "sheet" not in keys(other)
    assert len(read(data, options=ReadOptions(sheet="hidden")).frame) == 9
    with pytest.raises(UserError, match=r"There are: “few”, “many”, “hidden”\."):
        read(data, options=ReadOptions(sheet="fewer\0\ud800"))


def test_an_empty_sheet_names_the_others() -> None:
    data = xlsx({"full": [["text"], ["a"]], "empty": []})
    with pytest.raises(UserError, match="“full”"):
        read(data, options=ReadOptions(sheet="empty"))


def test_only_workbooks_have_sheets() -> None:
    with pytest.raises(UserError, match="CSV"):
        read(b"a,b\n1,2\n", options=ReadOptions(sheet="x"))


def test_old_workbooks_are_read() -> None:
    table = read(FILES / "old.xls")
    assert table.sheet == "Reviews"
    assert cells(table) == [
        ["very good coffee", "good", "0.5", "2026-11-23"],
        ["nicht gut, gar nicht", "bad", "2", "2026-11-24"],
        ["太差了", "good", "3", "2026-11-25"],
        ["so so", "bad", "4", "2026-11-26"],
    ]


def test_an_archive_that_says_it_is_huge_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    data = xlsx({"S": [["text"], ["a"]]}, extra={"xl/media/zeros": bytes(1 << 20)})
    assert len(data) < 10_000
    monkeypatch.setattr(excel, "MAX_UNPACKED", 1 << 20)
    with pytest.raises(UserError) as caught:
        excel.read_excel(data)
    assert caught.value.what.key == "error.file_unpacked"


@pytest.mark.sandboxed
def test_a_sheet_that_would_fill_the_memory_costs_only_its_own_process() -> None:
    far = ("raw", '<c r="XFD1"><v>3</v></c>')
    data = xlsx({"S": {1: ["text", far], 1_048_576: ["end"]}})
    assert len(data) < 10_000
    assert error(data) == "file_needs_memory"


def test_a_sheet_with_too_many_cells_is_refused() -> None:
    far = ("raw", '<c r="SZ1"><v>3</v></c>')
    assert error(xlsx({"S": {1: ["text", far], 9: ["end"]}})) == "too_many_columns"


def test_damaged_workbooks_say_so() -> None:
    data = xlsx({"S": [["text", "label"], ["a", "b"]]})
    assert error(data[: len(data) // 2]) == "file_damaged"
    assert error(of_the_future(data)) == "file_damaged"
    lost = xlsx({"S": [["text"], [("raw", '<c r="A2" t="s"><v>7</v></c>')]]})
    assert error(lost) == "file_damaged"


# --- JSON ---


def test_values_of_json_become_text() -> None:
    row = {"a": 3.0, "b": 0.1, "c": True, "d": None, "e": [{"x": "é"}], "f": 10**20, "g": "0.10"}
    table = read(json_lines([row]))
    assert cells(table)[0] == ["3", "0.1", "true", "", '[{"x": "é"}]', f"{10**20}", "0.10"]


def test_names_may_come_later_and_are_empty_before() -> None:
    rows: list[dict[str, str]] = [{"text": f"t{n}"} for n in range(grid.BLOCK + 5)]
    rows[-1]["label"] = "x"
    rows.append({"label": "y"})
    table = read(json_lines(rows))
    assert list(table.frame.columns) == ["text", "label"]
    assert list(table.frame["label"][-3:]) == ["", "x", "y"]
    assert table.frame["text"].iloc[-1] == ""
    assert set(table.frame["label"][:-2]) == {""}


def test_lines_that_are_no_objects_are_named() -> None:
    lines = [
        *('{"text": "a", "label": "x"}', "", '{"text": "b", "label"', "[1, 2]", "null"),
        *('{"text": "c", "text": "d"}', '{"text": "\\ud83d", "label": "x"}', '{"text": "e"}'),
        *('{"text": ' + "[" * 200_000, '{"text": ' + "1" * 5_000 + "}"),
        json.dumps({"text": "x" * (grid.MAX_CELL + 1)}),
    ]
    table = read("\r\n".join(lines).encode())
    assert list(table.frame.index) == [1, 8]
    assert [(row.line, row.reason.key.rpartition(".")[2]) for row in table.bad_rows] == [
        *((3, "json"), (4, "no_object"), (5, "no_object"), (6, "json_twice")),
        *((7, "no_character"), (9, "json"), (10, "json"), (11, "cell_too_long")),
    ]
    assert all(str(row.reason) and len(row.text) <= grid.QUOTED_LENGTH for row in table.bad_rows)


def test_a_broken_array_says_where() -> None:
    with pytest.raises(UserError) as caught:
        read(b'[\n {"text": "a"},\n {"text": b"}\n]')
    assert (caught.value.what.values["line"], caught.value.what.values["place"]) == (3, 11)
    assert error(b'[{"text": "a"} {"text": "b"}]') == "json_broken"
    assert error(b'[{"text": "a"}] x') == "json_broken"
    assert error(b'[{"text": "a", "text": "b"}]') == "json_twice"
    assert error(b"[" + b'{"a":' * 100_000) == "json_broken"
    assert error(b"[]") == "no_rows"


def test_too_many_names(monkeypatch: pytest.MonkeyPatch) -> None:
    assert error(json_lines([{f"k{n}": 1} for n in range(501)])) == "too_many_columns"
    monkeypatch.setattr(grid, "MAX_CELLS", 100)
    assert error(json_lines([{f"k{n}": 1} for n in range(11)])) == "too_many_cells"


def test_a_csv_file_may_begin_with_a_brace() -> None:
    assert read(b"{text},label\n{a},b\n").format == "CSV"
    assert read(b"[text],label\n[a],b\n").format == "CSV"


# --- Parquet ---


def test_values_of_parquet_become_text() -> None:
    day = datetime.date(2026, 11, 23)
    columns = {
        "int": pa.array([1, None], pa.int32()),
        "float": pa.array([3.0, 0.1]),
        "small": pa.array([0.1, float("nan")], pa.float32()),
        "bool": [True, False],
        "day": [day, None],
        "moment": [datetime.datetime(2026, 11, 23, 9, 30), datetime.datetime(2026, 11, 23)],  # noqa: DTZ001
        "money": [Decimal("2.50"), Decimal("3.00")],
        "class": pa.array(["x", "y"]).dictionary_encode(),
        "nested": [{"a": [1]}, None],
        "bytes": ["é".encode(), b"z"],
    }
    assert cells(read(parquet(columns))) == [
        [
            "1",
            "3",
            "0.1",
            "true",
            "2026-11-23",
            "2026-11-23 09:30:00",
            "2.50",
            "x",
            '{"a": [1]}',
            "é",
        ],
        ["", "0.1", "", "false", "", "2026-11-23", "3", "y", "", "z"],
    ]


def test_rows_of_parquet_that_are_no_text_are_named() -> None:
    texts = [b"good", b"\xff\xfe", b"x" * (grid.MAX_CELL + 1), b"fine"]
    table = read(parquet({"text": texts, "label": [1, 2, 3, 4]}))
    assert list(table.frame.index) == [1, 4]
    assert [(row.line, row.reason.key) for row in table.bad_rows] == [
        (2, "data.bad.bytes"),
        (3, "data.bad.cell_too_long"),
    ]
    assert table.bad_rows[0].reason.values["column"] == "text"


@pytest.mark.sandboxed
@pytest.mark.slow
def test_a_column_that_unpacks_to_more_than_there_is() -> None:
    long = pa.DictionaryArray.from_arrays(pa.array([0] * 9_000, pa.int32()), ["x" * 900_000])
    data = parquet({"text": long}, compression="zstd")
    assert len(data) < 100_000
    assert error(data) in ("file_needs_memory", "all_rows_bad")


# --- pasted, kept, and read apart ---


def test_what_was_copied_from_a_spreadsheet_is_a_table() -> None:
    copied = 'text\tlabel\r\n"two\nlines, ""quoted"""\tgood\r\nplain\tbad\r\n'
    table = read_pasted(copied, "pasted table")
    assert cells(table) == [['two\nlines, "quoted"', "good"], ["plain", "bad"]]
    assert (table.name, table.delimiter) == ("pasted table", "\t")
    assert cells(read_pasted("text,label\na,b\n\ud800,c", "x")) == [["a", "b"], ["?", "c"]]
    with pytest.raises(UserError):
        read_pasted("  \n", "x")


def test_a_kept_table_knows_its_sheet(tmp_path: Path) -> None:
    table = read(xlsx({"A": [["text"], ["a"]], "B": []}), "book.xlsx")
    write_table(table, tmp_path / "t.parquet")
    again = load_table(tmp_path / "t.parquet")
    assert (again.format, again.sheet, again.sheets) == ("Excel", "A", ("A", "B"))
    assert again.notes == table.notes
    # The table of a run is itself a file that can be read.
    reread = read(tmp_path / "t.parquet")
    assert reread.frame["text"].tolist() == ["a"]


def test_texts_without_labels_come_in_every_format(tmp_path: Path) -> None:
    file = tmp_path / "more.xlsx"
    file.write_bytes(xlsx({"A": [["text"], ["a"]], "B": [["text"], ["b"], ["c"]]}))
    assert read_unlabelled(file).frame["text"].tolist() == ["b", "c"]
    assert read_unlabelled(file, ReadOptions(sheet="A")).frame["text"].tolist() == ["a"]


@pytest.mark.sandboxed
def test_a_file_that_takes_forever_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "LIMITS", dataclasses.replace(sandbox.LIMITS, in_all=0))
    assert error(xlsx({"S": [["text"], ["a"]]})) == "file_slow"


@pytest.mark.parametrize("word", ["__label__" * 100_000, "__label__a;" * 90_000])
def test_one_word_of_many_label_marks_is_looked_through_once(word: str) -> None:
    with pytest.raises(UserError, match="characters"):
        read(word.encode(), "a.txt")


@pytest.mark.parametrize("encoding", ["utf-8", None])
def test_a_column_name_with_bytes_that_are_no_characters_is_shown_without_them(
    encoding: str | None,
) -> None:
    data = b"\n".join([b"te\xffxt,label", *(f"schön {n},gut".encode() for n in range(40))])
    table = read(data, "a.csv", ReadOptions(encoding=encoding))
    assert list(table.frame.columns)[:2] == ["te\ufffdxt", "label"]
    assert len(table.frame) == 40
