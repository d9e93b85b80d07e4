"""The simple models as folders: written with skops, loaded without pickle, packed when asked for.

A folder RUN/simple/NAME holds classifier.skops, labels.json, recipe.json, metrics.json, README.md,
predict.py, requirements.txt and probes.json, which stays here: a few test rows with their answers, to
prove the download by. The encoder of "embedding" is the pretrained model itself. It lies where all runs
find it; only the download gets a copy of its own, as `encoder`.
"""

from __future__ import annotations

import copy
import json
import logging
import shutil
import tempfile
import threading
import zipfile
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from core.data.read import Table
from core.errors import UserError
from core.evaluation import baselines
from core.evaluation.explain import Unit
from core.evaluation.linear import contributions
from core.evaluation.metrics import Floats
from core.export import scripts
from core.export.bundle import base_of, slug, swap, threshold_of, unsure_of, write
from core.export.card import simple_card
from core.modalities import by_key, modality_of
from core.modalities.base import Input, Modality
from core.modalities.text import NO_LIMIT, Place, reach, tokens_of
from core.models.load import pretrained
from core.models.locate import FILES, locate
from core.recipe import Recipe
from core.runs import Run, RunStore
from core.tasks import of_names

log = logging.getLogger(__name__)

CLASSIFIER, PROBES = "classifier.skops", "probes.json"
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


def export(
    run: Run,
    which: str,
    fitted: baselines.Fitted,
    recipe: Recipe,
    metrics: Mapping[str, Any],
    probes: Sequence[Input],
    inputs: Any,
    tolerance: float = TOLERANCE,
) -> None:
    """Write `run.folder(which)` as a whole or not at all, and prove it.

    `probes` are rows and `inputs` what the model was given for them: strings, or vectors [rows, features].
    Raises OSError, and RuntimeError when what was written answers differently.
    """
    from skops.io import dump

    new = run.path / f".simple-{which}-new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    try:
        dump(fitted.pipeline, new / CLASSIFIER, compression=zipfile.ZIP_DEFLATED)
        write(new / "labels.json", json.dumps(fitted.labels, ensure_ascii=False))
        write(new / "recipe.json", recipe.to_json())
        scores = {
            "labels": list(fitted.labels),
            "rows": metrics["rows"],
            **metrics["baselines"][which],
        }
        write(new / "metrics.json", json.dumps(scores, ensure_ascii=False, indent=2))
        write(new / "README.md", simple_card(which, recipe, metrics, base_of(run, recipe)))
        modality = by_key(recipe.data.modality)
        write(new / "requirements.txt", _requirements(which, modality))
        scripts.put(f"{modality.script}_{which}", new)
        answers = fitted.probabilities(inputs)
        seen = {"texts": list(probes), "probabilities": answers.tolist(), "tolerance": tolerance}
        write(new / PROBES, json.dumps(seen, ensure_ascii=False))
        again = baselines.probabilities(load(new / CLASSIFIER), inputs, fitted.labels)
        _compare(again, answers, TOLERANCE)
        place = run.folder(which)
        place.parent.mkdir(exist_ok=True)
        swap(new, place)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _requirements(which: str, modality: type[Modality]) -> str:
    names = ["scikit-learn", "skops", *modality.needs]
    if which == "embedding":
        names += ["torch", "transformers"]
    # torch calls its builds "2.13.0+cpu"; any of that version will do.
    return "".join(f"{name}=={version(name).partition('+')[0]}\n" for name in names)


def _compare(found: Floats, expected: Floats, tolerance: float) -> None:
    """Written so that a NaN fails."""
    if not (np.abs(found - expected) <= tolerance).all():
        raise RuntimeError("the exported simple model answers differently")


def load(file: Path) -> Any:
    """The scikit-learn pipeline in a file of skops. Nothing in the file is executed.

    Raises UserError for a damaged file and for one with any part that a simple model does not have.
    """
    from skops.io import get_untrusted_types
    from skops.io import load as load_skops

    name = file.parent.name
    try:
        with zipfile.ZipFile(file) as archive:
            size = sum(item.file_size for item in archive.infolist())
        if size > MAX_UNPACKED:
            raise UserError("simple_untrusted", name=name, types=f"{size:,} B")
        unknown = get_untrusted_types(file=file)
        if not unknown:
            pipeline = load_skops(file, trusted=[])
            unknown = sorted({_kind(part) for part in _parts(pipeline)} - PARTS)
    except UserError:
        raise
    except Exception as error:  # the libraries raise what they like for a damaged file
        log.exception("cannot load a simple model")
        raise UserError("predict_unreadable", name=name, reason=type(error).__name__) from error
    if unknown:
        raise UserError("simple_untrusted", name=name, types=", ".join(map(str, unknown))[:200])
    return pipeline


def _parts(pipeline: Any) -> list[Any]:
    """The pipeline and every estimator in it."""
    inner = getattr(pipeline, "steps", None) or getattr(pipeline, "transformer_list", None) or []
    return [pipeline, *(part for _, each in inner for part in _parts(each))]


def _kind(part: Any) -> str:
    ours = type(part).__module__.startswith("sklearn.")
    return type(part).__name__ if ours else f"{type(part).__module__}.{type(part).__name__}"


class SimplePredictor:
    """A folder of a simple model, ready to answer: the same interface as `core.predict.Predictor`.

    `encoder` is the folder of the pretrained model that "embedding" needs; without it, the folder's
    own `encoder`, or what the recipe of the run names. Raises UserError for what cannot be loaded.
    """

    def __init__(self, folder: Path, encoder: Path | None = None) -> None:
        self._pipeline = load(folder / CLASSIFIER)
        try:
            recipe = Recipe.from_json((folder / "recipe.json").read_text(encoding="utf-8"))
            labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
            self.labels: tuple[str, ...] = tuple(map(str, labels))
            known = {str(name) for name in self._pipeline.classes_}
            if not known <= set(self.labels):
                raise ValueError(known)
        except (UserError, OSError, ValueError, AttributeError, TypeError) as error:
            raise UserError(
                "predict_unreadable", name=folder.name, reason=type(error).__name__
            ) from error
        self.task = of_names(self.labels, recipe.task.separator)
        self.threshold = threshold_of(folder)
        self.unsure_below = unsure_of(folder)
        self.text_columns: tuple[str, ...] = recipe.data.text
        self.modality = by_key(recipe.data.modality)()
        self._plain = baselines.PLAIN[self.modality.plain]
        self._length = recipe.train.max_length or NO_LIMIT
        self._lock = threading.Lock()
        self._encoder: tuple[Any, Any] | None = None
        if "featureunion" not in self._pipeline.named_steps and is_embedding(folder):
            self._encoder = _encoder(encoder or encoder_of(folder, recipe), self.modality)

    def over(self, table: Table) -> SimplePredictor:
        """The same, to be asked about rows of a table. Raises UserError for a table of another kind."""
        check_kind(self.modality.key, table)
        other = copy.copy(self)
        other.modality = modality_of(table)
        return other

    def probabilities(self, texts: Sequence[Input]) -> Floats:
        """Probabilities of the labels for each row: [rows, classes], float64."""
        with self._lock:  # the tokenizer is not made for several threads
            if self._encoder is None:
                inputs = self._plain.asked(self.modality.plain_input(texts))
            else:
                inputs = self.modality.embed(*self._encoder, texts, self._length)
            return baselines.probabilities(self._pipeline, inputs, self.labels)

    def reach(self, text: Input) -> tuple[int, int]:
        """How many characters of a text, and of the second one of a pair, are read; the rest is cut off."""
        if self._encoder is not None or not self.modality.words:
            return reach(text, self.tokens(text))
        first = min(len(text[0]), baselines.MAX_CHARACTERS)
        rest = max(0, baselines.MAX_CHARACTERS - first - 1)  # a line end is between the two
        return first, min(len(text[1] or ""), rest)

    def tokens(self, text: Input) -> Sequence[Place] | None:
        """Where the tokens of the encoder stand in a text or a pair; None for word counts and pictures."""
        if self._encoder is None or not self.modality.words:
            return None
        with self._lock:
            return tokens_of(self._encoder[1], text, self._length)

    def parts(self, text: Input, units: Sequence[Unit], label: int) -> Floats | None:
        """What each unit adds to the score of a label [units]: word counts are a sum, vectors are not."""
        if self._encoder is not None or not self.modality.words:
            return None
        return contributions(self._pipeline, text, units, self.labels[label])

    def hints(self, text: Input, units: Sequence[Unit], label: int) -> Floats | None:
        """None: there is no quick guess."""
        return None


def check_kind(modality: str, table: Table) -> None:
    """Raise UserError for rows that a model for this modality cannot be asked about."""
    if table.modality != modality:
        raise UserError(f"predict_wants_{modality}", file=table.name)


def is_embedding(folder: Path) -> bool:
    return folder.name == "embedding" or (folder / "encoder").is_dir()


def encoder_of(folder: Path, recipe: Recipe) -> Path:
    """Where the pretrained model of a folder is. Raises UserError when it is gone."""
    inside = folder / "encoder"
    return (
        inside if inside.is_dir() else locate(recipe.model, RunStore(Run(folder.parents[1]).root))
    )


def _encoder(folder: Path, modality: Modality) -> tuple[Any, Any]:
    """The pretrained model as `Modality.embed` takes it, and its processor."""
    import transformers

    try:
        processor = modality.processor(folder)
        model, _ = pretrained(getattr(transformers, modality.encoder), folder)
    except UserError:
        raise
    except Exception as error:  # the libraries raise what they like for a damaged file
        log.exception("cannot load an encoder")
        raise UserError(
            "predict_unreadable", name=folder.name, reason=type(error).__name__
        ) from error
    return model.eval(), processor


def pack(run: Run, which: str, out: Path) -> Path:
    """Write the download of a simple model to the zip `out`, after it was unpacked, loaded and asked.

    Raises UserError when the run has no such model or its encoder is gone, OSError, and RuntimeError
    when it answers differently than it was measured.
    """
    folder = run.folder(which)
    if which not in baselines.SIMPLE or not (folder / CLASSIFIER).is_file():
        raise UserError("simple_missing", name=run.id, which=which, known=", ".join(run.kept()))
    recipe = Recipe.from_json((folder / "recipe.json").read_text(encoding="utf-8"))
    top = f"{slug(recipe.name or recipe.data.file)}-{which}"
    files = {
        file.name: file for file in sorted(folder.iterdir()) if file.name not in (PROBES, "encoder")
    }
    if which == "embedding":
        base = encoder_of(folder, recipe)
        found = {file for pattern in FILES for file in base.glob(pattern)}
        files |= {
            f"encoder/{file.name}": file
            for file in sorted(found)
            if file.name not in NOT_OF_ENCODER
        }
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".simple-") as temporary:
        made = Path(temporary) / "zip"
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, file in files.items():
                kept = zipfile.ZIP_STORED if file.suffix == ".safetensors" else None
                archive.write(file, f"{top}/{name}", kept)
        with zipfile.ZipFile(made) as archive:
            archive.extractall(temporary)
        _prove(SimplePredictor(Path(temporary) / top).over(run.whole().table()), folder / PROBES)
        made.replace(out)
    return out


def _prove(unpacked: SimplePredictor, probes: Path) -> None:
    seen = json.loads(probes.read_text(encoding="utf-8"))
    texts = [(first, second) for first, second in seen["texts"]]
    found = unpacked.probabilities(texts)
    _compare(found, np.array(seen["probabilities"]), seen["tolerance"])
