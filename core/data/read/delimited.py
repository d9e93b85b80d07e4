"""CSV and TSV: bytes -> grid, by Arrow where the file is regular, else by the parser that mends."""

from __future__ import annotations

import re
from array import array

from core.data.read.csv_fast import Regular, first_lines, read_fast
from core.data.read.csv_repair import SAMPLE_LINES, Parser, split_lines
from core.data.read.decode import as_utf8, decode, find_encoding
from core.data.read.dialect import (
    RARE_DELIMITERS,
    Dialect,
    find_dialect,
    inner_delimiter,
    restore_cells,
    restore_name,
    rewrite,
)
from core.data.read.grid import BadRows, Grid
from core.data.read.options import FOUND_OUT, ReadOptions
from core.errors import UserError
from core.words import Message, message

# Excel reads and writes a first line such as "sep=;".
DECLARED_DELIMITER = re.compile(r'"?sep=([,;\t|^~:])"?[,;]*\s*', re.IGNORECASE)
DIALECT_MARK = re.compile(r"""\\["'N]|[,;|\t] +"|[,;|\t]'""")
NOTED_DIALECTS = frozenset({"single", "escape", "escape_single", "dump", "wrapped", "rare"})
DELIMITER_NAMES = {
    "tab": "\t",
    "\\t": "\t",
    "comma": ",",
    "semicolon": ";",
    "pipe": "|",
    "space": " ",
    "none": "",
}
MAX_LINES = 20_000_000  # a row may have many, but not all of a large file may be blank ones


def read_delimited(data: bytes, options: ReadOptions = FOUND_OUT) -> Grid:
    """Find encoding and dialect out, where `options` do not say them, and read what follows.

    Raises UserError `encoding_unknown`, `delimiter_unknown`, `file_empty`, `file_office`, `file_binary`,
    `too_many_columns`, `too_many_lines`, `too_many_rows`, `too_many_cells`.
    """
    wanted = None if options.delimiter is None else parse_delimiter(options.delimiter)
    lines_at_least = max(data.count(b"\n"), data.count(b"\r"))
    if lines_at_least > MAX_LINES:
        raise UserError("too_many_lines", lines=lines_at_least, limit=MAX_LINES)
    encoding = find_encoding(data, options.encoding)
    text = as_utf8(data, encoding)
    start, dialect = _dialect(first_lines(text), wanted) if text is not None else (0, None)
    regular = _regular(text, start, dialect) if text is not None and dialect is not None else None
    notes: list[Message] = []
    if regular is not None and dialect is not None:
        layout, rows, lines, bad = regular.layout, regular.columns, regular.lines, BadRows()
        blank, padded = regular.blank, array("q")
    else:
        parser, dialect = _mended(decode(data, options.encoding).text, wanted)
        layout, rows, lines = parser.layout, parser.rows.columns(parser.width), parser.rows.lines
        bad, blank, padded = parser.bad, parser.blank, parser.padded
        notes = _mendings(parser)
    rows = [restore_cells(column, dialect) for column in rows]
    if blank:
        notes.insert(0, message("data.note.blank_lines", lines=blank))
    if dialect.kind in NOTED_DIALECTS:
        notes.append(message(f"data.note.dialect.{dialect.kind}", delimiter=dialect.delimiter))
    notes += encoding.notes()
    return Grid(
        format="TSV" if dialect.delimiter == "\t" else "CSV",
        header=[restore_name(name, dialect) for name in layout.header],
        columns=rows,
        lines=lines,
        bad=bad,
        notes=notes,
        encoding=encoding.name,
        delimiter=dialect.delimiter,
        first_row=True,
        header_line=layout.line,
        padded=padded.tolist(),
    )


def _regular(text: bytes, start: int, dialect: Dialect) -> Regular | None:
    """The rows of a regular file; None for a file that needs mending."""
    if dialect.kind:
        text = rewrite(text.decode(), dialect).encode()
    head = first_lines(text)
    return read_fast(text, head, inner_delimiter(dialect.delimiter), start)


def _mended(text: str, wanted: str | None) -> tuple[Parser, Dialect]:
    if not text.strip("\ufeff \t\r\n"):
        raise UserError("file_empty")
    shown = lines = split_lines(text)
    start, dialect = _dialect(lines, wanted)
    if wanted is None and not dialect.kind and (late := _late_mark(lines)):
        dialect = _dialect([*lines[start : start + 1], *late])[1]
    if dialect.kind:
        lines = split_lines(rewrite(text, dialect))
    return Parser(lines, inner_delimiter(dialect.delimiter), start, shown), dialect


def parse_delimiter(asked: str) -> str:
    """The delimiter that a person asks for, by itself or by its name. Raises UserError
    `delimiter_unknown`."""
    delimiter = DELIMITER_NAMES.get(asked.strip().lower(), asked)
    odd = any(char.isalnum() or char in "\"'\r\n\0\\" for char in delimiter)
    if (
        (len(delimiter) > 1 and delimiter not in RARE_DELIMITERS)
        or (not delimiter and asked.strip().lower() != "none")
        or odd
    ):
        raise UserError("delimiter_unknown", value=asked[:20])
    return delimiter


def _late_mark(lines: list[str]) -> list[str]:
    """The lines around the first mark of another dialect, where it comes after those looked at first."""
    for number in range(SAMPLE_LINES, len(lines)):
        if DIALECT_MARK.search(lines[number]):
            return lines[number : number + SAMPLE_LINES]
    return []


def _dialect(lines: list[str], wanted: str | None = None) -> tuple[int, Dialect]:
    """The index of the table's first line, after one that says which delimiter it has, and the dialect."""
    declared = DECLARED_DELIMITER.fullmatch(lines[0]) if lines else None
    if wanted is not None:
        special = inner_delimiter(wanted) != wanted
        return (1 if declared else 0), Dialect(wanted, "rare" if special else "")
    if declared:
        return 1, Dialect(declared[1])
    return 0, find_dialect(lines)


def _mendings(parser: Parser) -> list[Message]:
    notes = []
    if parser.loose:
        notes.append(message("data.note.loose_quotes", rows=parser.loose))
    if parser.layout.plain:
        notes.append(message("data.note.plain_quotes"))
    return notes
