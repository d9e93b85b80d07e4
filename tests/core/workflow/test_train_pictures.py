"""A run on pictures, from the archive to the model that anybody can open."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForImageClassification

from core.data.any_file import read_archive
from core.data.pictures.rows import read_files
from core.data.table import Table
from core.errors import UserError
from core.inference.predictor import TransformerPredictor
from core.jobs.queue import new_run
from core.modalities import modality_of
from core.recipe import ModelSpec, Recipe
from core.runs import events
from core.runs.run import Run
from core.runs.store import RunStore
from core.training import fit
from core.training.head_only import FrozenEncoder
from core.training.rows import Rows
from core.workflow import results
from core.workflow.train import train
from tests.conftest import TINY_PICTURES, recipe_for, sentiment_csv, store_in, with_pictures
from tests.core.data.drawn import coloured, picture


def run_of(store: RunStore, table: Table, fast: bool = True, **settings: object) -> Run:
    chosen: dict[str, dict[str, object]] = {"linear_probe": {}} if fast else {}
    recipe = recipe_for(table, model=TINY_PICTURES, techniques=chosen, **settings)
    run = new_run(store, table, recipe)
    train(run)
    assert run.status() == "finished", run.progress().error
    return run


@pytest.fixture(scope="module")
def fast(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path, tiny_pictures: Path) -> Run:
    store = with_pictures(store_in(tmp_path_factory.mktemp("fast"), tiny_model), tiny_pictures)
    return run_of(store, read_archive(coloured(30), "toy.zip"), epochs=10.0)


def test_it_learns_and_says_what_it_beat(fast: Run) -> None:
    result = fast.measured()
    assert result.test.accuracy == 1.0
    assert set(result.baselines) == {"majority", "colours"}  # it is the frozen embedding itself
    assert result.recommended == "colours"  # as good on the validation rows, and simpler
    assert result.truncated == 0
    assert fast.models() == ("model", "colours")
    rows = fast.test_rows()
    assert rows is not None
    assert set(rows["text"]) <= {
        f"{colour}/{k}.png" for colour in ("red", "blue") for k in range(30)
    }
    assert not (fast.path / "tokens").exists()


def test_the_pictures_that_the_frozen_layers_have_looked_at_are_counted(
    picture_store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fit, "LOG_SECONDS", 0)
    monkeypatch.setattr(FrozenEncoder, "vectors_at_once", 4)
    run = run_of(picture_store, read_archive(coloured(10), "toy.zip"), epochs=1.0)
    told = events.read(run.events)[0]
    (stage,) = (e for e in told if isinstance(e, events.StageStarted) and e.stage == "keep")
    done = [event.rows for event in told if isinstance(event, events.RowsDone)]
    assert len(done) > 3
    assert done == sorted(set(done))
    assert done[-1] == stage.rows


@pytest.mark.slow
def test_in_the_end_the_last_layer_learns_from_the_rows_set_aside_as_well(
    fast: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = fast.measured()
    rows = result.rows
    (note,) = (note for note in fast.progress().notes if note.key == "train.on_all")
    assert note.values == {
        "rows": rows.train + rows.validation,
        "more": rows.validation,
        "epochs": result.settings.epochs,
    }
    assert result.on_all is True
    assert "validation rows as well" in (fast.model / "README.md").read_text()
    monkeypatch.setattr(results, "refit_on_all_rows", lambda fit, fitted, decided: fitted.model)
    without = new_run(fast.store, fast.table(), fast.recipe())
    train(without)
    # What is chosen is chosen before, and the network below stays as it came.
    assert without.measured().best == result.best
    one, other = (
        AutoModelForImageClassification.from_pretrained(run.model) for run in (fast, without)
    )
    differs = [
        name
        for (name, value), theirs in zip(
            one.state_dict().items(), other.state_dict().values(), strict=True
        )
        if not torch.equal(value, theirs)
    ]
    assert differs == ["classifier.weight", "classifier.bias"]


def test_whoever_goes_on_from_it_knows_the_rows_set_aside(fast: Run) -> None:
    table, store = fast.table(), fast.store
    recipe = dataclasses.replace(fast.recipe(), model=ModelSpec(f"run:{fast.id}"))
    before, after = (Rows.of(table, each, store).split for each in (fast.recipe(), recipe))
    assert len(before.validation) > 0
    assert not set(before.validation) & set(after.validation)


def test_the_folder_answers_in_transformers_own_pipeline(fast: Run) -> None:
    from transformers import pipeline

    table = fast.table()
    classify = pipeline("image-classification", model=str(fast.model))
    predictor = TransformerPredictor(fast.model).over(table)
    assert predictor.labels == ("blue", "red")
    inputs = modality_of(table).inputs(table.frame, table.inputs)[:4]
    assert table.pictures is not None
    for each, shares in zip(inputs, predictor.probabilities(inputs), strict=True):
        said = classify(table.pictures.image(str(each[1])), top_k=2)
        assert {one["label"]: pytest.approx(one["score"], abs=1e-4) for one in said} == dict(
            zip(predictor.labels, shares, strict=True)
        )


@pytest.mark.slow
def test_the_download_has_a_card_and_a_script_that_works(fast: Run, tmp_path: Path) -> None:
    card = (fast.model / "README.md").read_text()
    assert "image-classification" in card
    assert "truncation" not in card
    (tmp_path / "new.png").write_bytes(picture("red", 99))
    done = subprocess.run(
        [sys.executable, str(fast.model / "predict.py"), str(tmp_path / "new.png")],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[1] == "red"


def test_new_pictures_are_answered_and_texts_refused(fast: Run, tmp_path: Path) -> None:
    from core.data.read.table import read

    (tmp_path / "new.png").write_bytes(picture("blue", 99))
    table = read_files([tmp_path / "new.png"])
    predictor = TransformerPredictor(fast.model).over(table)
    inputs = modality_of(table).inputs(table.frame, table.inputs)
    assert predictor.task.said(predictor.probabilities(inputs), None) == ["blue"]
    with pytest.raises(UserError, match="reads pictures"):
        predictor.over(read(sentiment_csv(), "toy.csv"))


@pytest.mark.slow
def test_all_of_the_network_can_be_trained_and_goes_on_from_an_earlier_run(
    picture_store: RunStore,
) -> None:
    table = read_archive(coloured(16), "toy.zip")
    first = run_of(picture_store, table, fast=False, epochs=2.0)
    result = first.measured()
    assert set(result.baselines) == {"majority", "colours", "embedding"}
    assert first.models() == ("model", "embedding", "colours")
    recipe = recipe_for(table, model=f"run:{first.id}", techniques={"linear_probe": {}})
    again = new_run(picture_store, table, recipe)
    train(again)
    assert again.status() == "finished", again.progress().error


@pytest.mark.slow
def test_the_same_recipe_gives_the_same_numbers(picture_store: RunStore) -> None:
    table = read_archive(coloured(12), "toy.zip")
    one, two = (run_of(picture_store, table).measured() for _ in range(2))
    assert one.test == two.test


def test_a_copy_of_a_picture_is_on_one_side(picture_store: RunStore) -> None:
    from core.training.rows import Rows
    from tests.core.data.drawn import packed

    files = {
        f"{name}/{k}.png": picture(name, k // 2) for name in ("red", "blue") for k in range(40)
    }
    table = read_archive(packed(files))
    rows = Rows.of(table, recipe_for(table, model=TINY_PICTURES), picture_store)
    sides = [
        {rows.texts[i][1] for i in side}
        for side in (rows.split.train, rows.split.validation, rows.split.test)
    ]
    assert sum(len(side) for side in sides) == len(set().union(*sides))


def test_recipes_of_no_kind_or_of_an_unknown_one_are_refused(picture_store: RunStore) -> None:
    table = read_archive(coloured(12), "toy.zip")
    recipe = recipe_for(table, model=TINY_PICTURES)
    assert Recipe.from_json(recipe.to_json()) == recipe
    raw = json.loads(recipe.to_json())
    del raw["data"]["modality"]
    with pytest.raises(UserError):
        Recipe.from_json(json.dumps(raw))
    other = dataclasses.replace(table, modality="sound")
    with pytest.raises(UserError):
        new_run(picture_store, other, recipe_for(other, model=TINY_PICTURES))
