"""Archives that are none or another kind, that are damaged, and files in them that are left out."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest

from core.data.any_file import read_archive, read_here
from core.errors import UserError
from tests.core.data.archives.members import ROWS, notes, reasons
from tests.core.data.drawn import coloured, packed, picture


def tar(kind: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=f"w:{kind}") as made:  # type: ignore[call-overload]
        info = tarfile.TarInfo("a/1.png")
        info.size = len(picture())
        made.addfile(info, io.BytesIO(picture()))
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"Rar!\x1a\x07\x01\0" + bytes(50), "RAR"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(50), "7-Zip"),
        (tar(""), "TAR"),
        (tar("gz"), "TAR.GZ"),
        (tar("bz2"), "bzip2"),
        (tar("xz"), "XZ"),
        (b"\x28\xb5\x2f\xfd" + bytes(50), "Zstandard"),
    ],
)
@pytest.mark.parametrize("name", ["data.zip", "data.csv"])
def test_other_archives_are_called_by_their_name(
    tmp_path: Path, data: bytes, kind: str, name: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UserError, match=f"packed file \\({kind}\\)") as caught:
        read_here(tmp_path / name)
    assert "7-Zip" in caught.value.hint
    if kind != "TAR.GZ":
        (tmp_path / "labels.csv").write_bytes(ROWS)
        with pytest.raises(UserError, match=f"packed file \\({kind}\\)"):
            read_here(tmp_path / "labels.csv", pictures=tmp_path / name)


@pytest.mark.parametrize(
    ("files", "key", "words"),
    [
        ({"a.zip": coloured(1), "b.rar": b"Rar!"}, "archive_nested", "a.zip"),
        (
            {"a.pdf": b"%PDF", "b.pdf": b"%PDF", "c.docx": b"PK"},
            "archive_strange",
            ".pdf (2), .docx (1)",
        ),
        ({"bad.csv": b"\0\1\2\3" * 50}, "archive_table", "bad.csv"),
        ({f"{k}.txt": b"x" for k in range(3)}, "archive_no_texts", "no folder"),
        (
            {"Index/Document.iwa": b"x", "preview.jpg": picture(form="JPEG")},
            "kind.iwork",
            "Numbers",
        ),
    ],
)
def test_what_is_in_an_archive_is_said(
    tmp_path: Path, files: dict[str, bytes], key: str, words: str
) -> None:
    (tmp_path / "data.zip").write_bytes(packed(files))
    with pytest.raises(UserError) as caught:
        read_here(tmp_path / "data.zip")
    assert caught.value.args == (key,)
    assert words in caught.value.message
    assert caught.value.hint


def test_odd_names_are_left_out_and_listed() -> None:
    out = io.BytesIO(coloured(2))
    with zipfile.ZipFile(out, "a") as made:
        for name in (
            "red/x\x1b[31m.png",
            "red/" + "x" * 300 + ".png",
            "red/NAME.png",
            "blue/2.png/",
        ):
            made.writestr(zipfile.ZipInfo(name), picture())
        made.writestr(zipfile.ZipInfo("red/Icon\r"), b"")
        made.writestr(zipfile.ZipInfo("red\\0.png"), picture(number=9))  # replaces an earlier one
    empty = out.getvalue().replace(b"red/NAME.png", b"\0" * 12)
    table = read_archive(empty)
    assert len(table.frame) == 4
    assert sorted(reasons(table).values()) == [
        "control",
        "folder",
        "long_name",
        "no_name",
        "replaced",
    ]
    assert notes(table) == ["skipped"]


def test_every_file_that_the_end_counts_is_accounted_for() -> None:
    data = bytearray(coloured(5))
    comment = (
        data.find(b"PK\x01\x02") + 32
    )  # of the first name in the list: it eats the three after it
    data[comment : comment + 2] = struct.pack("<H", 3 * (46 + len("red/0.png")))
    table = read_archive(bytes(data))
    assert len(table.frame) == 7
    assert reasons(table) == {f"red/{k}.png": "lost" for k in (1, 2, 3)}
    whole = bytearray(coloured(2))
    count = whole.rfind(b"PK\x05\x06") + 10
    whole[count : count + 2] = struct.pack("<H", 6)
    assert read_archive(bytes(whole)).notes[0].values == {"files": 2}


def test_a_program_before_the_archive_and_parts_of_one(tmp_path: Path) -> None:
    (tmp_path / "self.exe").write_bytes(b"MZ" + bytes(600) + coloured(2))
    assert len(read_here(tmp_path / "self.exe").frame) == 4
    for data in (
        b"PK\x07\x08" + coloured(1)[:-60],
        coloured(1)[:-18] + b"\1\0" + coloured(1)[-16:],
    ):
        (tmp_path / "part.zip").write_bytes(data)
        with pytest.raises(UserError, match="several parts"):
            read_here(tmp_path / "part.zip")
