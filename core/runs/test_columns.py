"""Columns of test.parquet, checked."""

from __future__ import annotations

import numpy as np
import pandas as pd
from pandas.api import types

from core.data.labels.cells import split_labels
from core.io.json_files import Damaged
from core.runs.result import Result

TEST_COLUMNS = ("line", "text", "label", "predicted", "confidence", "probabilities")


def check_test_rows(rows: pd.DataFrame, result: Result | None = None) -> pd.DataFrame:
    """Check the rows of test.parquet (`ColumnFolder.test_rows`). Raises Damaged where there is no row,
    a column is missing or of another kind, a cell is empty, or the rows are not those of the `result`."""
    if missing := set(TEST_COLUMNS) - set(rows.columns):
        raise Damaged(", ".join(sorted(missing)))
    if rows.empty:
        raise Damaged("no row")
    for name in rows.columns:
        numbers = name == "line" or name.startswith("confidence")
        texts = name in ("text", "label") or name.startswith(("predicted", "column:"))
        cells = rows[name]
        if (numbers and not types.is_numeric_dtype(cells.dtype)) or (
            texts and (cells.isna().any() or types.infer_dtype(cells) != "string")
        ):
            raise Damaged(name)
    if {type(cell) for cell in rows["probabilities"]} != {np.ndarray}:
        raise Damaged("probabilities")
    shares = np.concatenate(rows["probabilities"].tolist())
    if len({len(cell) for cell in rows["probabilities"]}) > 1 or shares.dtype.kind not in "fi":
        raise Damaged("probabilities")
    if result:
        _check_fit(rows, result)
    return rows


def _check_fit(rows: pd.DataFrame, result: Result) -> None:
    if len(rows["probabilities"].iloc[0]) != len(result.labels):
        raise Damaged("probabilities")
    if result.small and len(result.small.predicted) != len(rows):
        raise Damaged("small")
    for name in rows.columns[rows.columns.str.match("label$|predicted(:|$)")]:
        cells = set(rows[name])
        if result.separator:  # an answer may be no label
            cells = {label for cell in cells for label in split_labels(cell, result.separator)}
        if not cells <= {"", *result.labels}:
            raise Damaged(name)
