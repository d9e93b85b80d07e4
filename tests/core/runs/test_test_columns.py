"""Test rows that cannot be shown are damage."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from core.io.json_files import Damaged
from core.runs.store import RunStore
from core.runs.test_columns import check_test_rows
from tests.ui.fake import make_run


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("line", "x"),
        ("text", None),
        ("text", 5),
        ("label", None),
        ("predicted", b"x"),
        ("predicted:tfidf", None),
        ("column:shop", 1.5),
        ("confidence", "x"),
        ("probabilities", None),
        ("probabilities", [0.5]),
        ("probabilities", ["a", "b"]),
    ],
)
def test_a_cell_of_another_kind_is_damage(column: str, cell: Any, store: RunStore) -> None:
    found = make_run(store).test_rows()
    assert found is not None
    cells = found[column].tolist()
    cells[0] = cell
    file = store.root / "test.parquet"
    try:
        found.assign(**{column: pd.Series(cells, dtype=object)}).to_parquet(file)
    except (TypeError, ValueError):  # cells of one kind alone can be written
        found.assign(**{column: [cell] * len(found)}).to_parquet(file)
    with pytest.raises(Damaged):
        check_test_rows(pd.read_parquet(file))


def test_without_a_row_or_a_column_nothing_was_tested(store: RunStore) -> None:
    found = make_run(store).test_rows()
    assert found is not None
    for less in (found.head(0), found.drop(columns="probabilities")):
        with pytest.raises(Damaged):
            check_test_rows(less)
