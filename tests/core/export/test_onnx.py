"""The 8-bit form: nearly the same answers, a quarter of the size, and a script that needs no torch."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from core.data.read.table import read
from core.export import formats
from core.export.onnx import OnnxModel, export_int8, to_onnx
from core.inference.predictor import TransformerPredictor
from core.jobs.queue import new_run
from core.models.load import load
from core.models.locate import bundled_folder
from core.models.tokenizer import load_tokenizer
from core.runs.run import Run
from core.runs.store import RunStore
from core.tasks.base import head
from core.training.measure import TorchModel
from core.workflow.train import train
from tests.conftest import recipe_for, sentiment_csv
from tests.core.models.families import FAMILIES, made

TEXTS = [
    ("a lovely film", None),
    ("the plot was awful, and the people in it were worse than nasty", None),
    ("good", None),
]


@pytest.mark.parametrize(
    "family", ["bert", "distilbert", "roberta", "electra", "deberta", "modernbert"]
)
def test_it_answers_as_the_model_does_whatever_the_length_of_the_batch(
    family: str, tmp_path: Path
) -> None:
    tokenizer, model = load_tokenizer(bundled_folder()), made(FAMILIES[family], "eager")
    if family not in ("bert", "electra"):
        tokenizer.model_input_names = ["input_ids", "attention_mask"]
    to_onnx(model, tokenizer, tmp_path / "model.onnx")
    ours = OnnxModel(tmp_path / "model.onnx", tokenizer, 64)
    theirs = TorchModel(model, tokenizer, 64)
    for texts in (TEXTS, TEXTS[1:2], TEXTS * 7):
        expected = theirs.logits(theirs.tokens(texts)).numpy()
        assert np.allclose(ours.answers(texts), expected, atol=1e-4)


@pytest.mark.slow
def test_eight_bits_are_a_quarter_of_the_size_and_nearly_the_same(tmp_path: Path) -> None:
    tokenizer = load_tokenizer(bundled_folder())
    model = load(bundled_folder(), head(("a", "b")), "eager").eval()
    export_int8(model, tokenizer, tmp_path / "small.onnx")
    assert [file.name for file in tmp_path.iterdir()] == ["small.onnx"]
    size = (bundled_folder() / "model.safetensors").stat().st_size
    assert (tmp_path / "small.onnx").stat().st_size < 0.26 * size
    ours, theirs = (
        each.logits(each.tokens(TEXTS))
        for each in (
            OnnxModel(tmp_path / "small.onnx", tokenizer, 64),
            TorchModel(model, tokenizer, 64),
        )
    )
    assert np.abs(ours - np.asarray(theirs)).max() < 0.05


@pytest.fixture
def run(store: RunStore) -> Run:
    table = read(sentiment_csv(80), "toy.csv")
    made = new_run(store, table, recipe_for(table, techniques={"quantize": {}}))
    train(made)
    assert made.status() == "finished", made.progress().error
    return made


@pytest.mark.parametrize("key", ["transformers", "onnx"])
def test_the_download_has_it_with_a_script_of_its_own(run: Run, tmp_path: Path, key: str) -> None:
    """In the whole folder, and in the form that has nothing else."""
    assert {"transformers", "onnx"} <= {each.key for each in formats.available(run.main, "model")}
    whole = formats.choose(run.main, "model", key)
    archive = whole.stored(run.main, "model") or tmp_path / "onnx.zip"
    if key == "onnx":
        whole.write(run.main, "model", archive)
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(tmp_path)
    (script,) = tmp_path.glob("*/predict_int8.py")
    heavy = {file.name for file in script.parent.iterdir()} & {"model.safetensors", "predict.py"}
    assert len(heavy) == (2 if key == "transformers" else 0)
    needed = script.with_name("requirements.txt")
    assert key == "transformers" or "onnxruntime==" in needed.read_text()
    assert "`predict_int8.py`" in script.with_name("README.md").read_text()
    words = [first for first, _ in TEXTS]
    done = subprocess.run(
        [sys.executable, "-X", "importtime", script, *words],
        capture_output=True,
        text=True,
        check=True,
    )
    assert " torch" not in done.stderr
    shares = TransformerPredictor(run.model).probabilities(TEXTS)
    for line, row in zip(done.stdout.splitlines(), shares, strict=True):
        _, share = line.split("\t")
        assert float(share) == pytest.approx(row.max(), abs=0.02)


@pytest.mark.slow
def test_a_model_that_cannot_be_brought_into_it_is_exported_all_the_same(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("cannot trace")

    monkeypatch.setattr("core.export.onnx.to_onnx", broken)
    table = read(sentiment_csv(60), "toy.csv")
    run = new_run(store, table, recipe_for(table, techniques={"quantize": {}}, epochs=1.0))
    train(run)
    assert run.status() == "finished"
    assert not (run.model / "model_int8.onnx").exists()
    notes = [note.key for note in run.progress().notes]
    assert "technique.quantize.failed" in notes
    assert run.measured().small is None
