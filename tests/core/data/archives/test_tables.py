"""Tables in an archive, alone or with the pictures and texts that they name, and packed ones."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.data.any_file import read_archive, read_here
from core.data.profile.profile import profile, raise_if_unlearnable
from core.data.read.options import ReadOptions
from core.errors import UserError
from tests.core.data.archives.members import ROWS, TEXTS, notes
from tests.core.data.drawn import coloured, packed, picture


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


def test_what_only_archives_have_is_not_asked_of_tables(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(TEXTS)
    for option in (ReadOptions(folders="labels"), ReadOptions(member="x.csv")):
        with pytest.raises(UserError) as caught:
            read_here(tmp_path / "a.csv", option)
        assert caught.value.args == ("only_archives",)


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
    structs: list[dict[str, Any]] = [{"bytes": each, "path": None} for each in shown]
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
