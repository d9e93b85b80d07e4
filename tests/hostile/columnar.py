"""Hostile columnar files."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable

import pyarrow as pa

from tests.hostile.proper import Maker, as_parquet, written


def odd_columns(rng: random.Random) -> bytes:
    """Columns of any types beside a text and a label."""
    blobs = [rng.randbytes(16) for _ in range(8)]
    kinds: list[Callable[[], pa.Array]] = [
        lambda: pa.array(blobs),
        lambda: pa.array(blobs, pa.uuid()),
        lambda: pa.array([[each] for each in blobs]),
        lambda: pa.array([{"bytes": each, "path": "x"} for each in blobs]),
        lambda: pa.array(
            [rng.choice((2**62, -(2**62))) for _ in blobs], pa.timestamp("us", "Mars/X")
        ),
        lambda: pa.array([2**31 - 1] * 8, pa.date32()),
        lambda: pa.array([10**50] * 8, pa.decimal256(60, 2)),
        lambda: pa.array([2**62] * 8, pa.duration("ns")),
        lambda: pa.nulls(8),
        lambda: pa.array([[("k", "v")]] * 8, pa.map_(pa.string(), pa.string())),
        lambda: pa.array([float("nan"), float("inf")] * 4, pa.float16()),
        lambda: pa.array(blobs).dictionary_encode(),
    ]
    columns = {
        f"c{n}": make() for n, make in enumerate(rng.sample(kinds, rng.randint(1, len(kinds))))
    }
    return written(pa.table({"text": ["a", "b"] * 4, **columns, "label": ["x", "y"] * 4}))


def repeated_value(rng: random.Random) -> bytes:
    long = pa.array(["x" * rng.choice((90_000, 900_000))])
    indices = pa.array([0] * rng.choice((9_000, 900_000)), pa.int32())
    return written(
        pa.table({"text": pa.DictionaryArray.from_arrays(indices, long)}), compression="zstd"
    )


def nested_type(rng: random.Random) -> bytes:
    kind: pa.DataType = pa.int8()
    for _ in range(rng.choice((3, 30, 100))):
        kind = rng.choice((pa.list_(kind), pa.struct([("a", kind)])))
    return written(pa.table({"text": ["a", "b"], "deep": pa.nulls(2, kind)}))


def odd_names(rng: random.Random) -> bytes:
    names = ["", "text", "text", "a\0b", "\x1b[31m", "x" * 10**6, "a.b", "\u202e", "label"]
    return written(pa.Table.from_arrays([pa.array(["a", "b"])] * len(names), names))


def class_names(rng: random.Random) -> bytes:
    names = rng.choice(([], [1], ["a"] * 9, ["\x1b", "b" * 10**6]))
    features = {"label": {"_type": "ClassLabel", "names": names}}
    told = json.dumps({"info": {"features": features}}).encode()
    made = pa.table({"text": ["a", "b"] * 9, "label": [0, rng.choice((1, -1, 2**60))] * 9})
    said = rng.choice((b"[" * 10**5, b"{", told, told))
    return written(made.replace_schema_metadata({"huggingface": said}))


def rows_that_lie(rng: random.Random) -> bytes:
    """The footer says other numbers of rows than there are."""
    data = bytearray(written(pa.table({"text": ["a"] * 77, "label": ["b"] * 77})))
    (size,) = struct.unpack("<I", data[-8:-4])
    for at in range(len(data) - 8 - size, len(data) - 8):
        if data[at] == 77 << 1 & 0x7F and rng.random() < 0.7:
            data[at] = rng.randrange(256)
    return bytes(data)


COLUMNAR: dict[str, Maker] = {
    "odd-columns.parquet": odd_columns,
    "repeated.parquet": repeated_value,
    "nested.parquet": nested_type,
    "names.parquet": odd_names,
    "class-names.parquet": class_names,
    "rows.parquet": rows_that_lie,
    "wide.parquet": lambda rng: written(pa.table({f"c{n}": [1] for n in range(2_000)})),
    "no-columns.parquet": lambda rng: written(pa.table({})),
    "no-rows.parquet": lambda rng: written(pa.table({"text": pa.array([], pa.string())})),
    "not-utf-8.parquet": lambda rng: written(
        pa.table({"text": pa.array([b"\xff\xfe", b"ok"] * 9), "label": ["a", "b"] * 9})
    ),
    "zeros.parquet": lambda rng: written(
        pa.table({"text": ["\0" * 10**6] * 200, "label": ["a"] * 200}), use_dictionary=False
    ),
    "locked.parquet": lambda rng: b"PARE" + as_parquet(rng)[4:-4] + b"PARE",
}  # fmt: skip
