"""The simple models as folders: written with skops, loaded without pickle, packed when asked for.

A folder RUN/simple/NAME holds classifier.skops, labels.json, recipe.json, metrics.json, README.md,
predict.py, requirements.txt and probes.json, which stays here: a few test rows with their answers, to
prove the download by. The encoder of "embedding" is the pretrained model itself. It lies where all runs
find it; only the download gets a copy of its own, as `encoder`.
"""

from __future__ import annotations

import json
import logging
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import UserError
from core.export import formats, scripts
from core.export.bundle import base_of, new_folder, write
from core.export.card import simple_card
from core.export.formats.base import NEEDED, requirements
from core.export.formats.skops_folder import CLASSIFIER, PROBES, SkopsFolder
from core.export.predictor import Predictor
from core.io.json_files import read_bytes, read_json
from core.io.typed import decode
from core.modalities import by_key
from core.modalities.base import Input, Modality
from core.modalities.segmentation import Unit
from core.modalities.text import NO_LIMIT, Place, tokens_of
from core.models.load import pretrained, readable
from core.models.locate import FILES, locate
from core.recipe import Recipe
from core.runs.result import FILE as RESULT_FILE
from core.runs.result import Result
from core.runs.run import LabelColumn
from core.runs.store import column_at
from core.simple_models import fit
from core.simple_models.contributions import contributions
from core.tasks import of_names
from core.tasks.metrics import Floats

log = logging.getLogger(__name__)

TOLERANCE = 1e-3  # of a probability, between what was measured and what a folder answers
TOLERANCE_BF16 = 0.05  # the same where the vectors were made in 16 bits and are now made in 32
MAX_UNPACKED = 1 << 30  # bytes of a classifier.skops: ours have at most some 100 MB
NOT_OF_ENCODER = ("recipe.json", "metrics.json")  # of the earlier run that a model comes from
# All that a simple model is made of. skops trusts these and some hundred others; what it does not
# trust, or what is not one of these, is not loaded.
PARTS = {
    "DummyClassifier",
    "FeatureUnion",
    "LogisticRegression",
    "OneVsRestClassifier",
    "Pipeline",
    "TfidfVectorizer",
}


@dataclass(frozen=True)
class _Probes:
    """Some test rows and the answers to them, which are proven again with the download."""

    texts: Sequence[tuple[str, str | None]]
    probabilities: Sequence[Sequence[float]]
    tolerance: float


def export(
    column: LabelColumn,
    which: str,
    fitted: fit.SimpleModel,
    recipe: Recipe,
    result: Result,
    probes: Sequence[Input],
    inputs: Any,
    tolerance: float = TOLERANCE,
) -> None:
    """Write `column.folder(which)` as a whole or not at all, and prove it.

    `probes` are rows and `inputs` what the model was given for them: strings, or vectors [rows, features].
    Raises OSError, and RuntimeError when what was written answers differently.
    """
    from skops.io import dump

    with new_folder(column.folder(which), column.path / f".simple-{which}-new") as new:
        dump(fitted.pipeline, new / CLASSIFIER, compression=zipfile.ZIP_DEFLATED)
        write(new / "labels.json", json.dumps(fitted.labels, ensure_ascii=False))
        write(new / "recipe.json", recipe.to_json())
        write(new / RESULT_FILE, json.dumps(result.of_simple(which), ensure_ascii=False, indent=2))
        modality = by_key(recipe.data.modality)
        about = simple_card(
            which, recipe, result, base_of(column.run, recipe), formats=formats.of_folder(new)
        )
        write(new / "README.md", about)
        write(new / NEEDED, requirements(SkopsFolder().needs(which, modality)))
        scripts.put(f"{modality.script}_{which}", new)
        answers = fitted.probabilities(inputs)
        seen = _Probes(probes, answers.tolist(), tolerance)
        write(new / PROBES, json.dumps(vars(seen), ensure_ascii=False))
        again = fit.probabilities(load(new / CLASSIFIER), inputs, fitted.labels)
        _compare(again, answers, TOLERANCE)


def _compare(answers: Floats, expected: Floats, tolerance: float) -> None:
    """Raises RuntimeError for answers that differ; written so that a NaN fails."""
    if not (np.abs(answers - expected) <= tolerance).all():
        raise RuntimeError("the exported simple model answers differently")


def load(file: Path) -> Any:
    """The scikit-learn pipeline in a file of skops. Nothing in the file is executed.

    Raises UserError for a damaged file and for one with any part that a simple model does not have.
    """
    from skops.io import get_untrusted_types
    from skops.io import load as load_skops

    name = file.parent.name
    with readable(name):
        with zipfile.ZipFile(file) as archive:
            size = sum(item.file_size for item in archive.infolist())
        if size > MAX_UNPACKED:
            raise UserError("simple_untrusted", name=name, types=f"{size:,} B")
        unknown = get_untrusted_types(file=file)
        if not unknown:
            pipeline = load_skops(file, trusted=[])
            unknown = sorted({_kind(part) for part in _parts(pipeline)} - PARTS)
    if unknown:
        raise UserError("simple_untrusted", name=name, types=", ".join(map(str, unknown))[:200])
    return pipeline


def _parts(pipeline: Any) -> list[Any]:
    """The pipeline and every estimator in it."""
    inner = getattr(pipeline, "steps", None) or getattr(pipeline, "transformer_list", None) or []
    return [pipeline, *(part for _, step in inner for part in _parts(step))]


def _kind(part: Any) -> str:
    ours = type(part).__module__.startswith("sklearn.")
    return type(part).__name__ if ours else f"{type(part).__module__}.{type(part).__name__}"


class SimplePredictor(Predictor):
    """A folder of a simple model, ready to answer. Raises UserError for what cannot be loaded."""

    def __init__(self, folder: Path) -> None:
        self._pipeline = load(folder / CLASSIFIER)
        try:
            recipe = Recipe.from_json(read_bytes(folder / "recipe.json").decode())
            labels = read_json(folder / "labels.json")
            self.labels = tuple(map(str, labels))
            known = {str(name) for name in self._pipeline.classes_}
            if not known <= set(self.labels):
                raise ValueError(known)
        except (UserError, OSError, ValueError, AttributeError, TypeError) as error:
            raise UserError(
                "predict_unreadable", name=folder.name, reason=type(error).__name__
            ) from error
        super().__init__(folder)
        self.task = of_names(self.labels, recipe.task.separator)
        self.text_columns = recipe.data.text
        self.modality = by_key(recipe.data.modality)()
        self._plain = fit.BASELINES[self.modality.plain]
        self._length = recipe.train.max_length or NO_LIMIT
        self._encoder: tuple[Any, Any] | None = None
        if "featureunion" not in self._pipeline.named_steps and is_embedding(folder):
            self._encoder = _encoder(encoder_of(folder, recipe), self.modality)

    def probabilities(self, texts: Sequence[Input]) -> Floats:
        with self._lock:
            if self._encoder is None:
                inputs = self._plain.asked(self.modality.plain_input(texts))
            else:
                inputs = self.modality.embed(*self._encoder, texts, self._length)
            return fit.probabilities(self._pipeline, inputs, self.labels)

    def reach(self, text: Input) -> tuple[int, int]:
        if self._encoder is not None or not self.modality.words:
            return super().reach(text)
        first = min(len(text[0]), fit.MAX_CHARACTERS)
        rest = max(0, fit.MAX_CHARACTERS - first - 1)  # a line end is between the two
        return first, min(len(text[1] or ""), rest)

    def tokens(self, text: Input) -> Sequence[Place] | None:
        if self._encoder is None or not self.modality.words:
            return None
        with self._lock:
            return tokens_of(self._encoder[1], text, self._length)

    def parts(self, text: Input, units: Sequence[Unit], label: int) -> Floats | None:
        """Word counts are a sum, vectors are not."""
        if self._encoder is not None or not self.modality.words:
            return None
        return contributions(self._pipeline, text, units, self.labels[label])


def is_embedding(folder: Path) -> bool:
    return folder.name == "embedding" or (folder / "encoder").is_dir()


def encoder_of(folder: Path, recipe: Recipe) -> Path:
    """The folder of the pretrained model of a simple one. Raises UserError when it is gone."""
    inside = folder / "encoder"
    if inside.is_dir():
        return inside
    return locate(recipe.model, column_at(folder.parents[1]).run.store)


def _encoder(folder: Path, modality: Modality) -> tuple[Any, Any]:
    """The pretrained model as `Modality.embed` takes it, and its processor."""
    import transformers

    with readable(folder.name):
        processor = modality.processor(folder)
        model, _ = pretrained(getattr(transformers, modality.encoder), folder)
    return model.eval(), processor


def encoder_files(column: LabelColumn, which: str) -> dict[str, Path]:
    """Files of the pretrained model that go into the download of a simple one, by their place in there.
    Raises UserError when it is gone."""
    if which != "embedding":
        return {}
    with column.reading(f"simple/{which}/recipe.json") as file:
        recipe = Recipe.from_json(read_bytes(file).decode())
    base = encoder_of(column.folder(which), recipe)
    files = {file for pattern in FILES for file in base.glob(pattern)}
    return {
        f"encoder/{file.name}": file for file in sorted(files) if file.name not in NOT_OF_ENCODER
    }


def prove(column: LabelColumn, which: str, folder: Path) -> None:
    """Ask the simple model in an unpacked download what the run has asked it. Raises UserError for a damaged
    one, and RuntimeError when it answers differently."""
    with column.reading(f"simple/{which}/{PROBES}") as file:
        probes = decode(_Probes, read_json(file))
    answers = SimplePredictor(folder).over(column.run.table()).probabilities(probes.texts)
    _compare(answers, np.array(probes.probabilities), probes.tolerance)
