"""A classifier as an ONNX file whose numbers have 8 bits, for ONNX Runtime.

Weights are stored in 8 bits, each output of a layer with a scale of its own (Jacob et al. 2018, "Quantization
and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference"). There are two ways to bring
what comes into a layer to 8 bits as well, see WAYS. The attention is exported as plain multiplications: ONNX
Runtime's optimizer fuses the rest when the file is opened, and its own fused attention is slower in 8 bits.
"""

from __future__ import annotations

import contextlib
import logging
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.data.sampling import evenly_spaced
from core.modalities.base import Input, Modality
from core.modalities.text import TEXT
from core.models.bundled.efficientnet import without_open_gates

if TYPE_CHECKING:
    from core.tasks.metrics import Floats

OPSET = 17
BATCH = 32  # inputs of similar length that are answered at a time
CALIBRATED = 64  # training inputs that say in which range the numbers between the layers are
AT_ONCE = 8  # of them that go through the model together
# What of a network of convolutions is worked out in 8 bits.
CONVOLUTIONAL = (
    "Conv",
    "MatMul",
    "Add",
    "Mul",
    "Clip",
    "Relu",
    "Sigmoid",
    "MaxPool",
    "Concat",
    "Pad",
)

# A setting of ONNX Runtime: on processors that cannot add up products of 8 bits (x86 without VNNI), take the
# slower way that can. The scripts of the download set it too.
PRECISE = ("session.x64quantprecision", "1")

Batches = Iterable[Mapping[str, Any]]


def to_onnx(model: Any, processor: Any, file: Path, modality: Modality = TEXT) -> None:
    """Write a classifier that has eager attention, in full precision.

    Inputs are what `modality.tensors` makes, of any length along `modality.axes`; the output is "logits"
    [inputs, classes]. Raises whatever torch raises for a model that it cannot trace.
    """
    import torch

    some = modality.example(processor)
    names = list(some)

    class Logits(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *given: torch.Tensor) -> torch.Tensor:
            logits: torch.Tensor = self.model(**dict(zip(names, given, strict=True))).logits
            return logits

    model.eval()
    with warnings.catch_warnings(), torch.inference_mode(), without_open_gates(model):
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
            dynamic_axes={name: dict(modality.axes) for name in names},
        )


def dynamic(source: Path, file: Path, batches: Batches) -> None:
    """Dynamic quantization: what comes into a layer is brought to 8 bits anew for every input."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with _quiet():
        quantize_dynamic(source, file, per_channel=True, weight_type=QuantType.QInt8)


def static(source: Path, file: Path, batches: Batches) -> None:
    """Static quantization: the range of what comes into a layer is measured beforehand, on `batches`.

    As the documentation of ONNX Runtime advises for processors ("Quantize ONNX models"): QDQ, activations
    without a sign. The mean over a picture and the last layer stay as they are: they cost next to nothing,
    and small differences matter there.
    """
    from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static

    class Reader(CalibrationDataReader):
        def __init__(self) -> None:
            self._left = iter(batches)

        def get_next(self) -> Mapping[str, Any] | None:
            return next(self._left, None)

    with _quiet():
        quantize_static(
            source,
            file,
            Reader(),
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=list(CONVOLUTIONAL),
        )


WAYS: Mapping[str, Callable[[Path, Path, Batches], None]] = {"dynamic": dynamic, "static": static}


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """No advice of ONNX Runtime to prepare the file, which brings nothing here."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(level)


def export_int8(
    model: Any,
    processor: Any,
    file: Path,
    modality: Modality = TEXT,
    known: Sequence[Input] = (),
    max_length: int = 0,
) -> None:
    """Write a classifier that has eager attention as an 8-bit ONNX file. `known` is what it has learned from:
    some of that is looked at where the way asks for it."""
    places = evenly_spaced(len(known), CALIBRATED)
    some = [known[int(place)] for place in places]
    batches = (
        arrays(modality.tensors(processor, some[start : start + AT_ONCE], max_length))
        for start in range(0, len(some), AT_ONCE)
    )
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".onnx-") as folder:
        whole = Path(folder) / "model.onnx"
        to_onnx(model, processor, whole, modality)
        WAYS[modality.quantised(model)](whole, file, batches)


def arrays(tensors: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.numpy() for name, value in tensors.items()}


class OnnxModel:
    """An ONNX file of `to_onnx` or `export_int8` with the processor that it was made with."""

    def __init__(
        self,
        file: Path,
        processor: Any,
        max_length: int,
        threads: int = 0,
        modality: Modality = TEXT,
    ) -> None:
        """`threads` for one answer; 0: as many as there are cores."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        options.add_session_config_entry(*PRECISE)
        self._session = onnxruntime.InferenceSession(
            str(file), options, providers=["CPUExecutionProvider"]
        )
        self._names = [node.name for node in self._session.get_inputs()]
        self._processor, self._length, self._modality = processor, max_length, modality

    def tokens(self, texts: Sequence[Input]) -> dict[str, Any]:
        """Tensors that `logits` takes: arrays [inputs, ...]."""
        tensors = arrays(self._modality.tensors(self._processor, texts, self._length))
        return {name: tensors[name] for name in self._names}

    def logits(self, tokens: dict[str, Any]) -> Floats:
        return np.asarray(self._session.run(None, tokens)[0])

    def answers(self, texts: Sequence[Input]) -> Floats:
        """Logits [inputs, classes]; inputs of similar length share a batch."""
        order = np.argsort([self._modality.size(text) for text in texts], kind="stable")
        logits: list[Any] = [None] * len(texts)
        for start in range(0, len(order), BATCH):
            places = order[start : start + BATCH]
            batch_logits = self.logits(self.tokens([texts[int(place)] for place in places]))
            for place, row in zip(places, batch_logits, strict=True):
                logits[int(place)] = row
        return np.array(logits)
