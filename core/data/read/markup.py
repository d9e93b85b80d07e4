"""Markup: tables in web pages and in the XML of Excel 2003, which programs like to call .xls.

Nothing is loaded, run or looked up: a file that declares entities is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from html.parser import HTMLParser
from typing import Any
from xml.parsers import expat

from core.data.read.decode import Encoding, decode
from core.data.read.grid import (
    MAX_COLUMNS,
    MAX_ROWS,
    NO_ENCODING,
    Grid,
    RowCollector,
    cell_text,
    check_size,
    name_some,
)
from core.data.read.merged_cells import MAX_SHEETS_NAMED, Merged, Range, sheet_grid
from core.data.read.options import FOUND_OUT, ReadOptions
from core.data.read.sniff import Kind, kind_error
from core.errors import UserError
from core.words import Message, message

MAX_BYTES = 64 * 1024 * 1024
MAX_DOWN = 999_999_999  # rows of one cell of Excel: those that there are count
MAX_SPAN = 1_000  # rows or columns of one cell
MAX_CELLS = 5_000_000  # of all tables together
SPREADSHEET = "urn:schemas-microsoft-com:office:spreadsheet"
CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
BLOCK_TAGS = frozenset(("br", "p", "div", "li", "tr", "td", "th"))
UNSEEN_TAGS = frozenset(("script", "style", "template", "noscript"))

Rows = list[tuple[int, list[str]]]


def read_html(data: bytes, options: ReadOptions = FOUND_OUT) -> Grid:
    """The largest table of a page; `lines` count its rows.

    Raises UserError `kind.web` for a page without one, `file_too_large`, `encoding_unknown` and as
    `check_size` does.
    """
    _check(data)
    # What a page says of itself counts where its bytes do not say it.
    said = CHARSET.search(data[:4096])
    decoded = decode(data, options.encoding)
    if decoded.encoding.guessed and said:
        try:
            decoded = decode(data, said[1].decode("ascii"))
        except UserError:
            said = None
    page = _Page()
    page.feed(decoded.text)
    page.close()
    rows = max(page.tables, key=lambda table: sum(map(len, table)), default=[])
    numbered = [(number, row) for number, row in enumerate(rows, 1) if any(map(str.strip, row))]
    if len(numbered) < 2:
        raise kind_error(Kind("web", "HTML"))
    notes = (
        [message("data.note.page_table", tables=len(page.tables))] if len(page.tables) > 1 else []
    )
    return _grid("HTML", numbered, notes, decoded.encoding)


def _check(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise UserError("file_too_large", size=len(data) / 2**20, limit=MAX_BYTES // 2**20)


def _grid(
    kind: str,
    numbered: Rows,
    notes: Sequence[Message],
    encoding: Encoding = NO_ENCODING,
    **further: Any,
) -> Grid:
    width = max(len(row) for _, row in numbered)
    check_size(len(numbered), width)
    full = [(line, row + [""] * (width - len(row))) for line, row in numbered]
    rows = RowCollector(range(1, width + 1))
    rows.take_filled(full[1:])
    (line, header), *_ = full
    return rows.grid(kind, header, notes, encoding, first_row=True, header_line=line, **further)


class _Page(HTMLParser):
    """The rows of each table of a page. A cell over several rows stands in each of them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str]]] = []
        self.open: list[_Table] = []
        self.unseen = 0
        self.cells = 0

    # What is not closed reaches to the end, as in a browser (HTML standard, 13.2.5, "eof-in-comment" and so
    # on). The parser would look for the end of each anew: minutes for some ten thousand of them.

    def parse_comment(self, i: int, report: bool = True) -> int:
        return self._closed(super().parse_comment(i, report))

    def parse_html_declaration(self, i: int) -> int:
        return self._closed(super().parse_html_declaration(i))

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        """No such thing in HTML: a comment up to the next ">"."""
        return self.parse_bogus_comment(i, report)

    def parse_pi(self, i: int) -> int:
        return self._closed(super().parse_pi(i))

    def parse_starttag(self, i: int) -> int:
        return self._closed(super().parse_starttag(i))

    def parse_endtag(self, i: int) -> int:
        return self._closed(super().parse_endtag(i))

    def _closed(self, end: int) -> int:
        return len(self.rawdata) if end < 0 else end  # it is fed all at once

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in UNSEEN_TAGS:
            self.unseen += 1
        elif tag == "table":
            self.open.append(_Table())
            self.tables.append(self.open[-1].rows)
        elif self.open and tag == "tr":
            self.open[-1].row()
        elif self.open and tag in ("td", "th"):
            given = dict(attrs)
            self.cells += self.open[-1].cell(_span(given, "colspan"), _span(given, "rowspan"))
            if self.cells > MAX_CELLS:
                raise UserError(
                    "too_many_cells", rows=MAX_ROWS, columns=MAX_COLUMNS, limit=MAX_CELLS
                )
        elif self.open and tag in BLOCK_TAGS:
            self.open[-1].text("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSEEN_TAGS:
            self.unseen = max(0, self.unseen - 1)
        elif self.open and tag in ("td", "th"):
            self.open[-1].end()
        elif self.open and tag == "table":
            self.open.pop().end()

    def handle_data(self, data: str) -> None:
        if self.open and not self.unseen:
            self.open[-1].text(data)


def _span(given: dict[str, str | None], name: str) -> int:
    match = re.fullmatch(r"\s*(\d{1,6})\s*", given.get(name) or "")
    return max(1, min(int(match[1]), MAX_SPAN)) if match else 1


class _Table:
    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self.below: dict[int, tuple[int, str]] = {}  # column -> rows to come, text
        self.parts: list[str] | None = None
        self.spans = (1, 1)

    def row(self) -> None:
        self.end()
        self.rows.append([])
        self._fill()

    def _fill(self) -> None:
        """Cells from above that reach into this row."""
        row = self.rows[-1]
        while len(row) in self.below:
            left, text = self.below.pop(len(row))
            if left > 1:
                self.below[len(row)] = left - 1, text
            row.append(text)

    def cell(self, columns: int, rows: int) -> int:
        self.end()
        if not self.rows:
            self.row()
        self.parts, self.spans = [], (columns, rows)
        return columns

    def text(self, data: str) -> None:
        if self.parts is not None:
            self.parts.append(data)

    def end(self) -> None:
        if self.parts is None:
            return
        lines = ("".join(self.parts)).replace("\xa0", " ").split("\n")
        text = "\n".join(filter(None, (" ".join(line.split()) for line in lines)))
        columns, rows = self.spans
        for number in range(columns):
            if len(self.rows[-1]) >= MAX_SPAN:
                break
            if rows > 1:
                self.below[len(self.rows[-1])] = rows - 1, text if not number else ""
            self.rows[-1].append(text if not number else "")
        self.parts = None
        self._fill()


# --- Excel 2003 ---


def is_spreadsheet(start: str) -> bool:
    return SPREADSHEET in start


def read_spreadsheet(data: bytes, options: ReadOptions = FOUND_OUT) -> Grid:
    """The sheet of that name, or the one with the most cells; `lines` are its row numbers. Raises UserError
    `file_damaged`, `file_too_large`, `sheet_unknown`, `sheet_empty` and as `check_size` does."""
    _check(data)
    book = _Book()
    try:
        book.parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError):
        raise UserError("file_damaged", kind="XML") from None
    names = list(book.sheets)
    listed = name_some(names, MAX_SHEETS_NAMED)
    if options.sheet is not None and options.sheet not in names:
        raise UserError("sheet_unknown", sheet=options.sheet, sheets=listed)
    sizes = {name: sum(len(row) for _, row in rows) for name, rows in book.sheets.items()}
    name = options.sheet or max(names, key=sizes.__getitem__, default="")
    rows = book.sheets.get(name, [])
    widths = [len(row) for _, row in rows if any(map(str.strip, row))]
    width = max(widths, default=0)
    check_size(len(widths), width)
    merged = Merged(_every_row(rows, width), book.merged.get(name, ()), width)
    return sheet_grid("Excel XML", merged, name, names, chosen=options.sheet is not None)


def _every_row(rows: Rows, width: int) -> Iterator[tuple[int, list[str]]]:
    """Also those that the file leaves out, which are blank."""
    blank, before = [""] * width, 0
    for line, row in rows:
        yield from ((left_out, blank) for left_out in range(before + 1, line))
        yield line, row[:width] + [""] * (width - len(row))
        before = max(before, line)


class _Book:
    """What a workbook in XML holds: the rows of each sheet, and its merged cells."""

    def __init__(self) -> None:
        self.sheets: dict[str, Rows] = {}
        self.merged: dict[str, list[Range]] = {}
        self.sheet = ""
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data
        self.parser.StartDoctypeDeclHandler = _refuse_doctype
        self.rows: Rows = []
        self.kind = ""
        self.cells = 0
        self.parts: list[str] | None = None
        self.across = 0

    def _start(self, tag: str, attrs: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        given = {key.rpartition(" ")[2]: value for key, value in attrs.items()}
        if name == "Worksheet":
            sheet = given.get("Name") or f"Sheet{len(self.sheets) + 1}"
            self.sheet, self.rows = sheet, self.sheets.setdefault(sheet, [])
        elif name == "Row":
            line = _number(
                given.get("Index"), self.rows[-1][0] + 1 if self.rows else 1, MAX_ROWS + 48_576
            )
            self.rows.append((line, []))
        elif name == "Cell" and self.rows:
            line, row = self.rows[-1]
            place = _number(given.get("Index"), len(row) + 1, MAX_COLUMNS + 1)
            row += [""] * (place - 1 - len(row))
            row.append("")
            self.across = _number(given.get("MergeAcross"), 0, MAX_COLUMNS)
            self.cells += 1 + self.across
            down = _number(given.get("MergeDown"), 0, MAX_DOWN)
            if down or self.across:
                ends = (line - 1, len(row) - 1), (line - 1 + down, len(row) - 1 + self.across)
                self.merged.setdefault(self.sheet, []).append(ends)
            if self.cells > MAX_CELLS:
                raise UserError(
                    "too_many_cells", rows=len(self.rows), columns=len(row), limit=MAX_CELLS
                )
        elif name == "Data" and self.rows and self.rows[-1][1]:
            self.parts, self.kind = [], given.get("Type", "String")

    def _data(self, data: str) -> None:
        if self.parts is not None:
            self.parts.append(data)

    def _end(self, tag: str) -> None:
        name = tag.rpartition(" ")[2]
        if name == "Data" and self.parts is not None:
            self.rows[-1][1][-1] = _value("".join(self.parts), self.kind)
            self.parts = None
        elif name == "Cell" and self.rows and self.across:
            self.rows[-1][1].extend([""] * self.across)
            self.across = 0


def _refuse_doctype(*_: object) -> None:
    raise UserError("file_damaged", kind="XML")


def _number(text: str | None, otherwise: int, most: int) -> int:
    match = re.fullmatch(r"\d{1,9}", text or "")
    number = int(match[0]) if match else otherwise
    if number > most:
        raise UserError("too_many_columns", columns=number, limit=MAX_COLUMNS)
    return number


def _value(text: str, kind: str) -> str:
    try:
        if kind == "Number":
            return cell_text(float(text))
        if kind == "DateTime":
            return cell_text(datetime.fromisoformat(text))
    except ValueError:
        return text
    return {"1": "true", "0": "false"}.get(text, text) if kind == "Boolean" else text
