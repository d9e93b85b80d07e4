from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest

from core.data.any_file import read_archive, read_given, read_named
from core.data.archives import archive
from core.data.pictures import rows as picture_rows
from core.data.pictures.rows import read_files
from core.data.profile.profile import profile, raise_if_unlearnable
from core.data.read.table import read
from core.data.table import Table, load_table, write_table
from core.errors import UserError
from core.modalities.checkup import checkup, mend
from tests.core.data.drawn import coloured, of_the_future, packed, picture


def labels(table: Table) -> dict[str, str]:
    return dict(zip(table.frame["file"], table.frame["label"], strict=True))


def reasons(table: Table) -> dict[str, str]:
    return {row.text: row.reason.key for row in table.bad_rows}


def test_a_folder_is_a_label() -> None:
    table = read_archive(coloured(3), "shop.zip")
    assert (table.name, table.format, table.modality) == ("shop.zip", "ZIP", "image")
    assert table.inputs == ("file", "sha256")
    assert list(table.frame.columns) == ["file", "label", "sha256"]
    assert labels(table)["red/0.png"] == "red"
    assert table.frame.index.tolist() == [1, 2, 3, 4, 5, 6]
    assert table.pictures is not None
    assert set(table.frame["sha256"]) == set(table.pictures)
    seen = profile(table)
    assert (seen.text, seen.label, seen.modality) == (("file", "sha256"), "label", "image")
    assert dict(seen.classes) == {"red": 3, "blue": 3}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a/1", "b/2"], {"a/1": ("a", ""), "b/2": ("b", "")}),
        (["top/a/1", "top/b/2"], {"top/a/1": ("a", ""), "top/b/2": ("b", "")}),
        (["top/a/x/1", "top/b/2"], {"top/a/x/1": ("a", ""), "top/b/2": ("b", "")}),
        (
            ["d/train/a/1", "d/test/a/2"],
            {"d/train/a/1": ("a", "train"), "d/test/a/2": ("a", "test")},
        ),
        (["train/a/1", "val/b/2"], {"train/a/1": ("a", "train"), "val/b/2": ("b", "validation")}),
        (["test/1", "exam/2"], {"test/1": ("test", ""), "exam/2": ("exam", "")}),
        (["a\\1", "b\\2"], {"a/1": ("a", ""), "b/2": ("b", "")}),
    ],
)
def test_what_folders_say(names: list[str], expected: dict[str, tuple[str, str]]) -> None:
    table = read_archive(packed({name: picture(number=k) for k, name in enumerate(names)}))
    split = table.frame["split"] if "split" in table.frame else [""] * len(table.frame)
    found = zip(table.frame["label"], split, strict=True)
    assert dict(zip(table.frame["file"], found, strict=True)) == expected


def test_a_picture_without_a_label_is_named() -> None:
    files = {
        "train/a/1.png": picture(),
        "train/b/2.png": picture(number=2),
        "test/3.png": picture(),
    }
    table = read_archive(packed({**files, "train/5.png": picture(), "4.png": picture()}))
    assert reasons(table) == dict.fromkeys(["train/5.png", "4.png"], "data.archive.no_folder")
    assert labels(table)["test/3.png"] == ""
    assert [note.key for note in table.notes] == ["data.note.folders_aside"]


def test_what_cannot_be_used_is_named_with_its_reason() -> None:
    out = coloured(2)
    hostile = {
        "../red/x.png": "path",
        "/red/x.png": "path",
        "C:/red/x.png": "path",
        "red/../../x.png": "path",
        "red/notes.txt": "unknown",
        "red/broken.png": "damaged",
        "red/inner.zip": "nested",
    }
    contents = {"red/notes.txt": b"hello", "red/broken.png": picture()[:100], "red/inner.zip": out}
    path = dict.fromkeys(hostile, picture()) | contents
    system = {"__MACOSX/red/._0.png": b"x", "red/.DS_Store": b"x", "red/Thumbs.db": b"x"}
    with _open(out) as good:
        whole = {info.filename: good.read(info) for info in good.infolist()}
    table = read_archive(packed({**whole, **path, **system}))
    assert len(table.frame) == 4
    assert {key.rpartition(".")[2] for key in reasons(table).values()} == set(hostile.values())
    assert reasons(table)["red/notes.txt"] == "data.picture.unknown"
    assert [note.values for note in table.notes] == [{"files": 3}]
    assert all(str(row.reason) for row in table.bad_rows)


def _open(data: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(data))


def test_pictures_to_be_answered_need_no_folders(tmp_path: Path) -> None:
    """Not even where other files have one; what the folders say would be taken for an answer."""
    files = {"1.png": picture(), "new/2.png": picture(number=2), "notes.txt": b"x"}
    (tmp_path / "new.zip").write_bytes(packed(files))
    table = read_given([tmp_path / "new.zip"])
    assert table.frame["file"].tolist() == ["1.png", "new/2.png"]
    assert list(table.frame.columns) == ["file", "sha256"]
    assert reasons(table) == {"notes.txt": "data.picture.unknown"}


def test_folders_without_a_file_are_named() -> None:
    files = {
        "red/1.png": picture(),
        "blue/2.png": picture("blue"),
        "green/": b"",
        "grey/dark/": b"",
        "grey/": b"",
        "red/": b"",
        "__MACOSX/": b"",
        "odd/": b"",
        "odd/x.txt": b"x",
    }
    table = read_archive(packed(files))
    assert [note.values for note in table.notes] == [{"names": "green, grey"}]
    assert reasons(table) == {"odd/x.txt": "data.picture.unknown"}


def test_names_in_other_capitals_are_found_where_that_is_clear(tmp_path: Path) -> None:
    files = {name: picture(number=k) for k, name in enumerate(("IMG_1.JPG", "a/x.png", "A/X.png"))}
    (tmp_path / "all.zip").write_bytes(packed(files))
    table = read(b"photo,kind\nimg_1.jpg,a\na/x.png,a\nA/X.PNG,b\nimg_2.jpg,b\n", "labels.csv")
    found = read_named(table, tmp_path / "all.zip")
    assert found.frame["photo"].tolist() == ["img_1.jpg", "a/x.png"]
    assert reasons(found) == {"A/X.PNG": "data.archive.twice", "img_2.jpg": "data.archive.missing"}


def test_links_locked_and_strangely_packed_members_are_not_read() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in ("a/1.png", "b/2.png", "a/locked.png"):
            made.writestr(name, picture(number=len(name)))
        link = zipfile.ZipInfo("a/link.png")
        link.external_attr = 0o120777 << 16
        made.writestr(link, "/etc/passwd")
        made.writestr("a/lzma.png", picture(), zipfile.ZIP_LZMA)
        made.writestr("a/zeros.bmp", bytes(5_000_000), zipfile.ZIP_DEFLATED)
    data = bytearray(out.getvalue())
    at = data.rfind(b"a/locked.png") - 46
    data[at + 8] |= 1  # the mark of a password, in the list of names
    table = read_archive(bytes(data))
    assert reasons(table) == {
        "a/locked.png": "data.archive.locked",
        "a/link.png": "data.archive.link",
        "a/lzma.png": "data.archive.packing",
        "a/zeros.bmp": "data.archive.ratio",
    }


def test_damaged_bytes_in_the_middle_cost_one_picture() -> None:
    data = bytearray(
        packed({"a/1.png": picture(), "b/2.png": picture(number=2)}, zipfile.ZIP_STORED)
    )
    data[data.find(b"IDAT") + 8] ^= 255
    assert reasons(read_archive(bytes(data))) == {"a/1.png": "data.archive.damaged"}


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("gb18030", ("猫", "狗")),
        ("utf-8", ("čaj", "猫")),
        ("cp437", ("pâté", "château")),
        ("cp932", ("ねこ", "いぬの写真")),
        ("cp866", ("кошки", "собаки")),
    ],
)
def test_names_in_other_encodings(encoding: str, names: tuple[str, str]) -> None:
    """As archives have them that do not say in which encoding they are."""
    raw = [name.encode(encoding) + b"/" for name in names]
    plain = ["AB"[k] * (len(each) - 1) + "/" for k, each in enumerate(raw)]
    data = packed({f"{each}{k}.png": picture(number=k) for k, each in enumerate(plain)})
    for old, new in zip(plain, raw, strict=True):
        data = data.replace(old.encode(), new)
    assert set(labels(read_archive(data)).values()) == set(names)


def zip64(whole: bool) -> bytes:
    """An archive whose end is that of a large one; without the figures, where it is not `whole`."""
    data = coloured(1)
    at = data.rfind(b"PK\x05\x06")
    _, _, count, _, size, offset, _ = struct.unpack("<4x4H2LH", data[at:])
    large = b"PK\x06\x06" + struct.pack("<Q2H2L4Q", 44, 45, 45, 0, 0, count, count, size, offset)
    locator = b"PK\x06\x07" + struct.pack("<LQL", 0, at, 1)
    end = b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return data[:at] + (large if whole else b"") + locator + end


def test_the_end_of_a_large_archive_is_read() -> None:
    assert len(read_archive(zip64(whole=True)).frame) == 2


def many_names() -> bytes:
    data = bytearray(coloured(1))
    at = data.rfind(b"PK\x05\x06")
    data[at + 12 : at + 16] = struct.pack("<L", archive.MAX_NAMES + 1)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"PK\x03\x04 and no more", "archive_damaged"),
        (coloured(2)[:-30], "archive_damaged"),
        (of_the_future(coloured(2)), "archive_damaged"),
        (packed({}), "archive_empty"),
        (packed({"a/1.png": b"x"}), "archive_no_pictures"),
        (packed({"1.png": picture()}), "archive_no_pictures"),
        (zip64(whole=False), "archive_damaged"),
        (coloured(2)[:-2] + b"\x1e\0PK\x05\x06" + bytes(26), "archive_damaged"),
        (many_names(), "archive_names"),
    ],
)
def test_an_archive_that_cannot_be_used(data: bytes, key: str) -> None:
    with pytest.raises(UserError) as caught:
        read_archive(data)
    assert caught.value.args == (key,)
    assert caught.value.message
    assert caught.value.hint


def test_there_are_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, value, key in (
        (archive, "MAX_ARCHIVE", 100, "archive_too_large"),
        (archive, "MAX_FILES", 3, "archive_names"),
        (picture_rows, "MAX_UNPACKED", 200, "archive_unpacked"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, value)
            with pytest.raises(UserError) as caught:
                read_archive(coloured(2))
            assert caught.value.args == (key,)


TABLE = b"""photo,kind,weight
red/0.png,warm,1
red/1,warm,2
blue\\0.png,cold,3
nowhere.png,cold,4
0.png,?,5
"""


@pytest.mark.parametrize("inside", [True, False])
def test_a_table_names_the_files(tmp_path: Path, inside: bool) -> None:
    with _open(coloured(2)) as good:
        files = {info.filename: good.read(info) for info in good.infolist()}
    if inside:
        table = read_archive(packed({**files, "labels.csv": TABLE}), "all.zip")
    else:
        (tmp_path / "all.zip").write_bytes(packed(files))
        table = read_named(read(TABLE, "labels.csv"), tmp_path / "all.zip")
    assert table.name == ("all.zip" if inside else "labels.csv")
    assert list(table.frame.columns) == ["photo", "kind", "weight", "sha256"]
    assert table.inputs == ("photo", "sha256")
    assert table.frame["photo"].tolist() == ["red/0.png", "red/1", "blue\\0.png"]
    assert reasons(table) == {
        "nowhere.png": "data.archive.missing",
        "0.png": "data.archive.twice",
    }
    assert [note.values["files"] for note in table.notes] == [1]


def test_a_table_that_names_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "all.zip").write_bytes(coloured(1))
    with pytest.raises(UserError, match=r"labels\.csv"):
        read_named(read(b"text,label\nhello,a\nbye,b\n", "labels.csv"), tmp_path / "all.zip")


def test_single_files(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture())
    (tmp_path / "b.txt").write_bytes(b"x")
    table = read_files([tmp_path / name for name in ("a.png", "b.txt", "c.png")])
    assert table.frame["file"].tolist() == ["a.png"]
    assert reasons(table) == {"b.txt": "data.picture.unknown", "c.png": "data.picture.unopened"}
    with pytest.raises(UserError, match=r"b\.txt") as error:
        read_files([tmp_path / "b.txt"])
    assert error.value.args[0] == "picture_unusable"


def test_a_table_is_kept_with_its_pictures(tmp_path: Path) -> None:
    table = read_archive(coloured(4))
    write_table(table, tmp_path / "table.parquet")
    again = load_table(tmp_path / "table.parquet")
    assert again.fingerprint == table.fingerprint
    assert (again.modality, again.inputs) == ("image", ("file", "sha256"))
    assert again.pictures is not None
    assert again.pictures.image(again.frame["sha256"].iloc[0]).size == (48, 40)


def test_other_pixels_are_other_data() -> None:
    one, two = (
        read_archive(packed({"a/1.png": picture(number=k), "b/2.png": picture("blue")}))
        for k in range(2)
    )
    assert one.fingerprint != two.fingerprint


def test_the_checkup_finds_pictures_that_are_there_twice() -> None:
    files = {f"{name}/{k}.png": picture(name, k) for name in ("red", "blue") for k in range(6)}
    files |= {"red/copy.png": files["red/0.png"], "blue/wrong.png": files["red/1.png"]}
    table = read_archive(packed(files))
    seen = profile(table)
    raise_if_unlearnable(seen)
    found = {each.key: each for each in checkup(table, seen)}
    assert set(found) >= {"picture_repeats", "picture_conflicts"}
    assert found["picture_repeats"].count == found["picture_conflicts"].count == 1
    mended, _ = mend(table, seen, ["picture_repeats"])
    assert len(mended.frame) == 13
    assert mended.pictures is table.pictures
