"""Test rows that cannot be shown are damage."""

from __future__ import annotations

import dataclasses
from typing import Any

import pandas as pd
import pytest

from core.errors import UserError
from core.io.json_files import Damaged
from core.report.rows import rows_html
from core.runs.result import SmallModel
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


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("probabilities", [0.5]),
        ("probabilities", [0.1] * 9),
        ("label", "no such label"),
        ("predicted", "no such label"),
        ("predicted:tfidf", "no such label"),
    ],
)
@pytest.mark.parametrize("separator", ["", ";"])
def test_rows_of_other_labels_than_the_result_has_are_damage(
    column: str, cell: Any, separator: str, store: RunStore
) -> None:
    run = make_run(store)
    result, found = run.measured(), run.test_rows()
    assert found is not None
    run.write_result(dataclasses.replace(result, separator=separator))
    assert rows_html(run.main, result.labels, "en")
    run.write_test_rows(found.assign(**{column: [cell] * len(found)}))
    with pytest.raises(UserError) as error:
        rows_html(run.main, result.labels, "en")
    assert error.value.what.key == "error.run_damaged"


def test_a_small_model_that_has_answered_other_rows_is_damage(store: RunStore) -> None:
    run = make_run(store)
    small = SmallModel(5, 0.1, 0.5, 0.5, (run.measured().labels[0],))
    run.write_result(dataclasses.replace(run.measured(), small=small))
    with pytest.raises(UserError) as error:
        run.test_rows()
    assert error.value.what.key == "error.run_damaged"
