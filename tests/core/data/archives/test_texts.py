"""A text in each file of an archive, in the folder of its label or named by a table."""

from __future__ import annotations

from typing import Any

import pytest

from core.data.any_file import read_archive
from core.data.profile.profile import profile, raise_if_unlearnable
from core.data.read.options import ReadOptions
from core.errors import UserError
from tests.core.data.archives.members import notes, reasons
from tests.core.data.drawn import coloured, packed


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
