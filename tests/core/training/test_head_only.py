from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.data.any_file import read_archive
from core.modalities import modality_of
from core.models.load import load
from core.models.surgery.heads import last_layer
from core.tasks.base import head
from core.training import frozen_features
from core.training.batching import for_model
from core.training.frozen_features import TooLarge, collate_features, features_width
from core.training.head_only import FrozenEncoder
from core.training.machine import Machine
from tests.core.data.drawn import coloured

HERE = Machine("cpu", "fp32", "eager", 1)


def probed(folder: Path) -> Any:
    """A model whose last layer alone is trained."""
    model = load(folder, head(("a", "b", "c")), None, "AutoModelForImageClassification")
    model.requires_grad_(False)
    found = last_layer(model)
    assert found is not None
    torch.nn.init.normal_(found[1].bias)
    found[1].requires_grad_(True)
    return model


@pytest.fixture
def rows(tiny_pictures: Path, tmp_path: Path) -> tuple[Any, Any]:
    table = read_archive(coloured(20))
    modality = modality_of(table)
    processor = modality.processor(tiny_pictures)
    inputs = modality.inputs(table.frame, table.inputs)
    encoded, _ = modality.encode(processor, inputs, np.arange(40) % 3, 4, tmp_path / "rows.arrow")
    return encoded, modality.collator(processor)


def test_the_layer_says_the_same_on_kept_features(
    tiny_pictures: Path, tmp_path: Path, rows: tuple[Any, Any]
) -> None:
    encoded, collate = rows
    model = probed(tiny_pictures)
    part = FrozenEncoder.of(model)
    assert part is not None
    assert part.agrees(collate, encoded)
    batch = {"pixel_values": collate([encoded[i] for i in range(40)])["pixel_values"]}
    with torch.inference_mode():
        whole = model.eval()(**batch).logits
    kept = part.compute(encoded, collate, tmp_path / "train.npy", HERE.autocast)
    standard = np.concatenate([kept[i]["inputs_embeds"] for i in range(40)])
    assert np.allclose(standard.mean(0), 0, atol=1e-4)
    # Features that say more than the average have a deviation of one; those that say less, a smaller one.
    assert standard.std(0).max() == pytest.approx(1, abs=1e-3)
    assert standard.std(0).min() < 0.9
    trained = part.apply()
    made = collate_features([kept[i] for i in range(40)])
    assert features_width(made) == 1
    assert made["labels"].tolist() == encoded["labels"]
    assert torch.allclose(trained(**for_model(made)).logits, whole, atol=1e-4)
    with torch.no_grad():
        last_layer(model)[1].weight += 0.1  # type: ignore[index]
    learned = trained(**for_model(made)).logits
    part.undo()
    with torch.inference_mode():
        assert torch.allclose(model.eval()(**batch).logits, learned, atol=1e-3)


def test_further_rows_are_scaled_by_the_first(
    tiny_pictures: Path, tmp_path: Path, rows: tuple[Any, Any]
) -> None:
    encoded, collate = rows
    part = FrozenEncoder.of(probed(tiny_pictures))
    assert part is not None
    first = part.compute(encoded, collate, tmp_path / "train.npy", HERE.autocast)
    again = part.compute(encoded.select([5]), collate, tmp_path / "validation.npy", HERE.autocast)
    assert np.allclose(again[0]["inputs_embeds"], first[5]["inputs_embeds"], atol=1e-4)


def test_there_is_no_cut_where_more_is_trained(tiny_pictures: Path, tiny_model: Path) -> None:
    model = probed(tiny_pictures)
    next(model.base_model.parameters()).requires_grad_(True)
    assert FrozenEncoder.of(model) is None
    assert FrozenEncoder.of(load(tiny_model, head(("a", "b")))) is None


def test_a_full_disk_is_noticed_before(
    tiny_pictures: Path,
    tmp_path: Path,
    rows: tuple[Any, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    encoded, collate = rows
    part = FrozenEncoder.of(probed(tiny_pictures))
    assert part is not None
    monkeypatch.setattr(frozen_features, "DISK_SHARE", 0.0)
    with pytest.raises(TooLarge):
        part.compute(encoded, collate, tmp_path / "train.npy", HERE.autocast)


def test_what_one_has_kept_is_good_for_another_with_the_same_frozen_part(
    tiny_pictures: Path, tmp_path: Path, rows: tuple[Any, Any]
) -> None:
    encoded, collate = rows
    first, second, other = (FrozenEncoder.of(probed(tiny_pictures)) for _ in range(3))
    assert first is not None
    assert second is not None
    assert other is not None
    kept = first.compute(encoded, collate, tmp_path / "train.npy", HERE.autocast)
    assert second.follows(first.scaling)
    again = second.compute(encoded.select([3]), collate, tmp_path / "one.npy", HERE.autocast)
    assert np.allclose(again[0]["inputs_embeds"], kept[3]["inputs_embeds"], atol=1e-4)
    with torch.no_grad():
        next(other.model.base_model.parameters()).add_(0.1)
    assert not other.follows(first.scaling)
    assert not other.follows(None)
