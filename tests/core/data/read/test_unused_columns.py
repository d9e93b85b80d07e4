"""A cell that cannot be read costs its row only where the column is used."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.data.profile.profile import profile
from core.data.read import grid
from core.data.read.table import read
from core.data.table import Table, load_table, write_table

ROWS = [
    {
        "text": f"der Klang ist schön für mich, Nummer {n}",
        "label": "yn"[n % 2],
        "html": f"<p>{n}</p>",
    }
    for n in range(30)
]
LONG = "x" * (grid.MAX_CELL + 50_000)


def as_csv(rows: list[dict[str, str]]) -> bytes:
    lines = [",".join(f'"{cell}"' for cell in row.values()) for row in rows]
    return "\n".join(["text,label,html", *lines]).encode("utf-8", "surrogateescape")


def as_lines(rows: list[dict[str, str]]) -> bytes:
    return "\n".join(map(json.dumps, rows)).encode()


def as_parquet(rows: list[dict[str, str]]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({name: [row[name] for row in rows] for name in rows[0]}), out)
    return out.getvalue()


def with_cells(column: str, cells: dict[int, str]) -> list[dict[str, str]]:
    return [{**row, column: cells.get(n, row[column])} for n, row in enumerate(ROWS)]


def note_of(table: Table) -> Any:
    return next((note for note in table.notes if note.key == "data.note.unused_cells"), None)


@pytest.mark.parametrize("way", [as_csv, as_lines, as_parquet])
def test_a_long_cell_in_a_column_that_nobody_uses(way: Any, tmp_path: Path) -> None:
    table = read(way(with_cells("html", {3: LONG, 17: LONG})))
    assert len(table.frame) == profile(table).usable == 30
    assert table.frame["text"].tolist() == [row["text"] for row in ROWS]
    assert not table.bad_rows
    assert table.frame["html"].iloc[3] == ""
    assert note_of(table).values["rows"] == 2
    assert note_of(table).values["names"] == "html"
    assert list(table.frame.index) == sorted(table.frame.index)
    write_table(table, tmp_path / "t.parquet")
    assert load_table(tmp_path / "t.parquet").notes == table.notes


@pytest.mark.parametrize("way", [as_csv, as_lines, as_parquet])
@pytest.mark.parametrize("column", ["text", "label"])
def test_a_long_cell_in_a_column_that_is_used(way: Any, column: str) -> None:
    table = read(way(with_cells(column, {3: LONG})))
    assert len(table.frame) == 29
    (bad,) = table.bad_rows
    assert bad.reason.key == "data.bad.cell_too_long"
    assert not bad.cells
    assert note_of(table) is None


@pytest.mark.parametrize("cell", ["a\0b", "caf\udce9 ok"])
def test_other_cells_that_cannot_be_read(cell: str) -> None:
    table = read(as_csv(with_cells("html", {5: cell})))
    assert len(table.frame) == 30
    assert note_of(table).values["lines"] == "7"
    used = read(as_csv(with_cells("text", {5: cell})))
    assert [row.line for row in used.bad_rows] == [7]


def test_a_whole_column_that_nobody_can_read() -> None:
    table = read(as_csv(with_cells("html", dict.fromkeys(range(30), LONG))))
    assert len(table.frame) == 30
    assert set(table.frame["html"]) == {""}


def test_rows_that_are_wrong_in_both_are_listed() -> None:
    rows = with_cells("html", {5: LONG, 6: LONG})
    rows[5]["text"] = LONG
    table = read(as_csv(rows))
    assert [row.line for row in table.bad_rows] == [7]
    assert len(table.frame) == 29


def test_what_is_held_of_such_rows_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grid, "MAX_HELD", 100)
    table = read(as_csv(with_cells("html", dict.fromkeys(range(10), LONG))))
    assert len(table.frame) + len(table.bad_rows) == 30
    assert len(table.bad_rows) > 5


@pytest.mark.parametrize("odd", ["", "short\n", '"never closed,x,y\n'])
def test_files_that_are_read_in_a_process_of_their_own(odd: str) -> None:
    lines = "".join(f"{LONG[:2_000]} {n},{'ab'[n % 2]},z\n" for n in range(2_500))
    table = read(f"text,label,html\n{odd}{lines}".encode())
    assert len(table.frame) >= 2_500
