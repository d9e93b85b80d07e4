"""Archives are read in a process of their own: with the same result, and nothing stays behind."""

from __future__ import annotations

import dataclasses
import gc
import tempfile
from pathlib import Path

import pytest

from core.data.any_file import read_any, read_here
from core.data.archives import sandbox
from core.errors import UserError
from tests.core.data.drawn import coloured, packed, picture

pytestmark = pytest.mark.sandboxed


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_it_is_the_same_table_with_the_same_pictures(tmp_path: Path, temporary: Path) -> None:
    file = tmp_path / "a.zip"
    file.write_bytes(coloured(3))
    apart, here = read_any(file), read_here(file)
    assert apart.frame.equals(here.frame)
    assert (apart.fingerprint, apart.notes, apart.inputs) == (
        here.fingerprint,
        here.notes,
        here.inputs,
    )
    assert apart.pictures is not None
    assert here.pictures is not None
    sha = apart.frame["sha256"].iloc[0]
    assert apart.pictures.jpeg(sha) == here.pictures.jpeg(sha)
    del apart, here
    gc.collect()
    assert not list(temporary.glob("*/pictures-*"))


def test_a_table_beside_its_pictures_comes_with_them(tmp_path: Path) -> None:
    beside, table = tmp_path / "p.zip", tmp_path / "t.csv"
    beside.write_bytes(packed({"1.png": picture("red"), "2.png": picture("blue")}))
    table.write_text("image,label\n1.png,r\n2.png,b\n3.png,b\n")
    apart, here = read_any(table, pictures=beside), read_here(table, pictures=beside)
    assert apart.frame.equals(here.frame)
    assert apart.bad_rows == here.bad_rows


def test_what_is_wrong_with_it_is_said_in_the_same_words(tmp_path: Path, temporary: Path) -> None:
    file = tmp_path / "a.zip"
    file.write_bytes(packed({"a/1.png": b"no picture", "b/2.png": b"none"}))
    said = []
    for read in (read_any, read_here):
        with pytest.raises(UserError) as caught:
            read(file)
        said.append(str(caught.value))
    assert said[0] == said[1]
    del caught
    gc.collect()
    assert not list(temporary.glob("*/pictures-*"))


def test_one_that_takes_forever_is_given_up(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasty = dataclasses.replace(sandbox.LIMITS, in_all=0)
    monkeypatch.setattr(sandbox, "LIMITS", hasty)
    file = tmp_path / "a.zip"
    file.write_bytes(coloured(3))
    with pytest.raises(UserError) as caught:
        read_any(file)
    assert caught.value.what.key == "error.archive_slow"
    del caught
    gc.collect()
    assert not list(temporary.glob("*/pictures-*"))
