"""Several label columns at once: rows may lack labels, each column is measured and exported by itself."""

from __future__ import annotations

import dataclasses
import json
import random
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from core.__main__ import main
from core.data.any_file import read_archive
from core.data.pictures.rows import read_files
from core.data.read.table import read
from core.data.table import Table
from core.errors import UserError
from core.inference.predictor import TransformerPredictor, folder_of
from core.jobs.queue import new_run
from core.modalities import modality_of
from core.recipe import Recipe, TaskSpec
from core.runs.run import Run
from core.runs.store import RunStore
from core.training.rows import Rows
from core.workflow.train import train
from tests.conftest import BAD, FILLER, GOOD, TINY, TINY_PICTURES, recipe_for
from tests.core.data.drawn import packed, picture

TOPICS = {"food": ["soup", "bread"], "travel": ["train", "hotel"], "sport": ["ball", "goal"]}


def two_labels(rows: int = 90) -> Table:
    """Mood and topic, each given away by a word; every third row lacks its topic, every tenth its mood."""
    draw = random.Random(0)
    lines = ["text,label,topic"]
    for number in range(rows):
        mood, topic = draw.choice(["good", "bad"]), draw.choice(list(TOPICS))
        words = [*draw.choices(FILLER, k=6), draw.choice(GOOD if mood == "good" else BAD)]
        words.append(draw.choice(TOPICS[topic]))
        draw.shuffle(words)
        if number % 10 == 0:
            mood = ""
        if number % 3 == 1:
            topic = ""
        lines.append(f"{' '.join(words)} {number},{mood},{topic}")
    return read("\n".join(lines).encode(), "two.csv")


def recipe_of(table: Table, **options: Any) -> Recipe:
    recipe = recipe_for(table, techniques={"multitask": options}, epochs=3.0)
    return dataclasses.replace(recipe, also=(TaskSpec("topic"),))


@pytest.fixture(scope="module")
def run(shared_store: RunStore) -> Run:
    table = two_labels()
    run = new_run(shared_store, table, recipe_of(table))
    train(run)
    assert run.status() == "finished", run.progress().error
    return run


def test_rows_count_where_they_have_a_label(store: RunStore) -> None:
    table = two_labels()
    rows = Rows.of(table, recipe_of(table), store)
    assert len(rows.texts) == 87  # of 90: three lack both labels, of which nothing can be learned
    mood, topic = rows.views()
    assert mood.labels == ("bad", "good")
    assert topic.labels == ("food", "sport", "travel")
    for view in (mood, topic):
        for side in (view.split.train, view.split.validation, view.split.test):
            assert (view.truth[side] >= 0).all()
    everybody = set(rows.split.train) | set(rows.split.validation) | set(rows.split.test)
    topical = set(topic.split.train) | set(topic.split.validation) | set(topic.split.test)
    assert len(everybody - topical) == 27
    assert rows.counts().dropped == 3


def test_each_column_is_measured_on_the_rows_that_have_it_and_exported_by_itself(run: Run) -> None:
    from transformers import pipeline

    mood, topic = run.columns()
    for task, column in ((mood, "label"), (topic, "topic")):
        result, tested = task.measured(), task.test_rows()
        assert tested is not None
        assert task.recipe().task.column == column
        assert result.test.rows == len(tested)
        assert result.baselines.keys() == {"majority", "tfidf", "embedding"}
        assert task.models() == ("model", "embedding", "tfidf")
        classify = pipeline("text-classification", model=str(task.model))
        said = [answer["label"] for answer in classify(tested["text"].tolist(), truncation=True)]
        assert said == tested["predicted"].tolist()
    evaluation = run.progress().evaluations[-1]
    assert [column for column, *_ in evaluation.tasks] == ["label", "topic"]
    assert evaluation.macro_f1 == pytest.approx(sum(f1 for *_, f1 in evaluation.tasks) / 2)


@pytest.mark.slow
def test_the_coach_compares_the_mean_of_the_columns_with_their_mean(run: Run) -> None:
    progress, results = run.progress(), [task.measured() for task in run.columns()]
    assert [list(found) for found in progress.baselines.values()] == [["label", "topic"]] * 2
    for rival in progress.rivals:
        each = [one.baselines[rival.name].validation.macro_f1 for one in results]
        assert rival.macro_f1 == pytest.approx(sum(each) / len(each))
    assert progress.columns == 2


@pytest.mark.slow
def test_the_joint_model_says_what_those_of_the_columns_say(run: Run) -> None:
    text = "the soup was lovely"
    done = subprocess.run(
        [sys.executable, str(run.path / "joint" / "predict.py"), text],
        capture_output=True,
        text=True,
        check=True,
    )
    said = {
        column: (label, float(share))
        for column, label, share in (line.split("\t") for line in done.stdout.splitlines())
    }
    for task in run.columns():
        predictor = TransformerPredictor(task.model)
        shares = predictor.probabilities([(text, None)])[0]
        label, share = said[task.recipe().task.column]
        assert label == predictor.labels[int(shares.argmax())]
        assert share == pytest.approx(shares.max(), abs=2e-3)


def test_the_download_holds_all_of_them(run: Run, tmp_path: Path) -> None:
    archive = run.archive()
    assert archive is not None
    with zipfile.ZipFile(archive) as file:
        files = set(file.namelist())
    for place in ("", "tasks/1-topic/", "joint/"):
        assert f"two/{place}model.safetensors" in files
        assert f"two/{place}predict.py" in files


def test_predict_takes_the_column_that_is_asked_for(run: Run, shared_store: RunStore) -> None:
    store = shared_store
    assert folder_of(run.id, store, "model") == run.model
    assert folder_of(run.id, store, "model", "topic") == run.columns()[1].model
    with pytest.raises(UserError, match="colour"):
        folder_of(run.id, store, "model", "colour")


@pytest.mark.slow
def test_learned_weights_move_and_leave_no_trace_in_the_model(store: RunStore) -> None:
    table = two_labels()
    run = new_run(store, table, recipe_of(table, weights="learned"))
    train(run)
    assert run.status() == "finished", run.progress().error
    rows = run.measured().techniques["multitask"][0].rows
    assert [row[0] for row in rows] == ["label", "topic"]
    assert any(row[3] != "1.00" for row in rows)
    config = json.loads((run.model / "config.json").read_text())
    assert set(config["label2id"]) == {"bad", "good"}
    assert TransformerPredictor(run.columns()[1].model).labels == ("food", "sport", "travel")


@pytest.mark.parametrize(
    ("options", "also", "key"),
    [
        ({}, (), "multitask_one_column"),
        ({"weights": "given", "given": "1, a"}, ("topic",), "multitask_weights"),
        ({"weights": "given", "given": "1"}, ("topic",), "multitask_weights"),
        ({}, ("label",), "also_is_used"),
        ({}, ("text",), "also_is_used"),
        ({}, ("colour",), "unknown_column"),
    ],
)
def test_what_cannot_be_learned_is_refused(
    store: RunStore, options: dict[str, Any], also: tuple[str, ...], key: str
) -> None:
    table = two_labels()
    recipe = dataclasses.replace(recipe_of(table, **options), also=tuple(map(TaskSpec, also)))
    with pytest.raises(UserError) as error:
        new_run(store, table, recipe)
    assert error.value.what.key == f"error.{key}"


def test_a_further_column_without_the_technique_is_refused(store: RunStore) -> None:
    table = two_labels()
    recipe = dataclasses.replace(recipe_for(table), also=(TaskSpec("topic"),))
    with pytest.raises(UserError, match="multi-task"):
        new_run(store, table, recipe)


@pytest.mark.slow
def test_the_command_line_learns_every_label_that_it_is_given(
    store: RunStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = two_labels()
    file = tmp_path / "two.csv"
    table.frame.to_csv(file, index=False)
    settings = ["--model", TINY, "--epochs", "1", "--technique", "none", "--text", "text"]
    where = ["--runs", str(store.root)]
    labels = ["--label", "topic", "--label", "label"]
    assert main(["train", str(file), *labels, *settings, *where]) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert list(answer["tasks"]) == ["topic", "label"]
    assert answer["tasks"]["topic"]["test"] == answer["test"]
    assert answer["tasks"]["label"]["baselines"].keys() == {"majority", "tfidf", "embedding"}

    out = tmp_path / "out.csv"
    said = ["--label", "label", "--which", "model", "-o", str(out)]
    assert main(["predict", answer["run"], str(file), *said, *where]) == 0
    assert set(read(out).frame["label_2"]) <= {"good", "bad"}


@pytest.mark.slow
def test_two_label_columns_of_pictures(picture_store: RunStore, tmp_path: Path) -> None:
    """The joint script opens pictures, and says what the model of each column says."""
    lines, files = ["file,label,place"], {}
    for number in range(60):
        colour, place = ("red", "blue")[number % 2], ("in", "out")[number % 3 == 0]
        files[f"{number}.png"] = picture(colour, number)
        lines.append(f"{number}.png,{colour},{place}")
    table = read_archive(packed({"labels.csv": "\n".join(lines).encode(), **files}), "two.zip")
    recipe = recipe_for(table, model=TINY_PICTURES, techniques={"multitask": {}})
    run = new_run(picture_store, table, dataclasses.replace(recipe, also=(TaskSpec("place"),)))
    train(run)
    assert run.status() == "finished", run.progress().error
    new = tmp_path / "new.png"
    new.write_bytes(picture("red", 99))
    done = subprocess.run(
        [sys.executable, str(run.path / "joint" / "predict.py"), str(new)],
        capture_output=True,
        text=True,
        check=True,
    )
    name, *said = done.stdout.splitlines()
    assert name == str(new)
    seen = read_files([new])
    inputs = modality_of(seen).inputs(seen.frame, seen.inputs)
    for task, line in zip(run.columns(), said, strict=True):
        predictor = TransformerPredictor(task.model).over(seen)
        shares = predictor.probabilities(inputs)[0]
        column, label, share = line.split("\t")
        assert column == task.recipe().task.column
        assert label == predictor.labels[int(shares.argmax())]
        assert float(share) == pytest.approx(shares.max(), abs=0.03)
