"""Column names are found where they stand; lines that are no rows are listed; both can be turned round."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from core.data.profile.profile import profile
from core.data.read.options import ReadOptions
from core.data.read.table import read
from core.data.read.unlabelled import read_unlabelled
from core.data.table import Table, load_table, write_table
from core.errors import UserError
from core.modalities.checkup import checkup, mend
from tests.core.data.office import xlsx

TEXTS = [
    "the sound is great",
    "I returned it",
    "good, but slow",
    "never again",
    "works as it should",
]
ROWS = [[str(n), f"{TEXTS[n % 5]} {n}", "yes" if n % 2 else "no"] for n in range(20)]
HEADER = ["id", "text", "label"]


def as_csv(rows: list[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def as_xlsx(rows: list[list[str]]) -> bytes:
    width = max(map(len, rows))
    return xlsx({"S": [[*row, *[""] * (width - len(row))] for row in rows]})


WAYS = [as_csv, as_xlsx]


def cells(table: Table) -> list[list[str]]:
    return [list(row) for row in table.frame.itertuples(index=False)]


def keys(table: Table) -> set[str]:
    return {note.key.removeprefix("data.note.") for note in table.notes}


def reasons(table: Table) -> dict[int, str]:
    return {row.line: row.reason.key.removeprefix("data.bad.") for row in table.bad_rows}


def clicked(data: bytes, table: Table, key: str) -> Table:
    return mend(table, profile(table), [key], lambda options: read(data, table.name, options))[0]


def error(data: bytes, **options: Any) -> str:
    with pytest.raises(UserError) as caught:
        read(data, options=ReadOptions(**options))
    assert caught.value.hint
    return caught.value.what.key.removeprefix("error.")


def test_full_lines_above_names_that_are_usual() -> None:
    """A line of two cells above a table of two columns is no header where the usual names come later."""
    rows = [[f"text {n}", "xy"[n % 2]] for n in range(12)]
    lines = [["Report 2026", ""], ["Created by", "me"], ["On", "Monday"], ["text", "label"], *rows]
    table = read("\n".join(map(",".join, lines)).encode())
    assert list(table.frame.columns) == ["text", "label"]
    assert cells(table) == rows
    merged = [
        ["Feedback", "Feedback", "Meta"],
        ["text", "label", "id"],
        *([*row, "1"] for row in rows),
    ]
    assert list(read("\n".join(map(",".join, merged)).encode()).frame["label"]) == [
        y for _, y in rows
    ]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "above",
    [
        [["Mentions in January"]],
        [["Report:"], ["From:"], ["To:"]],
        [["# made by a program"], ["# on Monday"]],
        [["Report", "Mentions", ""], ["", "", ""], ["Day", "2026-01-01", ""]],
    ],
)
def test_lines_above_the_names(way: Any, above: list[list[str]]) -> None:
    data = way([*above, HEADER, *ROWS])
    table = read(data)
    assert list(table.frame.columns) == HEADER
    assert cells(table) == ROWS
    assert table.header_line == len(above) + 1
    assert set(reasons(table).values()) == {"above_header"}
    assert "header_found" in keys(table)
    assert "padded_rows" not in keys(table)
    back = clicked(data, table, "header_found")
    assert back.header_line == 1
    assert len(back.frame) > len(ROWS)
    assert "header_found" not in keys(back)


def test_a_line_with_commas_above_the_names() -> None:
    data = b"# made, by a program\n" + as_csv([HEADER, *ROWS])
    assert cells(read(data)) == ROWS


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "header",
    [
        HEADER,
        ["", "", ""],
        ["nr", "", ""],
        ["", "text", "label"],
        ["1", "2", "3"],
        ["Q1", "Q2", "Q3"],
    ],
)
def test_a_header_in_the_first_line_stays_there(way: Any, header: list[str]) -> None:
    if not any(header) and way is as_xlsx:
        return
    if not any(header):
        header = ["x", "x", "x"]
    table = read(way([header, *ROWS]))
    assert table.header_line == 1
    assert cells(table) == ROWS


@pytest.mark.parametrize("way", WAYS)
def test_the_line_of_the_names_can_be_said(way: Any) -> None:
    data = way([["a", "b", "c"], ["x", "y", "z"], HEADER, *ROWS])
    table = read(data, options=ReadOptions(header=3))
    assert (list(table.frame.columns), cells(table)) == (HEADER, ROWS)
    assert reasons(table) == {1: "above_header", 2: "above_header"}
    assert table.frame.index[0] == 4
    none = read(way(ROWS), options=ReadOptions(header=0))
    assert cells(none) == ROWS
    assert list(none.frame.columns) == ["column 1", "column 2", "column 3"]
    assert none.frame.index[0] == 1
    assert "header_short" not in keys(none)
    assert none.header_line == 0


def test_a_first_row_that_is_data_becomes_one_with_a_click() -> None:
    rows = [[f"{text} and more {n}", "pos"] for n, text in enumerate(TEXTS)]
    data = as_csv(rows)
    table = read(data)
    assert "no_header" in keys(table)
    again = clicked(data, table, "no_header")
    assert cells(again) == rows
    assert again.read_with == ReadOptions(header=0)


def test_a_label_that_may_be_a_name_is_none_where_it_recurs() -> None:
    rows = [["spam" if n % 2 else "ham", f"a message, number {n}"] for n in range(1, 12)]
    table = read(as_csv(rows))
    assert table.frame.columns[0] == "spam"
    assert cells(clicked(as_csv(rows), table, "no_header")) == rows
    document = json.dumps(rows).encode()
    assert cells(read(document)) == rows
    assert "json_no_names" in keys(read(document))


def test_a_sentence_with_a_usual_word_at_its_end_is_no_name() -> None:
    rows = [[f"c'est le numéro {n}", "date" if n % 2 else "autre"] for n in range(12)]
    rows[4] = ["which date", "date"]
    rows[7] = ["quel est ton nom: key, no, I had a great time", "link"]
    table = read(as_csv([["phrase", "genre"], *rows]))
    assert cells(table) == rows
    assert table.header_line == 1
    document = [["I had a great time", "good"], ["never again", "bad"], ["so so", "odd"]]
    assert cells(read(json.dumps(document).encode())) == document


@pytest.mark.parametrize("shape", ["rows", "split", "columns"])
def test_names_that_are_no_characters_are_no_traceback(shape: str) -> None:
    odd, values = "la\ud800bel\0", [["a", "x"], ["b", "y"], ["c", "x"]]
    documents = {
        "rows": [["text", odd], *values],
        "split": {"columns": ["text", odd], "data": values},
        "columns": {"text": ["a", "b", "c"], odd: ["x", "y", "x"]},
    }
    table = read(json.dumps(documents[shape]).encode())
    assert list(table.frame.columns) == ["text", "la\ufffdbel\ufffd"]
    assert cells(table) == values
    under = read(json.dumps({odd: [{"text": "a"}, {"text": "b"}]}).encode())
    assert all(str(note).encode() for note in under.notes)


def test_lines_that_are_none() -> None:
    data = as_csv([HEADER, *ROWS])
    assert error(data, header=99) == "header_line"
    for wrong in ("x", "-1", "1.5", "9" * 30):
        assert error(data, header=wrong) == "header_number"
    assert error(json.dumps([{"text": "a"}]).encode(), header=1) == "header_named"
    assert error(json.dumps([{"text": "a"}]).encode(), every_row=True) == "header_named"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "below",
    [
        [["Identifier", "What did you think?", "Happy?"],
         ['{"ImportId":"_id"}', '{"ImportId":"QID1_TEXT"}', '{"ImportId":"QID2"}']],
        [["continuous", "string", "no yes"], ["", "meta", "class"]],
        [["c", "s", "d"], ["", "meta", "class"]],
        [["int", "varchar(200)", "varchar(3)"]],
        [["[1]", "", "[yes/no]"]],
    ],
)  # fmt: skip
def test_lines_below_the_names(way: Any, below: list[list[str]]) -> None:
    data = way([HEADER, *below, *ROWS])
    table = read(data)
    assert cells(table) == ROWS
    assert set(reasons(table).values()) == {"below_header"}
    assert not {each.key for each in checkup(table, profile(table))} & {"unreadable"}
    kept = clicked(data, table, "below_header")
    assert cells(kept) == [*below, *ROWS]
    assert cells(clicked(data, kept, "every_row")) == ROWS


def test_a_questionnaire_with_answers_below_its_questions() -> None:
    header = ["Respondent ID", "What did you think?", "Which ones?", "", ""]
    below = ["", "Open-Ended Response", "Red", "Green", "Blue"]
    rows = [[n, text, "Red", "", "Blue"] for n, text, _ in ROWS]
    table = read(as_csv([header, below, *rows]))
    assert list(table.frame.columns) == [
        *("Respondent ID", "What did you think?"),
        *("Which ones?: Red", "Which ones?: Green", "Which ones?: Blue"),
    ]
    assert cells(table) == rows


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "last",
    [
        [["Total", "", "20"]],
        [["Gesamt:", "", "20"]],
        [["(20 rows affected)", "", ""]],
        [["合计", "", "20"]],
        [["Total", "20", ""], ["20 rows", "", ""]],
    ],
)
def test_lines_below_the_table(way: Any, last: list[list[str]]) -> None:
    table = read(way([HEADER, *ROWS, *last]))
    assert cells(table) == ROWS
    assert set(reasons(table).values()) == {"below_table"}


def test_texts_about_totals_are_rows() -> None:
    rows = [*ROWS, ["20", "Total", "no"], ["21", "Summe", "yes"]]
    assert cells(read(as_csv([HEADER, *rows]))) == rows
    two = [["total", "no"], ["good", "yes"], ["Total", "no"]] * 3
    assert cells(read(as_csv([["text", "label"], *two]))) == two


@pytest.mark.parametrize("way", WAYS)
def test_files_that_were_put_together_repeat_their_names(way: Any) -> None:
    data = way([HEADER, *ROWS[:9], HEADER, *ROWS[9:]])
    table = read(data)
    assert cells(table) == ROWS
    assert reasons(table) == {11: "header_again"}
    assert len(clicked(data, table, "header_again").frame) == 21


def test_what_was_said_is_kept(tmp_path: Any) -> None:
    options = ReadOptions(header=2, encoding="utf-8", delimiter="comma", every_row=True)
    table = read(b"x,y\n" + as_csv([HEADER[1:], *(row[1:] for row in ROWS)]), "t.csv", options)
    write_table(table, tmp_path / "t.parquet")
    again = load_table(tmp_path / "t.parquet")
    assert (again.read_with, again.header_line) == (options, 2)
    assert len(list(options.said())) == 4
    assert all(str(said) for _, said in options.said())


def test_the_delimiter_can_be_said() -> None:
    data = b"'text';'label'\n'a, b';x\n'c, d';y\n'e, f';x\n"
    table = read(data)
    assert "dialect.single" in keys(table)
    plain = clicked(data, table, "single")
    assert cells(plain)[0] == ["'a, b'", "x"]
    for name in (";", "semicolon"):
        assert read(data, options=ReadOptions(delimiter=name)).delimiter == ";"
    one = read(data, options=ReadOptions(delimiter="none"))
    assert one.frame.shape == (3, 1)
    assert read(b"a||b\n1||2\n", options=ReadOptions(delimiter="||")).frame.shape == (1, 2)
    for wrong in ("", "x", '"', ";;", "\n", "é"):
        assert error(data, delimiter=wrong) == "delimiter_unknown"
    assert error(b'[{"text": "a"}]', delimiter=",") == "no_delimiter"


def test_texts_without_labels_are_read_with_options_too(tmp_path: Any) -> None:
    file = tmp_path / "more.txt"
    file.write_bytes("schön\nspät\n".encode("mac_roman"))
    table = read_unlabelled(file, ReadOptions(encoding="mac_roman"))
    assert table.frame["text"].tolist() == ["schön", "spät"]
    sheet = tmp_path / "more.csv"
    sheet.write_bytes(as_csv([["x", "y"], ["text", "n"], ["a", "b"]]))
    assert list(read_unlabelled(sheet, ReadOptions(header=2)).frame.columns) == ["text", "n"]
