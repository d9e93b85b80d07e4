"""Quotes that are wrong, and rows that do not fit: what can be read is, and the rest is named."""

from __future__ import annotations

from core.data.read.table import read
from tests.core.data.csv_tables import cells, keys


def test_rows_wider_than_the_header_get_names() -> None:
    row_names = read(b"text,label\n1,good,a\n2,bad,b\n3,fine,a\n")
    assert list(row_names.frame.columns) == ["column 1", "text", "label"]
    assert "header_short" in keys(row_names)
    beyond = read(b"text,label\nx,good,a,1\nx,bad,b,2\nx,fine,a,3\n")
    assert list(beyond.frame.columns) == ["text", "label", "column 3", "column 4"]


def test_short_rows_are_filled_up_and_trailing_delimiters_ignored() -> None:
    table = read(b"text,label,note\na,b\nc,d,e,,,\nf,g,h\n")
    assert cells(table) == [["a", "b", ""], ["c", "d", "e"], ["f", "g", "h"]]
    assert "padded_rows" in keys(table)
    assert not table.bad_rows


def test_a_row_with_surplus_cells_is_reported() -> None:
    table = read(b"text,label\na,b\nI like it, really,good\nc,d\n")
    assert list(table.frame.index) == [2, 4]
    (bad,) = table.bad_rows
    assert (bad.line, bad.reason.key) == (3, "data.bad.too_many_cells")
    assert bad.reason.values == {"found": 3, "expected": 2}
    assert bad.text == "I like it, really,good"


# --- quotes ---


def test_quotes_inside_unquoted_cells_are_characters() -> None:
    table = read(b'text,label\n5" disk,a\nan "odd" one,b\nc,d\n')
    assert cells(table) == [['5" disk', "a"], ['an "odd" one', "b"], ["c", "d"]]
    assert not table.bad_rows


def test_unclosed_quote_at_the_end_of_the_file() -> None:
    table = read(b'text,label\na,b\n"never closed,c\nd,e\nf,g\n')
    assert cells(table) == [["a", "b"], ["d", "e"], ["f", "g"]]
    assert list(table.frame.index) == [2, 4, 5]
    assert [(row.line, row.reason.key) for row in table.bad_rows] == [(3, "data.bad.quote")]


def test_unclosed_quote_that_a_later_quote_seems_to_close() -> None:
    table = read(b'text,label\n"open,b\nc,d\n"e, f",g\nh,i\n')
    assert cells(table) == [["c", "d"], ["e, f", "g"], ["h", "i"]]
    assert [row.line for row in table.bad_rows] == [2]


def test_unclosed_quote_leaves_out_the_lines_that_belong_to_it() -> None:
    table = read(b'text,label\na,b\n"first line\nsecond line\nthird\nc,d\ne,f\n')
    assert list(table.frame.index) == [2, 6, 7]
    (bad,) = table.bad_rows
    assert (bad.line, bad.reason.values["last"]) == (3, 5)


def test_the_end_of_a_damaged_cell_is_no_row_of_its_own() -> None:
    table = read(b'text,label\n"one\nsaid "not" me\nok",a\n"two,\nlines",b\n"c, d",e\n')
    assert cells(table) == [["two,\nlines", "b"], ["c, d", "e"]]
    (bad,) = table.bad_rows
    assert (bad.line, bad.reason.values["last"]) == (2, 4)


def test_a_huge_cell_that_swallowed_rows_is_given_up() -> None:
    rows = "".join(f"this is row {n} of many,good\n" for n in range(8_000))
    table = read(f'text,label\n"lost,bad\n{rows}the end",good\n'.encode())
    assert [row.line for row in table.bad_rows] == [2]
    assert len(table.frame) == 8_001
    assert table.frame.index[0] == 3


def test_undoubled_quotes_are_read_and_counted() -> None:
    table = read(b'text,label\n"he said "no" to me",a\n"and\nthen "yes" ok",b\nc,d\n')
    assert list(table.frame["label"]) == ["a", "b", "d"]
    assert "loose_quotes" in keys(table)
    assert not table.bad_rows


def test_tab_separated_files_without_quoting() -> None:
    table = read(b'label\ttext\nham\t"Hello there\nspam\t"win" now\nham\tbye\n')
    assert list(table.frame["text"]) == ['"Hello there', '"win" now', "bye"]
    assert "plain_quotes" in keys(table)
