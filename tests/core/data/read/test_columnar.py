"""Parquet and Arrow files: odd types in a column that nobody needs do no harm; names of labels are used."""

from __future__ import annotations

import datetime
import io
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from core.data.read.table import read
from core.data.table import Table
from core.words import message
from tests.core.data.csv_tables import cells, error

TEXT = ["one", "two", "three", "four"]
LABEL = ["x", "y", "x", "y"]


def parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def arrow_file(table: pa.Table) -> bytes:
    out = io.BytesIO()
    with pa.ipc.new_file(out, table.schema) as file:
        file.write_table(table)
    return out.getvalue()


def arrow_stream(table: pa.Table) -> bytes:
    out = io.BytesIO()
    with pa.ipc.new_stream(out, table.schema) as file:
        file.write_table(table)
    return out.getvalue()


def compressed(table: pa.Table) -> bytes:
    out = io.BytesIO()
    feather.write_feather(table, out, compression="zstd")
    return out.getvalue()


def with_column(values: pa.Array) -> pa.Table:
    return pa.table({"text": TEXT, "odd": values, "label": LABEL})


def ignored(table: Table) -> str:
    return next(
        (str(note.values["names"]) for note in table.notes if note.key == "data.note.no_text"), ""
    )


def union() -> pa.Array:
    types = pa.array([0, 1, 0, 1], pa.int8())
    return pa.UnionArray.from_sparse(types, [pa.array([1, 2, 3, 4]), pa.array(list("abcd"))])


NOT_TEXT = [bytes(range(n, n + 16)) for n in (0, 130, 7, 200)]
ODD: dict[str, Callable[[], pa.Array]] = {
    "binary": lambda: pa.array(NOT_TEXT),
    "large binary": lambda: pa.array(NOT_TEXT, pa.large_binary()),
    "fixed binary": lambda: pa.array(NOT_TEXT, pa.binary(16)),
    "uuid": lambda: pa.array(NOT_TEXT, pa.uuid()),
    "list of bytes": lambda: pa.array([[each] for each in NOT_TEXT]),
    "dictionary of bytes": lambda: pa.array(NOT_TEXT).dictionary_encode(),
    "picture": lambda: pa.array([{"bytes": each, "path": "a.png"} for each in NOT_TEXT]),
    "list": lambda: pa.array([[0.5, 1.5], [], None, [2.0]]),
    "fixed list": lambda: pa.array([[1, 2]] * 4, pa.list_(pa.int8(), 2)),
    "struct": lambda: pa.array([{"a": 1, "b": [{"c": None}]}] * 4),
    "map": lambda: pa.array([[("k", 1)], [], None, []], pa.map_(pa.string(), pa.int64())),
    "duration": lambda: pa.array([1, None, 3, 2**62], pa.duration("ns")),
    "far time": lambda: pa.array([1, 2**62, None, -(2**62)], pa.timestamp("us")),
    "far day": lambda: pa.array([1, 2**31 - 1, None, -(2**31)], pa.date32()),
    "nowhere": lambda: pa.array([1, None, 3, 4], pa.timestamp("us", "Mars/Phobos")),
    "zone": lambda: pa.array([1, None, 3, 4], pa.timestamp("ns", "Asia/Shanghai")),
    "time": lambda: pa.array([datetime.time(9, 30), None, None, None], pa.time64("ns")),
    "decimal": lambda: pa.array([Decimal("1.50"), None] * 2, pa.decimal256(60, 2)),
    "half": lambda: pa.array(np.array([0.5, 1, 2, np.nan], np.float16)),
    "nothing": lambda: pa.nulls(4),
    "categories": lambda: pa.array(["p", None, "p", "q"]).dictionary_encode(),
    "categories of numbers": lambda: pa.array([3, None, 3, 4]).dictionary_encode(),
    "view": lambda: pa.array(["p", "q", None, "r"], pa.string_view()),
}
ARROW_ONLY: dict[str, Callable[[], pa.Array]] = {
    "union": union,
    "interval": lambda: pa.array([(1, 2, 3), None, None, None], pa.month_day_nano_interval()),
    "run ends": lambda: pa.RunEndEncodedArray.from_arrays([3, 4], ["p", "q"]),
    "binary view": lambda: pa.array(NOT_TEXT, pa.binary_view()),
    "list view": lambda: pa.array([[1], [], None, [2]], pa.list_view(pa.int8())),
}


@pytest.mark.parametrize("write", [parquet, arrow_stream], ids=["Parquet", "Arrow"])
def test_a_column_of_any_type_does_no_harm(write: Callable[[pa.Table], bytes]) -> None:
    kinds = ODD if write is parquet else ODD | ARROW_ONLY
    columns = {kind: make() for kind, make in kinds.items()}
    table = read(write(pa.table({"text": TEXT, **columns, "label": LABEL})))
    assert (list(table.frame["text"]), list(table.frame["label"])) == (TEXT, LABEL)
    assert not table.bad_rows
    gone = ignored(table).split(", ")
    for kind in kinds:
        values = list(table.frame[kind])
        assert kind == "nothing" or any(values) != (kind in gone), kind
    assert {"binary", "large binary", "fixed binary", "list of bytes", "picture"} <= set(gone)
    assert list(table.frame["categories"]) == ["p", "", "p", "q"]
    assert list(table.frame["categories of numbers"]) == ["3", "", "3", "4"]
    assert table.frame["decimal"].iloc[0] == "1.50"


@pytest.mark.parametrize("write", [parquet, arrow_file, arrow_stream, compressed])
def test_every_kind_of_columnar_file_is_read(write: Callable[[pa.Table], bytes]) -> None:
    table = read(write(pa.table({"text": TEXT, "label": LABEL})))
    assert cells(table) == [list(row) for row in zip(TEXT, LABEL, strict=True)]
    assert table.format == ("Parquet" if write is parquet else "Arrow")
    assert list(table.frame.index) == [1, 2, 3, 4]


@pytest.mark.sandboxed
def test_an_arrow_file_that_points_outside_of_itself_is_refused() -> None:
    data = bytearray(arrow_stream(pa.table({"text": ["abcdefgh" * 4]})))
    at = data.rindex(np.array([0, 32], np.int32).tobytes())
    data[at : at + 8] = np.array([0, 2**30], np.int32).tobytes()
    assert error(bytes(data)) == "file_damaged"


def labelled(labels: pa.Array, feature: Any) -> bytes:
    told = {"info": {"features": {"text": {"dtype": "string", "_type": "Value"}, "label": feature}}}
    table = pa.table({"text": TEXT, "label": labels})
    return parquet(table.replace_schema_metadata({"huggingface": json.dumps(told)}))


NAMES = {"names": ["neg", "pos"], "_type": "ClassLabel"}


def test_labels_are_called_by_the_names_in_the_file() -> None:
    table = read(labelled(pa.array([0, 1, -1, None]), NAMES))
    assert list(table.frame["label"]) == ["neg", "pos", "", ""]
    assert message("data.note.class_names", names="label", columns=1) in table.notes
    # A number that has no name stays what it is.
    assert list(read(labelled(pa.array([0, 1, 2, 7]), NAMES)).frame["label"])[2:] == ["2", "7"]


@pytest.mark.parametrize(
    "feature",
    [
        {"feature": NAMES, "_type": "List"},
        {"feature": NAMES, "length": -1, "_type": "Sequence"},
        {"feature": NAMES, "_type": "LargeList"},
        [NAMES],
    ],
)
def test_labels_in_lists_are_called_so_too(feature: Any) -> None:
    table = read(labelled(pa.array([[0, 1], [1], [], None]), feature))
    assert list(table.frame["label"]) == ['["neg", "pos"]', '["pos"]', "[]", ""]


@pytest.mark.parametrize(
    "feature",
    [
        {"names": ["neg", 7], "_type": "ClassLabel"},
        {"names": ["neg", "neg"], "_type": "ClassLabel"},
        {"names": ["a\0b", "pos"], "_type": "ClassLabel"},
        {"names": ["x" * 200_000, "pos"], "_type": "ClassLabel"},
        {"names": list(map(str, range(10_001))), "_type": "ClassLabel"},
        {"names": "np", "_type": "ClassLabel"},
        {"feature": {"feature": {"feature": {"feature": {"feature": NAMES}}}}},
        *(None, 7, [], [[[[[[NAMES]]]]]]),
    ],
)  # fmt: skip
def test_names_that_are_none_are_passed_over(feature: Any) -> None:
    table = read(labelled(pa.array([0, 1, 0, 1]), feature))
    assert list(table.frame["label"]) == ["0", "1", "0", "1"]


@pytest.mark.parametrize("said", [b"[", b"[]", b"{}", b'{"info": 3}', b"[" * 100_000, b"\xff"])
def test_metadata_that_is_none_is_passed_over(said: bytes) -> None:
    table = pa.table({"text": TEXT, "label": LABEL})
    assert len(read(parquet(table.replace_schema_metadata({"huggingface": said}))).frame) == 4


def test_pictures_that_are_none_are_a_column_like_any_other() -> None:
    pictures = [{"bytes": each, "path": None} for each in NOT_TEXT]
    table = read(parquet(pa.table({"image": pictures, "text": TEXT})))
    assert (list(table.frame["text"]), ignored(table)) == (TEXT, "image")


@pytest.mark.sandboxed
def test_a_long_value_that_occurs_often_takes_memory_once() -> None:
    long = pa.DictionaryArray.from_arrays(pa.array([0] * 9_000, pa.int32()), ["x" * 900_000])
    data = parquet(pa.table({"text": long, "label": ["x"] * 9_000}))
    assert len(data) < 100_000
    assert error(data) in ("all_rows_bad", "file_needs_memory", "too_much_text")
