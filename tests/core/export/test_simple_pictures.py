"""The simple models of pictures as folders: what they answer, and what a download holds."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from core.data.any_file import read_archive
from core.data.pictures.rows import read_files
from core.data.read.table import read
from core.errors import UserError
from core.export.simple import SimplePredictor
from core.jobs.queue import new_run
from core.modalities import modality_of
from core.runs.run import Run
from core.workflow.train import train
from tests.conftest import TINY_PICTURES, recipe_for, sentiment_csv, store_in, with_pictures
from tests.core.data.drawn import coloured, picture
from tests.core.export.test_simple import pack

SIMPLE = ("embedding", "colours")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path, tiny_pictures: Path) -> Run:
    store = with_pictures(store_in(tmp_path_factory.mktemp("simple"), tiny_model), tiny_pictures)
    table = read_archive(coloured(30), "toy.zip")
    made = new_run(store, table, recipe_for(table, model=TINY_PICTURES, epochs=1.0))
    train(made)
    assert made.status() == "finished", made.progress().error
    return made


def asked(run: Run, which: str) -> np.ndarray:
    """What it says to the test rows."""
    table, rows = run.table(), run.test_rows()
    assert rows is not None
    where = table.frame.loc[rows["line"]]
    predictor = SimplePredictor(run.folder(which)).over(table)
    return np.asarray(predictor.probabilities(modality_of(table).inputs(where, table.inputs)))


def test_both_are_kept_and_one_may_be_recommended(run: Run) -> None:
    assert run.models() == ("model", *SIMPLE)
    result = run.measured()
    assert set(result.baselines) == {"majority", *SIMPLE}
    # Colours alone tell these apart, and the network has hardly begun.
    assert result.recommended == "colours"
    assert run.recommended() == "colours"


@pytest.mark.parametrize("which", SIMPLE)
def test_what_was_measured_is_what_is_kept(run: Run, which: str) -> None:
    rows, result = run.test_rows(), run.measured()
    assert rows is not None
    labels = np.array(result.labels)[asked(run, which).argmax(axis=1)]
    assert labels.tolist() == rows[f"predicted:{which}"].tolist()
    card = (run.folder(which) / "README.md").read_text()
    assert "image-classification" in card
    assert "picture.jpg" in card


def test_texts_are_refused(run: Run) -> None:
    with pytest.raises(UserError, match="reads pictures"):
        SimplePredictor(run.folder("colours")).over(read(sentiment_csv(), "toy.csv"))


@pytest.mark.slow
@pytest.mark.parametrize("which", SIMPLE)
def test_a_download_answers_the_same_in_a_process_of_its_own(
    run: Run, which: str, tmp_path: Path
) -> None:
    with zipfile.ZipFile(pack(run, which, tmp_path / "out.zip")) as archive:
        archive.extractall(tmp_path / "elsewhere")
    (folder,) = (tmp_path / "elsewhere").iterdir()
    assert folder.name == f"toy-zip-{which}"
    assert "pillow==" in (folder / "requirements.txt").read_text()
    assert (folder / "encoder").is_dir() == (which == "embedding")
    assert not (folder / "probes.json").exists()
    files = [tmp_path / f"{colour}.png" for colour in ("red", "blue")]
    for file in files:
        file.write_bytes(picture(file.stem, 99))
    done = subprocess.run(
        [sys.executable, folder / "predict.py", *files],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    table = read_files(files)
    predictor = SimplePredictor(folder).over(table)
    shares = predictor.probabilities(modality_of(table).inputs(table.frame, table.inputs))
    for line, row in zip(done.stdout.splitlines(), shares, strict=True):
        _, label, share = line.split("\t")
        assert label == predictor.labels[row.argmax()]
        assert float(share) == pytest.approx(row.max(), abs=0.03)
