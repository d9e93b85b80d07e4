from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.functional import pad

from core.errors import UserError
from core.models.bundled import efficientnet
from core.models.bundled.efficientnet import _prepared, convert, folder, renamed, source

# Kernel, stride, expansion, channels and repeats of each stage (Tan and Le 2019, table 1).
STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)


def same(x: torch.Tensor, kernel: int, stride: int) -> torch.Tensor:
    """Padding as TensorFlow's "SAME" does it: the odd pixel is below and to the right."""
    sides = []
    for size in (x.shape[3], x.shape[2]):
        missing = max(0, (-(-size // stride) - 1) * stride + kernel - size)
        sides += [missing // 2, missing - missing // 2]
    return pad(x, sides)


def plain(state: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """EfficientNet-Lite0 written out, from the package's own names: what the conversion has to agree with."""

    def norm(x: torch.Tensor, name: str) -> torch.Tensor:
        mean, variance, weight, bias = (
            state[f"{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")
        )
        return nn.functional.batch_norm(x, mean, variance, weight, bias, eps=1e-3)

    def conv(x: torch.Tensor, name: str, stride: int = 1, groups: int = 1) -> torch.Tensor:
        weight = state[f"{name}.weight"]
        return nn.functional.conv2d(
            same(x, weight.shape[2], stride), weight, stride=stride, groups=groups
        )

    act = nn.functional.relu6
    x, number = act(norm(conv(x, "_conv_stem", 2), "_bn0")), 0
    for _, first, expansion, channels, repeats in STAGES:
        for repeat in range(repeats):
            name, before = f"_blocks.{number}", x
            stride = first if repeat == 0 else 1
            if expansion > 1:
                x = act(norm(conv(x, f"{name}._expand_conv"), f"{name}._bn0"))
            x = conv(x, f"{name}._depthwise_conv", stride, groups=x.shape[1])
            x = act(norm(x, f"{name}._bn1"))
            x = norm(conv(x, f"{name}._project_conv"), f"{name}._bn2")
            if stride == 1 and before.shape[1] == channels:
                x = x + before
            number += 1
    x = act(norm(conv(x, "_conv_head"), "_bn1")).mean((2, 3))
    return x @ state["_fc.weight"].T + state["_fc.bias"]


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKTUNE_CACHE", str(tmp_path_factory.getbasetemp() / "pictures-cache"))
    monkeypatch.setattr(efficientnet, "_folder", None)


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    return dict(torch.load(source(), weights_only=True))


def test_it_answers_as_the_weights_of_the_package_do(state: dict[str, torch.Tensor]) -> None:
    from transformers import AutoModelForImageClassification

    model = AutoModelForImageClassification.from_pretrained(folder()).eval()
    some = torch.randn(2, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        assert (model(some).logits - plain(state, some)).abs().max() < 1e-3


def test_its_processor_does_what_the_weights_were_trained_with() -> None:
    from PIL import Image
    from transformers import AutoImageProcessor

    processor = AutoImageProcessor.from_pretrained(folder(), backend="pil")
    made = processor(Image.new("RGB", (300, 200), (255, 127, 0)), return_tensors="pt")
    seen = made["pixel_values"]
    assert seen.shape == (1, 3, 224, 224)
    expected = torch.tensor([128.0, 0.0, -127.0]) / 128
    assert torch.allclose(seen[0, :, 100, 100], expected, atol=1e-6)


def test_it_is_made_once_and_again_when_it_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []

    def count(weights: Path, place: Path) -> None:
        made.append(place)
        (place / "model.safetensors").write_bytes(b"weights")

    monkeypatch.setattr(efficientnet, "convert", count)
    monkeypatch.setenv("TICKTUNE_CACHE", str(tmp_path))
    done = _prepared(tmp_path / "x")
    assert _prepared(tmp_path / "x") == done
    assert len(made) == 1
    (done / "model.safetensors").write_bytes(b"weightz")
    _prepared(tmp_path / "x")
    (done / efficientnet.CHECKED).write_text("{")
    assert _prepared(tmp_path / "x") == done
    assert len(made) == 3
    assert [each for each in (tmp_path / "models").iterdir() if each.is_dir()] == [done]
    assert json.loads((done / efficientnet.CHECKED).read_text())["sha256"]


def test_nothing_is_left_of_a_conversion_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(weights: Path, place: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(efficientnet, "convert", full)
    monkeypatch.setenv("TICKTUNE_CACHE", str(tmp_path))
    with pytest.raises(UserError, match="too full"):
        _prepared(tmp_path / "x")
    assert not [each for each in (tmp_path / "models").iterdir() if each.is_dir()]


def test_other_weights_are_refused(
    state: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.save({**state, "_fc.weight": torch.zeros(3, 3)}, tmp_path / "other.pth")
    with pytest.raises(ValueError, match="classifier"):
        convert(tmp_path / "other.pth", tmp_path)
    with pytest.raises(ValueError, match="odd"):
        renamed({"odd": torch.zeros(1)})
    monkeypatch.setattr(efficientnet, "SHA256", "0" * 64)
    with pytest.raises(UserError) as caught:
        source()
    assert caught.value.args == ("model_bundled_changed",)
    monkeypatch.setattr(efficientnet, "PACKAGE", "no_such_package")
    with pytest.raises(UserError) as caught:
        source()
    assert caught.value.args == ("model_bundled_missing",)
