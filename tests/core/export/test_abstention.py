"""A limit that is chosen after the training, and the download that was made before."""

from __future__ import annotations

import json
import multiprocessing
import os
import zipfile
from pathlib import Path

import pytest

from core.errors import UserError
from core.export import formats
from core.export.abstention import save
from core.export.bundle import abstention_limit
from core.runs.leftovers import remove_leftovers
from core.runs.store import RunStore, run_at
from tests.ui.fake import make_run


def _killed_before_the_zip(folder: Path) -> None:
    formats.store = lambda run: os._exit(9)
    save(run_at(folder).main, "model", 0.8)


def test_a_kill_leaves_no_download_without_the_limit(store: RunStore, tmp_path: Path) -> None:
    run = make_run(store)
    archive = run.archive()
    assert archive is not None
    os.utime(archive, (0, 0))  # what is a minute old is not being written
    process = multiprocessing.get_context("spawn").Process(
        target=_killed_before_the_zip, args=(run.path,)
    )
    process.start()
    process.join(100)
    assert process.exitcode == 9
    assert abstention_limit(run.model) == 0.8
    chosen = formats.choose(run.main, "model")
    assert chosen.stored(run.main, "model") is None  # so one is made
    chosen.write(run.main, "model", tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as file:
        [name] = (name for name in file.namelist() if name.endswith("/abstention.json"))
        assert json.loads(file.read(name)) == {"below": 0.8}
    remove_leftovers(run)
    assert not list(run.path.glob(".*.new"))


def test_what_cannot_be_packed_leaves_the_old_download(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    run = make_run(store)
    archive = run.archive()
    assert archive is not None
    before = archive.read_bytes()
    monkeypatch.setattr(formats, "store", full)
    with pytest.raises(UserError, match="No space left"):
        save(run.main, "model", 0.8)
    assert archive.read_bytes() == before
    assert abstention_limit(run.model) is None
