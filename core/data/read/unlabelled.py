"""Unlabelled texts: a file to be read before the labels are learned."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.data.profile.profile import profile
from core.data.read.csv_repair import split_lines
from core.data.read.decode import decode
from core.data.read.fasttext import is_fasttext
from core.data.read.grid import RowCollector
from core.data.read.options import FOUND_OUT, ReadOptions
from core.data.read.sniff import HEAD_BYTES
from core.data.read.table import bytes_of, read, table_from_grid
from core.data.table import Table
from core.errors import UserError

TEXT = "text"  # the column of a file of plain lines


def read_unlabelled(source: Path, options: ReadOptions = FOUND_OUT) -> Table:
    """A table as `read` takes it, or a .txt file with a text on each line. Raises UserError as `read`
    does."""
    of_lines = source.suffix.lower() == ".txt" and not {
        name for name, _ in options.asked() if name != "encoding"
    }
    if not of_lines:
        return read(source, options=options)
    decoded = decode(bytes_of(source), options.encoding)
    if is_fasttext(decoded.text[:HEAD_BYTES]):
        return read(source, options=options)
    rows = RowCollector([TEXT])
    for number, line in enumerate(split_lines(decoded.text.lstrip("\ufeff")), 1):
        if line.strip():
            rows.take(number, [line.rstrip("\r\n")])
    if not len(rows) and not rows.bad:
        raise UserError("file_empty")
    return table_from_grid(
        rows.grid("TXT", [TEXT], encoding=decoded.encoding), source.name, options
    )


def text_columns(table: Table, wanted: Sequence[str]) -> tuple[str, ...]:
    """The columns `wanted` where the file has them, else what looks like its text. Raises UserError when
    nothing does."""
    columns = list(table.frame.columns)
    if wanted and all(name in columns for name in wanted):
        return tuple(wanted)
    if len(columns) == 1:
        return (str(columns[0]),)
    seen = profile(table, None, "", "")
    roles = {column.name: column.role for column in seen.columns}
    texts = tuple(name for name in seen.text if roles[name] in ("text", "other"))
    if not texts:
        raise UserError("extra_no_text", file=table.name, columns=", ".join(columns)[:200])
    return texts
