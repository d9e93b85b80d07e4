"""Several labels in one cell: found in the table, learned, measured with a threshold, and exported."""

from __future__ import annotations

import dataclasses
import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.__main__ import main
from core.data.labels.cells import LIST
from core.data.profile.profile import profile, raise_if_unlearnable
from core.data.read.table import read
from core.data.table import Table
from core.evaluation.compare import difference
from core.inference.label_file import predict_file
from core.inference.predictor import TransformerPredictor, open_model
from core.jobs.queue import new_run
from core.recipe import TaskSpec
from core.runs.run import Run
from core.runs.store import RunStore
from core.tasks import MultiLabel, of_names, strata, task_of
from core.tasks.metrics import multi_label_score
from core.workflow.train import train
from tests.conftest import FILLER, recipe_for
from tests.core.data.labels.test_separators import separator_of
from tests.core.export.test_bundle import run_here

WORDS = {"food": "soup", "travel": "hotel", "sport": "goal"}


def several(rows: int = 90, mark: str = ";", lists: bool = False) -> Table:
    """Each of three labels is given away by a word; a text has none (its cell is empty) to all of them."""
    written = repr if lists else f"{mark} ".join
    draw = random.Random(0)
    lines = ["text\ttags\tmood"]
    for number in range(rows):
        labels = [label for label in WORDS if draw.random() < 0.45]
        words = [*draw.choices(FILLER, k=6), *(WORDS[label] for label in labels)]
        draw.shuffle(words)
        mood = draw.choice(["good", "bad"])
        lines.append(f"{' '.join(words)} {mood} {number}\t{written(labels)}\t{mood}")
    return read("\n".join(lines).encode(), "several.tsv")


@pytest.mark.parametrize("mark", [";", "|", ","])
def test_what_is_between_labels_is_found(mark: str) -> None:
    seen = profile(several(mark=mark), ["text"], "tags")
    assert seen.separator == mark
    assert sorted(name for name, _ in seen.classes) == ["food", "sport", "travel"]
    raise_if_unlearnable(seen)
    assert profile(several(mark=mark), ["text"], "tags", separator="").separator == ""


@pytest.mark.parametrize(
    "cells",
    [
        ["good", "bad"] * 20,
        ["Smith, John", "Doe, Jane", "Roe, Ann"] * 10,  # each part in one combination only
        [f"a long text, with commas, about number {n}" for n in range(40)],
        ["red"] * 99 + ["red; green"],  # a slip
    ],
)
def test_a_single_label_is_not_taken_for_several(cells: list[str]) -> None:
    assert separator_of(pd.Series(cells, dtype="str")) == ""


def test_scores_are_those_of_scikit_learn() -> None:
    from sklearn import metrics

    random_numbers = np.random.default_rng(0)
    probabilities = random_numbers.random((40, 3))
    truth = (random_numbers.random((40, 3)) < 0.4).astype(int)
    given = (probabilities >= 0.6).astype(int)
    scores = multi_label_score(probabilities, truth, ("a", "b", "c"), 0.6)
    assert scores["accuracy"] == pytest.approx(metrics.accuracy_score(truth, given))
    for kind in ("macro", "micro"):
        expected = metrics.f1_score(truth, given, average=kind)
        assert scores[f"{kind}_f1"] == pytest.approx(expected)
    assert scores["loss"] == pytest.approx(
        np.mean([metrics.log_loss(truth[:, k], probabilities[:, k]) for k in range(3)])
    )


def test_the_threshold_is_the_one_that_scores_best() -> None:
    task = MultiLabel(("a", "b"), ";")
    truth = task.encode(["a", "b", "a; b", "a"])
    probabilities = np.where(truth == 1, 0.32, 0.28)
    assert task.threshold(probabilities, truth) == 0.3
    assert task.said(probabilities, 0.3) == ["a", "b", "a; b", "a"]
    assert task.said(probabilities, 0.5) == ["", "", "", ""]


def test_cells_are_read_as_people_write_them() -> None:
    task = task_of(["red;green", " green ; red;", "", "blue"], ";")
    assert task.names == ("blue", "green", "red")
    truth = task.encode(["red;green", " green ; red;", "", "blue"])
    assert task.known(truth).tolist() == [True, True, False, True]
    assert task.spoken(truth[[0, 1, 3]]) == ["green; red", "green; red", "blue"]
    assert strata(["red; green", "red", "red"], ";") == ["green", "red", "red"]
    assert of_names(("a", "b")).said(np.array([[0.2, 0.8]]), None) == ["b"]


@pytest.fixture(scope="module")
def run(shared_store: RunStore) -> Run:
    """Of lists: some rows have none of the labels."""
    table = several(lists=True)
    recipe = dataclasses.replace(recipe_for(table, epochs=4.0), task=TaskSpec("tags", LIST))
    run = new_run(shared_store, table, recipe)
    train(run)
    assert run.status() == "finished", run.progress().error
    return run


def test_a_run_is_measured_with_the_threshold_that_its_folder_goes_by(
    run: Run, tmp_path: Path
) -> None:
    from transformers import pipeline

    result, tested = run.measured(), run.test_rows()
    assert tested is not None
    threshold = result.threshold
    assert threshold is not None
    assert 0 < threshold < 1
    assert result.test.accuracy == (tested["label"] == tested["predicted"]).mean()
    assert result.baselines.keys() == {"majority", "tfidf", "embedding"}

    classify = pipeline("text-classification", model=str(run.model))
    answers = classify(tested["text"].tolist(), truncation=True, top_k=None)
    given = [
        "; ".join(sorted(one["label"] for one in answer if one["score"] >= threshold))
        for answer in answers
    ]
    assert given == tested["predicted"].tolist()

    table = read(("text\n" + "\n".join(tested["text"])).encode(), "new.csv")
    predict_file(TransformerPredictor(run.model), table, ["text"], tmp_path / "out.csv")
    written = pd.read_csv(tmp_path / "out.csv", keep_default_na=False)
    assert written["label"].tolist() == tested["predicted"].tolist()


def test_predict_py_says_of_a_file_what_we_say(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tested = run.test_rows()
    assert tested is not None
    source, theirs, ours = (tmp_path / name for name in ("in.csv", "theirs.csv", "ours.csv"))
    tested[["text"]].to_csv(source, index=False)
    folder = Path(shutil.copytree(run.folder("tfidf"), tmp_path / "tfidf"))
    for below in (0.0, 0.8):
        (folder / "abstention.json").write_text(json.dumps({"below": below}))
        run_here(folder / "predict.py", [str(source), str(theirs)], monkeypatch)
        predict_file(open_model(folder), read(source), ["text"], ours)
        found, wanted = (pd.read_csv(file, keep_default_na=False) for file in (theirs, ours))
        assert found.equals(wanted[found.columns])
        assert set(wanted.columns) - set(found.columns) == {"needs_review"}
        assert ("unsure" in set(found["label"])) == bool(below)


@pytest.mark.slow
def test_its_simple_models_answer_and_can_be_taken_away(run: Run) -> None:
    for which in ("tfidf", "embedding"):
        model = open_model(run.folder(which))
        shares = model.probabilities([("soup and goal", None)])
        assert set(model.task.said(shares, model.threshold)[0].split("; ")) <= set(model.labels) | {
            ""
        }
    done = subprocess.run(
        [sys.executable, str(run.folder("tfidf") / "predict.py"), "the soup and a goal"],
        capture_output=True,
        text=True,
        check=True,
    )
    model = open_model(run.folder("tfidf"))
    shares = model.probabilities([("the soup and a goal", None)])
    said = model.task.said(shares, model.threshold)[0]
    assert set(done.stdout.split()[::2]) == set(filter(None, said.split("; ")))


@pytest.mark.slow
def test_rows_without_any_label_are_learned_and_scored_as_such(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tested = run.test_rows()
    assert tested is not None
    assert (tested["label"] == "").any()
    assert run.measured().rows.dropped == 0

    cells = tested["label"].map(lambda cell: json.dumps(cell.split("; ") if cell else []))
    file = tmp_path / "again.csv"
    pd.DataFrame({"text": tested["text"], "tags": cells}).to_csv(file, index=False)
    assert (
        main(["evaluate", run.id, "--runs", str(run.store.root), "--json", "--file", str(file)])
        == 0
    )
    found = json.loads(capsys.readouterr().out)
    assert found["scores"]["rows"] == len(tested)
    assert found["scores"]["accuracy"] == run.measured().test.accuracy


def test_two_runs_are_compared_by_their_labels_not_by_their_combinations(run: Run) -> None:
    found = difference(run, run)
    assert found is not None
    assert (found.lead.macro_f1.value, found.lead.macro_f1.low, found.lead.macro_f1.high) == (
        0,
        0,
        0,
    )
    assert found.lead.accuracy.value == 0


@pytest.mark.slow
def test_it_is_learned_beside_a_single_label(store: RunStore) -> None:
    table = several()
    recipe = dataclasses.replace(
        recipe_for(
            table,
            epochs=3.0,
            techniques={"multitask": {}, "label_smoothing": {}, "augment": {"mixup": True}},
        ),
        task=TaskSpec("mood"),
        also=(TaskSpec("tags", ";"),),
    )
    run = new_run(store, table, recipe)
    train(run)
    assert run.status() == "finished", run.progress().error
    mood, tags = run.columns()
    assert TransformerPredictor(mood.model).task.names == ("bad", "good")
    assert TransformerPredictor(tags.model).task == MultiLabel(("food", "sport", "travel"), ";")
    assert tags.measured().threshold == TransformerPredictor(tags.model).threshold


@pytest.mark.slow
@pytest.mark.parametrize(
    ("key", "options"),
    [
        ("class_balance", {}),
        ("class_balance", {"kind": "focal"}),
        ("label_smoothing", {}),
        ("augment", {"mixup": True}),
    ],
)
def test_techniques_change_it_as_well(
    store: RunStore, key: str, options: dict[str, object]
) -> None:
    losses = []
    for techniques in ({}, {key: options}):
        table = several(60)
        recipe = recipe_for(table, techniques=techniques, epochs=1.0)
        run = new_run(store, table, dataclasses.replace(recipe, task=TaskSpec("tags", ";")))
        train(run)
        assert run.status() == "finished", run.progress().error
        losses.append([each.loss for each in run.progress().evaluations])
    assert losses[0] != losses[1]
