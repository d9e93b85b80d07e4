"""Labels for new texts: any standard folder, whole files, and what cannot be done."""

from __future__ import annotations

import contextlib
import csv
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.data.read import Table, read
from core.errors import UserError
from core.models.locate import bundled_folder
from core.predict import Predictor, folder_of, open_model, predict_file
from core.runs import RunStore
from core.training.events import RunQueued
from tests.conftest import TINY_RUN


@pytest.fixture(scope="module")
def predictor(tiny_model: Path) -> Predictor:
    return Predictor(tiny_model)


@pytest.fixture
def copied(tiny_model: Path, tmp_path: Path) -> Path:
    return shutil.copytree(tiny_model, tmp_path / "copied")


def rows_of(path: Path) -> list[list[str]]:
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_a_folder_that_is_not_ours(predictor: Predictor) -> None:
    assert predictor.labels == ("LABEL_0", "LABEL_1")
    assert predictor.text_columns == ()
    assert predictor.max_length == 128  # what the model can read, not the 512 of its tokenizer


def test_neither_order_nor_batch_changes_an_answer(predictor: Predictor) -> None:
    texts: list[tuple[str, str | None]] = [
        *((f"word {'film ' * n}", None) for n in range(9)),
        *((f"good {n}", "a plot " * n) for n in range(9)),
        ("very long " * 500, None),
        ("", None),
    ]
    together = predictor.probabilities(texts, batch_size=4)
    alone = np.concatenate([predictor.probabilities([text]) for text in texts])
    assert together.shape == (20, 2)
    assert np.allclose(together, alone, atol=1e-6)
    assert np.allclose(together.sum(axis=1), 1)
    assert predictor.probabilities([]).shape == (0, 2)


def test_several_threads_may_ask(predictor: Predictor) -> None:
    texts: list[tuple[str, str | None]] = [(f"film {'x ' * n}", None) for n in range(20)]
    expected, found = predictor.probabilities(texts), []

    def ask() -> None:
        found.append(predictor.probabilities(texts))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all(np.array_equal(one, expected) for one in found)


def test_every_row_is_written_with_its_answer(
    predictor: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.predict.CHUNK", 2)
    cells = ["good film", "  ", "=1+1", "-5", "- a dash", '坏 "片"\n, x']
    source = tmp_path / "in.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["text", "label"], *([cell, "+old"] for cell in cells)])
    told: list[tuple[int, int]] = []
    out = tmp_path / "out.csv"
    written = predict_file(
        predictor, read(source), ["text"], out, lambda done, total: told.append((done, total))
    )
    assert written == {
        "rows": 6,
        "empty": 1,
        "unsure": 0,
        "neutralised": 8,  # six labels of "+old", "=1+1" and "- a dash"; -5 is a number
        "label_column": "label_2",
        "confidence_column": "confidence",
        "stopped": False,
    }
    assert told == [(2, 6), (4, 6), (6, 6)]
    head, *rows = rows_of(out)
    assert head == ["text", "label", "label_2", "confidence"]
    assert [row[0] for row in rows] == [*cells[:2], "'=1+1", "-5", "'- a dash", cells[5]]
    assert {row[1] for row in rows} == {"'+old"}
    assert rows[1][2:] == ["", ""]
    expected = predictor.probabilities([("=1+1", None)])[0]
    assert rows[2][2:] == [predictor.labels[expected.argmax()], f"{expected.max():.4f}"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


@contextlib.contextmanager
def refuses(key: str) -> Iterator[pytest.ExceptionInfo[UserError]]:
    with pytest.raises(UserError) as error:
        yield error
    assert error.value.args == (key,)


def table(text: str) -> Table:
    return read(text.encode(), "t.csv")


def test_two_columns_are_a_pair(predictor: Predictor, tmp_path: Path) -> None:
    seen = table("title,body\ngood,a film\n,only a body\n")
    written = predict_file(predictor, seen, ["title", "body"], tmp_path / "out.csv")
    assert written["empty"] == 0
    expected = predictor.probabilities([("good", "a film"), ("", "only a body")]).max(axis=1)
    assert [row[3] for row in rows_of(tmp_path / "out.csv")[1:]] == [f"{p:.4f}" for p in expected]


def test_a_stop_keeps_the_rows_done(
    predictor: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.predict.CHUNK", 2)
    seen = table("text\n" + "film\n" * 9)
    written = predict_file(predictor, seen, ["text"], tmp_path / "out.csv", None, lambda: True)
    assert (written["rows"], written["stopped"]) == (2, True)
    assert len(rows_of(tmp_path / "out.csv")) == 3


def test_what_the_file_lacks(predictor: Predictor, tmp_path: Path) -> None:
    seen = table("text,b\nx,y\n")
    with refuses("predict_no_column") as missing:
        predict_file(predictor, seen, ["Text"], tmp_path / "out.csv")
    assert "“Text”" in missing.value.message
    assert "text, b" in missing.value.message
    with refuses("no_text_column"):
        predict_file(predictor, seen, [], tmp_path / "out.csv")
    with refuses("predict_write"):
        predict_file(predictor, seen, ["text"], tmp_path / "no" / "out.csv")


def refused(folder: Path) -> str:
    with pytest.raises(UserError) as error:
        Predictor(folder)
    assert error.value.hint
    assert str(folder.parent) not in str(error.value)
    return str(error.value.args[0])


def test_pickled_weights_are_refused(copied: Path) -> None:
    import torch

    torch.save({}, copied / "pytorch_model.bin")
    (copied / "model.safetensors").unlink()
    assert refused(copied) == "predict_no_safetensors"


def test_a_model_without_a_trained_head_is_refused() -> None:
    assert refused(bundled_folder()) == "predict_not_classifier"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"problem_type": "regression"}, id="a number"),
    ],
)
def test_other_tasks_are_refused(copied: Path, change: dict[str, str]) -> None:
    config = json.loads((copied / "config.json").read_text())
    (copied / "config.json").write_text(json.dumps({**config, **change}))
    assert refused(copied) == "predict_not_classifier"


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json"])
def test_a_damaged_file_is_told(copied: Path, name: str) -> None:
    (copied / name).write_bytes(b"{" * 20)
    assert refused(copied) == "predict_unreadable"


def test_where_a_model_is_looked_for(store: RunStore, tiny_model: Path, copied: Path) -> None:
    run = store.get(TINY_RUN)
    run.append(RunQueued())
    assert folder_of(TINY_RUN, store) == run.model
    assert folder_of(str(run.path), store) == run.model
    assert folder_of(str(tiny_model), store) == tiny_model
    run.model.unlink()
    for name in (TINY_RUN, str(run.path)):
        with refuses("predict_no_model"):
            folder_of(name, store)
    for name in ("", "nothing", str(store.root), "../x"):
        with refuses("predict_unknown"):
            folder_of(name, store)
    with refuses("run_unknown"):
        folder_of("20200101-000000-ffff", store)
    (copied / "model.safetensors").unlink()
    with refuses("predict_no_safetensors"):
        folder_of(str(copied), store)


def test_a_folder_of_a_simple_model_answers_too(store: RunStore, tmp_path: Path) -> None:
    from tests.ui.fake import make_run

    run = make_run(store, recommended="tfidf")
    (run.model / "config.json").write_text("{}")
    for name in (run.id, str(run.path), str(run.folder("tfidf"))):
        assert folder_of(name, store) == run.folder("tfidf")
    assert folder_of(run.id, store, "embedding") == run.folder("embedding")
    with refuses("simple_missing"):
        folder_of(run.id, store, "majority")
    answers = open_model(folder_of(run.id, store))
    seen = table("text\nit stands in the file as positive\n")
    written = predict_file(answers, seen, ["text"], tmp_path / "out.csv")
    assert written["rows"] == 1
    assert rows_of(tmp_path / "out.csv")[1][1] == "positive"
