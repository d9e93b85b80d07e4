"""What Arrow reads of a regular file is what the parser reads: the same rows on the same lines."""

from __future__ import annotations

import contextlib
import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.read import csv_fast
from core.data.read.csv_fast import Regular, first_lines, read_fast
from core.data.read.csv_repair import Parser, find_delimiter, split_lines
from core.data.read.decode import as_utf8, decode, find_encoding
from core.data.read.grid import MAX_CELL
from core.data.read.table import read
from core.data.samples import FOLDER
from core.errors import UserError
from tests.core.data.csv_tables import as_csv

NEWLINES = ["\n", "\r\n", "\r"]


def quick(text: str) -> Regular | None:
    """As the reader uses it."""
    data = text.encode()
    head = first_lines(data)
    return read_fast(data, head, find_delimiter(head)) if "".join(head).strip() else None


def same(text: str) -> bool:
    """Whether the file is regular; fails where the two readers differ."""
    lines = split_lines(text)
    try:
        parser = Parser(lines, find_delimiter(lines))
    except UserError:
        with contextlib.suppress(UserError):
            assert quick(text) is None
        return False
    found = quick(text)
    if found is None:
        return False
    assert not parser.bad
    assert not parser.padded
    assert not parser.loose
    assert found.layout == parser.layout
    assert found.blank == parser.blank
    assert found.lines.tolist() == parser.rows.lines.tolist()
    expected = [column.to_pylist() for column in parser.rows.columns(parser.width)]
    assert [column.to_pylist() for column in found.columns] == expected
    return True


@settings(max_examples=600, deadline=None)
@given(st.text('ab,;\t| "\n\ré\u2028\x0b', max_size=60), st.sampled_from([1, 7, 1 << 24]))
def test_any_text_in_parts_of_any_size(text: str, size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_fast, "WINDOW_BYTES", size)
        patch.setattr(csv_fast, "PART_BYTES", size)
        same(text)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["a", ",", '"', "\n", "\r\n", '""', '","', ",,", " "])), st.data())
def test_pieces_of_csv(pieces: list[str], data: st.DataObject) -> None:
    same("text,label\n" + "".join(pieces) + data.draw(st.sampled_from(["", "\n"])))


cell = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=9)
odd = cell | st.text('a1,;|\t "\n\r', max_size=9)


@settings(max_examples=200, deadline=None)
@given(st.data(), st.integers(2, 4), st.sampled_from(",;\t|"), st.sampled_from(NEWLINES))
def test_files_that_a_program_wrote_are_regular(
    data: st.DataObject, width: int, delimiter: str, newline: str
) -> None:
    size = data.draw(st.sampled_from([1, 7, 1 << 24]))
    row = st.lists(odd, min_size=width, max_size=width)
    rows = data.draw(st.lists(row, min_size=1, max_size=8))
    blank = data.draw(st.lists(st.integers(0, len(rows)), max_size=2))
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=newline, quoting=csv.QUOTE_ALL)
    writer.writerow([f"column {n}" for n in range(width)])
    for number, cells in enumerate(rows):
        out.write(newline * blank.count(number))
        writer.writerow(cells)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_fast, "WINDOW_BYTES", size)
        patch.setattr(csv_fast, "PART_BYTES", size)
        assert same(out.getvalue())


REGULAR = {
    "plain": "text,label\na,b\nc,d",
    "quotes that open nothing": 'text,label\n5" disk,b\nan "odd" one,d\n',
    "newlines in cells": 'text,label\n"a\r\nb\n\n",b\r\n\nc,"d"\r\n',
    "a quoted header": '"text","la ""bel"\n"a",b\n',
    "trailing delimiters": "text,label,\na,b,\nc,d,\n",
    "row names": "text,label\n1,a,b\n2,c,d\n",
    "one column": "text\nhello there\n  \nyes\n",
    "tabs": 'text\tlabel\n"a\tb"\tc\n',
    "blank lines": "\n \n\ntext,label\n\n\na,b\n\nc,d\n\n\n",
}
IRREGULAR = {
    "a short row": "text,label\na\nb,c\n",
    "a long row": "text,label\na,b,c\nd,e\n",
    "spaces in a blank line": "text,label\na,b\n  \nc,d\n",
    "text after a quote": 'text,label\n"a" b,c\n"d",e\n',
    "an open quote": 'text,label\n"a,b\nc,d\n',
    "both kinds of quotes": 'text,label\n"a",5" disk\n',
    "a huge cell": f"text,label\n{'x' * (MAX_CELL + 1)},b\nc,d\n",
    "blank lines before the header": "\n" * 300 + "text,label\na,b\n",
    "a header of two lines": '"te\nxt",label\na,b\n',
    "tabs without quoting": 'text\tlabel\n"a\tb\nc\td\n',
}


@pytest.mark.parametrize("name", REGULAR)
def test_regular_files(name: str) -> None:
    assert same(REGULAR[name])


@pytest.mark.parametrize("name", IRREGULAR)
def test_files_that_are_left_to_the_parser(name: str) -> None:
    assert not same(IRREGULAR[name])


def test_windows_and_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [[f'{n}, "x"\r\n{"y" * (n % 50)}é', "ab"[n % 2]] for n in range(3_000)]
    for newline in NEWLINES:
        text = as_csv([["text", "label"], *rows], ",", newline)
        for size in (1_000, 1 << 24):
            monkeypatch.setattr(csv_fast, "WINDOW_BYTES", size)
            monkeypatch.setattr(csv_fast, "PART_BYTES", size)
            assert same(text)


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.csv")), ids=lambda file: file.name)
def test_the_samples_are_read_quickly(file: Path) -> None:
    assert same(file.read_text(encoding="utf-8-sig"))


@pytest.mark.parametrize(
    ("encoding", "damage"),
    [("utf-8-sig", b"\xff"), ("utf-16", b"\x00\xd8a\x00"), ("gb18030", b"\xff\xff")],
)
def test_other_encodings_take_the_quick_way_too(encoding: str, damage: bytes) -> None:
    text = "文本,标签\n" + "很好，值得购买,正面\n太差了不要买,负面\n" * 9
    data = text.encode(encoding)
    found = find_encoding(data)
    assert as_utf8(data, found) == text.encode()
    assert read(data).encoding == decode(data).encoding.name == encoding
    assert as_utf8(data + damage, found) is None
