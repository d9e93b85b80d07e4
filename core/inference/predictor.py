"""Predictors: labels for new texts and pictures, from a trained model."""

from __future__ import annotations

import copy
import dataclasses
import functools
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.data.pictures.store import PicturesInMemory
from core.data.table import Table
from core.errors import UserError
from core.export.formats.skops_folder import CLASSIFIER
from core.export.predictor import Predictor
from core.export.simple import SimplePredictor
from core.io.json_files import read_bytes
from core.libraries import load_libraries
from core.modalities import by_key
from core.modalities.base import Input
from core.modalities.text import Place, Text, tokens_of
from core.models.load import pretrained, readable
from core.recipe import Recipe
from core.runs.run import ID
from core.runs.store import RunStore, run_at
from core.tasks import MultiLabel, of_names

if TYPE_CHECKING:
    from PIL import Image
    from transformers import PreTrainedModel

    from core.inference.explain_picture import Ask
    from core.modalities.segmentation import Unit
    from core.tasks.metrics import Floats

HINT_STEPS = 6  # half of what an explanation of a long text costs
log = logging.getLogger(__name__)


def open_model(folder: Path) -> Predictor:
    """The predictor of a folder that `folder_of` found, ready to answer. Raises UserError."""
    load_libraries()
    return SimplePredictor(folder) if is_simple(folder) else TransformerPredictor(folder)


def opened(folder: Path) -> Predictor:
    """The predictor of a folder, kept for the next one who asks. A run that went on, or whose settings for
    answering were changed, is opened anew."""
    written = tuple(sorted((file.name, file.stat().st_mtime_ns) for file in folder.glob("*.json")))
    return _opened(folder, written)


def forget() -> None:
    """Keep none of them any longer: the run of one was deleted."""
    _opened.cache_clear()


@functools.lru_cache(maxsize=3)
def _opened(folder: Path, written: tuple[tuple[str, int], ...]) -> Predictor:
    return open_model(folder)


def about_pictures(model: Predictor, table: Table) -> Ask:
    """The predictor for pictures in memory, instead of those of a table of pictures."""

    def ask(images: Sequence[Image.Image]) -> Floats:
        given = model.over(dataclasses.replace(table, pictures=PicturesInMemory(images)))
        return given.probabilities([("", str(place)) for place in range(len(images))])

    return ask


def is_simple(folder: Path) -> bool:
    return (folder / CLASSIFIER).is_file()


def folder_of(
    name: str, store: RunStore, which: str | None = None, column: str | None = None
) -> Path:
    """The model folder that is meant by a run's id, a run's folder or a model folder.

    `which` of a run's models (`ColumnFolder.folder`); by default the recommended one. `column` of its label
    columns; by default the main one. Raises UserError when it is none of these, when the run has no
    model yet, or when the folder has neither safetensors nor a simple model.
    """
    folder = Path(name).expanduser()
    if ID.fullmatch(name) and not folder.is_dir():
        folder = store.get(name).path
    if (folder / "events.jsonl").is_file():
        run = run_at(folder)
        if not (run.model / "config.json").is_file():
            raise UserError("predict_no_model", name=run.id)
        label = run.column(column)
        which = which or label.recommended()
        if which not in label.models():
            raise UserError(
                "simple_missing", name=run.id, which=which, known=", ".join(label.models())
            )
        folder = label.folder(which)
    if not is_simple(folder):
        _check(folder, name)
    return folder


def _check(folder: Path, name: str) -> None:
    if not (folder / "config.json").is_file():
        raise UserError("predict_unknown", name=name[-100:])
    if not any(folder.glob("*.safetensors")):
        raise UserError("predict_no_safetensors", name=folder.name)


class TransformerPredictor(Predictor):
    """A model folder, of ours or any standard classifier, ready to answer. Nothing in the folder is
    executed."""

    def __init__(self, folder: Path) -> None:
        """Raises UserError for a folder that is damaged, no classifier or without safetensors."""
        _check(folder, folder.name)
        recipe = _recipe(folder)
        self.modality = by_key(recipe.data.modality if recipe else "text")()
        with readable(folder.name):
            self.processor = self.modality.processor(folder)
            self.model = _load(folder, self.modality.classifier)
        config = self.model.config
        self.labels = tuple(str(config.id2label[k]) for k in range(config.num_labels))
        several = config.problem_type == MultiLabel.problem
        separator = recipe.task.separator if recipe else ""
        self.task = of_names(self.labels, (separator or ";") if several else "")
        super().__init__(folder)
        self.text_columns = recipe.data.text if recipe else ()
        wanted = recipe.train.max_length if recipe else None
        self.max_length = self.modality.usable_length(self.processor, config, wanted)

    def probabilities(self, texts: Sequence[Input], batch_size: int = 32) -> Floats:
        """Texts of similar length share a batch, so that little is spent on padding."""
        order = np.argsort([self.modality.size(text) for text in texts], kind="stable")
        logits = np.zeros((len(texts), len(self.labels)), dtype=np.float32)
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            logits[batch] = self._logits([texts[i] for i in batch])
        return self.task.probabilities(logits) if len(texts) else logits.astype(np.float64)

    def _logits(self, texts: list[Input]) -> Floats:
        import torch

        # Let go of before the model works: a sentence to try then waits for one batch of somebody's file,
        # not for the file.
        with self._lock:
            inputs = self.modality.tensors(self.processor, texts, self.max_length)
        with torch.inference_mode():
            answer = self.model(**inputs.to(self.model.device))
        return np.asarray(answer.logits.float().cpu().numpy())

    def tokens(self, text: Text) -> Sequence[Place] | None:
        if not self.modality.words:
            return None
        with self._lock:
            return tokens_of(self.processor, text, self.max_length)

    def hints(self, text: Text, units: Sequence[Unit], label: int) -> Floats | None:
        """From gradients."""
        if not self.modality.words:
            return None
        from core.inference.gradients import integrated_gradients

        with self._lock:
            tokenizer = copy.deepcopy(self.processor)
        return integrated_gradients(
            self.model, tokenizer, self.max_length, text, units, label, HINT_STEPS
        )


def _recipe(folder: Path) -> Recipe | None:
    try:
        return Recipe.from_json(read_bytes(folder / "recipe.json").decode())
    except (OSError, ValueError, UserError):
        return None  # not one of ours


def _load(folder: Path, kind: str) -> PreTrainedModel:
    import torch
    import transformers

    model, about = pretrained(getattr(transformers, kind), folder)
    # A head that is missing would be made up of random numbers; one output is a number, not a
    # label.
    regression = model.config.problem_type == "regression" or model.config.num_labels < 2
    if about["missing_keys"] or regression:
        raise UserError("predict_not_classifier", name=folder.name)
    device = torch.accelerator.current_accelerator(check_available=True) or torch.device("cpu")
    return model.to(device).eval()
