"""Labels for new texts: any standard folder, whole files, and what cannot be done."""

from __future__ import annotations

import contextlib
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.inference.predictor import TransformerPredictor, folder_of, open_model, opened
from core.models.locate import bundled_folder
from core.runs.events import RunQueued
from core.runs.store import RunStore
from tests.conftest import TINY_RUN


@pytest.fixture(scope="module")
def predictor(tiny_model: Path) -> TransformerPredictor:
    return TransformerPredictor(tiny_model)


@pytest.fixture
def copied(tiny_model: Path, tmp_path: Path) -> Path:
    return shutil.copytree(tiny_model, tmp_path / "copied")


def test_a_folder_that_is_not_ours(predictor: TransformerPredictor) -> None:
    assert predictor.labels == ("LABEL_0", "LABEL_1")
    assert predictor.text_columns == ()
    assert predictor.max_length == 128  # what the model can read, not the 512 of its tokenizer


def test_neither_order_nor_batch_changes_an_answer(predictor: TransformerPredictor) -> None:
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


def test_several_threads_may_ask(predictor: TransformerPredictor) -> None:
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


@contextlib.contextmanager
def refuses(key: str) -> Iterator[pytest.ExceptionInfo[UserError]]:
    with pytest.raises(UserError) as error:
        yield error
    assert error.value.args == (key,)


def refused(folder: Path) -> str:
    with pytest.raises(UserError) as error:
        TransformerPredictor(folder)
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
    said = answers.probabilities([("it stands in the file as positive", None)])[0]
    assert answers.labels[said.argmax()] == "positive"


def test_a_model_is_kept_open_until_its_files_change(copied: Path) -> None:
    first = opened(copied)
    assert opened(copied) is first
    (copied / "metrics.json").write_text('{"threshold": 0.3}')
    second = opened(copied)
    assert second is not first
    assert second.threshold == 0.3


def test_what_a_model_reads_of_a_text_ends_at_its_cut(predictor: TransformerPredictor) -> None:
    words = "film " * 300
    first, second = predictor.reach((words, None))
    assert words[:first].split() == ["film"] * 126  # 128 tokens, of which two are no words
    assert second == 0
    assert predictor.reach(("a film", "so good")) == (6, 7)
    places = [(0, 0, 1), (0, 2, 6), (1, 0, 2), (1, 3, 7)]
    assert predictor.tokens(("a film", "so good")) == places
    some, other = predictor.reach((words, words))
    assert 0 < some < len(words)
    assert 0 < other < len(words)
