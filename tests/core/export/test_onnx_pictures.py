"""The 8-bit form of a model for pictures: the same labels, and a script that needs no torch."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from transformers import (
    AutoModelForImageClassification,
    ConvNextV2Config,
    Dinov2Config,
    EfficientNetConfig,
    MobileNetV2Config,
    ResNetConfig,
    SwinConfig,
    ViTConfig,
)
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

from core import evidence
from core.data.any_file import read_archive
from core.data.pictures.rows import read_files
from core.export.onnx import OnnxModel, export_int8, to_onnx
from core.inference.predictor import TransformerPredictor
from core.jobs.queue import new_run
from core.modalities import modality_of
from core.models.bundled import efficientnet
from core.models.load import load
from core.runs.run import Run
from core.runs.store import RunStore
from core.tasks.base import head
from core.training.measure import TorchModel
from core.workflow.train import train
from tests.conftest import TINY_PICTURES, recipe_for, store_in, with_pictures
from tests.core.data.drawn import coloured, picture

SMALL: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "image_size": 32,
    "patch_size": 8,
}
NETWORK: dict[str, Any] = {
    "image_size": 32,
    "width_coefficient": 0.5,
    "depth_coefficient": 1.0,
    "hidden_dim": 640,
    "num_block_repeats": [1] * 7,
}
FAMILIES: dict[str, tuple[Any, str]] = {
    "resnet": (ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1]), "static"),
    "efficientnet": (EfficientNetConfig(**NETWORK), "static"),
    "mobilenet": (MobileNetV2Config(image_size=32, depth_multiplier=0.5), "static"),
    "vit": (ViTConfig(**SMALL), "dynamic"),
    "dinov2": (Dinov2Config(**SMALL), "dynamic"),
    "swin": (
        SwinConfig(
            image_size=32,
            patch_size=4,
            embed_dim=16,
            depths=[1, 1],
            num_heads=[2, 2],
            window_size=4,
        ),
        "dynamic",
    ),
    "convnext": (ConvNextV2Config(hidden_sizes=[16, 32], depths=[1, 1], num_stages=2), "dynamic"),
}


@pytest.fixture(scope="module")
def shown() -> tuple[Any, Any, list[tuple[str, str | None]]]:
    """What reads pictures, how, and some of them."""
    table = read_archive(coloured(6))
    modality = modality_of(table)
    processor = ViTImageProcessorPil(size={"height": 32, "width": 32})
    return modality, processor, modality.inputs(table.frame, table.inputs)


@pytest.mark.parametrize("family", list(FAMILIES))
@pytest.mark.slow
def test_it_answers_as_the_model_does_however_many_pictures(
    family: str, tmp_path: Path, shown: tuple[Any, Any, Any]
) -> None:
    modality, processor, inputs = shown
    config, way = FAMILIES[family]
    torch.manual_seed(0)
    model = AutoModelForImageClassification.from_config(config, attn_implementation="eager").eval()
    assert modality.quantised(model) == way
    to_onnx(model, processor, tmp_path / "model.onnx", modality)
    ours = OnnxModel(tmp_path / "model.onnx", processor, 8, 1, modality)
    theirs = TorchModel(model, processor, 8, modality)
    for some in (inputs, inputs[:1], inputs * 3):
        expected = theirs.logits(theirs.tokens(some)).numpy()
        assert np.allclose(ours.answers(some), expected, atol=1e-3)
    export_int8(model, processor, tmp_path / "small.onnx", modality, inputs, 8)
    small = OnnxModel(tmp_path / "small.onnx", processor, 8, 1, modality)
    said, expected = small.answers(inputs), ours.answers(inputs)
    assert said.shape == expected.shape
    assert np.abs(said - expected).max() < 0.2 * max(1.0, float(np.abs(expected).max()))
    kinds = {node.op_type for node in onnx.load(tmp_path / "small.onnx").graph.node}
    assert ("QuantizeLinear" in kinds) == (way == "static")


@pytest.fixture
def bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TICKTUNE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(efficientnet, "_folder", None)
    return efficientnet.folder()


@pytest.mark.slow
def test_the_bundled_model_is_a_quarter_of_the_size(bundled: Path, tmp_path: Path) -> None:
    table = read_archive(coloured(8))
    modality = modality_of(table)
    inputs, processor = modality.inputs(table.frame, table.inputs), modality.processor(bundled)
    model = load(bundled, head(("a", "b")), "eager", modality.classifier).eval()
    theirs = TorchModel(model, processor, 196, modality)
    expected = theirs.logits(theirs.tokens(inputs)).numpy()
    to_onnx(model, processor, tmp_path / "whole.onnx", modality)
    # What multiplies by 1 is not in it, and the model itself is as it was.
    kinds = [node.op_type for node in onnx.load(tmp_path / "whole.onnx").graph.node]
    assert "Sigmoid" not in kinds
    assert np.allclose(theirs.logits(theirs.tokens(inputs)).numpy(), expected)
    whole = OnnxModel(tmp_path / "whole.onnx", processor, 196, 1, modality)
    assert np.allclose(whole.answers(inputs), expected, atol=1e-3)
    export_int8(model, processor, tmp_path / "small.onnx", modality, inputs, 196)
    size = (bundled / "model.safetensors").stat().st_size
    assert (tmp_path / "small.onnx").stat().st_size < 0.3 * size


@pytest.fixture(scope="module")
def fast(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path, tiny_pictures: Path) -> Run:
    """A run in fast mode, whose whole network goes into the download."""
    store = with_pictures(store_in(tmp_path_factory.mktemp("fast"), tiny_model), tiny_pictures)
    table = read_archive(coloured(30), "toy.zip")
    chosen: dict[str, dict[str, object]] = {"linear_probe": {}, "quantize": {}}
    run = new_run(
        store, table, recipe_for(table, model=TINY_PICTURES, techniques=chosen, epochs=10.0)
    )
    train(run)
    assert run.status() == "finished", run.progress().error
    return run


def test_both_forms_are_measured_on_the_same_test_rows(fast: Run) -> None:
    result, rows = fast.measured(), fast.test_rows()
    assert rows is not None
    small = result.small
    assert small.size == (fast.model / "model_int8.onnx").stat().st_size
    same = np.mean(np.array(small.predicted) == rows["predicted"].to_numpy())
    assert same >= 0.9
    blocks = result.techniques["quantize"]
    table = next(block for block in blocks if isinstance(block, evidence.Table))
    assert len(table.rows) == 2


def test_the_download_answers_without_torch_and_without_transformers(
    fast: Run, tmp_path: Path
) -> None:
    archive = fast.archive()
    assert archive is not None
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(tmp_path)
    files = {colour: tmp_path / f"{colour}.png" for colour in ("red", "blue")}
    for colour, file in files.items():
        file.write_bytes(picture(colour, 99, size=(60, 90)))
    done = subprocess.run(
        [
            sys.executable,
            "-X",
            "importtime",
            tmp_path / "toy-zip" / "predict_int8.py",
            *files.values(),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert " torch" not in done.stderr
    assert " transformers" not in done.stderr
    said = [line.split("\t") for line in done.stdout.splitlines()]
    assert [label for _, label, _ in said] == ["red", "blue"]
    table = read_files(list(files.values()))
    predictor = TransformerPredictor(fast.model).over(table)
    shares = predictor.probabilities(modality_of(table).inputs(table.frame, table.inputs))
    for (_, _, share), row in zip(said, shares, strict=True):
        assert float(share) == pytest.approx(row.max(), abs=0.1)


def no_file(source: Path, file: Path, batches: Any) -> None:
    file.write_bytes(b"no ONNX")


@pytest.mark.parametrize(
    ("place", "instead"),
    [
        ("core.modalities.pixels.fitted", lambda image, how: np.zeros((32, 32, 3))),
        ("core.export.onnx.WAYS", {"static": no_file, "dynamic": no_file}),
    ],
    ids=["a processor that no script can follow", "a file that cannot be opened"],
)
def test_what_goes_wrong_is_no_reason_to_fail_and_leaves_nothing(
    picture_store: RunStore, monkeypatch: pytest.MonkeyPatch, place: str, instead: Any
) -> None:
    table = read_archive(coloured(12), "toy.zip")
    recipe = recipe_for(table, model=TINY_PICTURES, techniques={"quantize": {}}, epochs=1.0)
    run = new_run(picture_store, table, recipe)
    with monkeypatch.context() as patch:
        patch.setattr(place, instead)
        train(run)
    assert run.status() == "finished", run.progress().error
    for name in ("model_int8.onnx", "predict_int8.py", "pixels.json"):
        assert not (run.model / name).exists()
    assert run.measured().small is None
    assert "technique.quantize.failed" in [note.key for note in run.progress().notes]
