"""Files as people have them read back as they were meant; what cannot be read is named."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.data.read import delimited, grid
from core.data.read.grid import MAX_ROWS
from core.data.read.table import MAX_BYTES, read
from core.data.table import load_table, write_table
from core.errors import UserError
from core.runs.store import RunStore
from tests.core.data.csv_tables import as_csv, cells, error, keys
from tests.ui.fake import make_run

HEADER = ["text", "label", "note"]
CHINESE = [
    ["很好，值得购买", "正面", "NA"],
    ["太差了；不要买", "负面", ""],
    ["他说“一般”\n就这样", "正面", "x"],
]
WESTERN = [["très bon café", "positive", "NA"], ["mauvais goût, là", "negative", ""],
           ["il dit \"moyen\"\net voilà", "positive", "x"]]  # fmt: skip
UNICODE = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]
ENCODINGS = [
    *((encoding, rows) for encoding in UNICODE for rows in (CHINESE, WESTERN)),
    *(("gb18030", CHINESE), ("cp1252", WESTERN), ("latin-1", WESTERN)),
]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(("encoding", "rows"), ENCODINGS)
def test_reads_every_encoding_delimiter_and_newline(
    encoding: str, rows: list[list[str]], delimiter: str, newline: str
) -> None:
    table = read(as_csv([HEADER, *rows], delimiter, newline).encode(encoding))
    assert cells(table) == rows
    assert list(table.frame.columns) == HEADER
    assert table.delimiter == delimiter
    assert not table.bad_rows
    assert list(table.frame.index) == [2, 3, 4]
    assert table.frame.index.name == "line"


def test_the_name_of_the_encoding_and_whether_it_was_a_guess() -> None:
    text = as_csv([HEADER, *CHINESE])
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        table = read(text.encode(encoding))
        assert table.encoding == encoding
        assert "encoding_guessed" not in keys(table)
    guessed = read(text.encode("gb18030"))
    assert guessed.encoding == "gb18030"
    assert "encoding_guessed" in keys(guessed)


def test_a_few_chinese_words_among_english_ones() -> None:
    rows = [[f"the battery lasts {day} days", "正面" if day % 2 else "负面"] for day in range(9)]
    table = read(as_csv([["review", "标签"], *rows]).encode("gb18030"))
    assert cells(table) == rows


def test_fingerprint_is_of_the_content() -> None:
    rows = [HEADER, *CHINESE]
    prints = {
        read(as_csv(rows, delimiter).encode(encoding)).fingerprint
        for delimiter in ",;\t|"
        for encoding in (*UNICODE, "gb18030")
    }
    assert len(prints) == 1
    moved = [HEADER, *CHINESE[:2], ["他说“一般”\n就这样x", "正面", ""]]
    assert read(as_csv(moved).encode()).fingerprint not in prints


names = st.lists(st.text("abcXYZ_é标", min_size=1, max_size=5), min_size=2, max_size=4, unique=True)
cell = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12) | st.text(
    "a1,;|\t \"'\n\r", max_size=12
)


@settings(max_examples=150, deadline=None)
@given(st.data(), names, st.sampled_from(",;\t|"), st.sampled_from(["\n", "\r\n", "\r"]))
def test_what_the_csv_module_writes_reads_back(
    data: st.DataObject, header: list[str], delimiter: str, newline: str
) -> None:
    row = st.lists(cell, min_size=len(header), max_size=len(header))
    rows = data.draw(st.lists(row, min_size=1, max_size=8))
    # Many control characters make a file binary, which is not meant here.
    rows = [["".join(c for c in one if c >= " " or c in "\t\r\n") for one in row] for row in rows]
    # Nor is a line that is drawn between rows, such as "| |" in one cell or in each.
    rows = [row for row in rows if not re.fullmatch(r"\s*[-+=:|_][-+=:|_\s]*", "".join(row))]
    assume(rows)
    table = read(as_csv([header, *rows], delimiter, newline).encode())
    assert cells(table) == rows
    assert not table.bad_rows


@settings(max_examples=50, deadline=None)
@given(st.lists(cell.map(lambda c: "".join(x for x in c if x >= " " or x == "\n")), min_size=1))
def test_a_single_column_reads_back(texts: list[str]) -> None:
    table = read(as_csv([["text"], *([text] for text in texts)]).encode())
    assert cells(table) == [[text] for text in texts]
    assert table.delimiter == ""


def test_sentences_without_a_delimiter_are_one_column() -> None:
    table = read(b"text\nHello, world\nYes\nNo, thanks, really\n")
    assert cells(table) == [["Hello, world"], ["Yes"], ["No, thanks, really"]]


def test_a_delimiter_in_the_texts_does_not_win() -> None:
    rows = [[f"a, b, c; {n}", "x"] for n in range(20)]
    assert cells(read(as_csv([["text", "label"], *rows], ";").encode())) == rows


def test_excels_first_line_names_the_delimiter() -> None:
    table = read(b"sep=;\r\ntext;label\r\na,b;c\r\n")
    assert cells(table) == [["a,b", "c"]]
    assert list(table.frame.index) == [3]


# --- line numbers and repairs ---


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_numbers_count_lines_of_the_file(newline: str) -> None:
    lines = ["", "text,label", '"one', "two", 'three",a', "", "four,b", "  ", "five,c,d,e", "six,f"]
    table = read(newline.join(lines).encode())
    assert list(table.frame.index) == [3, 7, 10]
    assert [row.line for row in table.bad_rows] == [9]
    blank = next(note for note in table.notes if note.key == "data.note.blank_lines")
    assert blank.values["lines"] == 3


def test_header_is_made_usable_and_says_how() -> None:
    table = read(b" text ,label,,label,label (2)\nb,c,d,e,f\n")
    assert list(table.frame.columns) == ["text", "label", "column 3", "label (3)", "label (2)"]
    assert {"header_padded", "header_unnamed", "header_repeated"} <= keys(table)


def test_missing_header_is_suspected_and_nothing_changed() -> None:
    rows = "".join(f"ham,hello number {n}\n" for n in range(5))
    table = read(rows.encode())
    assert "no_header" in keys(table)
    assert len(table.frame) == 4
    assert "no_header" not in keys(read(b"text,label\n" + rows.encode()))


@pytest.mark.parametrize("name", ["table.parquet", "test.parquet"])
def test_what_no_table_of_ours_holds_is_not_read(
    name: str, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few kilobytes can say that there are a billion rows, or the same long text in each of them."""
    run = make_run(store)
    reading = {"table.parquet": run.table, "test.parquet": run.test_rows}[name]
    reading()
    sound = pq.read_table(run.path / name)
    many = pa.concat_tables([sound] * (MAX_ROWS // len(sound) + 1))
    pq.write_table(many, run.path / name)
    with pytest.raises(UserError) as rows:
        reading()
    assert rows.value.what.key == "error.run_damaged"
    pq.write_table(sound, run.path / name)
    monkeypatch.setattr("core.data.table.MAX_STORED", 2_000)
    with pytest.raises(UserError) as text:
        reading()
    assert text.value.what.key == "error.run_damaged"


# --- bytes that are no text ---


def test_undecodable_bytes_are_reported_with_their_line() -> None:
    lines = [f"第{n}行很好,正面" for n in range(40)]
    for encoding in ("utf-8", "gb18030"):
        raw = [line.encode(encoding) for line in lines]
        raw[6] = b"bad \xff byte,x"
        table = read(b"text,label\n" + b"\n".join(raw))
        assert table.encoding == encoding
        assert len(table.frame) == 39
        (bad,) = table.bad_rows
        assert (bad.line, bad.reason.key) == (8, "data.bad.bytes")
        assert bad.text == "bad \\xff byte,x"


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"", "file_empty"),
        (b" \r\n\n", "file_empty"),
        (b"\xef\xbb\xbf\n", "file_empty"),
        (b"text,label\n", "no_rows"),
        (b"text,label\n\n\n", "no_rows"),
        (b"text,label\na,b,c\nd,e,f,g\n", "all_rows_bad"),
        (b"PK\x03\x04....xl/workbook.xml", "file_damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file_damaged"),
        (b"PK\x03\x04....[Content_Types].xml...word/document.xml", "kind.document"),
        (b"PAR1....", "file_damaged"),
        (b"PK\x03\x04....photo.jpg", "kind.zip"),
        (b"%PDF-1.7\n", "kind.pdf"),
        (b"\x89PNG\r\n\x1a\n", "kind.picture"),
        (b"text,label\na\0b,c\n", "all_rows_bad"),
        (bytes(range(1, 32)) * 20, "file_binary"),
        (b"\xff\xfe" + "a,b\nc\0,d\n".encode("utf-16-le"), "all_rows_bad"),
        (b"text,label\n" + b"a\0b\0c,d\n" * 90, "file_binary"),
        (",".join(f"c{n}" for n in range(5_000)).encode() + b"\n1\n", "too_many_columns"),
    ],
)
def test_files_that_cannot_be_used(data: bytes, key: str) -> None:
    assert error(data) == key


def test_a_gigabyte_fails_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(1 << 30)
    assert MAX_BYTES < 1 << 30
    assert error(path) == "file_too_large"


def test_too_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grid, "MAX_ROWS", 10)
    body = b"text,label\n" + b"a,b\n" * 10
    assert len(read(body).frame) == 10
    assert error(body + b"a,b\n") == "too_many_rows"


def test_a_bad_row_does_not_count_against_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grid, "MAX_ROWS", 10)
    table = read(b"text,label\n" + b"a,b\n" * 10 + b"a,b,c\n")
    assert (len(table.frame), len(table.bad_rows)) == (10, 1)
    monkeypatch.setattr(grid, "MAX_CELLS", 19)
    assert error(b"text,label\n" + b"a,b\n" * 10) == "too_many_cells"


def test_a_file_of_nothing_but_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "MAX_LINES", 100)
    assert error(b"text,label\na,b\n" + b"\n" * 100) == "too_many_lines"
    assert error(b"text,label\ra,b\r" + b"\r" * 100) == "too_many_lines"


@pytest.mark.parametrize("text", ["x" * 2_000_000, '"' + "line\n" * 400_000 + '"'])
def test_a_cell_of_two_megabytes_is_left_out(text: str) -> None:
    table = read(f"text,label\na,b\n{text},long\nc,d\n".encode())
    assert cells(table) == [["a", "b"], ["c", "d"]]
    (bad,) = table.bad_rows
    assert (bad.line, bad.reason.key) == (3, "data.bad.cell_too_long")
    assert len(bad.text) <= 200
    assert table.frame.index[-1] == 4 + text.count("\n")


# --- the table itself ---


def test_names_and_paths(tmp_path: Path) -> None:
    path = tmp_path / "my data.csv"
    path.write_bytes(b"a,b\n1,2\n")
    assert read(path).name == "my data.csv"
    assert read(b"a,b\n1,2\n", name=r"C:\files\x.csv").name == "x.csv"


def test_parquet_keeps_everything(tmp_path: Path) -> None:
    source = 'line,文本,文本,\n1,"a\nb",,x\n2,c,d,e,f\nNA,"",null,3\n'.encode("gb18030")
    table = read(source, name="t.csv")
    assert table.bad_rows
    assert table.notes
    write_table(table, tmp_path / "t.parquet")
    again = load_table(tmp_path / "t.parquet")
    assert again.frame.equals(table.frame)
    assert again.frame.index.equals(table.frame.index)
    assert again.frame.index.name == "line"
    assert (again.name, again.encoding, again.delimiter) == ("t.csv", "gb18030", ",")
    assert again.bad_rows == table.bad_rows
    assert again.notes == table.notes
    assert again.fingerprint == table.fingerprint


def test_a_file_as_a_western_office_saves_it() -> None:
    lines = [
        " Message Text ;Label;Group;",
        '"Grüße, said ""Jörg""\r\n\r\n> quoted; text\r\n- end";ham;easy;',
        "",
        "Café; ham ;easy;",
        "Win €100;;hard;",
        "Win €100;SPAM;hard;",
    ]
    table = read("\r\n".join(lines).encode("cp1252"), name="mail.csv")
    assert table.encoding == "cp1252"
    assert list(table.frame.columns) == ["Message Text", "Label", "Group", "column 4"]
    assert list(table.frame.index) == [2, 7, 8, 9]
    assert table.frame["Message Text"].iloc[0].startswith('Grüße, said "Jörg"\r\n\r\n> quoted;')
    assert list(table.frame["Label"]) == ["ham", " ham ", "", "SPAM"]
    assert not table.bad_rows
