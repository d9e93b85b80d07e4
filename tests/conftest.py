"""What many tests share: a store in a temporary folder, small tables, and a tiny model to train."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from core.data.picture_table import read_archive
from core.data.read import Table, read
from core.recipe import DataSpec, ModelSpec, Recipe, TaskSpec, TrainSpec
from core.runs import RunStore
from tests.data.drawn import coloured
from ui.stubs import leave_out_stubs

leave_out_stubs()  # whatever a test imports first

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


def recipe_for(
    table: Table,
    *,
    model: str = TINY,
    techniques: dict[str, dict[str, object]] | None = None,
    **train: object,
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
