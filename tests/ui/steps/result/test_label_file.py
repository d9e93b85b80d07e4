"""What the page says of a file that is answered whole, in each of its states."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.data.read.grid import BadRow
from core.errors import UserError
from core.inference.label_file import Written
from core.jobs.files import FileJob, FileJobs
from core.jobs.job import State
from core.runs.store import RunStore
from core.words import message, say
from tests.ui.fake import HOSTILE, drawn, make_run
from tests.ui.test_pieces import harmless
from ui import page
from ui.steps.result.label_file import LabelFile


@pytest.fixture
def files() -> FileJobs:
    return FileJobs()


def job(files: FileJobs, folder: Path, state: State, **more: Any) -> FileJob:
    out = folder / "in-answered.csv"
    out.write_text("label")
    made = FileJob(
        folder / "in.csv", HOSTILE, folder, HOSTILE, out, state=state, work=lambda: None, **more
    )
    files._jobs["key"] = made
    return made


WRITTEN = Written(
    rows=1_200,
    empty=3,
    abstained=0,
    review=20,
    neutralised=4,
    label_column="label",
    confidence_column="confidence",
    review_column="needs_review_2",
    review_below=0.7,
    delimiter=";",
    encoding="utf-16",
    stopped=False,
)


def look(files: FileJobs, key: str, lang: str) -> list[Any]:
    """What is shown of a file, in the order of `LabelFile.looks`."""
    box = drawn(LabelFile)
    box.jobs = files
    shown = box.look(key, lang)
    return [shown[each] for each in box.looks]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("state", [State.WAITING, State.READING, State.WORKING])
def test_a_file_at_work_has_a_bar_and_a_stop(
    files: FileJobs, tmp_path: Path, state: State, lang: str
) -> None:
    job(files, tmp_path, state, rows=200, done=50)
    shown, columns, choose, stop, download, timer = look(files, "key", lang)
    assert 'aria-valuenow="25"' in shown
    assert HOSTILE[:20] in harmless(shown)
    assert (stop.visible, bool(timer)) == (True, True)
    assert not any(each.visible for each in (columns, choose, download))
    files.stop("key")
    assert look(files, "key", lang)[0] != shown


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_file_that_is_done_says_what_is_in_it(files: FileJobs, tmp_path: Path, lang: str) -> None:
    why = message("data.picture.damaged")
    bad = (BadRow(7, message("data.bad.no_text"), "x,"), BadRow(9, why, HOSTILE))
    done = job(files, tmp_path, State.DONE, rows=1_200, written=WRITTEN, unreadable=bad)
    shown, _, _, stop, download, timer = look(files, "key", lang)
    said = harmless(shown)
    for figure in ("1,200", "20", "70%", "needs_review_2", "UTF-16", HOSTILE[:20], say(why, lang)):
        assert figure in said, figure
    assert (stop.visible, download.visible, bool(timer)) == (False, True, False)
    assert str(download.value["path"]).endswith("in-answered.csv")
    done.written = None  # stopped before the first row
    shown, *_, download, _ = look(files, "key", lang)
    assert download.visible is False


def test_a_question_an_error_and_a_loss_are_told(files: FileJobs, tmp_path: Path) -> None:
    asked = job(files, tmp_path, State.ASKING, columns=(HOSTILE, "b"))
    _, columns, choose, stop, _, timer = look(files, "key", "en")
    assert [value for _, value in columns.choices] == [HOSTILE, "b"]
    assert (columns.visible, choose.visible, stop.visible, bool(timer)) == (
        True,
        True,
        True,
        False,
    )
    asked.state, asked.error = State.FAILED, UserError("file_empty")
    assert 'role="alert"' in look(files, "key", "en")[0]
    assert "gone" in harmless(look(files, "another", "en")[0])
    assert look(files, "", "en")[0] == ""


def test_a_setting_that_is_refused_leaves_the_finished_file(
    files: FileJobs, store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.steps.result.label_file.FileJobs", lambda: files)
    job(files, tmp_path, State.DONE, rows=1_200, written=WRITTEN)
    run, blocks = make_run(store), page.build(store)
    by_id = {each.elem_id: each for each in blocks.blocks.values() if each.elem_id}
    [upload] = [
        fn.fn
        for fn in blocks.fns.values()
        if (by_id["whole-file"]._id, "upload") in map(tuple, fn.targets)
    ]
    asked = SimpleNamespace(headers={}, query_params={})
    shown = upload("new.csv", run.id, "0", "model", "key", None, None, "first", asked)
    assert say("error.header_number", value="first") in harmless(shown[by_id["whole-problem"]])
    assert "1,200" in harmless(shown[by_id["whole-status"]])
    assert shown[by_id["whole-download"]].visible is True
    assert shown[by_id["whole-file"]] is None
