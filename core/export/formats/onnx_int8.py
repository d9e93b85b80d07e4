"""The fine-tuned model in 8 bits alone, for ONNX Runtime: neither torch nor the weights in full precision."""

from __future__ import annotations

from pathlib import Path

from core.export.formats.base import Format, inside
from core.modalities.base import Modality
from core.runs.run import LabelColumn

FILE, SCRIPT = "model_int8.onnx", "predict_int8.py"


class OnnxInt8(Format):
    key = "onnx"

    def applies(self, folder: Path) -> bool:
        return (folder / FILE).is_file()

    def needs(self, which: str, kind: type[Modality]) -> tuple[str, ...]:
        return ("numpy", "onnxruntime", *(("tokenizers",) if kind.words else kind.needs))

    def files(self, column: LabelColumn, which: str) -> dict[str, Path]:
        files = inside(column.folder(which))
        return {
            name: file
            for name, file in files.items()
            if file.suffix != ".safetensors" and name != "predict.py"
        }
