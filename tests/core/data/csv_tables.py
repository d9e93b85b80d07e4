"""Files of CSV, made for tests, and what is read of them or said where nothing can be."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from core.data.read.table import read
from core.data.table import Table
from core.errors import UserError


def as_csv(rows: list[list[str]], delimiter: str = ",", newline: str = "\n") -> str:
    return "".join(as_line(row, delimiter) + newline for row in rows)


def as_line(row: list[str], delimiter: str) -> str:
    out = io.StringIO(newline="")
    # The writer quotes those line ends that it writes itself: this one quotes both.
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerow(row)
    return out.getvalue().removesuffix("\r\n")


def cells(table: Table) -> list[list[str]]:
    return [list(row) for row in table.frame.itertuples(index=False)]


def keys(table: Table) -> set[str]:
    return {note.key.rpartition(".")[2] for note in table.notes}


def error(source: bytes | Path) -> str:
    with pytest.raises(UserError) as caught:
        read(source)
    assert caught.value.message
    assert caught.value.hint
    return caught.value.what.key.removeprefix("error.")
