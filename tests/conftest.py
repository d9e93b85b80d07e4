"""What many tests share: a store in a temporary folder, small tables, and a tiny model to train."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import io
import random
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import pytest

from core.data.any_file import read_archive
from core.data.read import child_process
from core.data.read.table import read
from core.data.table import Table
from core.recipe import DataSpec, ModelSpec, Recipe, TaskSpec, TrainSpec
from core.runs.result import SCORES as INTERVALS
from core.runs.result import (
    Best,
    Bin,
    Calibration,
    Change,
    Compared,
    Lead,
    PerClass,
    Reliability,
    Result,
    RowCounts,
    Scores,
)
from core.runs.store import RunStore
from core.words import message
from tests.core.data.drawn import coloured
from ui.kit.stubs import leave_out_stubs

leave_out_stubs()  # whatever a test imports first

Answer = TypeVar("Answer")
TINY_RUN = "20200101-000000-0000"
TINY = f"run:{TINY_RUN}"
TINY_PICTURES_RUN = "20200101-000000-0001"
TINY_PICTURES = f"run:{TINY_PICTURES_RUN}"
GOOD = ["good", "great", "lovely", "fine", "superb", "happy"]
BAD = ["bad", "awful", "nasty", "poor", "terrible", "sad"]
FILLER = "the film was very and a plot with people in it on the day".split()  # noqa: SIM905


def sentiment_csv(rows: int = 60, seed: int = 0, rare: int | None = None) -> bytes:
    """A toy CSV with two classes that single words give away; `rare` bad rows among the good ones."""
    draw = random.Random(seed)
    lines = ["text,label"]
    for number in range(rows):
        bad = number % 2 if rare is None else number < rare
        words = draw.choices(FILLER, k=draw.randint(3, 12))
        words.insert(draw.randrange(len(words)), draw.choice(BAD if bad else GOOD))
        lines.append(f"{' '.join(words)} {number},{'negative' if bad else 'positive'}")
    return "\n".join(lines).encode()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest first: files of the browser, then those with trainings, then the rest, which are
    short. Whoever is done takes the next file, and none is left alone with a long one in the end."""
    long = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (not item.get_closest_marker("browser"), item.path not in long))


@pytest.fixture(autouse=True)
def _read_in_this_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are read, and the tables sent, as in the child process of the sandbox, but without starting one
    for each: a quarter of a second. Tests of what the process is for are marked `sandboxed`."""
    if request.node.get_closest_marker("sandboxed") is None:
        monkeypatch.setattr(child_process, "run_child", _run_here)


@contextlib.contextmanager
def _run_here(
    module: str, arguments: Sequence[str], kind: str, limits: Any, given: bytes = b"", **_: Any
) -> Iterator[io.BytesIO]:
    answer = io.BytesIO()
    import_module(module).main(arguments, io.BytesIO(given), answer)
    answer.seek(0)
    yield answer


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random two-layer BERT with MiniLM's vocabulary: trains in a second, knows nothing."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    from core.libraries import load_libraries
    from core.models.locate import bundled_folder

    load_libraries()
    folder = tmp_path_factory.mktemp("tiny")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=30522,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(bundled_folder()).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random network for pictures of 32 x 32 pixels, built as the bundled one is: trains in a second, knows
    nothing."""
    import torch
    from transformers import EfficientNetConfig, EfficientNetForImageClassification
    from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

    from core.libraries import load_libraries

    load_libraries()
    folder = tmp_path_factory.mktemp("tiny-pictures")
    torch.manual_seed(0)
    config = EfficientNetConfig(
        image_size=32,
        width_coefficient=0.25,
        depth_coefficient=1.0,
        in_channels=[32, 16],
        out_channels=[16, 24],
        kernel_sizes=[3, 3],
        strides=[1, 2],
        expand_ratios=[1, 6],
        num_block_repeats=[1, 2],
        hidden_dim=320,
        batch_norm_momentum=0.01,
        drop_connect_rate=0.0,
        initializer_range=0.5,  # with less, next to nothing of a picture gets through
    )
    EfficientNetForImageClassification(config).save_pretrained(folder)
    ViTImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder


@pytest.fixture
def picture_store(store: RunStore, tiny_pictures: Path) -> RunStore:
    """The same with one more earlier run, whose model reads pictures: pick it with TINY_PICTURES."""
    return with_pictures(store, tiny_pictures)


def with_pictures(store: RunStore, tiny_pictures: Path) -> RunStore:
    run = store.root / TINY_PICTURES_RUN
    if not run.exists():
        run.mkdir()
        recipe = recipe_for(read_archive(coloured(2), "old.zip"), model="efficientnet-lite0")
        (run / "recipe.json").write_text(recipe.to_json())
        (run / "model").symlink_to(tiny_pictures)
    return store


@pytest.fixture
def store(tmp_path: Path, tiny_model: Path) -> RunStore:
    """A store with one earlier run, whose model is the tiny one: pick it with TINY."""
    return store_in(tmp_path, tiny_model)


@pytest.fixture(scope="module")
def shared_store(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> RunStore:
    """The same for runs that several tests look at and none changes."""
    return store_in(tmp_path_factory.mktemp("shared"), tiny_model)


def store_in(folder: Path, tiny_model: Path) -> RunStore:
    store = RunStore(folder / "runs")
    run = store.root / TINY_RUN
    run.mkdir(parents=True)
    table = read(sentiment_csv(), "old.csv")
    (run / "recipe.json").write_text(recipe_for(table, model="minilm").to_json())
    (run / "model").symlink_to(tiny_model)
    return store


def scores(labels: Sequence[str], macro_f1: float = 0.5, rows: int = 4) -> Scores:
    """Scores of a model with these labels, without intervals."""
    none = dict.fromkeys(("precision", "recall", "f1"))
    return Scores(
        rows=rows,
        accuracy=macro_f1,
        macro_f1=macro_f1,
        micro_f1=None,
        loss=0.3,
        confidence=0.8,
        per_class=tuple(PerClass(label, 0.5, 0.5, macro_f1, 1, none) for label in labels),
        confusion=None,
        balanced_accuracy=None,
        roc_auc=None,
        roc_auc_left_out=(),
        intervals=dict.fromkeys(INTERVALS),
    )


def measured(
    labels: Sequence[str],
    separator: str = "",
    macro_f1: float = 0.5,
    plain: str = "tfidf",
    **more: Any,
) -> Result:
    """The result of a run with these labels, as dull as can be."""
    test, same = scores(labels, macro_f1), Change(0.0, 0.0, 0.0)
    rivals = (plain, "majority")
    exact = Reliability(0.0, (Bin(4, 0.5, 0.5, (0.0, 1.0)),))
    result = Result(
        labels=tuple(labels),
        separator=separator,
        threshold=0.5 if separator else None,
        rows=RowCounts(20, 4, 4, 0),
        train_rows=20,
        test=test,
        baselines={name: Compared(**vars(test)) for name in rivals},
        against=dict.fromkeys(rivals, Lead(same, same)),
        calibration=Calibration(1.0, 4, message("calibrate.no_validation"), exact, exact),
        abstention=None,
        latency=0.01,
        recommended="model",
        best=Best(1, 1.0, macro_f1),
        epochs=1.0,
        steps=1,
        seconds=1.0,
        max_length=16,
        settings=TrainSpec(1.0, 1e-3, 1e-3, 8, 16, 0.01, 1.0),
        why={},
        truncated=0.0,
        stopped=False,
        on_all=False,
        unread=None,
        techniques={},
    )
    return dataclasses.replace(result, **more)


def recipe_for(
    table: Table,
    *,
    model: str = TINY,
    techniques: dict[str, dict[str, object]] | None = None,
    **train: Any,
) -> Recipe:
    settings = {"epochs": 2.0, "batch_size": 8, "learning_rate": 1e-3, **train}
    return Recipe(
        data=DataSpec(
            table.name, table.fingerprint, table.inputs or ("text",), modality=table.modality
        ),
        task=TaskSpec("label"),
        model=ModelSpec(model),
        train=TrainSpec(**settings),
        techniques=techniques or {},
    )


def in_a_loop(work: Coroutine[Any, Any, Answer]) -> Answer:
    """What a coroutine returns. In a thread of its own: a browser test may have left a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
