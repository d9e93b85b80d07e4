"""Files of an archive that a table names as another program or computer wrote them."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.data.any_file import read_archive, read_named
from core.data.read.table import read
from core.errors import UserError
from tests.core.data.archives.members import notes, pictures


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
