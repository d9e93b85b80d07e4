"""Archives of tables and of texts, what folders and names say, and archives that are none or damaged."""

from __future__ import annotations

import gzip
import io
import json
import struct
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.data.any_file import read_archive, read_here, read_named
from core.data.column_names import split_of, split_word
from core.data.profile.profile import profile, raise_if_unlearnable
from core.data.read.options import ReadOptions
from core.data.read.table import read
from core.data.table import Table
from core.errors import UserError
from tests.core.data.drawn import coloured, packed, picture


def pictures(*names: str) -> bytes:
    return packed({name: picture(number=k) for k, name in enumerate(names)})


def said(table: Table) -> dict[str, tuple[str, str]]:
    """Label and split of each file."""
    split = table.frame["split"] if "split" in table.frame else [""] * len(table.frame)
    found = zip(table.frame["label"], split, strict=True)
    return dict(zip(table.frame["file"], found, strict=True))


def notes(table: Table) -> list[str]:
    return [note.key.removeprefix("data.note.") for note in table.notes]


@pytest.mark.parametrize(
    ("name", "side"),
    [
        *[
            (name, "train")
            for name in ("Training", "training_set", "trainData", "训练集", "TrainVal")
        ],
        *[
            (name, "test")
            for name in ("test-images", "Testing", "测试数据", "heldout", "ｔｅｓｔ", "test1")
        ],
        *[(name, "validation") for name in ("val2017", "Valid", "dev_set", "验证集", "validación")],
        *[(name, "train") for name in ("обучение", "Trening", "학습", "훈련용", "تدريب", "eğitim")],
        *[(name, "test") for name in ("тест", "тестовая_выборка", "테스트", "اختبار", "teszt")],
        *[
            (name, None)
            for name in (
                "протест",
                "тестостерон",
                "latest",
                "invalid",
                "contest",
                "train_test",
                "seg_test",
                "",
                "1",
            )
        ],
    ],
)
def test_a_split_is_known_by_its_words(name: str, side: str | None) -> None:
    assert split_of(name) == side
    if side:
        assert split_word(f"seg_{name}") == side


def test_the_same_words_are_known_in_a_column() -> None:
    rows = [
        f"text {k},{'ab'[k % 2]},{'test_set' if k % 5 == 0 else 'training_set'}" for k in range(20)
    ]
    seen = profile(read("\n".join(["text,label,part", *rows]).encode()))
    assert (seen.label, seen.split) == ("label", "part")


@pytest.mark.parametrize(
    ("names", "expected", "note"),
    [
        (  # as Kaggle packs them
            [
                "training_set/training_set/a/1",
                "training_set/training_set/b/2",
                "test_set/test_set/a/3",
            ],
            [("a", "train"), ("b", "train"), ("a", "test")],
            "folders_split",
        ),
        (
            ["d/train/images/a/1", "d/train/images/b/2", "d/val/images/a/3"],
            [("a", "train"), ("b", "train"), ("a", "validation")],
            "folders_split",
        ),
        (
            ["a/train/1", "a/test/2", "b/train/3", "b/test/4"],
            [("a", "train"), ("a", "test"), ("b", "train"), ("b", "test")],
            "folders_split",
        ),
        (
            ["a/1", "b/2", "test/a/3", "test/b/4"],
            [("a", "train"), ("b", "train"), ("a", "test"), ("b", "test")],
            "folders_split",
        ),
        (
            ["seg_train/a/1", "seg_train/b/2", "seg_test/a/3", "seg_pred/4"],
            [("a", "train"), ("b", "train"), ("a", "test"), ("", "")],
            "folders_aside",
        ),
        (["x/a/1", "x/b/2", "x/test/3"], [("a", ""), ("b", ""), ("", "")], "folders_aside"),
        (["train/a/1", "train/b/2", "test/3"], [("a", ""), ("b", ""), ("", "")], "folders_aside"),
        (["a/1", "b/2", "测试集/3"], [("a", ""), ("b", ""), ("", "")], "folders_aside"),
        (
            ["train/1", "bus/2", "car/3"],
            [("train", ""), ("bus", ""), ("car", "")],
            "folders_labels",
        ),
        (["valid/1", "invalid/2"], [("valid", ""), ("invalid", "")], "folders_labels"),
        (
            ["test tubes/1", "jars/2", "cups/3"],
            [("test tubes", ""), ("jars", ""), ("cups", "")],
            "",
        ),
        (["train/1", "test/2"], [("train", ""), ("test", "")], "folders_only_split"),
        (["train/a/1", "train/b/2"], [("a", ""), ("b", "")], ""),
        (
            ["cats_train/1", "cats_test/2", "dogs_train/3", "dogs_test/4"],
            [("cats", "train"), ("cats", "test"), ("dogs", "train"), ("dogs", "test")],
            "folders_split",
        ),
        (
            ["a/1", "b/2", "val/3", "test/4"],
            [("a", ""), ("b", ""), ("", ""), ("", "")],
            "folders_aside",
        ),
        (["a/1", "b/2", "unlabeled/3"], [("a", ""), ("b", ""), ("", "")], "folders_aside"),
        (
            ["train/pos/1", "train/neg/2", "train/unsup/3", "test/pos/4"],
            [("pos", "train"), ("neg", "train"), ("", ""), ("pos", "test")],
            "folders_split",
        ),
        (
            ["dev/1", "sales/2", "legal/3"],
            [("dev", ""), ("sales", ""), ("legal", "")],
            "folders_labels",
        ),
    ],
)
def test_what_folders_are_taken_for(
    names: list[str], expected: list[tuple[str, str]], note: str
) -> None:
    table = read_archive(pictures(*names))
    assert said(table) == dict(zip(names, expected, strict=True))
    assert note in notes(table) or (not note and not notes(table))


def test_a_person_has_the_last_word_on_folders() -> None:
    aside = pictures("a/1", "b/2", "test/3")
    asked = read_archive(aside, options=ReadOptions(folders="labels"))
    assert [label for label, _ in said(asked).values()] == ["a", "b", "test"]
    assert notes(asked) == ["folders_labels"]
    sets = pictures(
        *(f"{side}/{label}/{k}" for side in ("train", "test") for label in "ab" for k in range(3))
    )
    asked = read_archive(sets, options=ReadOptions(folders="labels"))
    assert profile(asked).label == "label"
    assert dict(profile(asked).classes) == {"train": 6, "test": 6}
    tubes = pictures("test tubes/1", "jars/2", "cups/3")
    asked = read_archive(tubes, options=ReadOptions(folders="split"))
    assert said(asked)["test tubes/1"] == ("", "")
    with pytest.raises(UserError, match="neither"):
        read_archive(tubes, options=ReadOptions(folders="neither"))


def test_labels_have_one_spelling() -> None:
    """A letter with an accent may be one character or two: in the names of folders as well."""
    table = read_archive(pictures("caf\u00e9/1", "cafe\u0301/2", "bar/3"))
    assert {label for label, _ in said(table).values()} == {"caf\u00e9", "bar"}


ROWS = b"file_name,kind\n0.png,warm\n1.png,cold\n"


def test_a_table_in_each_folder_names_the_files_beside_it() -> None:
    files = {f"{side}/{k}.png": picture(number=k) for side in ("train", "test") for k in (0, 1)}
    tables = {
        "train/metadata.csv": ROWS,
        "test/metadata.jsonl": b'{"file_name":"0.png","kind":"cold"}\n',
    }
    table = read_archive(packed({**files, **tables}))
    assert table.frame["file_name"].tolist() == ["train/0.png", "train/1.png", "test/0.png"]
    assert table.frame["kind"].tolist() == ["warm", "cold", "cold"]
    assert table.frame["split"].tolist() == ["train", "train", "test"]
    assert table.frame.index.is_unique
    assert set(notes(table)) == {"tables_joined", "unnamed"}


def test_tables_beside_folders_of_pictures_name_them() -> None:
    files = {f"images/{k}.png": picture(number=k) for k in range(4)}
    tables = {"train.csv": ROWS, "test.csv": b"file_name,kind\n2.png,warm\n3.png,cold\n"}
    table = read_archive(packed({**files, **tables, "other.csv": b"a,b\n1,2\n"}))
    assert table.frame["split"].tolist() == ["train", "train", "test", "test"]


def test_a_table_without_labels_leaves_them_to_the_folders() -> None:
    files = {f"{name}/{k}.png": picture(name, k) for name in ("red", "blue") for k in range(6)}
    rows = [f"{name},{k},{k * 7}.5" for k, name in enumerate(files)]
    table = read_archive(
        packed({**files, "metadata.csv": "\n".join(["file_name,id,width", *rows]).encode()})
    )
    assert dict(profile(table).classes) == {"red": 6, "blue": 6}
    assert notes(table) == ["labels_of_folders"]


def test_archives_in_an_archive_are_named() -> None:
    table = read_archive(packed({"train.csv": TEXTS, "pictures.zip": coloured(1)}))
    assert notes(table) == ["member", "packed_inside", "members_left"]


TEXTS = "\n".join(["text,label", *(f"text {k},{'ab'[k % 2]}" for k in range(20))]).encode()


def test_one_table_in_an_archive_is_read(tmp_path: Path) -> None:
    (tmp_path / "archive.zip").write_bytes(
        packed({"data/train.csv": TEXTS, "data/cover.png": picture()})
    )
    table = read_here(tmp_path / "archive.zip")
    assert (table.name, len(table.frame), table.modality) == ("archive.zip", 20, "text")
    assert notes(table) == ["member", "members_left"]
    raise_if_unlearnable(profile(table))


def test_tables_of_a_split_are_one() -> None:
    table = read_archive(
        packed({"train.csv": TEXTS, "test.csv": TEXTS, "about.csv": b"a,b\n1,2\n"})
    )
    assert table.frame["split"].tolist() == ["train"] * 20 + ["test"] * 20
    assert table.frame.index.is_unique
    assert notes(table) == ["tables_joined", "members_other"]
    only = read_archive(
        packed({"train.csv": TEXTS, "test.csv": TEXTS}), options=ReadOptions(member="test.csv")
    )
    assert len(only.frame) == 20
    assert only.notes[-1].values["names"] == "train.csv"


def test_the_same_table_in_two_formats_is_one() -> None:
    rows = [{"text": f"text {k}", "label": "ab"[k % 2]} for k in range(20)]
    copy = "\n".join(map(json.dumps, rows)).encode()
    table = read_archive(packed({"data.csv": TEXTS, "data.jsonl": copy}))
    assert len(table.frame) == 20
    assert notes(table) == ["member", "members_other"]


def test_of_different_tables_the_one_to_learn_from_is_read() -> None:
    longer = b"id,text\n" + b"\n".join(f"{k},text".encode() for k in range(90))
    table = read_archive(
        packed({"train.csv": TEXTS, "test.csv": longer, "sample_submission.csv": b"id\n1\n"})
    )
    assert len(table.frame) == 20
    assert "members_other" in notes(table)
    table = read_archive(packed({"one.csv": TEXTS, "two.csv": longer}))
    assert len(table.frame) == 90
    with pytest.raises(UserError, match=r"one\.csv, two\.csv"):
        read_archive(
            packed({"one.csv": TEXTS, "two.csv": longer}), options=ReadOptions(member="x.csv")
        )


def test_tables_with_the_same_columns_are_one() -> None:
    """A file for each label, too."""
    table = read_archive(
        packed({"pos.csv": b"text\n" + b"good\n" * 10, "neg.csv": b"text\n" + b"bad\n" * 10})
    )
    assert dict(profile(table).classes) == {"pos": 10, "neg": 10}


def reviews(folder: str = "reviews") -> dict[str, bytes]:
    return {
        f"{folder}/{label}/{k}.txt": f"It is {label}, number {k}.\r\n".encode()
        for label in ("neg", "pos")
        for k in range(10)
    }


def test_a_text_in_each_file_of_a_folder() -> None:
    odd = {
        "reviews/neg/blank.txt": b" \n",
        "reviews/pos/long.txt": b"x" * 100_001,
        "reviews/pos/nul.txt": b"a\0b\0\0c",
        "reviews/pos/page.pdf": b"%PDF-1.4",
        "reviews/readme.txt": b"about",
        "reviews/pos/.DS_Store": b"x",
    }
    table = read_archive(packed({**reviews(), **odd}), "reviews.zip")
    seen = profile(table)
    raise_if_unlearnable(seen)
    assert (table.modality, seen.text, seen.label) == ("text", ("text",), "label")
    assert dict(seen.classes) == {"neg": 10, "pos": 10}
    assert {row.text.rpartition("/")[2]: row.reason.key for row in table.bad_rows} == {
        "blank.txt": "data.archive.blank",
        "long.txt": "data.bad.cell_too_long",
        "nul.txt": "data.bad.no_character",
        "page.pdf": "data.archive.no_text",
        "readme.txt": "data.archive.no_folder",
    }
    assert notes(table) == ["skipped"]


def test_texts_in_several_encodings_and_splits() -> None:
    files = {**reviews("d/train"), **reviews("d/test")}
    files["d/train/neg/w.txt"] = "Das ist schön und kühl für Männer.".encode("cp1252")
    files["d/train/pos/u.txt"] = "很好".encode("utf-16")
    table = read_archive(packed(files))
    texts = dict(zip(table.frame["file"], table.frame["text"], strict=True))
    assert texts["d/train/neg/w.txt"] == "Das ist schön und kühl für Männer."
    assert texts["d/train/pos/u.txt"] == "很好"
    assert set(table.frame["split"]) == {"train", "test"}
    assert set(notes(table)) == {"encoding_guessed", "folders_split"}


def test_the_encoding_of_texts_can_be_chosen() -> None:
    files = reviews("d")
    files["d/neg/w.txt"] = "schön und kühl".encode("mac-roman")
    for asked in ("mac-roman", None):
        table = read_archive(packed(files), options=ReadOptions(encoding=asked))
        texts = dict(zip(table.frame["file"], table.frame["text"], strict=True))
        assert texts["d/neg/w.txt"] == "schön und kühl" or asked is None
        assert table.encoding
    with pytest.raises(UserError, match="klingon"):
        read_archive(packed(files), options=ReadOptions(encoding="klingon"))


@pytest.mark.parametrize("option", [{"sheet": "x"}, {"delimiter": ";"}, {"header": 2}])
def test_what_only_tables_have_is_not_asked_of_folders(option: dict[str, Any]) -> None:
    for data in (coloured(2), packed(reviews())):
        with pytest.raises(UserError) as caught:
            read_archive(data, options=ReadOptions(**option))
        assert caught.value.args == ("only_tables",)


def test_what_only_archives_have_is_not_asked_of_tables(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(TEXTS)
    for option in ({"folders": "labels"}, {"member": "x.csv"}):
        with pytest.raises(UserError) as caught:
            read_here(tmp_path / "a.csv", ReadOptions(**option))
        assert caught.value.args == ("only_archives",)


def test_texts_to_be_answered_need_no_folder() -> None:
    table = read_archive(packed({"1.txt": b"one", "2.txt": b"two"}), labelled=False)
    assert list(table.frame.columns) == ["file", "text"]


def test_a_table_names_text_files() -> None:
    files = {f"docs/{k}.txt": f"This is text {k}.".encode() for k in range(10)}
    rows = ["file,kind", *(f"{k}.txt,{'ab'[k % 2]}" for k in range(8)), "docs/8,a", "x.txt,b"]
    table = read_archive(packed({**files, "labels.csv": "\n".join(rows).encode()}))
    seen = profile(table)
    assert (seen.text, seen.label, seen.usable) == (("text",), "kind", 9)
    assert table.frame["text"].tolist() == [f"This is text {k}." for k in range(9)]
    assert reasons(table) == {"x.txt": "missing"}
    assert notes(table) == ["unnamed"]


def test_text_files_that_are_tables() -> None:
    table = read_archive(packed({"train.txt": TEXTS, "val.txt": TEXTS}))
    assert table.frame["split"].tolist() == ["train"] * 20 + ["validation"] * 20


def test_a_table_packed_with_gzip(tmp_path: Path) -> None:
    half = len(TEXTS) // 2
    for data in (gzip.compress(TEXTS), gzip.compress(TEXTS[:half]) + gzip.compress(TEXTS[half:])):
        (tmp_path / "reviews.csv.gz").write_bytes(data)
        assert len(read_here(tmp_path / "reviews.csv.gz").frame) == 20
    bomb = io.BytesIO()
    with gzip.GzipFile(fileobj=bomb, mode="wb", compresslevel=1) as file:
        for _ in range(300):
            file.write(bytes(1 << 20))
    for data, key in (
        (bomb.getvalue(), "file_unpacked"),
        (gzip.compress(TEXTS)[:-12], "file_gzip"),
    ):
        (tmp_path / "bad.csv.gz").write_bytes(data)
        with pytest.raises(UserError) as caught:
            read_here(tmp_path / "bad.csv.gz")
        assert caught.value.args == (key,)


def columnar(path: Path, columns: dict[str, object]) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def test_pictures_in_the_column_of_a_parquet_file(tmp_path: Path) -> None:
    shown = [picture(number=k) for k in range(10)]
    structs = [{"bytes": each, "path": None} for each in shown]
    label = list("ab" * 5)
    for cells in (structs, shown):
        table = read_here(columnar(tmp_path / "x.parquet", {"image": cells, "label": label}))
        assert (table.modality, table.inputs) == ("image", ("image", "sha256"))
        assert table.frame["image"].tolist() == [str(k) for k in range(1, 11)]
        assert dict(profile(table).classes) == {"a": 5, "b": 5}
    direct = read_archive(
        packed({f"{k}.png": each for k, each in enumerate(shown)}), labelled=False
    )
    assert table.frame["sha256"].tolist() == direct.frame["sha256"].tolist()
    structs[1] = {"bytes": b"no picture", "path": "1.png"}
    structs[2] = {"bytes": None, "path": "2.png"}
    structs[3] = {"bytes": shown[3], "path": "three.png"}
    table = read_here(columnar(tmp_path / "x.parquet", {"image": structs, "label": label}))
    assert [(row.line, row.reason.key) for row in table.bad_rows] == [
        (2, "data.picture.unknown"),
        (3, "data.picture.empty"),
    ]
    assert table.frame["image"].tolist()[:2] == ["1", "4/three.png"]
    texts = [f"what is told of picture {k} in so many words" for k in range(10)]
    table = read_here(
        columnar(tmp_path / "x.parquet", {"image": structs, "text": texts, "label": label})
    )
    assert (table.modality, notes(table)) == ("text", ["picture_column"])
    broken = {"image": [{"bytes": shown[0][:60], "path": "no picture"}] * 10, "label": label}
    with pytest.raises(UserError, match="no picture"):
        read_here(columnar(tmp_path / "x.parquet", broken))


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


def reasons(table: Table) -> dict[str, str]:
    return {row.text: row.reason.key.removeprefix("data.archive.") for row in table.bad_rows}


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


@pytest.mark.parametrize(
    ("files", "cells", "way"),
    [
        (["Müller 0.png", "café.png"], ["Mu\u0308ller 0.png", "cafe\u0301.png"], ""),
        (["a b.png", "c.png"], ["a%20b.png", " ./c.png "], ""),
        (["x/a.png", "x/b.png"], ["X\\A.PNG", "/x/b.png"], ""),
        (["a.png", "b.png"], ["/data/upload/4/a.png", "C:\\me\\b.png"], "path"),
        (["d/a.png", "e/a.png"], ["s3://bucket/d/a.png", "https://x.org/e/a.png?token=1"], "path"),
        (["a.png", "b.png"], ["/data/local-files/?d=in/a.png", "file:///in/b.png"], "path"),
        (
            ["my cat.png", "b.png"],
            ["/data/upload/1/ab12cd34-my_cat.png", "0123abcd-b.png"],
            "prefix",
        ),
        (["ab12cd34-a.png", "0123abcd-b.png"], ["a.png", "b.png"], "prefix"),
        (["a.png", "b.png"], ["a.jpg", "b.jpeg"], "ending"),
        (["0001.png", "0002.png"], ["1", "2.0"], "number"),
        (["img_01.png", "img_02.png"], ["1", "2"], "number"),
        (["Müller.png", "猫.png"], ["MÃ¼ller.png", "猫.png"], "encoding"),
    ],
)
def test_names_as_others_wrote_them(
    tmp_path: Path, files: list[str], cells: list[str], way: str
) -> None:
    (tmp_path / "all.zip").write_bytes(pictures(*files))
    lines = [f'"{cell}",{k}' for k, cell in enumerate(cells)]
    table = read("\n".join(["image,label", *lines]).encode(), "labels.csv")
    found = read_named(table, tmp_path / "all.zip")
    direct = read_archive(pictures(*files), labelled=False)
    assert found.frame["sha256"].tolist() == direct.frame["sha256"].tolist()
    assert [key for key in notes(found) if key.startswith("found_by")] == (
        [f"found_by_{way}"] if way else []
    )


def test_what_could_mean_several_is_not_guessed(tmp_path: Path) -> None:
    (tmp_path / "all.zip").write_bytes(pictures("cat.png", "d/x.png", "e/x.png", "dog.png"))
    lines = [
        "image,label",
        "u/1/cat.png,a",
        "u/2/cat.png,b",
        "f/x.png,a",
        "dog.png,b",
        "u/dog.png,a",
    ]
    found = read_named(read("\n".join(lines).encode(), "labels.csv"), tmp_path / "all.zip")
    assert found.frame["image"].tolist() == ["dog.png"]
    assert [row.reason.key.rpartition(".")[2] for row in found.bad_rows] == [
        *("shared", "shared", "twice", "shared")
    ]


def test_a_label_that_is_a_number_names_no_file(tmp_path: Path) -> None:
    (tmp_path / "all.zip").write_bytes(pictures(*(f"{k:04}.png" for k in range(12))))
    lines = ["digit,image", *(f"{k % 3},pics/{k:04}.png" for k in range(12))]
    found = read_named(read("\n".join(lines).encode(), "labels.csv"), tmp_path / "all.zip")
    assert found.inputs[0] == "image"
    only = ["digit,text", *(f"{k % 3},hello" for k in range(12))]
    with pytest.raises(UserError):
        read_named(read("\n".join(only).encode(), "labels.csv"), tmp_path / "all.zip")
