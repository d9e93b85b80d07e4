"""A file of texts without labels, to be read before the labels are learned."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from core.data.decode import decode
from core.data.profile import profile
from core.data.read import Table, bytes_of, read
from core.errors import UserError

TEXT = "text"  # the column of a file of plain lines


def read_unlabelled(source: Path, sheet: str | None = None) -> Table:
    """A table as `read` takes it, or a .txt file with a text on each line. Raises UserError as `read`
    does."""
    if source.suffix.lower() != ".txt" or sheet is not None:
        return read(source, sheet=sheet)
    decoded = decode(bytes_of(source))
    lines = decoded.text.lstrip("\ufeff").splitlines()
    filled = {number: line for number, line in enumerate(lines, 1) if line.strip()}
    if not filled:
        raise UserError("file_empty")
    index = pd.Index(list(filled), name="line", dtype="int64")
    frame = pd.DataFrame({TEXT: list(filled.values())}, index=index, dtype="str")
    return Table(source.name, frame, decoded.encoding, "", (), ())


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
    found = tuple(name for name in seen.text if roles[name] in ("text", "other"))
    if not found:
        raise UserError("extra_no_text", file=table.name, columns=", ".join(columns)[:200])
    return found
