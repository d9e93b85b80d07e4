"""CSV and TSV: bytes -> grid, by Arrow where the file is regular, else by the parser that mends."""

from __future__ import annotations

import re

from core.data.decode import as_utf8, decode, find_encoding
from core.data.fast import Regular, head_of, read_fast
from core.data.grid import Grid
from core.data.parse import Parser, find_delimiter, split_lines
from core.errors import UserError
from core.words import Message, message

# Excel reads and writes a first line such as "sep=;".
DECLARED = re.compile(r"sep=([,;\t|])\s*")
MAX_LINES = 20_000_000  # a row may have many, but not all of a large file may be blank ones


def read_delimited(data: bytes) -> Grid:
    """Find encoding and delimiter out, and read what follows. Raises UserError `file_empty`, `file_office`,
    `file_binary`, `too_many_columns`, `too_many_lines`, `too_many_rows`, `too_many_cells`."""
    lines_at_least = max(data.count(b"\n"), data.count(b"\r"))
    if lines_at_least > MAX_LINES:
        raise UserError("too_many_lines", lines=lines_at_least, limit=MAX_LINES)
    found = find_encoding(data)
    text = as_utf8(data, found)
    regular, delimiter = _regular(text) if text is not None else (None, "")
    notes = []
    if regular is not None:
        layout, rows, lines, bad = regular.layout, regular.columns, regular.lines, []
        blank = regular.blank
    else:
        parser, delimiter = _mended(decode(data).text)
        layout, rows, lines = parser.layout, parser.rows.columns(parser.width), parser.rows.lines
        bad, blank = parser.bad, parser.blank
        notes = _mendings(parser)
    if blank:
        notes.insert(0, message("data.note.blank_lines", lines=blank))
    if found.guessed:
        notes.append(message("data.note.encoding_guessed", encoding=found.name))
    return Grid(
        format="TSV" if delimiter == "\t" else "CSV",
        header=layout.header,
        columns=rows,
        lines=lines,
        bad=bad,
        notes=notes,
        encoding=found.name,
        delimiter=delimiter,
        first_row=True,
    )


def _regular(text: bytes) -> tuple[Regular | None, str]:
    """The rows of a regular file and its delimiter; None for a file that needs mending."""
    head = head_of(text)
    if not "".join(head).strip("\ufeff \t\r\n"):
        return None, ""
    declared, delimiter = _delimiter(head)
    return read_fast(text, head, delimiter, 1 if declared else 0), delimiter


def _mended(text: str) -> tuple[Parser, str]:
    if not text.strip("\ufeff \t\r\n"):
        raise UserError("file_empty")
    lines = split_lines(text)
    declared, delimiter = _delimiter(lines)
    return Parser(lines, delimiter, start=1 if declared else 0), delimiter


def _delimiter(lines: list[str]) -> tuple[bool, str]:
    """Whether the first line says which delimiter it is, and the delimiter."""
    declared = DECLARED.fullmatch(lines[0])
    return bool(declared), declared[1] if declared else find_delimiter(lines)


def _mendings(parser: Parser) -> list[Message]:
    notes = []
    if parser.padded:
        notes.append(message("data.note.padded_rows", rows=parser.padded))
    if parser.loose:
        notes.append(message("data.note.loose_quotes", rows=parser.loose))
    if parser.layout.plain:
        notes.append(message("data.note.plain_quotes"))
    return notes
