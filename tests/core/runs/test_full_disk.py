"""A full disk is said in a sentence, and nothing is left half written."""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import random
import sys
from pathlib import Path

import pytest

from core.__main__ import main
from core.data.read.table import read
from core.data.table import Table
from core.errors import UserError
from core.runs.store import RunStore
from core.workflow.corrections import Corrections
from tests.conftest import recipe_for
from tests.ui.fake import make_run

FITS = 12_000  # bytes of a file, once the disk is full


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and not file.name.endswith("lock")
    }


def _large() -> Table:
    rows = "\n".join(f"{n * n} {n * 7919 % 10_007} text,{n % 2}" for n in range(4_000))
    return read(f"text,label\n{rows}\n".encode(), "large.csv")


def _command(*words: str) -> str:
    """What a command says on stderr; it has to fail."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        code = main(words)
    return said.getvalue() if code == 2 else f"exit code {code}"


def _fill_up(folder: Path, run_id: str) -> None:
    """Exits with 0 when all that follows is refused in a sentence and changes nothing."""
    import resource

    store, table, out = RunStore(folder / "runs"), _large(), folder / "out"
    text = "a long text " * 1_500
    for label in ("positive", "negative"):  # nearly as many corrections as fit
        Corrections(store.get(run_id).main).add((text[:4_000],), [label])
    before = _files(folder)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FITS, limits[1]))
    options = ("--runs", str(store.root))
    with pytest.raises(UserError) as error:
        store.create(recipe_for(table), table)
    said = [f"error: {error.value.message}\nhint: {error.value.hint}\n"]
    said.append(_command("export", run_id, "--which", "model", "-o", str(out / "m.zip"), *options))
    said.append(_command("correct", run_id, text, "--label", "positive", *options))
    said.append(_command("report", run_id, "-o", str(out / "report.html"), *options))
    said.append(_command("abstention", run_id, "--below", "0.5", "--which", "model", *options))
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    wrong = [each for each in said if "error: " not in each or "hint: " not in each]
    after = _files(folder)
    changed = [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)]
    (folder.parent / "said.txt").write_text("\n".join([*map(repr, said), *changed]))
    sys.exit(0 if not wrong and not changed else 1)


@pytest.mark.skipif(sys.platform == "win32", reason="has no limits for files")
def test_what_does_not_fit_is_refused_in_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    (folder / "out").mkdir(parents=True)
    run = make_run(RunStore(folder / "runs"))
    (run.model / "weights.bin").write_bytes(random.Random(0).randbytes(50_000))
    process = multiprocessing.get_context("spawn").Process(target=_fill_up, args=(folder, run.id))
    process.start()
    process.join(300)
    said = tmp_path / "said.txt"
    assert process.exitcode == 0, said.read_text() if said.exists() else "no answer"
