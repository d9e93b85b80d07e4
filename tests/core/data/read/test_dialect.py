"""A CSV file reads back as it was meant, by whichever rules it was written."""

from __future__ import annotations

import csv
import io

import pytest

from core.data.read.csv_repair import split_lines
from core.data.read.dialect import Dialect, find_dialect
from core.data.read.table import read
from core.data.table import Table

TEXTS = ["good", "she said \"no, never\", then left", "it's fine, isn't it", "5\" disk", "a; b | c",
         "two\nlines, here", "C:\\temp\\new", "plain words", "", "ends with \"quotes\""]  # fmt: skip
ROWS = [[str(n), text, "positive" if n % 2 else "negative"] for n, text in enumerate(TEXTS * 3)]
HEADER = ["id", "text", "label"]


def cells(table: Table) -> list[list[str]]:
    return [list(row) for row in table.frame.itertuples(index=False)]


def keys(table: Table) -> set[str]:
    return {note.key.removeprefix("data.note.") for note in table.notes}


def written(rows: list[list[str]], **dialect: object) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n", **dialect).writerows(rows)  # type: ignore[arg-type]
    return out.getvalue()


def spark(rows: list[list[str]], delimiter: str) -> str:
    r"""Only quotes are escaped: a backslash stands for itself, as Spark has it."""

    def cell(text: str) -> str:
        return '"' + text.replace('"', '\\"') + '"'

    return "".join(delimiter.join(map(cell, row)) + "\n" for row in rows)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("kind", ["escape", "spark", "single", "single_always", "single_escape"])
def test_every_dialect_with_every_delimiter(kind: str, delimiter: str) -> None:
    rows = [HEADER, *ROWS]
    content = {
        "escape": lambda: written(
            rows, delimiter=delimiter, doublequote=False, escapechar="\\", quoting=csv.QUOTE_ALL
        ),
        "spark": lambda: spark(rows, delimiter),
        "single": lambda: written(rows, delimiter=delimiter, quotechar="'"),
        "single_always": lambda: written(
            rows, delimiter=delimiter, quotechar="'", quoting=csv.QUOTE_ALL
        ),
        "single_escape": lambda: written(
            rows, delimiter=delimiter, quotechar="'", escapechar="\\", doublequote=False,
            quoting=csv.QUOTE_ALL,
        ),
    }[kind]()  # fmt: skip
    table = read(content.encode())
    assert cells(table) == ROWS
    assert list(table.frame.columns) == HEADER
    assert not table.bad_rows
    assert table.delimiter == delimiter
    assert any(key.startswith("dialect.") for key in keys(table))
    assert list(table.frame.index)[:7] == [
        2,
        3,
        4,
        5,
        6,
        7,
        9,
    ]  # of the sixth one is two lines long


@pytest.mark.parametrize("delimiter", [",", ";", "|"])
def test_spaces_between_a_delimiter_and_a_quote(delimiter: str) -> None:
    def line(row: list[str]) -> str:
        quoted = ['"' + cell.replace('"', '""') + '"' for cell in row]
        return f"{delimiter} ".join([row[0], *quoted[1:]])

    table = read("\n".join(map(line, [HEADER, *ROWS])).encode())
    assert cells(table) == ROWS
    assert not table.bad_rows


def test_texts_of_apostrophes_are_no_quoted_cells() -> None:
    rows = [[f"'tis the {n}th 'day', isn't it", "a"] for n in range(12)] + [["it's 'good'", "b"]]
    table = read(written([["text", "label"], *rows]).encode())
    assert cells(table) == rows
    assert not any(key.startswith("dialect.") for key in keys(table))


def test_sentences_with_quotes_are_one_column() -> None:
    lines = ["text", *(f'He said, "yes, {n}", she said' for n in range(20))]
    table = read("\n".join(lines).encode())
    assert table.delimiter == ""
    assert len(table.frame) == 20


def test_a_dump_of_a_database() -> None:
    content = (
        'id\ttext\tlabel\n1\ta\\tb and \\\\ and "q"\tgood\n2\tfirst\\\nsecond\t\\N\n3\tx\\ny\tbad\n'
    )
    table = read(content.encode())
    assert cells(table) == [
        ["1", 'a\tb and \\ and "q"', "good"],
        ["2", "first\nsecond", ""],
        ["3", "x\ny", "bad"],
    ]
    assert list(table.frame.index) == [2, 3, 5]
    assert "dialect.dump" in keys(table)


@pytest.mark.parametrize("delimiter", ["||", "::", "^", "~", "§", "|~|"])
def test_delimiters_that_are_rare(delimiter: str) -> None:
    rows = [[str(n), f"a text, with; commas | {n}", "xy"[n % 2]] for n in range(12)]
    table = read("\n".join(map(delimiter.join, [HEADER, *rows])).encode())
    assert cells(table) == rows
    assert list(table.frame.columns) == HEADER


def test_two_empty_cells_are_no_delimiter() -> None:
    rows = [[str(n), "", "xy"[n % 2]] for n in range(12)]
    table = read("\n".join(map("|".join, [["id", "note", "label"], *rows])).encode())
    assert cells(table) == rows


def test_lines_that_were_quoted_as_a_whole() -> None:
    """As spreadsheets save what was pasted into a single column."""
    inside = written([HEADER, *([n, t.replace("\n", " "), y] for n, t, y in ROWS)]).splitlines()
    always = written([[line] for line in inside], quoting=csv.QUOTE_ALL)
    assert cells(read(always.encode()))[1] == ROWS[1]
    where_needed = written([[line] for line in inside], delimiter=";", quoting=csv.QUOTE_MINIMAL)
    table = read(where_needed.encode())
    assert cells(table)[1] == ROWS[1]
    assert len(table.frame) == len(ROWS)
    assert list(table.frame.columns) == HEADER


def test_a_header_with_another_delimiter_than_its_rows() -> None:
    rows = [[f"text{', no' * (n % 4)} {n}", "xy"[n % 2]] for n in range(9)]
    table = read(("text,label\n" + written(rows, delimiter=";")).encode())
    assert list(table.frame.columns) == ["text", "label"]
    assert cells(table) == rows


def test_a_mark_that_comes_late() -> None:
    rows = [[str(n), f"plain {n}", "x"] for n in range(2_000)]
    content = written([HEADER, *rows], quoting=csv.QUOTE_ALL)
    content += '"2000","she said \\"no, never\\", then left","y"\n' * 50
    table = read(content.encode())
    assert len(table.frame) == 2_050
    assert cells(table)[-1] == ["2000", 'she said "no, never", then left', "y"]


def test_a_file_of_the_usual_dialect_is_not_rewritten() -> None:
    for delimiter in ",;\t|":
        lines = split_lines(written([HEADER, *ROWS], delimiter=delimiter))
        assert find_dialect(lines) == Dialect(delimiter)


def test_bad_rows_are_quoted_as_the_file_has_them() -> None:
    content = spark([HEADER, *ROWS], ",") + '"1","2","she said \\"no\\"","4","5"\n'
    (bad,) = read(content.encode()).bad_rows
    assert '\\"no\\"' in bad.text


TEXTS = [f"the {noun} was {how}" for noun in ("room", "food", "staff") for how in ("good", "bad")]
PLAIN = {
    "apostrophes around": [f"'{text}'" for text in TEXTS],
    "folders": [rf"C:\new\temp\{text}" for text in TEXTS],
    "formulas": [rf"\nu and \tau: {text}" for text in TEXTS],
    "more formulas": [rf"\alpha of {text}\n" for text in TEXTS],
    "an escape that none is": [rf"{text}\d+\t" for text in TEXTS],
    "quotes around": [f'"{text}"' for text in TEXTS],
    "pipes": [f"{text} |" for text in TEXTS],
    "smileys": [f"{text} ;)" for text in TEXTS],
}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("kind", PLAIN)
def test_texts_that_look_like_a_dialect_stay_as_they_are(kind: str, delimiter: str) -> None:
    rows = [[text, "xy"[n % 2]] for n, text in enumerate(PLAIN[kind])]
    table = read(written([["text", "label"], *rows], delimiter=delimiter).encode())
    assert cells(table) == rows
    assert not any(key.startswith("dialect.") for key in keys(table))


@pytest.mark.parametrize("name", ["text", "Kommentar der Gäste"])
@pytest.mark.parametrize("kind", PLAIN)
def test_a_single_column_with_a_delimiter_in_each_text(kind: str, name: str) -> None:
    rows = [[text] for text in PLAIN[kind]]
    table = read(written([[name], *rows]).encode())
    assert cells(table) == rows
    assert list(table.frame.columns) == [name]


def test_row_names_of_r_beside_a_single_column() -> None:
    table = read(
        ('"x"\n' + "".join(f'"{n}";"{text}"\n' for n, text in enumerate(TEXTS, 1))).encode()
    )
    assert list(table.frame["x"]) == TEXTS


@pytest.mark.parametrize("always", [True, False])
def test_single_quotes_where_only_the_texts_have_them(always: bool) -> None:
    """Without a comma in each they may be a part of the texts."""
    rows = [[f"{text}, again" if always else text, "xy"[n % 2]] for n, text in enumerate(TEXTS)]
    content = "text,label\n" + "".join(f"'{text}',{label}\n" for text, label in rows)
    found = cells(read(content.encode()))
    assert found == (rows if always else [[f"'{text}'", label] for text, label in rows])


def test_an_escape_that_no_dump_writes_keeps_its_backslash() -> None:
    content = "text\tlabel\nit \\alpha\\nb\t\\N\nit b\tx\n"
    assert cells(read(content.encode()))[0] == ["it \\alpha\nb", ""]


def test_what_r_writes_by_default() -> None:
    lines = [f'"{n}" "{text}, said ""she""" {n % 2}' for n, text in enumerate(TEXTS, 1)]
    table = read("\n".join(['"text" "label"', *lines]).encode())
    assert list(table.frame["text"]) == [f'{text}, said "she"' for text in TEXTS]
    assert list(table.frame["label"]) == ["1", "0"] * 3


@pytest.mark.parametrize(
    "lines",
    [
        [
            "+---+---+",
            "| text | label |",
            "+---+---+",
            "*",
            "+---+---+",
            "6 rows in set (0.00 sec)",
        ],
        ["| text | label |", "|:---|---:|", "*"],
        [" text | label ", "------+-------", "*", "(6 rows)"],
        ["Report   1", "", "-------", "|text|label|", "-------", "*", "-------"],
    ],
)
def test_tables_that_are_drawn(lines: list[str]) -> None:
    edge = "" if lines[0].startswith(" ") else "|"
    rows = [f"{edge} {text} | {'xy'[n % 2]} {edge}" for n, text in enumerate(TEXTS * 8)]
    content = "\n".join(row for line in lines for row in (rows if line == "*" else [line]))
    table = read(content.encode())
    assert list(table.frame["text"].str.strip()) == TEXTS * 8
    assert list(table.frame["label"].str.strip()) == ["x", "y"] * 24
