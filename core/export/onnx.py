"""A classifier as an ONNX file whose numbers have 8 bits, for ONNX Runtime.

Dynamic quantization: weights are stored in 8 bits, each output of a layer with a scale of its own, and what
comes in is brought to 8 bits anew for every text (Jacob et al. 2018, "Quantization and Training of Neural
Networks for Efficient Integer-Arithmetic-Only Inference"). The attention is exported as plain
multiplications: ONNX Runtime's optimizer fuses the rest when the file is opened, and its own fused attention
is slower in 8 bits.
"""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.modalities.text import Text, as_input

if TYPE_CHECKING:
    from core.evaluation.metrics import Floats

OPSET = 17
BATCH = 32  # texts of similar length that are answered at a time
INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def to_onnx(model: Any, tokenizer: Any, file: Path) -> None:
    """Write a classifier that has eager attention, in full precision.

    Inputs are what the tokenizer makes, [texts, tokens], both free; the output is "logits" [texts, classes].
    Raises whatever torch raises for a model that it cannot trace.
    """
    import torch

    names = [name for name in INPUTS if name in tokenizer.model_input_names]
    some = tokenizer(
        ["one", "another text, with more words in it"], padding=True, return_tensors="pt"
    )

    class Logits(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *given: torch.Tensor) -> torch.Tensor:
            logits: torch.Tensor = self.model(**dict(zip(names, given, strict=True))).logits
            return logits

    model.eval()
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")
        # The other exporter (dynamo=True) takes ten times as long for the same answers.
        torch.onnx.export(
            Logits(),
            tuple(some[name] for name in names),
            str(file),
            dynamo=False,
            opset_version=OPSET,
            input_names=names,
            output_names=["logits"],
            dynamic_axes={name: {0: "texts", 1: "tokens"} for name in names},
        )


def quantise(source: Path, file: Path) -> None:
    """Write the 8-bit form of an ONNX file."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)  # it advises to prepare the file, which brings nothing here
    try:
        quantize_dynamic(source, file, per_channel=True, weight_type=QuantType.QInt8)
    finally:
        root.setLevel(level)


def export_int8(model: Any, tokenizer: Any, file: Path) -> None:
    """Write a classifier that has eager attention as an 8-bit ONNX file."""
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".onnx-") as folder:
        whole = Path(folder) / "model.onnx"
        to_onnx(model, tokenizer, whole)
        quantise(whole, file)


class OnnxModel:
    """An ONNX file of `to_onnx` or `export_int8` with the tokenizer that it was made with."""

    def __init__(self, file: Path, tokenizer: Any, max_length: int, threads: int = 0) -> None:
        """`threads` for one answer; 0: as many as there are cores."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(file), options, providers=["CPUExecutionProvider"]
        )
        self._names = [each.name for each in self._session.get_inputs()]
        self._tokenizer, self._length = tokenizer, max_length

    def tokens(self, texts: Sequence[Text]) -> dict[str, Any]:
        """What `logits` takes: arrays [texts, tokens]."""
        made = self._tokenizer(
            as_input(texts),
            padding=True,
            truncation=True,
            max_length=self._length,
            return_tensors="np",
        )
        return {name: made[name].astype(np.int64) for name in self._names}

    def logits(self, tokens: dict[str, Any]) -> Floats:
        return np.asarray(self._session.run(None, tokens)[0])

    def answers(self, texts: Sequence[Text]) -> Floats:
        """Logits [texts, classes]; texts of similar length share a batch."""
        order = np.argsort([len(first) + len(second or "") for first, second in texts])
        said: list[Any] = [None] * len(texts)
        for start in range(0, len(order), BATCH):
            places = order[start : start + BATCH]
            found = self.logits(self.tokens([texts[int(place)] for place in places]))
            for place, row in zip(places, found, strict=True):
                said[int(place)] = row
        return np.array(said)
