"""The kept outputs of frozen layers: the same answers as the whole model, whatever its family."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from datasets import Dataset
from transformers import DataCollatorWithPadding, ElectraConfig

from core.models.load import load
from core.models.locate import bundled_folder
from core.models.tokenizer import load_tokenizer
from core.recipe import Settings
from core.tasks import of_names
from core.tasks.base import head
from core.technique import Context
from core.techniques.freeze import Freeze
from core.training.frozen_features import TOLERANCE, FrozenLayers, TooLarge, collate_features
from tests.core.models.families import FAMILIES, SMALL, made

FAMILY = ("bert", "distilbert", "roberta", "electra", "deberta")


@pytest.fixture(scope="module")
def collate() -> DataCollatorWithPadding:
    return DataCollatorWithPadding(load_tokenizer(bundled_folder()))


@pytest.fixture(scope="module")
def rows() -> Dataset:
    random = np.random.default_rng(0)
    ids = [random.integers(1000, 20000, n).tolist() for n in random.integers(3, 60, 40)]
    return Dataset.from_dict(
        {
            "input_ids": ids,
            "length": [len(row) for row in ids],
            "labels": [i % 2 for i in range(40)],
        }
    )


def frozen(model: Any, share: float) -> Any:
    context = Context(
        stage="train",
        train=Settings(1.0, 1e-4, 1e-3, 8, 64, 0.01, 1.0),
        columns=("label",),
        number=0,
        task=of_names("ab"),
        class_counts=np.array([20, 20]),
        known=40,
        evaluations_per_epoch=1,
        patience=1,
        texts=(),
        encode=lambda texts: {},
        note=lambda said: None,
    )
    Freeze(Freeze.Options(share=share)).model(model, context)
    return model.eval()


def answers(model: Any, collate: Any, rows: Any) -> torch.Tensor:
    batch = collate([rows[i] for i in range(len(rows))])
    batch.pop("labels"), batch.pop("length", None)
    with torch.no_grad():
        logits: torch.Tensor = model(**batch).logits
    return logits


@pytest.mark.parametrize(
    ("family", "share"),
    [(f, s) for f in FAMILY for s in (0.25, 0.5, 1.0) if (f, s) != ("deberta", 1.0)],
)
def test_from_kept_outputs_it_answers_as_the_whole_model_does(
    family: str, share: float, collate: Any, rows: Dataset, tmp_path: Path
) -> None:
    model = frozen(made(FAMILIES[family]), share)
    whole = answers(model, collate, rows)
    part = FrozenLayers.of(model)
    assert part is not None
    assert part.frozen == 4 * share
    assert part.agrees(collate, rows)
    kept = part.compute(rows, collate, tmp_path / "kept.npy", contextlib.nullcontext)
    part.apply()
    upper = answers(model, collate_features, kept)
    part.undo()
    assert whole.std(dim=0).max() > 10 * TOLERANCE  # it does tell the texts apart
    assert (whole - upper).abs().max() <= TOLERANCE
    assert torch.equal(answers(model, collate, rows), whole)


@pytest.mark.slow
def test_the_real_model_agrees_too(collate: Any, rows: Dataset, tmp_path: Path) -> None:
    model = frozen(load(bundled_folder(), head(("a", "b", "c")), "eager"), 0.5)
    part = FrozenLayers.of(model)
    assert part is not None
    whole = answers(model, collate, rows)
    kept = part.compute(rows, collate, tmp_path / "kept.npy", contextlib.nullcontext)
    part.apply()
    assert (whole - answers(model, collate_features, kept)).abs().max() <= TOLERANCE


def test_nothing_frozen_nothing_cut(tiny_model: Path) -> None:
    assert FrozenLayers.of(load(tiny_model, head(("a", "b")))) is None
    embeddings_only = frozen(load(tiny_model, head(("a", "b"))), 0.0)
    assert FrozenLayers.of(embeddings_only) is None


def test_a_model_that_does_more_between_its_layers_is_found_out(
    collate: Any, rows: Dataset
) -> None:
    for config, share in (
        (ElectraConfig(**SMALL, embedding_size=16), 0.5),  # a projection above the embeddings
        (FAMILIES["deberta"], 1.0),  # cannot do without a layer
    ):
        part = FrozenLayers.of(frozen(made(config), share))
        assert part is not None
        assert not part.agrees(collate, rows)


def test_a_full_disk_is_known_beforehand(
    tiny_model: Path, collate: Any, rows: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = FrozenLayers.of(frozen(load(tiny_model, head(("a", "b"))), 0.5))
    assert part is not None
    monkeypatch.setattr("core.training.frozen_features.DISK_SHARE", 0.0)
    with pytest.raises(TooLarge):
        part.compute(rows, collate, tmp_path / "kept.npy", contextlib.nullcontext)
    assert not (tmp_path / "kept.npy").exists()
