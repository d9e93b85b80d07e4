"""From a trained model to the zip and back: whoever loads it gets the same answers."""

from __future__ import annotations

import json
import runpy
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.export import bundle, formats
from core.export.formats.base import slug
from core.inference.predictor import TransformerPredictor
from core.modalities.base import join_cells
from core.models.catalog import BUNDLED
from core.models.load import load
from core.models.locate import bundled_folder
from core.models.tokenizer import load_tokenizer
from core.recipe import DataSpec, ModelSpec, Recipe, TaskSpec, TrainSpec
from core.runs.result import Result
from core.runs.run import Run
from core.runs.store import run_at
from core.tasks import of_names
from core.tasks.base import head
from tests.conftest import measured

NO_PROBE: tuple[list[tuple[str, str | None]], Any] = ([], np.zeros((0, 2)))
HOSTILE = ("LABEL_1", "LABEL_0", '"quoted" | <b>', "两\n行", "=1+1", "true", " ")
LENGTH = 24
LONG = "a film with people in it " * 60
ROWS = [
    ("good", "", "day"),
    ("a bad film", "on the day", "plot"),
    ("", "with people", ""),
    (LONG, LONG, "x"),
]


@dataclass
class Exported:
    run: Run
    recipe: Recipe
    labels: tuple[str, ...]
    result: Result

    @property
    def texts(self) -> list[tuple[str, str | None]]:
        return [join_cells(row[: len(self.recipe.data.text)]) for row in ROWS]


def finished(labels: tuple[str, ...]) -> Callable[[Path], Result]:
    return lambda folder: measured(labels, max_length=LENGTH)


def export(source: Path, place: Path, labels: tuple[str, ...], columns: int) -> Exported:
    import torch

    run = run_at(place / "20260101-000000-abcd")
    run.path.mkdir(parents=True)
    recipe = Recipe(
        data=DataSpec("films.csv", "0", tuple(f"column {n}" for n in range(columns))),
        task=TaskSpec("label"),
        model=ModelSpec(BUNDLED),
        train=TrainSpec(max_length=LENGTH),
        name="My 电影 / model",
    )
    torch.manual_seed(1)
    model = load(source, head(labels))
    torch.nn.init.normal_(model.classifier.weight, std=2)  # so that the answers are not all alike
    tokenizer, task = load_tokenizer(source), of_names(labels)
    result = bundle.export(run.main, model, tokenizer, task, recipe, finished(labels), *NO_PROBE)
    return Exported(run, recipe, labels, result)


def packed(exported: Exported, name: str) -> Path:
    """The zip that is kept with the run, once it is called so."""
    exported.run.write_recipe(replace(exported.recipe, name=name))
    formats.store(exported.run)
    archive = exported.run.archive()
    assert archive is not None
    return archive


@pytest.fixture(scope="module", params=[1, 2, 3])
def exported(
    request: pytest.FixtureRequest, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> Exported:
    return export(tiny_model, tmp_path_factory.mktemp("runs"), HOSTILE, request.param)


@pytest.fixture(scope="module")
def unpacked(exported: Exported, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("away")
    with zipfile.ZipFile(packed(exported, exported.recipe.name)) as archive:
        archive.extractall(place)
    return place / "my-电影-model"


def answers(folder: Path, texts: list[tuple[str, str | None]]) -> list[dict[str, float]]:
    """The probability of every label for each text, as transformers' own pipeline gives them."""
    from transformers import pipeline

    classify = pipeline("text-classification", model=str(folder), truncation=True)
    asked = [a if b is None else {"text": a, "text_pair": b} for a, b in texts]
    return [{one["label"]: one["score"] for one in classify(item, top_k=None)} for item in asked]


def test_whoever_unpacks_the_zip_gets_our_answers(exported: Exported, unpacked: Path) -> None:
    ours = TransformerPredictor(exported.run.model)
    assert ours.labels == exported.labels
    assert ours.text_columns == exported.recipe.data.text
    assert ours.max_length == LENGTH
    probabilities = ours.probabilities(exported.texts)
    assert len({tuple(row.round(3)) for row in probabilities}) > 1
    for theirs, row in zip(answers(unpacked, exported.texts), probabilities, strict=True):
        assert theirs == pytest.approx(dict(zip(exported.labels, row, strict=True)), abs=1e-5)


def test_a_text_that_fits_needs_no_argument(exported: Exported, unpacked: Path) -> None:
    from transformers import pipeline

    found = pipeline("text-classification", model=str(unpacked))("good")[0]
    ours = TransformerPredictor(exported.run.model)
    expected = ours.probabilities([("good", None)])[0]
    assert found["label"] == exported.labels[int(expected.argmax())]
    assert found["score"] == pytest.approx(expected.max(), abs=1e-5)


def test_the_folder_holds_what_it_should(exported: Exported, unpacked: Path) -> None:
    assert {path.name for path in unpacked.iterdir()} == {
        *("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"),
        *("recipe.json", "metrics.json", "README.md", "predict.py", "asked.py", "spreadsheet.py"),
    }
    assert Recipe.from_json((unpacked / "recipe.json").read_text("utf-8")) == exported.recipe
    kept = json.loads((unpacked / "metrics.json").read_text("utf-8"))
    assert Result.from_json(kept) == exported.result
    tokenizer = json.loads((unpacked / "tokenizer.json").read_text("utf-8"))
    assert tokenizer["truncation"]["max_length"] == LENGTH
    assert tokenizer["padding"] is None
    for path in unpacked.glob("*.json"):
        assert str(bundled_folder().parent) not in path.read_text("utf-8")
        assert str(exported.run.path.parent) not in path.read_text("utf-8")
    assert not list(exported.run.path.glob(".*"))


def run_here(script: Path, words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A script of a download, in this process: a new one takes seconds to import torch."""
    monkeypatch.setattr(sys, "argv", [str(script), *words])
    monkeypatch.syspath_prepend(str(script.parent))
    monkeypatch.delitem(sys.modules, "asked", raising=False)
    runpy.run_path(str(script), run_name="__main__")


def test_predict_py_answers_texts(
    exported: Exported,
    unpacked: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    row = ROWS[1][: len(exported.recipe.data.text)]
    script, words = unpacked / "predict.py", [*row, *row]
    run_here(script, words, monkeypatch)
    said = capsys.readouterr().out
    probabilities = TransformerPredictor(exported.run.model).probabilities([join_cells(row)])[0]
    label = exported.labels[int(probabilities.argmax())]
    assert said == f"{label}\t{probabilities.max():.4f}\n" * 2


def test_predict_py_answers_a_whole_file(
    exported: Exported, unpacked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = exported.recipe.data.text
    frame = pd.DataFrame([row[: len(columns)] for row in ROWS], columns=list(columns))
    frame["label"] = [
        "=1+1",
        "-5",
        *["x"] * (len(frame) - 2),
    ]  # a name that is taken, and a formula
    frame.loc[len(frame)] = ["", *[""] * len(columns[1:]), "none"]
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    frame.to_csv(source, index=False, sep=";")
    run_here(unpacked / "predict.py", [str(source), str(out)], monkeypatch)
    written = pd.read_csv(out, sep=";", dtype=str, keep_default_na=False)
    assert list(written.columns) == [*columns, "label", "label_2", "confidence"]
    assert written["label"].tolist()[:2] == ["'=1+1", "-5"]
    probabilities = TransformerPredictor(exported.run.model).probabilities(
        [join_cells(row[: len(columns)]) for row in ROWS]
    )
    said = [exported.labels[int(row.argmax())] for row in probabilities]
    quoted = [f"'{label}" if label.startswith("=") else label for label in said]
    asked = [any(cell.strip() for cell in row[: len(columns)]) for row in ROWS]
    expected = [label if there else "" for label, there in zip(quoted, asked, strict=True)]
    assert written["label_2"].tolist() == [*expected, ""]
    for share, row, there in zip(written["confidence"], probabilities, asked, strict=False):
        assert not there or float(share) == pytest.approx(row.max(), abs=1e-3)
    assert written["confidence"].tolist()[-1] == ""


def test_the_probe_finds_what_differs(exported: Exported) -> None:
    texts = exported.texts
    probabilities = TransformerPredictor(exported.run.model).probabilities(texts)
    best = probabilities.argmax(axis=1)
    labels, sure = [exported.labels[k] for k in best], probabilities.max(axis=1)
    bundle.probe(exported.run.model, texts, labels, sure)
    with pytest.raises(RuntimeError, match="1 of 4 texts differently: text 2"):
        bundle.probe(exported.run.model, texts, labels, sure + np.eye(4)[2] * 0.01)
    others = [exported.labels[k] for k in probabilities.argmin(axis=1)]
    with pytest.raises(RuntimeError, match="4 of 4"):
        bundle.probe(exported.run.model, texts, others, sure)
    with pytest.raises(RuntimeError, match="4 of 4"):
        bundle.probe(exported.run.model, texts, labels, sure * np.nan)


def test_a_failed_export_leaves_the_earlier_one(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = export(tiny_model, tmp_path, ("a", "b"), 1)
    before = sorted(path.name for path in done.run.model.iterdir())

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bundle, "write", full)
    with pytest.raises(OSError, match="No space"):
        bundle.export(
            done.run.main,
            load(tiny_model, head(("c", "d"))),
            load_tokenizer(tiny_model),
            of_names(("c", "d")),
            done.recipe,
            finished(done.labels),
            *NO_PROBE,
        )
    assert sorted(path.name for path in done.run.model.iterdir()) == before
    assert TransformerPredictor(done.run.model).labels == ("a", "b")
    assert [path.name for path in done.run.path.iterdir()] == ["model"]


def test_a_model_that_answers_differently_once_written_is_not_published(
    tiny_model: Path, tmp_path: Path
) -> None:
    done = export(tiny_model, tmp_path, ("a", "b"), 1)
    model, tokenizer = load(tiny_model, head(("a", "b"))), load_tokenizer(tiny_model)
    wrong = np.array([[0.0, 1.0]])
    with pytest.raises(RuntimeError, match="differently"):
        bundle.export(
            done.run.main,
            model,
            tokenizer,
            of_names("cd"),
            done.recipe,
            finished(done.labels),
            [("x", None)],
            wrong,
        )
    assert TransformerPredictor(done.run.model).labels == ("a", "b")


def test_a_second_export_and_zip_replace_the_first(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = export(tiny_model, tmp_path, ("a", "b"), 1)
    packed(done, "first")
    tokenizer = load_tokenizer(tiny_model)
    longest = tokenizer.model_max_length
    model = load(tiny_model, head(("c", "d")))
    scores = finished(("c", "d"))
    bundle.export(done.run.main, model, tokenizer, of_names("cd"), done.recipe, scores, *NO_PROBE)
    assert tokenizer.model_max_length == longest
    assert TransformerPredictor(done.run.model).labels == ("c", "d")
    done.run.write_recipe(replace(done.recipe, name="second.csv"))
    with monkeypatch.context() as full:
        for step in ("rename", "replace"):
            full.setattr(Path, step, lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
        with pytest.raises(OSError, match="full"):
            formats.store(done.run)
    assert [file.name for file in done.run.path.glob("*zip*")] == ["first.zip"]
    assert packed(done, "second.csv").name == "second.zip"
    assert done.run.archive() == done.run.path / "second.zip"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Films 2026.CSV", "films-2026"),
        ("../../etc/passwd", "etc-passwd"),
        ("中文 情感.csv", "中文-情感"),
        ("***", "model"),
        ("", "model"),
        ("CON", "con-model"),
        ("x" * 200, "x" * 60),
    ],
)
def test_slug(name: str, expected: str) -> None:
    assert slug(name) == expected


def test_the_first_model_is_found_through_earlier_runs(tmp_path: Path) -> None:
    recipe = Recipe(DataSpec("f", "0", ("text",)), TaskSpec("label"), ModelSpec("distilbert"))
    ids = [f"20260101-00000{n}-0000" for n in range(3)]
    for n, run_id in enumerate(ids):
        (tmp_path / run_id).mkdir()
        key = ModelSpec(f"run:{ids[n - 1]}") if n else recipe.model
        run_at(tmp_path / run_id).write_recipe(replace(recipe, model=key))
    last = run_at(tmp_path / ids[2])
    assert bundle.base_of(last, last.recipe()).key == "distilbert"
    for damage in (lambda file: file.write_text("{"), Path.unlink):
        damage(tmp_path / ids[1] / "recipe.json")
        assert bundle.base_of(last, last.recipe()).key == ""
    loop = replace(recipe, model=ModelSpec(f"run:{ids[0]}"))
    run_at(tmp_path / ids[0]).write_recipe(loop)
    assert bundle.base_of(run_at(tmp_path / ids[0]), loop).key == ""


@pytest.mark.slow
def test_the_bundled_model(tmp_path: Path) -> None:
    done = export(bundled_folder(), tmp_path, ("a", "b", "c"), 2)
    texts = done.texts
    probabilities = TransformerPredictor(done.run.model).probabilities(texts)
    labels = [done.labels[k] for k in probabilities.argmax(axis=1)]
    bundle.probe(done.run.model, texts, labels, probabilities.max(axis=1))
