"""Tables with a column of labels, made for tests, and what is found in them."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

import pandas as pd

from core.data.checkup.finding import Finding
from core.data.profile.profile import Profile, profile, raise_if_unlearnable
from core.data.read.table import read
from core.data.table import Table
from core.modalities.checkup import checkup
from tests.core.data.office import xlsx
from tests.core.modalities.test_checkup import sentence

NAMES = ("delivery", "price", "quality", "staff")


def sets(rows: int = 80) -> list[list[str]]:
    """Some labels for each row; every sixteenth has none."""
    return [[name for k, name in enumerate(NAMES) if row >> k & 1] for row in range(rows)]


def columns(cells: Sequence[object], name: str = "label") -> pd.DataFrame:
    return pd.DataFrame({"text": [sentence(row) for row in range(len(cells))], name: list(cells)})


def csv(cells: Sequence[object], name: str = "label") -> Table:
    return read(columns(cells, name).to_csv(index=False).encode(), "made.csv")


def jsonl(cells: Sequence[object]) -> Table:
    rows = columns(cells).to_dict("records")
    return read("\n".join(map(json.dumps, rows)).encode(), "made.jsonl")


def found(table: Table, seen: Profile | None = None) -> dict[str, Finding]:
    return {each.key: each for each in checkup(table, seen or profile(table))}


def counts(table: Table, **chosen: Any) -> dict[str, int]:
    seen = profile(table, **chosen)
    raise_if_unlearnable(seen)
    return dict(seen.classes)


def expected(kept: Sequence[Sequence[str]]) -> dict[str, int]:
    return {name: sum(name in each for each in kept) for name in NAMES}


def excel(cells: Sequence[Any]) -> Table:
    rows = [["text", "label"], *([sentence(row), cell] for row, cell in enumerate(cells))]
    return read(xlsx({"Sheet1": rows}), "made.xlsx")


def parquet(cells: Sequence[object]) -> Table:
    file = io.BytesIO()
    columns(cells).to_parquet(file)
    return read(file.getvalue(), "made.parquet")
