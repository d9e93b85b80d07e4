"""Hostile workbooks."""

from __future__ import annotations

import io
import random
import struct
import zipfile

from tests.core.data.office import ods, xlsb, xlsx
from tests.hostile.proper import OLD, Maker, as_ods, as_xlsx, packed, picture, rows
from tests.hostile.texts import laughs


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
