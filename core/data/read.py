"""Bytes -> table: a CSV or TSV file as people have them, with everything in it kept as text."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.data.columns import is_known
from core.data.decode import decode, readable
from core.data.parse import BadRow, Parser, find_delimiter, split_lines
from core.errors import UserError
from core.words import Message, message

MAX_BYTES = 256 * 1024 * 1024
LONG_NAME = 80  # characters: longer ones are sentences, not column names
METADATA = b"ticktune"


@dataclass(frozen=True)
class Change:
    """A step by which a person had the table changed: what was asked for, as `core.data.edits` keeps it, and
    what it did."""

    edit: Mapping[str, Any]
    said: Message


@dataclass(frozen=True)
class Table:
    """A file's rows as text, and what was met on the way.

    `frame` holds only str; its index, named "line", is the 1-based line of the file on which each
    row starts. `delimiter` is empty for a file of one column. `bad_rows` could not be read and are
    not in `frame`; `notes` say what was repaired or guessed. Where a person had it changed, `changes` say
    how, and `original` is the table as it was read.
    """

    name: str
    frame: pd.DataFrame
    encoding: str
    delimiter: str
    bad_rows: tuple[BadRow, ...]
    notes: tuple[Message, ...]
    changes: tuple[Change, ...] = ()
    original: Table | None = field(default=None, repr=False)

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256 of column names and cells, whatever encoding and delimiter they came in."""
        digest = hashlib.sha256(json.dumps(list(self.frame.columns)).encode())
        for position in range(self.frame.shape[1]):
            cells = self.frame.iloc[:, position].tolist()
            # The lengths tell ["ab", "c"] from ["a", "bc"].
            digest.update(np.fromiter(map(len, cells), "<i8", len(cells)).tobytes())
            digest.update("".join(cells).encode())
        return digest.hexdigest()


def read(source: Path | bytes, name: str | None = None) -> Table:
    """Read a CSV or TSV file of up to 256 MB; `name` is what to call it.

    Encoding and delimiter are found out. Rows that cannot be read become `bad_rows`. Raises
    UserError `file_unreadable`, `file_too_large`, `file_empty`, `file_excel`, `file_binary`, `no_rows`,
    `all_rows_bad`, `too_many_columns`, `too_many_rows`.
    """
    if name is None:
        name = "table.csv" if isinstance(source, bytes) else source.name
    data = source if isinstance(source, bytes) else bytes_of(source)
    _check_size(len(data))
    if not data.strip():
        raise UserError("file_empty")
    decoded = decode(data)
    if not decoded.text.strip("\ufeff \t\r\n"):
        raise UserError("file_empty")
    lines = split_lines(decoded.text)
    # Excel reads and writes a first line such as "sep=;".
    declared = re.fullmatch(r"sep=([,;\t|])\s*", lines[0])
    delimiter = declared[1] if declared else find_delimiter(lines)
    parser = Parser(lines, delimiter, start=1 if declared else 0)
    columns, notes = _name_columns(parser)
    if not parser.rows and parser.bad:
        first = parser.bad[0]
        raise UserError("all_rows_bad", rows=len(parser.bad), line=first.line, reason=first.reason)
    if not parser.rows:
        raise UserError("no_rows")
    index = pd.Index(parser.starts, name="line", dtype="int64")
    frame = pd.DataFrame(parser.rows, columns=columns, index=index, dtype="str")
    notes += _notes(parser, frame)
    if decoded.guessed:
        notes.append(message("data.note.encoding_guessed", encoding=decoded.encoding))
    return Table(
        # File systems allow bytes that are no text.
        name=re.split(r"[\\/]", name)[-1].encode("utf-8", "replace").decode(),
        frame=frame,
        encoding=decoded.encoding,
        delimiter=delimiter,
        bad_rows=tuple(parser.bad),
        notes=tuple(notes),
    )


def bytes_of(path: Path) -> bytes:
    """The file's content; one that is too large is refused without being read."""
    try:
        _check_size(path.stat().st_size)
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UserError("file_unreadable", name=path.name, reason=reason) from error


def _check_size(size: int) -> None:
    if size > MAX_BYTES:
        raise UserError("file_too_large", size=size / 2**20, limit=MAX_BYTES // 2**20)


def _name_columns(parser: Parser) -> tuple[list[str], list[Message]]:
    """One distinct, non-empty name for every column, and what had to be done for that."""
    notes: list[Message] = []
    names = list(parser.header)
    missing = parser.width - len(names)
    if missing > 0:
        first = [row[0] for row in parser.rows]
        # R writes row names as a first column without a name; they are all different.
        if missing == 1 and len(set(first)) == len(first):
            names = ["", *names]
        else:
            names += [""] * missing
        notes.append(message("data.note.header_short", columns=missing))
    tidy = [" ".join(readable(name).replace("\ufeff", "").split()) for name in names]
    padded = [new for new, old in zip(tidy, names, strict=True) if new and new != old]
    if padded:
        notes.append(message("data.note.header_padded", names=", ".join(padded)))
    unnamed: list[str] = []
    repeated: list[str] = []
    used = set(tidy)
    columns: list[str] = []
    for number, column in enumerate(tidy, start=1):
        if column and column not in columns:
            columns.append(column)
            continue
        stem = column or f"column {number}"
        count = 2 if column else 1
        new = f"{column} ({count})" if column else stem
        while new in used:
            count += 1
            new = f"{stem} ({count})"
        used.add(new)
        columns.append(new)
        (repeated if column else unnamed).append(new)
    if unnamed:
        notes.append(message("data.note.header_unnamed", names=", ".join(unnamed)))
    if repeated:
        notes.append(message("data.note.header_repeated", names=", ".join(repeated)))
    return columns, notes


def _notes(parser: Parser, frame: pd.DataFrame) -> list[Message]:
    notes = []
    if parser.blank:
        notes.append(message("data.note.blank_lines", lines=parser.blank))
    if parser.padded:
        notes.append(message("data.note.padded_rows", rows=parser.padded))
    if parser.loose:
        notes.append(message("data.note.loose_quotes", rows=parser.loose))
    if parser.plain:
        notes.append(message("data.note.plain_quotes"))
    if _is_data(parser.header, frame):
        notes.append(message("data.note.no_header", start=", ".join(parser.header)[:LONG_NAME]))
    return notes


def _is_data(header: list[str], frame: pd.DataFrame) -> bool:
    """Whether the first row looks like the others: a cell recurs below it, or is a sentence."""
    if len(header) != frame.shape[1] or any(map(is_known, header)):
        return False
    recurs = any(
        cell.strip() and int((frame.iloc[:, position] == cell).sum()) >= 3
        for position, cell in enumerate(header)
    )
    return recurs or any(len(cell) > LONG_NAME for cell in header)


def write_table(table: Table, path: Path) -> None:
    """Write a table as parquet, with all that is known about it."""
    about = {
        "name": table.name,
        "encoding": table.encoding,
        "delimiter": table.delimiter,
        "bad_rows": [[row.line, row.reason.to_json(), row.text] for row in table.bad_rows],
        "notes": [note.to_json() for note in table.notes],
        "changes": [[dict(each.edit), each.said.to_json()] for each in table.changes],
    }
    stored = pa.Table.from_pandas(table.frame, preserve_index=True)
    metadata = {**(stored.schema.metadata or {}), METADATA: json.dumps(about).encode()}
    pq.write_table(stored.replace_schema_metadata(metadata), path, compression="zstd")


def load_table(path: Path) -> Table:
    """Read what `write_table` wrote: all but `original`, which is a table of its own."""
    stored = pq.read_table(path)
    about = json.loads(stored.schema.metadata[METADATA])
    return Table(
        name=about["name"],
        frame=stored.to_pandas(),
        encoding=about["encoding"],
        delimiter=about["delimiter"],
        bad_rows=tuple(
            BadRow(line, Message.from_json(reason), text)
            for line, reason, text in about["bad_rows"]
        ),
        notes=tuple(Message.from_json(note) for note in about["notes"]),
        changes=tuple(
            Change(edit, Message.from_json(said)) for edit, said in about.get("changes", ())
        ),
    )
