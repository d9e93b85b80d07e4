"""Parts of the test rows, and which of them do worse."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.evaluation.slices import LABEL, LENGTH, columns, slices, ways


def rows() -> pd.DataFrame:
    """120 rows: those of the shop "web" are all wrong, the others all right."""
    count = 120
    web = np.arange(count) % 4 == 0
    label = np.where(np.arange(count) % 2, "good", "bad")
    other = np.where(label == "good", "bad", "good")
    return pd.DataFrame(
        {
            "text": ["x" * (1 + k) for k in range(count)],
            "label": label,
            "predicted": np.where(web, other, label),
            "column:shop": np.where(web, "web", "town"),
        }
    )


def test_a_group_that_does_worse_is_marked() -> None:
    town, web = slices(rows(), "column:shop", ["bad", "good"])
    assert (web.name, web.rows, web.accuracy, web.below) == ("web", 30, 0.0, True)
    assert (town.name, town.rows, town.accuracy, town.below) == ("town", 90, 1.0, False)
    assert 0 < web.interval[1] < 0.2


def test_every_row_is_in_one_part_of_the_lengths() -> None:
    found = slices(rows(), LENGTH, ["bad", "good"])
    assert [each.rows for each in found] == [40, 40, 40]
    same = rows().assign(text="x")
    assert [each.rows for each in slices(same, LENGTH, ["bad", "good"])] == [120]


def test_a_row_with_two_labels_is_in_both() -> None:
    table = pd.DataFrame({"text": ["a", "b"], "label": ["x; y", "y"], "predicted": ["x; y", "x"]})
    found = {each.name: each for each in slices(table, LABEL, ["x", "y", "z"], ";")}
    assert {name: each.rows for name, each in found.items()} == {"x": 1, "y": 2}
    assert found["y"].accuracy == 0.5


def test_only_columns_with_few_short_values_divide() -> None:
    frame = pd.DataFrame(
        {
            "text": ["a"] * 30,
            "shop": ["web", "town", ""] * 10,
            "number": [str(k) for k in range(30)],
            "same": ["x"] * 30,
            "essay": ["y" * 100, "z" * 100] * 15,
        }
    )
    found = columns(frame, ["text"])
    assert list(found) == ["column:shop"]
    table = rows().iloc[:30].assign(**{"column:shop": found["column:shop"]})
    assert ways(table) == [LENGTH, LABEL, "column:shop"]
    assert ways(table, words=False) == [LABEL, "column:shop"]  # a picture has no length
    assert [str(each.name) for each in slices(table, "column:shop", ["bad", "good"])] == [
        "(empty)",
        "town",
        "web",
    ]


@pytest.mark.parametrize("by", ["column:nope", "nope", ""])
def test_a_made_up_way_is_the_length(by: str) -> None:
    assert [each.rows for each in slices(rows(), by, ["bad", "good"])] == [40, 40, 40]
