"""Proper files of every format that is read, with words and pictures at random."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from tests.core.data.office import ods, xlsb, xlsx
from tests.hostile.check import ROOT

OLD = ROOT / "tests" / "core" / "data" / "read" / "files" / "old.xls"
WORDS = ("good", "bad", "coffee", "schön", "很好", "slow", "“never”", "a,b", "it's", "x\ty")
Rows = list[list[str]]
Maker = Callable[[random.Random], bytes]


def rows(rng: random.Random, count: int = 60) -> Rows:
    return [
        [" ".join(rng.choices(WORDS, k=rng.randint(2, 9))), rng.choice(("pos", "neg"))]
        for _ in range(count)
    ]


def as_csv(rng: random.Random, mark: str = ",") -> bytes:
    quoted = [
        [f'"{cell}"' if mark in cell or '"' in cell else cell for cell in row] for row in rows(rng)
    ]
    return "\n".join(mark.join(row) for row in [["text", "label"], *quoted]).encode()


def objects(rng: random.Random) -> list[dict[str, str]]:
    return [{"text": text, "label": label} for text, label in rows(rng)]


def as_json(rng: random.Random) -> bytes:
    return json.dumps(objects(rng), ensure_ascii=False).encode()


def as_jsonl(rng: random.Random) -> bytes:
    return "\n".join(json.dumps(each, ensure_ascii=False) for each in objects(rng)).encode()


def table(rng: random.Random) -> pa.Table:
    text, label = zip(*rows(rng), strict=True)
    return pa.table({"text": list(text), "label": list(label)})


def written(made: pa.Table, **options: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(made, out, **options)
    return out.getvalue()


def as_parquet(rng: random.Random) -> bytes:
    return written(table(rng), compression=rng.choice(("snappy", "zstd", "gzip", "none")))


def as_arrow(rng: random.Random) -> bytes:
    made, out = table(rng), io.BytesIO()
    opened = rng.choice((pa.ipc.new_file, pa.ipc.new_stream))
    with opened(out, made.schema) as file:
        file.write_table(made)
    return out.getvalue()


def as_xlsx(rng: random.Random) -> bytes:
    return xlsx({"S": [["text", "label"], *rows(rng)]})


def as_xlsb(rng: random.Random) -> bytes:
    return xlsb(dict(enumerate([["text", "label"], *rows(rng)], 1)))


def as_ods(rng: random.Random) -> bytes:
    return ods([["text", "label"], *rows(rng)])


def as_xls(rng: random.Random) -> bytes:
    return OLD.read_bytes()


def picture(rng: random.Random, kind: str | None = None) -> bytes:
    out = io.BytesIO()
    pixels = np.random.default_rng(rng.randrange(2**32)).integers(0, 255, (24, 24, 3), np.uint8)
    Image.fromarray(pixels).save(out, kind or rng.choice(("PNG", "JPEG", "GIF", "WEBP", "BMP")))
    return out.getvalue()


def packed(files: Mapping[str, bytes] | Sequence[tuple[str, bytes]], **options: Any) -> bytes:
    out = io.BytesIO()
    members = files.items() if isinstance(files, Mapping) else files
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def pictures(rng: random.Random) -> dict[str, bytes]:
    return {f"{label}/{n}.png": picture(rng) for label in ("cat", "dog") for n in range(6)}


def as_pictures(rng: random.Random) -> bytes:
    return packed(pictures(rng))


def as_texts(rng: random.Random) -> bytes:
    made = enumerate(rows(rng, 24))
    return packed({f"{label}/{n}.txt": text.encode() for n, (text, label) in made})


def as_packed_table(rng: random.Random) -> bytes:
    return packed({"data/train.csv": as_csv(rng), "data/test.csv": as_csv(rng)})


PROPER: dict[str, Maker] = {
    "csv": as_csv,
    "tsv": lambda rng: as_csv(rng, "\t"),
    "json": as_json,
    "jsonl": as_jsonl,
    "parquet": as_parquet,
    "arrow": as_arrow,
    "xlsx": as_xlsx,
    "xlsb": as_xlsb,
    "ods": as_ods,
    "xls": as_xls,
    "pictures.zip": as_pictures,
    "texts.zip": as_texts,
    "tables.zip": as_packed_table,
}
