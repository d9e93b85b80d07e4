"""An uploaded file is called as the person calls it, by whatever name it is stored."""

from __future__ import annotations

from pathlib import Path

import gradio as gr
import pytest
from gradio.blocks import Block
from gradio.data_classes import FileData

from core.data.profile.profile import profile
from core.data.read.options import ReadOptions
from core.data.read.table import read
from tests.ui.fake import drawn
from ui.kit.upload import UploadFile, UploadFileButton, given_name
from ui.session import Loaded


@pytest.mark.parametrize("kind", [UploadFile, UploadFileButton])
@pytest.mark.parametrize(
    ("stored", "said", "shown"),
    [
        ("_nul.csv", "nul.csv", "nul.csv"),
        ("_nul.csv", "_nul.csv", "_nul.csv"),
        ("_nul.csv", None, "_nul.csv"),
        ("_nul.csv", "other.csv", "_nul.csv"),
        ("a.csv", "b.csv", "a.csv"),
    ],
)
def test_only_the_name_that_was_made_safe_is_believed(
    kind: type[UploadFile], stored: str, said: str | None, shown: str, tmp_path: Path
) -> None:
    file = tmp_path / stored
    file.write_text("text\n")
    box = drawn(kind)
    path = box.preprocess(FileData(path=str(file), orig_name=said))
    assert path == str(file)
    assert given_name(path) == shown
    assert box.preprocess(None) is None


def test_they_are_drawn_as_the_components_that_they_are_of() -> None:
    pairs: list[tuple[type[Block], type[Block]]] = [
        (UploadFile, gr.File),
        (UploadFileButton, gr.UploadButton),
    ]
    for own, original in pairs:
        assert drawn(own).get_block_name() == drawn(original).get_block_name()


def test_a_file_that_is_read_again_keeps_the_name_that_it_was_given(tmp_path: Path) -> None:
    stored = tmp_path / "_nul.csv"
    stored.write_text("".join(f"words of row {n};{'ab'[n % 2]}\n" for n in range(20)))
    table = read(stored.read_bytes(), "nul.csv")
    reread = Loaded(table, profile(table), stored).reread
    assert reread is not None
    assert reread(ReadOptions(delimiter=";")).name == "nul.csv"
