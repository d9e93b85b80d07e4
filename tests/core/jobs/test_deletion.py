"""After a delete nothing of a run is on the disk or can be downloaded; what a kill leaves is cleaned."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from gradio.routes import App
from starlette.testclient import TestClient

from core.__main__ import main
from core.data.any_file import read_any
from core.errors import UserError
from core.evaluation.cross_validation import FoldStore
from core.evaluation.cross_validation import Member as Folded
from core.export.bundle import swap
from core.io import temporary as temporary_files
from core.jobs.deletion import delete_run
from core.jobs.files import FileJobs
from core.jobs.queue import new_run
from core.recipe import Fold
from core.runs.run import Run
from core.runs.store import RunStore
from core.workflow.comparisons import ComparisonStore
from core.workflow.comparisons import Member as Compared
from core.workflow.train import train
from tests.conftest import recipe_for, sentiment_csv
from tests.ui.fake import make_run
from ui.kit.download import offer, packed, written
from ui.page import build


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """All temporary files of the test, those of gradio among them."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)
    yield place
    temporary_files._session.cache_clear()


@pytest.fixture
def upload(temporary: Path) -> Path:
    """A table as gradio keeps it."""
    folder = temporary_files.upload_folder() / ("0" * 64)
    folder.mkdir(parents=True)
    (folder / "toy.csv").write_bytes(sentiment_csv())
    return folder / "toy.csv"


def finished(store: RunStore, upload: Path) -> Run:
    table = read_any(upload)
    temporary_files.made_of(temporary_files.TABLES, table.fingerprint, upload)
    run = new_run(store, table, recipe_for(table, epochs=1.0))
    with run.lock():
        train(run)
    assert run.status() == "finished"
    return run


def files_of(*places: Path) -> set[str]:
    """Names of all files, but those that say nothing of any run."""
    silent = (temporary_files.LOCK, temporary_files.UPLOADS, "preflight.json")
    found = (file for place in places for file in place.rglob("*"))
    return {str(file) for file in found if file.is_file() and file.name not in silent}


def answered(run: Run, source: Path) -> str:
    """Where the answers to a file of rows are handed out."""
    source.write_text("text\na good film\na bad one\n")
    files = FileJobs()
    job = files.get(files.submit(source, run.folder("tfidf"), "", run))
    assert job is not None
    assert job.rests.wait(60)
    assert job.over
    assert job.error is None
    KEPT.append(files)
    return str(job.out)


KEPT: list[FileJobs] = []  # as the page keeps them


def test_nothing_of_a_deleted_run_is_left_or_handed_out(
    store: RunStore, temporary: Path, upload: Path
) -> None:
    client = TestClient(App.create_app(build(store)))
    neighbour = make_run(store)
    before = files_of(store.root, temporary) - {str(upload)}
    run = finished(store, upload)
    links = [
        offer(run.main, "model", "en")[1].value["path"],
        packed(run.main, "tfidf", "en")[1].value["path"],
    ]
    assert offer(run.main, "model", "en")[1].value["path"] == links[0]  # the same at each look
    links.append(written(run.store.root, run.id, "report", "all of it", "html"))
    kept = ComparisonStore(store)
    alone = kept.create(
        "toy", [Compared((), run.id), Compared(("freeze",), "20200101-000000-9999")]
    )
    links.append(written(run.store.root, alone.id, "card", "the run's score"))
    FoldStore(store).create("toy", [Folded(Fold(0, 2, 0), run.id)], run.id)
    links.append(answered(run, upload.with_name("rows.csv")))
    assert not upload.with_name("rows.csv").exists()  # it was read
    for link in links:
        assert client.get(f"/gradio_api/file={link}").status_code == 200, link
    delete_run(store, run.id)
    for link in links:
        assert client.get(f"/gradio_api/file={link}").status_code in (403, 404), link
    assert files_of(store.root, temporary) == before
    assert kept.all() == FoldStore(store).all() == []
    with pytest.raises(UserError):
        store.get(run.id)
    assert neighbour.status() == "finished"


def test_an_upload_goes_with_the_last_run_that_was_made_of_it(
    store: RunStore, upload: Path
) -> None:
    runs = []
    table = read_any(upload)
    temporary_files.made_of(temporary_files.TABLES, table.fingerprint, upload)
    for seed in (1, 2):
        runs.append(new_run(store, table, recipe_for(table, seed=seed)))
    delete_run(store, runs[0].id)
    assert upload.is_file()
    delete_run(store, runs[1].id)
    assert not upload.exists()


def test_a_comparison_stays_while_one_of_its_runs_does(store: RunStore, temporary: Path) -> None:
    one, two = make_run(store), make_run(store)
    kept = ComparisonStore(store)
    made = kept.create("toy", [Compared((), one.id), Compared(("freeze",), two.id)])
    delete_run(store, one.id)
    assert [line.status for line in kept.lines(made)] == ["deleted", "finished"]
    delete_run(store, two.id)
    assert kept.all() == []


def test_the_command_line_deletes_what_another_process_hands_out(
    store: RunStore,
    temporary: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run, other = make_run(store), make_run(store)
    link = Path(offer(run.main, "model", "en")[1].value["path"])
    # That process began before this one, with a folder of its own.
    elsewhere = temporary / f"{temporary_files.PREFIX}other" / temporary_files.WEB
    place = elsewhere / link.parents[3].name / link.relative_to(link.parents[3])
    place.parent.mkdir(parents=True)
    link.rename(place)
    options = ["runs", "--runs", str(store.root)]
    assert main([*options, "--delete", run.id]) == 2  # nobody is there to be asked
    assert "--yes" in capsys.readouterr().err
    terminal = io.StringIO()  # whose person ends the input
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    assert main([*options, "--delete", run.id]) == 0
    assert run.path.is_dir()
    assert main([*options, "--delete", run.id, "--delete", "20200101-000000-9999", "--yes"]) == 2
    assert place.is_file()
    assert main([*options, "--delete", run.id, "--yes"]) == 0
    assert not run.path.exists()
    assert not place.exists()
    assert other.path.is_dir()


def test_a_run_that_is_worked_on_is_not_deleted(store: RunStore, temporary: Path) -> None:
    run = make_run(store)
    with FileLock(run.path / "lock"), pytest.raises(UserError) as error:
        delete_run(store, run.id)
    assert error.value.what.key == "error.run_busy"
    assert run.path.is_dir()


def _age(path: Path) -> None:
    os.utime(path, (1_000_000_000, 1_000_000_000))


def test_what_a_kill_left_is_cleaned_and_nothing_else_is_touched(
    store: RunStore, temporary: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, busy = make_run(store), make_run(store)
    before = files_of(store.root)
    empty = store.root / "20250101-000000-0000"
    begun, new, at_work, fresh = (
        store.root / name
        for name in (
            "20250101-000000-0001",
            ".new-20250101-000000-0002",
            ".new-20250101-000000-0003",
            ".new-20250101-000000-0004",
        )
    )
    deleted, strange = store.root / ".deleted-20250101-000000-0005", store.root / "notes"
    for folder in (empty, begun, new, at_work, fresh, deleted, strange):
        folder.mkdir()
    (begun / "table.parquet").write_bytes(b"half")
    (deleted / "recipe.json").write_text("{}")
    (new / "lock").touch()
    folders = [run.path / ".attempt-x", run.tokens]
    old = [
        run.path / ".metrics.json.new",
        run.model / ".abstention.json.new",
        store.root / "comparisons" / ".20250101-000000-0006.json.new",
    ]
    nobody = [Compared((), "20250101-000000-0007")]  # whose run is deleted, and no more than that
    left = [*folders, *old, run.path / ".zip-new"]
    left.append(store.root / f"comparisons/{ComparisonStore(store).create('toy', nobody).id}.json")
    for place in folders:
        place.mkdir()
    for file in (*old, run.path / ".zip-new"):
        file.write_bytes(b"half")
    for file in old:
        _age(file)
    just_written = run.path / ".suspects.json.new"
    just_written.touch()
    (busy.path / ".zip-new").write_bytes(b"still at work")
    held = FileLock(busy.path / "lock"), FileLock(at_work / "lock")
    with held[0], held[1]:
        assert main(["runs", "--runs", str(store.root)]) == 0
    capsys.readouterr()
    for gone in (empty, begun, new, deleted, *left):
        assert not gone.exists(), gone
    for kept in (at_work, fresh, strange, just_written, busy.path / ".zip-new"):
        assert kept.exists(), kept
    assert before <= files_of(store.root)


@pytest.mark.parametrize("name", ["model", "joint", "simple/tfidf", "simple/embedding"])
def test_a_model_whose_successor_never_came_is_back(store: RunStore, name: str) -> None:
    """Killed between the two steps of `swap`, whichever of the models it is."""
    run = make_run(store)
    place = run.path / name
    (place / "kept").mkdir(parents=True)
    (new := run.path / ".new").mkdir()

    def killed(path: Path, target: Path) -> None:
        raise KeyboardInterrupt

    class Killed(type(new)):  # type: ignore[misc]
        rename = killed

    with pytest.raises(KeyboardInterrupt):
        swap(Killed(new), place)
    assert not place.exists()
    new.rmdir()
    store.clean()
    assert (place / "kept").is_dir()
    assert not list(place.parent.glob(".*-old"))


def test_temporary_folders_of_killed_processes_are_cleaned(temporary: Path) -> None:
    mine = temporary_files.private("x-")
    (dead := temporary / f"{temporary_files.PREFIX}dead").mkdir()
    (dead / temporary_files.LOCK).touch()
    (dead / "pictures.arrow").write_bytes(b"x")
    (foreign := temporary / "another-program").mkdir()
    temporary_files.clean()
    assert not dead.exists()
    assert mine.is_dir()
    assert foreign.is_dir()


@pytest.mark.skipif(sys.platform == "win32", reason="has no such signals")
@pytest.mark.parametrize("told", ["SIGTERM", "SIGHUP"])
def test_they_go_with_a_process_that_is_told_to_end(tmp_path: Path, told: str) -> None:
    script = (
        "import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL); from core.io import temporary; "
        "temporary.go_when_told(); print(temporary.private('x-'), flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert Path(process.stdout.readline().decode().strip()).is_dir()
        process.send_signal(getattr(signal, told))
        assert process.wait(60) == -getattr(signal, told)
    assert list(tmp_path.iterdir()) == []
