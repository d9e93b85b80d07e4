"""Hostile files of every format that is read, made from a seed, and the check that they do no harm.

    python -m tests.hostile --seed 7 --count 250 --out FOLDER [--check]

With --check, `python -m core check` is run on each: it must end with 0 or 2, say nothing of where it failed,
within SECONDS and MEMORY.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import os
import random
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from tests.core.data.office import ods, xlsb, xlsx

ROOT = Path(__file__).resolve().parents[1]
OLD = ROOT / "tests" / "core" / "data" / "read" / "files" / "old.xls"
SECONDS = 30  # of a processor
HUNG = 300  # seconds after which a check is ended
MEMORY = 1536 * 1024  # KiB
STORIES = ("Traceback", "panicked", "RUST_BACKTRACE", "Fatal Python error")
WORDS = ("good", "bad", "coffee", "schön", "很好", "slow", "“never”", "a,b", "it's", "x\ty")

Rows = list[list[str]]
Maker = Callable[[random.Random], bytes]


# --- proper files, which are then damaged ---


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


# --- damage to any file ---


def truncated(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randint(1, len(data) - 1)]


def flipped(data: bytes, rng: random.Random) -> bytes:
    made = bytearray(data)
    for _ in range(rng.choice((1, 5, 50))):
        made[rng.randrange(len(made))] ^= 1 << rng.randrange(8)
    return bytes(made)


def end_flipped(data: bytes, rng: random.Random) -> bytes:
    """Where archives and columnar files say what is where."""
    made = bytearray(data)
    for _ in range(rng.choice((1, 4))):
        made[-rng.randint(1, min(300, len(made)))] = rng.randrange(256)
    return bytes(made)


def zeroed(data: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(data))
    end = min(len(data), start + rng.choice((1, 16, 400)))
    return data[:start] + bytes(end - start) + data[end:]


def numbers_changed(data: bytes, rng: random.Random) -> bytes:
    """Lengths and places that lie: large numbers over any four bytes."""
    made = bytearray(data)
    for _ in range(3):
        at = rng.randrange(max(1, len(made) - 4))
        made[at : at + 4] = struct.pack("<I", rng.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 24)))
    return bytes(made)


def moved(data: bytes, rng: random.Random) -> bytes:
    cut = rng.randrange(len(data))
    return rng.choice((data[cut:] + data[:cut], data[:cut] + data, data + data[cut:]))


def noise(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randint(4, 64)] + rng.randbytes(rng.randint(1, 5_000))


DAMAGE = (truncated, flipped, end_flipped, zeroed, numbers_changed, moved, noise)


# --- texts ---

LINE = "text,label\n"


def joined(*parts: str) -> bytes:
    return "".join(parts).encode("utf-8", "surrogatepass")


TEXTS: dict[str, Maker] = {
    "quotes-never-closed.csv": lambda rng: joined(LINE, '"a text, b\n' * rng.randint(2_000, 20_000)),
    "quote-at-the-end.csv": lambda rng: joined(LINE, "a,b\n" * 20_000, '"x'),
    "quotes-in-quotes.csv": lambda rng: joined(LINE, '""a"" "b,"c\n' * rng.randint(500, 5_000)),
    "one-line.csv": lambda rng: joined(LINE, "a " * rng.randint(10**6, 10**7), ",b\n"),
    "many-columns.csv": lambda rng: joined(",".join(f"c{n}" for n in range(100_000)), "\n1,2\n"),
    "commas.csv": lambda rng: b"," * rng.randint(10**6, 10**7),
    "line-ends.csv": lambda rng: b"\n" * rng.randint(10**6, 10**7),
    "returns.csv": lambda rng: joined(LINE, "a,b\r" * 9, "\r\n\r" * 300_000),
    "wide-rows.csv": lambda rng: joined(LINE, *("a," * n + "\n" for n in range(1_500))),
    "control.csv": lambda rng: joined(LINE, "\x1b]0;hi\x07\x1b[31m\x9b2J,\x08\x7f\u202e\n" * 30),
    "formulas.csv": lambda rng: joined(LINE, "=cmd|' /C calc'!A0,＝1+1\n@SUM(1),a;=1+1\n" * 20),
    "nul.csv": lambda rng: joined(LINE, "a\0b,c\n" * rng.randint(1, 50), "good,bad\n" * 30),
    "marks.csv": lambda rng: b"\xef\xbb\xbf" * 99 + as_csv(rng),
    "mixed.csv": lambda rng: as_csv(rng) + "\nsch\u00f6n,pos".encode("utf-16") + b"\xff\xfe\x80,neg",
    "utf-16.csv": lambda rng: as_csv(rng).decode().encode(rng.choice(("utf-16", "utf-16-be")))[:-1],
    "utf-32.csv": lambda rng: as_csv(rng).decode().encode("utf-32")[: -rng.randint(1, 3)],
    "surrogates.csv": lambda rng: joined(LINE, "\ud83d x,\udc00\n" * 40),
    "long-labels.csv": lambda rng: joined(LINE, *(f"a,{'x' * 9_000}{n}\n" for n in range(300))),
    "separators.csv": lambda rng: joined(LINE, *(f"text {n},{';' * 5_000}a;b\n" for n in range(200))),
    "same-names.csv": lambda rng: joined(",".join(["text"] * 400), "\n", ",".join("a" * 400), "\n"),
    "backslashes.csv": lambda rng: joined(LINE, '"a \\" b\\\\",c\n' * 4_000, '"\\'),
    "repeats.csv": lambda rng: joined(LINE, f"{'word ' * 200},x\n" * 3_000),
    "alike.csv": lambda rng: joined(LINE, *(f"{'word ' * 100}{n},x{n % 2}\n" for n in range(3_000))),
    "numbers.csv": lambda rng: joined(LINE, f"{'9' * 5_000},1e999999\n{'0' * 400},NaN\n" * 20),
    "regex.csv": lambda rng: joined(LINE, f"{'a@' * 20_000},x\n{'1-' * 20_000},y\n" * 3),
    "tags.csv": lambda rng: joined(LINE, f"{'<a ' * 20_000},x\n{'<!--' * 20_000},y\n" * 3),
    "deep.json": lambda rng: b"[" * rng.randint(10_000, 10**6),
    "deep-object.json": lambda rng: b'{"a":' * rng.randint(10_000, 300_000) + b"1",
    "deep-cell.jsonl": lambda rng: joined(
        *(f'{{"text": {"[" * n}{"]" * n}, "label": "x"}}\n' for n in range(400, 1_400, 40))
    ),
    "empties.json": lambda rng: b"[" + b"[]," * 1_500_000 + b"[]]",
    "empty-objects.json": lambda rng: b"[" + b"{}," * 500_000 + b"{}]",
    "one-cell.json": lambda rng: b'[{"text": [' + b"1," * 2_000_000 + b'1], "label": "x"}]',
    "many-keys.jsonl": lambda rng: joined(*(f'{{"k{n}": {n}}}\n' for n in range(3_000))),
    "wide-object.json": lambda rng: json.dumps([{f"k{n}": n for n in range(100_000)}]).encode(),
    "nested-names.json": lambda rng: json.dumps(
        [{"a": {f"b{n}": {f"c{m}": 1 for m in range(30)} for n in range(30)}}] * 9
    ).encode(),
    "same-keys.jsonl": lambda rng: joined('{"text": "a", "text": "b", "label": "x"}\n' * 50),
    "wrong-lines.jsonl": lambda rng: joined('{"text": "a", "label": "x"}\n', "x\n" * 150_000),
    "odd-numbers.jsonl": lambda rng: joined(
        '{"text": 1e999, "label": NaN}\n{"text": -Infinity, "label": 1e-999}\n' * 9,
        f'{{"text": {"9" * 5_000}, "label": 1}}\n',
    ),
    "surrogates.jsonl": lambda rng: b'{"text": "\\ud83d \\u0000 \\u202e", "label": "\\udc00"}\n' * 40,
    "laughs.xml": lambda rng: laughs().encode(),
    "spans.html": lambda rng: joined(
        "<table>", "<tr><td colspan=999999 rowspan=999999>a<td>b" * rng.randint(100, 30_000)
    ),
    "deep.html": lambda rng: joined("<table><tr><td>" * 50_000, "<!--" * 50_000, "<![CDATA[" * 9_000),
    "places.xml": lambda rng: joined(
        '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet>',
        '<Table><Row><Cell Index="500"/></Row><Row Index="1048000"><Cell MergeAcross="499"/></Row>' * 9_000,
    ),
    "laughs-2003.xml": lambda rng: laughs().replace(
        "<x>", '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">'
    ).replace("</x>", "</Workbook>").encode(),
    "dump.sql": lambda rng: b"INSERT INTO t VALUES ('a');\n" * 1_000,
    "only-mark.csv": lambda rng: rng.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"\xff\xfe\0\0", b"\0")),
}  # fmt: skip


# --- workbooks ---


def laughs(deep: int = 9) -> str:
    """Entities that stand for others, ten times each: a few lines for ten to the power of `deep` laughs."""
    entities = '<!ENTITY l0 "ha">' + "".join(
        f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, deep + 1)
    )
    return f'<?xml version="1.0"?><!DOCTYPE x [{entities}]><x>&l{deep};</x>'


def laughing_sheet(rng: random.Random) -> bytes:
    head, _, _ = laughs().partition("<x>")
    text = "<c r='A2' t='inlineStr'><is><t>&l9;</t></is></c>"
    body = (
        f"<sheetData><row r='1'>{text.replace('A2', 'A1')}</row><row r='2'>{text}</row></sheetData>"
    )
    made = (
        f"{head}<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'>{body}"
    )
    return replaced(as_xlsx(rng), "xl/worksheets/sheet1.xml", f"{made}</worksheet>".encode())


def replaced(data: bytes, name: str, content: bytes) -> bytes:
    """An archive with other content for one of its files, or with one file more."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {each: archive.read(each) for each in archive.namelist()}
    return packed({**files, name: content})


def cell(xml: str) -> tuple[str, str]:
    return "raw", xml


def shared(rng: random.Random, length: int, times: int) -> bytes:
    """One long text in many cells."""
    main = "http://schemas.openxmlformats.org"
    relations = "".join(
        f'<Relationship Id="r{n}" Type="{main}/officeDocument/2006/relationships/{kind}" '
        f'Target="{target}"/>'
        for n, (kind, target) in enumerate(
            [("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml")], 1
        )
    )
    whole = f'<Relationships xmlns="{main}/package/2006/relationships">{relations}</Relationships>'
    text = "<sst><si><t>" + rng.choice("ab") * length + "</t></si></sst>"
    row = [cell('<c t="s"><v>0</v></c>')] * 2
    data = xlsx({"S": [["text", "label"], *[row] * times]})
    data = replaced(data, "xl/_rels/workbook.xml.rels", whole.encode())
    return replaced(data, "xl/sharedStrings.xml", text.encode())


def far(place: str) -> Maker:
    return lambda rng: xlsx(
        {"S": [["text", "label", cell(f'<c r="{place}"><v>1</v></c>')], *rows(rng)]}
    )


WORKBOOKS: dict[str, Maker] = {
    "shared-strings.xlsx": lambda rng: shared(rng, rng.randint(20_000, 32_000), 50_000),
    "shared-fewer.xlsx": lambda rng: shared(rng, 2_000, rng.randint(1_000, 30_000)),
    "laughs.xlsx": laughing_sheet,
    "laughing-strings.xlsx": lambda rng: replaced(
        shared(rng, 10, 10), "xl/sharedStrings.xml", laughs().encode()
    ),
    "laughs.ods": lambda rng: replaced(as_ods(rng), "content.xml", laughs().encode()),
    "far-row.xlsx": lambda rng: far(f"A{rng.choice((1_048_577, 4_294_967_295, 10**30))}")(rng),
    "far-column.xlsx": lambda rng: far(rng.choice(("XFE1", "AAAAAAA1", "ZZZZ9")))(rng),
    "last-cell.xlsx": lambda rng: far("XFD1048576")(rng),
    "last-row.xlsx": lambda rng: far("A1048576")(rng),
    "last-column.xlsx": lambda rng: far("XFD1")(rng),
    "far-in-time.xlsx": lambda rng: xlsx({"S": [["text", "label"], ["a", ("date", "99999999999")]]}),
    "odd-numbers.xlsx": lambda rng: xlsx({"S": [["text", "label"], ["a", cell("<c><v>1e999</v></c>")]]}),
    "dimension.xlsx": lambda rng: replaced(
        as_xlsx(rng), "xl/worksheets/sheet1.xml",
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension '
        b'ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1" t="str"><v>text</v></c></row><row r="2">'
        b'<c r="A2" t="str"><v>a</v></c></row></sheetData></worksheet>',
    ),
    "merged.xlsx": lambda rng: xlsx(
        {"S": [["text", "label"], *rows(rng)]},
        merged=["A1:XFD1048576", "B2:B1048576", "A5:A1", *[f"A{n}:C{n + 9}" for n in range(1, 900)]],
    ),
    "merged-long.xlsx": lambda rng: xlsx(
        {"S": [["text", "label"], ["x" * 32_000, "a"], *[[None, "b"]] * 60_000]}, merged=["A2:A60002"]
    ),
    "many-sheets.xlsx": lambda rng: xlsx({f"S{n}": [["text", "label"], ["a", "b"]] for n in range(400)}),
    "sheet-names.xlsx": lambda rng: xlsx({"../../x<&>\x1b"[: rng.randint(1, 11)]: [["text"], ["a"]]}),
    "no-sheets.xlsx": lambda rng: xlsx({}),
    "deep.xlsx": lambda rng: replaced(
        as_xlsx(rng), "xl/worksheets/sheet1.xml", b"<a>" * rng.randint(10**4, 10**6)
    ),
    "attributes.xlsx": lambda rng: replaced(
        as_xlsx(rng), "xl/worksheets/sheet1.xml",
        b"<worksheet " + b" ".join(b'a%d="x"' % n for n in range(200_000)) + b"><sheetData/></worksheet>",
    ),
    "lost-string.xlsx": lambda rng: xlsx({"S": [["text"], [cell('<c t="s"><v>99999999</v></c>')]]}),
    "zeros.xlsx": lambda rng: replaced(as_xlsx(rng), "xl/media/zeros", bytes(200 * 2**20)),
    "circle.xlsx": lambda rng: replaced(
        as_xlsx(rng), "xl/_rels/workbook.xml.rels",
        b'<Relationships><Relationship Id="r1" Target="../xl/workbook.xml"/></Relationships>',
    ),
    "repeated.ods": lambda rng: ods(
        [["text", "label"]],
        f'<table:table-row table:number-rows-repeated="{rng.choice((10**6, 10**9, 2**63))}">'
        f'<table:table-cell office:value-type="string" table:number-columns-repeated="{10**6}">'
        "<text:p>a</text:p></table:table-cell></table:table-row>",
    ),
    "far.xlsb": lambda rng: xlsb({1: ["text", "label"], rng.choice((2**20, 2**31, 2**32 - 1)): ["a"]}),
    "locked.xlsx": lambda rng: container("EncryptedPackage"),
    "document.doc": lambda rng: container("WordDocument"),
    "sectors.xls": lambda rng: looping(OLD.read_bytes(), rng),
    "document.docx": lambda rng: packed({"[Content_Types].xml": b"", "word/document.xml": b"<x/>"}),
    "sheet.numbers": lambda rng: packed({"Index/Document.iwa": b"x", "preview.jpg": picture(rng)}),
}  # fmt: skip


def container(stream: str) -> bytes:
    """The outside of an old or locked Office file, with the name of a stream in its directory."""
    name = f"{stream}\0".encode("utf-16-le").ljust(128, b"\0")
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + name + bytes(384)


def looping(data: bytes, rng: random.Random) -> bytes:
    """An old workbook whose table of sectors leads in a circle."""
    made = bytearray(data)
    for at in range(512, 1024, 4):
        made[at : at + 4] = struct.pack("<I", rng.choice((0, 1, 2, 0xFFFFFFFE)))
    return bytes(made)


# --- columnar files ---


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


# --- archives ---


def png_of(width: int, height: int, content: bytes = b"") -> bytes:
    """A PNG that says it is of this size, of one bit a pixel."""

    def chunk(kind: bytes, inner: bytes) -> bytes:
        return (
            struct.pack(">I", len(inner))
            + kind
            + inner
            + struct.pack(">I", zlib.crc32(kind + inner))
        )

    head = struct.pack(">2I5B", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", content or zlib.compress(b"\0" * 99))
        + chunk(b"IEND", b"")
    )  # fmt: skip


def with_names(*names: str) -> Maker:
    return lambda rng: packed([*pictures(rng).items(), *((name, picture(rng)) for name in names)])


def link(rng: random.Random) -> bytes:
    out = io.BytesIO(as_pictures(rng))
    with zipfile.ZipFile(out, "a") as archive:
        info = zipfile.ZipInfo("cat/link.png")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    return out.getvalue()


def patched(field: int, size: int, value: int, central: bool = True) -> Maker:
    """An archive of pictures whose headers say something else in one field."""

    def make(rng: random.Random) -> bytes:
        data = bytearray(as_pictures(rng))
        magic, at = (b"PK\x01\x02" if central else b"PK\x03\x04"), 0
        while (at := data.find(magic, at)) >= 0:
            data[at + field : at + field + size] = value.to_bytes(size, "little")
            at += 4
        return bytes(data)

    return make


def counted(count: int) -> Maker:
    """The end record says another number of files."""

    def make(rng: random.Random) -> bytes:
        data = bytearray(as_pictures(rng))
        at = data.rindex(b"PK\x05\x06")
        data[at + 8 : at + 12] = struct.pack("<2H", count, count)
        return bytes(data)

    return make


def overlapping(rng: random.Random) -> bytes:
    """Many names for the same compressed bytes (the bomb of D. Fifield)."""
    kernel = packed({"a/0.png": bytes(5 * 2**20)})
    at = kernel.index(b"PK\x01\x02")
    entry, end = (
        kernel[at : kernel.rindex(b"PK\x05\x06")],
        bytearray(kernel[kernel.rindex(b"PK\x05\x06") :]),
    )
    count = 2_000
    entries = b"".join(
        entry.replace(b"a/0.png", b"%c/%04d" % (97 + n % 2, n) + b"."[:0]) for n in range(count)
    )
    end[8:12] = struct.pack("<2H", count, count)
    end[12:20] = struct.pack("<2I", len(entries), at)
    return kernel[:at] + entries + bytes(end)


def frames(rng: random.Random) -> bytes:
    out = io.BytesIO()
    images = [Image.new("L", (500, 500), n % 256) for n in range(200)]
    images[0].save(out, "GIF", save_all=True, append_images=images[1:])
    return out.getvalue()


ARCHIVES: dict[str, Maker] = {
    "slips.zip": with_names("../../x.png", "/etc/x.png", "C:\\x.png", "cat/../../../x.png", "\\\\h\\x.png"),
    "odd-names.zip": with_names("cat/\x1b[31m.png", "cat/" + "x" * 5_000, "a\u202egnp.exe", "CON.png", " "),
    "no-name.zip": with_names("/", "cat//", ".", ".."),
    "same-names.zip": lambda rng: packed([*pictures(rng).items(), *pictures(rng).items()]),
    "deep-folders.zip": with_names("/".join("ab" * 2_000) + "/x.png"),
    "many-files.zip": lambda rng: packed({f"{'ab'[n % 2]}/{n}.png": b"" for n in range(20_000)}),
    "too-many-files.zip": lambda rng: packed({f"{n:x}": b"" for n in range(60_000)}),
    "link.zip": link,
    "locked.zip": patched(8, 2, 1),
    "other-packing.zip": patched(10, 2, 97),
    "crc.zip": patched(16, 4, 7),
    "small-size.zip": patched(24, 4, 10),
    "large-size.zip": patched(24, 4, 2**31),
    "packed-size.zip": patched(20, 4, 2**31),
    "offset.zip": patched(42, 4, 2**30),
    "local.zip": patched(26, 2, 60_000, central=False),
    "count-less.zip": counted(3),
    "count-more.zip": counted(500),
    "zeros.zip": lambda rng: packed({f"{'ab'[n % 2]}/{n}.png": bytes(40 * 2**20) for n in range(4)}),
    "zeros.csv.zip": lambda rng: packed({"data.csv": bytes(250 * 2**20)}),
    "long-table.zip": lambda rng: packed({"data.csv": LINE.encode() + b"a,b\n" * 10**6}),
    "long-texts.zip": lambda rng: packed({f"{'ab'[n % 2]}/{n}.txt": b"a " * 10**6 for n in range(40)}),
    "overlapping.zip": overlapping,
    "nested.zip": lambda rng: packed({"a/x.zip": as_pictures(rng), "b/y.zip": as_pictures(rng)}),
    "large-picture.zip": lambda rng: packed(
        {**pictures(rng), "cat/large.png": png_of(60_000, 60_000), "dog/wide.png": png_of(2**31 - 1, 1)}
    ),
    "large-empty-picture.zip": lambda rng: packed(
        {**pictures(rng), "cat/large.png": png_of(7_000, 7_000, zlib.compress(bytes(7_000 * 876)))}
    ),
    "frames.zip": lambda rng: packed({**pictures(rng), "cat/many.gif": frames(rng)}),
    "damaged-pictures.zip": lambda rng: packed(
        {name: rng.choice(DAMAGE)(data, rng) for name, data in pictures(rng).items()}
    ),
    "polyglot.zip": lambda rng: picture(rng, "JPEG") + as_pictures(rng),
    "text-names.zip": lambda rng: packed({"=1+1/a.txt": b"good", "<script>/b.txt": b"bad", "c.txt": b"x"}),
    "comment.zip": lambda rng: counted(12)(rng)[:-2] + b"\xff\xff" + b"PK\x05\x06" * 16_000,
}  # fmt: skip

SPECIAL = {**TEXTS, **WORKBOOKS, **COLUMNAR, **ARCHIVES}


@dataclass(frozen=True)
class Made:
    """A file: what it is called, and its bytes."""

    name: str
    data: bytes


def make(seed: int, count: int) -> Iterator[Made]:
    """`count` files: each of the special ones in turn with damaged ones of every format."""
    damaged = [(kind, damage) for kind in PROPER for damage in DAMAGE]
    random.Random(seed).shuffle(damaged)  # so that a few of them are of many kinds
    special = list(SPECIAL.items())
    random.Random(seed + 1).shuffle(special)
    of_both = itertools.chain.from_iterable(
        zip(itertools.cycle(special), itertools.cycle(damaged), strict=False)
    )
    for number, ((name, how), _) in enumerate(zip(of_both, range(count), strict=False)):
        rng = random.Random(seed * 1_000_003 + number)
        if name in SPECIAL:
            made = SPECIAL[name](rng)
        else:
            kind, name = name, f"{how.__name__}.{name}"
            made = how(PROPER[kind](rng), rng)
        yield Made(f"{number:03}-{name}", made)


# --- the check ---


@dataclass(frozen=True)
class Outcome:
    """How `check` ended: `seconds` of a processor, and in KiB the most `memory` of any of its processes."""

    name: str
    status: int
    seconds: float
    memory: int
    said: str

    @property
    def wrong(self) -> str:
        """What must not be, or nothing."""
        faults = [
            f"status {self.status}" if self.status not in (0, 2) else "",
            f"{self.seconds:.0f} s" if self.seconds > SECONDS else "",
            f"{self.memory // 1024} MiB" if self.memory > MEMORY else "",
            *(story for story in STORIES if story in self.said),
        ]
        return ", ".join(filter(None, faults))


def checked(file: Path) -> Outcome:
    """`python -m core check` on a file, measured."""
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(
            [sys.executable, "-m", "core", "check", str(file)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
        hung = threading.Timer(HUNG, child.kill)
        hung.start()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        hung.cancel()
        said.seek(0)
        text = said.read().decode("utf-8", "replace")
    return Outcome(
        file.name, child.returncode, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, text
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=250)
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--check", action="store_true", help="run `python -m core check` on each")
    parser.add_argument("--at-once", type=int, default=1, metavar="N", help="checks at a time")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    if not options.check:
        for made in make(options.seed, options.count):
            (options.out / made.name).write_bytes(made.data)
        return 0
    # By another process: what this one had in memory would count as its children's.
    command = [sys.executable, *sys.orig_argv[1:]]
    command.remove("--check")
    subprocess.run(command, check=True)
    files = sorted(options.out.iterdir())[: options.count]
    wrong = 0
    with ThreadPoolExecutor(options.at_once) as pool:
        for outcome in pool.map(checked, files):
            last = outcome.said.strip().splitlines()
            error = next((line for line in last if line.startswith("error:")), "")
            print(
                f"{outcome.status:>4} {outcome.seconds:6.1f} s {outcome.memory // 1024:>5} MiB "
                f"{outcome.name}: {outcome.wrong and f'WRONG ({outcome.wrong})'} {error[:100]}",
                flush=True,
            )
            if outcome.wrong:
                wrong += 1
                print("\n".join(last[-20:]), flush=True)
    print(f"{len(files)} files, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
