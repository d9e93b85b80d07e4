"""A table is in memory once, however many look at it, and no longer than anybody does."""

from __future__ import annotations

import gc
import weakref

import pyarrow as pa

from core.data.any_file import read_archive
from core.data.checkup.edits import apply_edits, undo_edit
from core.data.checkup.row_edits import DropLines
from core.data.checkup.text_edits import Mask
from core.data.profile.profile import profile
from core.data.read.table import read
from core.data.table_cache import share_cells
from tests.core.data.drawn import coloured
from ui.session import Loaded

DATA = b"text,label\none a@b.com,x\ntwo,y\nthree,x\n"


def memory(cells: object) -> int:
    """Where a column's characters are."""
    chunk = pa.chunked_array(pa.array(cells, pa.large_string(), from_pandas=False)).chunk(0)
    return int(chunk.buffers()[2].address)


def loaded(data: bytes, name: str = "a.csv") -> Loaded:
    table = read(data, name)
    return Loaded(table, profile(table))


def test_two_sessions_with_the_same_file_have_one_table() -> None:
    first, second = loaded(DATA), loaded(DATA, "other.csv")
    assert first.table.frame is second.table.frame
    assert (first.table.name, second.table.name) == ("a.csv", "other.csv")
    assert first.table.fingerprint == second.table.fingerprint == read(DATA).fingerprint
    edit = DropLines((3,))
    changed = [share_cells(apply_edits(each.table, [edit])) for each in (first, second)]
    assert changed[0].frame is changed[1].frame
    assert undo_edit(changed[0], 0).frame is first.table.frame


def test_other_cells_names_or_lines_are_another_table() -> None:
    first = loaded(DATA)
    for other in (DATA.replace(b"two", b"tow"), DATA.replace(b"label", b"class"), b"\n" + DATA):
        assert loaded(other).table.frame is not first.table.frame
        assert list(loaded(other).table.frame.index) == list(read(other).frame.index)


def test_nothing_is_kept_when_nobody_looks_at_it() -> None:
    first = loaded(DATA)
    gone = weakref.ref(first.table.frame)
    del first
    gc.collect()
    assert gone() is None


def test_pictures_are_kept_once_and_their_files_go_with_them() -> None:
    first, second = (share_cells(read_archive(coloured(3))) for _ in range(2))
    assert first.pictures is second.pictures
    assert first.pictures is not None
    path = first.pictures.path
    del first
    gc.collect()
    assert path.exists()
    del second
    gc.collect()
    assert not path.exists()


def test_an_edit_of_a_column_leaves_the_others_where_they_are() -> None:
    table = read(DATA)
    changed = apply_edits(table, [Mask(("text",), ("email",))])
    assert changed.frame["text"].iloc[0] == "one [EMAIL]"
    assert memory(changed.frame["label"]) == memory(table.frame["label"])
