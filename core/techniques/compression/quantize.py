"""Quantization: the exported model in 8 bits, a quarter of the size and usually several times as quick."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.evidence import Sentence, Table
from core.export.formats.onnx_int8 import FILE, SCRIPT
from core.runs.result import Result, SmallModel
from core.technique import Fit, Technique
from core.words import Message, message, percent

if TYPE_CHECKING:
    from core.export.onnx import OnnxModel
    from core.modalities.base import Modality

log = logging.getLogger(__name__)


class Quantize(Technique):
    """8-bit quantization with ONNX Runtime, each output of a layer with a scale of its own (Jacob et al.
    2018): dynamic, or static where most weights are in convolutions (`Modality.quantised`). The download gets
    it beside the model in full precision; both are measured on the same test rows.
    """

    key = "quantize"
    group = "compression"

    def exported(self, fit: Fit, folder: Path, result: Result) -> SmallModel | None:
        from core.export import onnx, scripts

        self.evidence.clear()
        modality, rows = fit.modality, fit.splits.rows
        model, processor = self._opened(modality, folder)
        known, length = rows.texts_at(rows.split.train), fit.spec.max_length
        before = set(folder.iterdir())
        try:
            modality.describe(processor, folder)
            onnx.export_int8(model, processor, folder / FILE, modality, known, length)
            small = onnx.OnnxModel(
                folder / FILE, fit.processor, length, fit.machine.threads, modality
            )
        except Exception as error:  # what cannot be traced or opened says so in many ways
            log.exception("cannot quantize")
            for left_over in set(folder.iterdir()) - before:
                left_over.unlink()
            self.tell(fit, message("technique.quantize.failed", reason=type(error).__name__))
            return None
        scripts.put(f"{modality.script}_int8", folder, SCRIPT)
        return self._measure(fit, folder / FILE, model, small, result)

    def _opened(self, modality: Modality, folder: Path) -> tuple[Any, Any]:
        """As anybody would open the folder, with the attention that can be traced."""
        import transformers

        from core.models.load import pretrained

        model, _ = pretrained(getattr(transformers, modality.classifier), folder, "eager")
        return model, modality.processor(folder)

    def _measure(
        self, fit: Fit, file: Path, model: Any, small: OnnxModel, result: Result
    ) -> SmallModel:
        """Speed and size of both, and the scores of both on the test rows of the main label column."""
        from core.evaluation.speed import Model, latencies, throughputs
        from core.training.measure import TorchModel

        rows = fit.splits.rows.views()[0]
        texts = rows.texts_at(rows.split.test)
        length = fit.spec.max_length
        both: list[Model] = [TorchModel(model, fit.processor, length, fit.modality), small]
        sizes = [result.size, file.stat().st_size]
        seconds, rate = latencies(both, texts), throughputs(both, texts)
        shares = rows.task.probabilities(small.answers(texts))
        threshold, test = result.threshold, result.test
        scored = rows.task.score(shares, rows.truth[rows.split.test], threshold)
        scores = [(test.accuracy, test.macro_f1), (scored["accuracy"], scored["macro_f1"])]
        done = message(
            "technique.quantize.done",
            size=sizes[0] / sizes[1],
            latency=seconds[0] / seconds[1],
            throughput=rate[1] / rate[0],
            points=100 * (scores[1][1] - scores[0][1]),
        )
        names = ("model", "size", "seconds", "throughput", "accuracy", "macro_f1")
        lines: list[list[Message | str]] = [
            [
                message(f"technique.quantize.{name}"),
                f"{sizes[k] / 1e6:.1f} MB",
                f"{seconds[k] * 1000:.1f} ms",
                f"{rate[k]:,.0f}",
                percent(scores[k][0]),
                f"{scores[k][1]:.3f}",
            ]
            for k, name in enumerate(("whole", "int8"))
        ]
        heads = [message(f"evidence.{name}") for name in names]
        title = message("technique.quantize.before_after")
        slower = [Sentence(message("technique.quantize.slower"))] if seconds[1] > seconds[0] else []
        self.evidence += [Sentence(done), *slower, Table(title, heads, lines)]
        predicted = tuple(rows.task.said(shares, threshold))
        return SmallModel(sizes[1], seconds[1], *scores[1], predicted)
