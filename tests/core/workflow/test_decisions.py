"""What is decided on validation rows, in whole runs: every way to load a model has its temperature."""

from __future__ import annotations

import dataclasses
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.__main__ import main
from core.data.checkup.edits import edit_to_json
from core.data.checkup.label_edits import MergeLabels
from core.data.read.table import read
from core.errors import UserError
from core.evaluation.calibrate import reliability
from core.evaluation.test_rows import result_of, rows_of, task
from core.export.abstention import save
from core.export.bundle import abstention_limit
from core.inference.predictor import TransformerPredictor, open_model
from core.jobs.queue import new_run
from core.modalities.text import Text
from core.recipe import TaskSpec
from core.runs.run import Run
from core.runs.store import RunStore, run_at
from core.tasks.multi_label import MultiLabel
from core.workflow.train import train
from tests.conftest import TINY_RUN, recipe_for, sentiment_csv
from tests.core.data.office import xlsx
from tests.core.techniques.test_multitask import two_labels


def finished(store: RunStore, table: Any, recipe: Any) -> Run:
    run = new_run(store, table, recipe)
    train(run)
    assert run.status() == "finished", run.progress().error
    return run


@pytest.fixture(scope="module")
def trained(shared_store: RunStore) -> Run:
    lines = sentiment_csv(400).decode().splitlines()
    for number in range(3, 401, 8):  # labels that nothing can learn: there is some doubt to measure
        text, label = lines[number].split(",")
        lines[number] = f"{text},{'negative' if label == 'positive' else 'positive'}"
    shops = ["shop", *(("web", "town")[n % 2] for n in range(400))]
    table = read("\n".join(map(",".join, zip(lines, shops, strict=True))).encode(), "toy.csv")
    chosen: dict[str, dict[str, object]] = {"quantize": {}}
    return finished(
        shared_store, table, recipe_for(table, techniques=chosen, epochs=6.0, learning_rate=5e-3)
    )


@pytest.fixture
def run(trained: Run, tmp_path: Path) -> Run:
    """A copy, to be changed."""
    return run_at(shutil.copytree(trained.path, tmp_path / trained.id, symlinks=True))


def texts_of(run: Run) -> list[tuple[str, str | None]]:
    rows = run.test_rows()
    assert rows is not None
    return [(text, None) for text in rows["text"]]


@pytest.mark.slow
def test_the_exported_model_has_the_temperature(trained: Run) -> None:
    about, rows = trained.measured().calibration, trained.test_rows()
    assert rows is not None
    assert abs(np.log(about.temperature)) > 0.05, "nothing to see: choose another toy"
    said = TransformerPredictor(trained.model).probabilities(texts_of(trained))
    kept = np.array(rows["probabilities"].tolist())
    assert np.allclose(said, kept, atol=1e-3)
    # What was measured is what the folder says, and without the temperature it would say something else.
    learned = task(trained.main)
    truth = learned.encode(rows["label"].tolist())
    assert about.after.ece == pytest.approx(reliability(learned, kept, truth).ece)
    raw = learned.probabilities(learned.logits(kept) * about.temperature)
    assert about.before.ece == pytest.approx(reliability(learned, raw, truth).ece, abs=1e-3)
    assert not np.allclose(raw, kept, atol=1e-3)


def test_the_small_model_has_it_too(trained: Run) -> None:
    from core.export.onnx import OnnxModel
    from core.models.tokenizer import load_tokenizer

    small = OnnxModel(trained.model / "model_int8.onnx", load_tokenizer(trained.model), 64)
    said = task(trained.main).probabilities(small.answers(texts_of(trained)))
    whole = TransformerPredictor(trained.model).probabilities(texts_of(trained))
    assert np.abs(said - whole).max() < 0.05


@pytest.mark.parametrize("which", ["tfidf", "embedding"])
def test_simple_models_are_calibrated_in_their_weights(trained: Run, which: str) -> None:
    column = trained.main
    about, rows = result_of(column, which).calibration, rows_of(column, which)
    assert rows is not None
    said = open_model(trained.folder(which)).probabilities(texts_of(trained))
    assert np.allclose(
        said.max(axis=1), rows["confidence"], atol=0.05 if which == "embedding" else 1e-6
    )
    assert about.temperature != 1 or about.skipped


def test_all_that_was_measured_is_stored(trained: Run) -> None:
    result = trained.measured()
    for scores in (result.test, *result.baselines.values()):
        assert set(scores.intervals) == {"accuracy", "balanced_accuracy", "macro_f1", "roc_auc"}
        for name, ends in scores.intervals.items():
            assert ends is not None
            assert ends[0] <= getattr(scores, name) <= ends[1]
    assert set(result.against) == {"majority", "tfidf", "embedding"}
    rows, validation = trained.test_rows(), result.rows.validation
    assert rows is not None
    assert set(rows["column:shop"]) == {"web", "town"}
    for which in trained.models():
        curve = result_of(trained.main, which).abstention
        assert curve is not None
        assert curve.rows == validation
        assert (curve.answered[0], len(curve.right)) == (1.0, 100)


@pytest.mark.slow
def test_the_models_of_several_columns_have_each_its_own(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = two_labels(450)
    recipe = recipe_for(table, techniques={"multitask": {}}, epochs=3.0)
    recipe = dataclasses.replace(recipe, also=(TaskSpec("topic"),))
    run = finished(store, table, recipe)
    temperatures = [each.measured().calibration.temperature for each in run.columns()]
    assert temperatures[0] != temperatures[1]
    text: list[Text] = [("the soup was lovely", None)]
    both = _logits(run.path / "joint", text)
    place = 0
    for each in run.columns():
        shares = TransformerPredictor(each.model).probabilities(text)[0]
        own = both[place : place + len(shares)]
        place += len(shares)
        assert np.allclose(np.exp(own) / np.exp(own).sum(), shares, atol=1e-4)
    # A limit that is chosen for one column is known to the joint model.
    save(run.columns()[1], "model", 0.7)
    told = json.loads((run.path / "joint" / "tasks.json").read_text())
    assert (told["label"].get("abstain_below"), told["topic"]["abstain_below"]) == (None, 0.7)
    archive = run.archive()
    assert archive is not None
    with zipfile.ZipFile(archive) as file:
        assert "two/tasks/1-topic/abstention.json" in file.namelist()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    # Where it cannot be packed, it is kept nowhere.
    monkeypatch.setattr("core.export.formats.store", full)
    with pytest.raises(UserError, match="No space left"):
        save(run.columns()[1], "model", 0.9)
    assert json.loads((run.path / "joint" / "tasks.json").read_text()) == told
    assert abstention_limit(run.columns()[1].model) == 0.7


def _logits(folder: Path, texts: list[tuple[str, str | None]]) -> np.ndarray:
    """Of a folder that is opened as anybody would."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokens = AutoTokenizer.from_pretrained(folder)(texts[0][0], return_tensors="pt")
    with torch.inference_mode():
        return np.asarray(model(**tokens).logits[0].numpy(), dtype=np.float64)


@pytest.mark.slow
def test_few_validation_rows_are_calibrated_as_well(store: RunStore) -> None:
    table = read(sentiment_csv(60), "toy.csv")
    result = finished(store, table, recipe_for(table)).measured()
    about = result.calibration
    assert about.rows == result.rows.validation < 20
    assert about.skipped is None
    assert about.temperature != 1
    assert about.before != about.after


@pytest.mark.slow
def test_a_model_that_cannot_be_adjusted_says_so(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.workflow.decisions.apply_temperature", lambda *_: False)
    table = read(sentiment_csv(400), "toy.csv")
    about = finished(store, table, recipe_for(table, epochs=1.0)).measured().calibration
    assert (about.temperature, about.skipped.key) == (1, "calibrate.built_otherwise")


def test_the_limit_is_kept_in_the_run_and_in_the_download(run: Run, tmp_path: Path) -> None:
    assert abstention_limit(run.model) is None
    assert save(run.main, "model", "0.8") == 0.8
    assert abstention_limit(run.model) == TransformerPredictor(run.model).abstain_below == 0.8
    archive = run.archive()
    assert archive is not None
    with zipfile.ZipFile(archive) as file:
        assert json.loads(file.read("toy/abstention.json")) == {"below": 0.8}
        assert len(file.namelist()) == len(set(file.namelist()))
    save(run.main, "tfidf", 0.9)
    from core.export.formats import choose

    choose(run.main, "tfidf").write(run.main, "tfidf", tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as file:
        assert json.loads(file.read("toy-tfidf/abstention.json")) == {"below": 0.9}
    assert save(run.main, "model", None) is None
    assert not (run.model / "abstention.json").exists()
    with pytest.raises(UserError):
        save(run.main, "../model", 0.5)
    with run.lock(), pytest.raises(UserError) as busy:
        save(run.main, "model", 0.5)
    assert busy.value.args[0] == "run_busy"


def test_the_command_line_chooses_and_shows_it(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*words: object) -> dict[str, Any]:
        assert main([*map(str, words), "--runs", str(run.store.root)]) == 0
        return dict(json.loads(capsys.readouterr().out.splitlines()[-1]))

    kept = said("abstention", run.id, "--which", "model", "--below", "0.99")
    assert kept["abstain_below"] == 0.99
    rows = run.test_rows()
    assert rows is not None
    assert kept["test"]["answered"] == (rows["confidence"] >= 0.99).sum()
    new, out = tmp_path / "new.csv", tmp_path / "out.csv"
    new.write_bytes(sentiment_csv(30, seed=3))
    predict = ("predict", run.id, new, "-o", out, "--which", "model")
    withheld = said(*predict)["abstained"]
    assert withheld == out.read_text("utf-8-sig").count(",unsure,")
    assert withheld > 0
    assert said(*predict, "--abstain-below", "0")["abstained"] == 0
    assert said("abstention", run.id, "--which", "model", "--off")["abstain_below"] is None
    assert said(*predict)["abstained"] == 0
    assert main(["abstention", run.id, "--below", "2", "--runs", str(run.store.root)]) == 2


def test_predict_py_withholds_what_the_page_withholds(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.core.export.test_bundle import run_here

    text = texts_of(run)[0][0]
    for which in ("model", "tfidf"):
        shares = open_model(run.folder(which)).probabilities([(text, None)])[0]
        save(run.main, which, min(0.999, float(shares.max()) + 1e-4))
        run_here(run.folder(which) / "predict.py", [text], monkeypatch)
        assert capsys.readouterr().out == f"unsure\t{shares.max():.4f}\n"
        save(run.main, which, float(shares.max()) - 1e-3)
        run_here(run.folder(which) / "predict.py", [text], monkeypatch)
        assert capsys.readouterr().out.split("\t")[0] in ("positive", "negative")


def test_evaluate_prints_all_of_it(trained: Run, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["evaluate", trained.id, "--runs", str(trained.store.root)]
    assert main(asked) == 0
    text = capsys.readouterr().out
    for word in ("Accuracy", "ROC-AUC", "Calibration error", "shop", "counting words", "positive"):
        assert word in text
    assert main([*asked, "--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["scores"]["accuracy"] == trained.measured().test.accuracy
    assert set(found["slices"]) == {"length", "label", "column:shop"}
    assert sum(part["rows"] for part in found["slices"]["column:shop"]) == found["scores"]["rows"]
    assert main([*asked, "--which", "tfidf", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)["against"]) == {"majority", "embedding"}


def test_evaluate_scores_another_file(
    trained: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows, file = trained.test_rows(), tmp_path / "new.csv"
    assert rows is not None
    made = rows[["text", "label"]]
    made.to_csv(file, index=False)
    asked = ["evaluate", trained.id, "--runs", str(trained.store.root), "--json", "--file"]
    assert main([*asked, str(file)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["scores"]["accuracy"] == trained.measured().test.accuracy
    assert found["also_trained"] == 0
    assert set(found["against"]) == {"majority", "tfidf", "embedding"}
    file.write_bytes(sentiment_csv(40) + b"\na film of another kind,neutral\n,positive\n")
    assert main([*asked, str(file)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["scores"]["rows"] == 40
    assert found["left_out"]["unknown_labels"] == ["neutral"]
    assert found["left_out"]["without_text_or_label"] == 1
    assert found["also_trained"] > 0
    assert main([*asked[:4], "--file", str(file)]) == 0
    said = capsys.readouterr()
    assert "neutral" in said.err
    assert "there in the training" in said.err
    assert "Length of the text" in said.out
    file.write_text("text,label\n" + "one two three,neutral\n" * 12)
    assert main([*asked, str(file)]) == 2


def test_spellings_that_the_recipe_merged_are_one_in_another_file_too(
    run: Run, trained: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / TINY_RUN).symlink_to(trained.store.root / TINY_RUN)  # the model that it began with
    merge = MergeLabels("label", {"POSITIVE": "positive"})
    recipe = run.recipe()
    edited = dataclasses.replace(recipe.data, edits=(edit_to_json(merge),))
    (run.path / "recipe.json").write_text(dataclasses.replace(recipe, data=edited).to_json())
    file = tmp_path / "new.csv"
    file.write_bytes(sentiment_csv(40).replace(b",positive", b",POSITIVE"))
    assert main(["evaluate", run.id, "--runs", str(tmp_path), "--json", "--file", str(file)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["scores"]["rows"] == 40
    assert found["left_out"]["unknown_label"] == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("learned", "given"),
    [
        (("True", "False"), (True, False)),
        (("1.0", "0.0"), (1, 0)),
        (("Café", "naïve"), ("Cafe\u0301 ", "NAÏVE")),
    ],
)
def test_labels_of_another_file_are_spelled_as_in_training(
    store: RunStore,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    learned: tuple[str, str],
    given: tuple[Any, Any],
) -> None:
    def renamed(names: tuple[Any, Any]) -> list[list[Any]]:
        rows = [line.split(",") for line in sentiment_csv(40).decode().splitlines()[1:]]
        return [[text, names[label == "negative"]] for text, label in rows]

    lines = ["text,label", *(f"{text},{label}" for text, label in renamed(learned))]
    table = read("\n".join(lines).encode(), "learned.csv")
    run = finished(store, table, recipe_for(table, epochs=0.2))
    file = tmp_path / "given.xlsx"
    file.write_bytes(xlsx({"s": [["text", "label"], *renamed(given)]}))
    assert (
        main(["evaluate", run.id, "--runs", str(run.store.root), "--json", "--file", str(file)])
        == 0
    )
    found = json.loads(capsys.readouterr().out)
    assert found["scores"]["rows"] == 40
    assert found["left_out"]["unknown_label"] == 0
    assert found["respelled"] == ({"NAÏVE": "naïve"} if "NAÏVE" in given else {})
    assert (
        main(["correct", run.id, "odd", "--label", learned[0], "--runs", str(run.store.root)]) == 0
    )


@pytest.mark.slow
def test_several_labels_are_measured_and_withheld_as_well(store: RunStore) -> None:
    from tests.core.tasks.test_multi_label import several

    table = several()
    recipe = recipe_for(table, epochs=2.0)
    recipe = dataclasses.replace(recipe, task=TaskSpec("tags", ";"))
    run = finished(store, table, recipe)
    result = run.measured()
    assert isinstance(task(run.main), MultiLabel)
    assert result.test.roc_auc is not None
    curve = run.measured().abstention
    assert curve is not None
    rows = run.test_rows()
    assert rows is not None
    assert curve.answered[0] == 1.0
    assert set(result.against) == {"majority", "tfidf", "embedding"}
