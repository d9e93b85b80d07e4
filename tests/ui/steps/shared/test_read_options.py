"""The lists that say how a file was read offer what can be chosen, and keep what was said of all else."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from core.data.profile.profile import profile
from core.data.read.options import ReadOptions
from core.data.read.table import read
from tests.core.data.office import xlsx
from tests.ui.fake import HOSTILE
from ui.session import Loaded
from ui.steps.shared import read_options

ROWS = "".join(f"schöne Qualität {n};{'ab'[n % 2]}\n" for n in range(12))


def loaded(data: bytes, **options: object) -> Loaded:
    table = read(data, "t.csv", ReadOptions(**options))  # type: ignore[arg-type]
    return Loaded(table, profile(table), data)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_was_found_out_is_said_and_offered(lang: str) -> None:
    there = loaded(f"Bericht {HOSTILE};\ntext;label\n{ROWS}".encode("mac_roman"))
    box, encoding, delimiter, header = read_options.show(there, lang)
    assert box.visible
    assert box.open  # the encoding was guessed
    assert "mac_roman" in encoding.choices[0][0]
    assert ("cp1252", "cp1252") in encoding.choices
    assert {value for _, value in delimiter.choices} >= {"", "comma", "tab", "none"}
    assert [value for _, value in header.choices][:5] == ["", "0", "1", "2", "3"]
    assert encoding.value == delimiter.value == header.value == ""


def test_what_was_said_is_marked() -> None:
    there = loaded(f"text;label\n{ROWS}".encode(), encoding="macintosh", delimiter=";", header=0)
    _, encoding, delimiter, header = read_options.show(there, "en")
    assert (encoding.value, delimiter.value, header.value) == ("macintosh", "semicolon", "0")
    for choices in (encoding, delimiter, header):
        assert choices.value in {value for _, value in choices.choices}


def test_other_formats_offer_what_they_have() -> None:
    book = loaded(xlsx({"S": [["text", "label"], ["a", "b"], ["c", "d"]]}))
    shown = [each.visible for each in read_options.show(book, "en")]
    assert shown == [True, False, False, True]
    lines = loaded(b'{"text": "a", "label": "b"}\n' * 3)
    assert [each.visible for each in read_options.show(lines, "en")] == [True, True, False, False]
    gone = dataclasses.replace(lines, source=Path("gone.csv"))
    assert not read_options.show(gone, "en")[0].visible


def test_what_the_lists_say_is_checked() -> None:
    table = read(f"text;label\n{ROWS}".encode(), "t.csv", ReadOptions(every_row=True))
    options = read_options.options_of(table, "cp1252", "tab", "2")
    assert options == ReadOptions(every_row=True, encoding="cp1252", delimiter="tab", header=2)
    assert read_options.options_of(table, "", None, HOSTILE) == ReadOptions(every_row=True)
    assert read_options.options_of(table, "", "", "9" * 4_000) == ReadOptions(every_row=True)


def test_another_sheet_is_read_as_the_file_was() -> None:
    asked = ReadOptions(sheet="a", member="book.xlsx", header=3, every_row=True)
    table = read(b"text,label\na,b\n" * 3, "t.csv")
    there = dataclasses.replace(table, read_with=asked)
    assert read_options.of_sheet(there, "b") == ReadOptions(
        sheet="b", member="book.xlsx", every_row=True
    )
