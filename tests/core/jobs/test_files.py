"""Files in the background: found again, stopped, asked about, and nobody else's."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from core.data.read.options import ReadOptions
from core.data.read.table import read
from core.errors import UserError
from core.inference.label_file import predict_file
from core.io.temporary import TABLES, made_of
from core.jobs import files as file_jobs
from core.jobs.files import FileJob, FileJobs
from core.jobs.job import State
from core.runs.store import RunStore
from tests.ui.fake import make_run


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(RunStore(tmp_path_factory.mktemp("files"))).folder("tfidf")


def ended(job: FileJob) -> None:
    """Wait until it is over or asks something."""
    assert job.rests.wait(60)
    assert job.over or job.state == State.ASKING, job


def submitted(files: FileJobs, source: Path, content: str, model: Path) -> tuple[str, FileJob]:
    sent = source.with_suffix(".part")
    sent.write_text(content, encoding="utf-8")
    sent.replace(source)  # as gradio puts an upload into place: nobody reads it half written
    key = files.submit(source, model, "a model")
    job = files.get(key)
    assert job is not None
    return key, job


def test_a_file_is_called_as_the_person_called_it(tmp_path: Path, model: Path) -> None:
    files, source = FileJobs(), tmp_path / "_nul.csv"
    source.write_text("text\nit stands as negative\n")
    job = files.get(files.submit(source, model, "a model", name="nul.csv"))
    assert job is not None
    ended(job)
    assert (job.error, job.name, job.out.name) == (None, "nul.csv", "nul-answered.csv")


def test_a_file_is_answered_row_by_row(tmp_path: Path, model: Path) -> None:
    files = FileJobs()
    rows = "".join(f"{n};it stands as negative;=1\n" for n in range(600))
    key, job = submitted(files, tmp_path / "my own file.csv", f"n;text;x\n{rows}", model)
    ended(job)
    assert (job.state, job.done, job.rows, job.error) == (State.DONE, 600, 600, None)
    assert job.out.name == "my-own-file-answered.csv"
    frame = read(job.out).frame
    assert frame.columns.tolist() == ["n", "text", "x", "label", "confidence", "needs_review"]
    assert frame["n"].tolist() == [str(n) for n in range(600)]
    assert set(frame["label"]) == {"negative"}
    assert job.written is not None
    assert job.written["neutralised"] == 600
    files.forget(key)
    assert files.get(key) is None
    assert not job.out.exists()


def test_it_is_read_as_was_asked(tmp_path: Path, model: Path) -> None:
    files, source = FileJobs(), tmp_path / "old.csv"
    source.write_bytes("Bericht vom Montag\ntext\nĐo je\nĐo nije\n".encode("cp1250"))
    options = ReadOptions(encoding="cp1250", header=2, delimiter="none")
    job = files.get(files.submit(source, model, "a model", options=options))
    assert job is not None
    ended(job)
    assert read(job.out).frame["text"].tolist() == ["Đo je", "Đo nije"]


def test_several_files_do_not_mix(tmp_path: Path, model: Path) -> None:
    files = FileJobs()
    jobs = [
        submitted(files, tmp_path / f"{n}.csv", "text\n" + f"text {n}\n" * 300, model)[1]
        for n in range(5)
    ]
    for n, job in enumerate(jobs):
        ended(job)
        assert set(read(job.out).frame["text"]) == {f"text {n}"}


def test_one_file_may_be_uploaded_by_many(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a class does: equal files of one name are at one place."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    files, source = FileJobs(), tmp_path / "class.csv"
    trained_on = tmp_path / "train.csv"
    trained_on.write_text("text\nas positive\n")
    made_of(TABLES, "fingerprint", trained_on)
    jobs = [
        submitted(files, source, "text\nas positive\n" + "as negative\n" * 2000, model)[1]
        for _ in range(4)
    ]
    key = files.submit(trained_on, model, "a model")
    for job in (*jobs, files.get(key)):
        assert job is not None
        ended(job)
        assert job.error is None
        assert job.state == State.DONE
    assert not source.exists()
    assert trained_on.exists()  # it can be read again in another way


def test_a_file_without_the_column_asks(tmp_path: Path, model: Path) -> None:
    files = FileJobs()
    key, job = submitted(
        files, tmp_path / "a.csv", "id,body\n1,as positive\n2,as negative\n", model
    )
    ended(job)
    assert (job.state, job.columns, job.wanted) == (State.ASKING, ("id", "body"), 1)
    for wrong in ([], ["nothing"], ["id", "body"]):
        with pytest.raises(UserError) as error:
            files.choose(key, wrong)
        assert error.value.args == ("file_columns",)
    files.choose(key, ["body"])
    ended(job)
    assert read(job.out).frame["label"].tolist() == ["positive", "negative"]
    files.choose(key, ["body"])  # nothing is asked any more
    assert job.state == State.DONE


def test_a_stop_keeps_what_is_done(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.inference.label_file.CHUNK", 1)
    begun = threading.Event()

    def watched(*arguments: Any) -> Any:
        *first, count, _ = arguments

        def told(done: int, rows: int) -> None:
            count(done, rows)
            begun.set()

        arguments = (*first, told, arguments[-1])
        return predict_file(*arguments)

    monkeypatch.setattr(file_jobs, "predict_file", watched)
    files = FileJobs()
    key, job = submitted(files, tmp_path / "a.csv", "text\n" + "as negative\n" * 4000, model)
    assert begun.wait(60)
    assert job.seconds_left is None or job.seconds_left > 0
    files.stop(key)
    ended(job)
    assert job.written is not None
    assert job.written["stopped"]
    assert 0 < len(read(job.out).frame) == job.written["rows"] < 4000


def test_one_that_is_thrown_away_while_it_is_at_work_leaves_nothing(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, forgotten = threading.Event(), threading.Event()

    def watched(*arguments: Any) -> Any:
        begun.set()
        assert forgotten.wait(60)
        return predict_file(*arguments)

    monkeypatch.setattr(file_jobs, "predict_file", watched)
    files = FileJobs()
    key, job = submitted(files, tmp_path / "a.csv", "text\nas negative\n", model)
    assert begun.wait(60)
    files.forget(key)
    forgotten.set()
    ended(job)
    assert list(job.out.parent.iterdir()) == []


def test_what_cannot_be_read_is_told(tmp_path: Path, model: Path) -> None:
    files = FileJobs()
    _, job = submitted(files, tmp_path / "a.csv", "", model)
    ended(job)
    assert job.state == State.FAILED
    assert isinstance(job.error, UserError)
    for stranger in ("", None, 3, "x" * 24):
        assert files.get(stranger) is None
        files.stop(stranger)
        files.choose(stranger, ["text"])
        files.forget(stranger)


def test_there_is_room_for_so_many(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_jobs, "MAX_FILES", 1)
    files = FileJobs()
    _, job = submitted(files, tmp_path / "a.csv", "text\nas positive\n", model)
    ended(job)
    with pytest.raises(UserError) as error:
        files.submit(tmp_path / "a.csv", model, "")
    assert error.value.args == ("files_full",)
    monkeypatch.setattr(file_jobs, "MAX_AGE", 0.0)  # what is old makes room
    assert files.submit(tmp_path / "a.csv", model, "")
    assert not job.out.exists()


KILLED = """
import sys
from pathlib import Path
from core.io.temporary import clean, keep_uploads_here, upload_folder
clean()
keep_uploads_here()
from core.jobs.files import FileJobs
from core.runs.store import RunStore
upload = upload_folder() / "0123" / "many.csv"
upload.parent.mkdir(parents=True)
upload.write_text("text\\n" + "it stands as negative\\n" * 400_000)
run = RunStore(Path(sys.argv[1])).all()[0]
files = FileJobs()
job = files.get(files.submit(upload, run.folder("tfidf"), "a model", run))
while not job.done and not job.rests.wait(0.01):
    pass
print(job.state, job.error, flush=True)
sys.stdin.read()
"""


@pytest.mark.slow
def test_of_a_file_whose_program_was_killed_the_next_one_leaves_nothing(tmp_path: Path) -> None:
    """Its id then is one that nobody knows: the page says that the file is gone (`whole.lost`)."""
    temporary, runs = tmp_path / "tmp", tmp_path / "runs"
    temporary.mkdir()
    make_run(RunStore(runs))
    environment = {k: v for k, v in os.environ.items() if k != "GRADIO_TEMP_DIR"}
    environment["TMPDIR"] = str(temporary)
    program = [sys.executable, "-c", KILLED, str(runs)]
    with subprocess.Popen(
        program, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "working None\n"
        process.kill()
    assert list(temporary.rglob("many-answered.csv.part"))
    tidy = "from core.io.temporary import clean; clean()"
    subprocess.run([sys.executable, "-c", tidy], env=environment, check=True)
    assert [file.name for file in temporary.iterdir() if file.name.startswith("ticktune-")] == []
    assert not [*temporary.rglob("many*"), *runs.rglob("*.part")]
