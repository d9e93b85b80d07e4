"""The simple models as folders: what they answer, what is refused, what a download holds."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from core.data.read.table import read
from core.errors import UserError
from core.export import simple
from core.export.formats import choose
from core.export.simple import SimplePredictor
from core.inference.label_file import predict_file
from core.inference.predictor import open_model
from core.jobs.queue import new_run
from core.runs.run import Run
from core.runs.store import RunStore, run_at
from core.workflow.train import train
from tests.conftest import TINY_RUN, recipe_for, sentiment_csv
from tests.core.export.test_bundle import run_here
from tests.ui.fake import make_run


def pack(run: Run, which: str, out: Path) -> Path:
    choose(run.main, which).write(run.main, which, out)
    return out


TEXTS: list[tuple[str, str | None]] = [("a good film 1", None), ("what an awful plot", None)]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Run:
    store = RunStore(tmp_path_factory.mktemp("simple"))
    (store.root / TINY_RUN).mkdir(parents=True)
    (store.root / TINY_RUN / "model").symlink_to(tiny_model)
    table = read(sentiment_csv(80), "toy.csv")
    (store.root / TINY_RUN / "recipe.json").write_text(recipe_for(table, model="minilm").to_json())
    made = new_run(store, table, recipe_for(table, epochs=1.0))
    train(made)
    assert made.status() == "finished", made.progress().error
    return made


@pytest.mark.slow
@pytest.mark.parametrize("which", ["tfidf", "embedding"])
def test_a_download_answers_the_same_in_a_process_of_its_own(
    run: Run, which: str, tmp_path: Path
) -> None:
    here = SimplePredictor(run.folder(which)).probabilities(TEXTS)
    with zipfile.ZipFile(pack(run, which, tmp_path / "out.zip")) as archive:
        archive.extractall(tmp_path / "elsewhere")
    (folder,) = (tmp_path / "elsewhere").iterdir()
    assert folder.name == f"toy-{which}"
    done = subprocess.run(
        [sys.executable, folder / "predict.py", *(first for first, _ in TEXTS)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    labels = ("negative", "positive")
    expected = [f"{labels[row.argmax()]}\t{row.max():.4f}" for row in here]
    for line, wanted in zip(done.stdout.splitlines(), expected, strict=True):
        label, share = line.split("\t")
        assert label == wanted.split("\t")[0]
        assert float(share) == pytest.approx(float(wanted.split("\t")[1]), abs=1e-3)
    again = SimplePredictor(folder)
    assert again.labels == labels
    assert again.text_columns == ("text",)
    assert np.allclose(again.probabilities(TEXTS), here, atol=1e-4)


def test_what_is_kept_and_what_is_given_away(run: Run, tmp_path: Path) -> None:
    names = {}
    for which in ("tfidf", "embedding"):
        with zipfile.ZipFile(pack(run, which, tmp_path / which)) as archive:
            names[which] = {name.partition("/")[2] for name in archive.namelist()}
    common = {"classifier.skops", "labels.json", "recipe.json", "metrics.json", "README.md"}
    common |= {"predict.py", "asked.py", "spreadsheet.py", "requirements.txt"}
    assert names["tfidf"] == common  # no test rows: they stay here
    assert names["embedding"] > common
    assert {"encoder/config.json", "encoder/model.safetensors"} <= names["embedding"]
    assert not [name for name in names["embedding"] if name.endswith((".bin", ".pkl"))]
    # The encoder is stored once for all runs.
    assert not list(run.folder("embedding").rglob("*.safetensors"))
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    card = (run.folder("tfidf") / "README.md").read_text()
    assert "negative" in card
    assert "toy" in card


def test_what_was_measured_is_what_is_kept(run: Run) -> None:
    result, test = run.measured(), run.test_rows()
    assert test is not None
    truth = [result.labels.index(label) for label in test["label"]]
    for which in ("tfidf", "embedding"):
        found = SimplePredictor(run.folder(which)).probabilities([(t, None) for t in test["text"]])
        scores = result.baselines[which]
        assert np.mean(found.argmax(axis=1) == truth) == pytest.approx(scores.accuracy)
        assert scores.validation.rows == result.rows.validation
        assert json.loads((run.folder(which) / "metrics.json").read_text())["loss"] == scores.loss


@pytest.fixture
def copied(run: Run, tmp_path: Path) -> Path:
    return shutil.copytree(run.folder("tfidf"), tmp_path / "copied")


def refused(folder: Path) -> UserError:
    with pytest.raises(UserError) as error:
        SimplePredictor(folder)
    assert error.value.hint
    return error.value


@pytest.mark.parametrize(
    ("part", "named"),
    [
        pytest.param(FunctionTransformer(shutil.rmtree), "shutil.rmtree", id="a function"),
        pytest.param(FunctionTransformer(np.exp), "FunctionTransformer", id="a trusted function"),
        pytest.param(StandardScaler(), "StandardScaler", id="a part that ours never have"),
    ],
)
def test_foreign_parts_are_refused(copied: Path, part: object, named: str) -> None:
    skops.io.dump(make_pipeline(part, LogisticRegression()), copied / "classifier.skops")
    error = refused(copied)
    assert error.args[0] == "simple_untrusted"
    assert named in error.message


@pytest.mark.parametrize("name", ["classifier.skops", "recipe.json", "labels.json"])
def test_a_damaged_file_is_told(copied: Path, name: str) -> None:
    (copied / name).write_bytes(b"{" * 20)
    assert refused(copied).args[0] == "predict_unreadable"


def test_a_pickle_is_not_opened(copied: Path) -> None:
    import pickle

    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (print, ("boom",))

    (copied / "classifier.skops").write_bytes(pickle.dumps(Bomb()))
    assert refused(copied).args[0] == "predict_unreadable"


def test_a_bomb_is_not_unpacked(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simple, "MAX_UNPACKED", 100)
    assert refused(copied).args[0] == "simple_untrusted"


def test_one_that_answers_differently_is_not_given_away(run: Run, tmp_path: Path) -> None:
    seen = json.loads((run.folder("tfidf") / "probes.json").read_text())
    seen["probabilities"][0] = [0.0, 0.0]
    other = shutil.copytree(run.path, tmp_path / run.id, symlinks=True)
    (other / "simple" / "tfidf" / "probes.json").write_text(json.dumps(seen))
    with pytest.raises(RuntimeError):
        pack(run_at(other), "tfidf", tmp_path / "out.zip")
    assert not (tmp_path / "out.zip").exists()


def test_a_run_without_it_says_so(run: Run, tmp_path: Path) -> None:
    for name in ("majority", "../../x"):
        with pytest.raises(UserError, match=f"has no model “{name}”"):
            pack(run, name, tmp_path / "out.zip")


def test_predict_py_says_of_a_file_what_we_say(
    store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a label holds what is between several, and a text what only some call the end of a line."""
    folder = make_run(store, labels=('5" screen; new', "other")).folder("tfidf")
    source, theirs, ours = (tmp_path / name for name in ("in.csv", "theirs.csv", "ours.csv"))
    source.write_text("text,n\nin the file as screen new\u2028,1\nas \x85 other,2\n", "utf-8")
    run_here(folder / "predict.py", [str(source), str(theirs)], monkeypatch)
    predict_file(open_model(folder), read(source), ["text"], ours)
    found, wanted = read(theirs).frame, read(ours).frame
    assert '5" screen; new' in set(wanted["label"])
    assert found.equals(wanted[found.columns])
