"""The trained model as a standard transformers folder, its zip, and the proof that it works.

`pipeline("text-classification", model=folder)` of transformers 5.23 cuts nothing on its own:
whether a text is cut is decided by the call (`truncation=True`), and neither the tokenizer's files
nor the model's can decide it, because `set_truncation_and_padding` switches off what tokenizer.json
says. Texts that are longer than what the model reads therefore need `pipeline(...,
truncation=True)`, which the model card says and predict.py does; the length to cut at is saved with
the tokenizer, so that nobody has to know it.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.errors import UserError
from core.evaluation.abstention import checked
from core.export import formats, scripts
from core.export.card import card
from core.export.formats.transformers_folder import JOINT
from core.io.json_files import read_json
from core.modalities import by_key
from core.modalities.base import Input, Modality
from core.modalities.text import TEXT
from core.models import prefix
from core.recipe import ModelSpec, Recipe
from core.runs.result import FILE as RESULT_FILE
from core.runs.result import Result
from core.runs.run import LabelColumn, Run
from core.tasks import Task
from core.tasks.base import head

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from core.tasks.metrics import Floats

ABSTENTION = "abstention.json"  # beside a model: what a person has chosen after the training
TOLERANCE = 1e-3  # of a probability, between the page and the exported folder


def export(
    column: LabelColumn,
    model: PreTrainedModel,
    processor: Any,
    task: Task,
    recipe: Recipe,
    finished: Callable[[Path], Result],
    texts: Sequence[Input],
    probabilities: Floats,
    modality: Modality = TEXT,
) -> Result:
    """Write `column.model` as a whole or not at all; what was there stays until the new one is proven.

    `finished` may put more into the folder, once model and processor are in it, and gives the result.
    `probabilities` [texts, classes] are what the model said to `texts`: the folder has to say the same.

    The classes of `task` are written into the model's configuration, in the order of its outputs. The
    processor is saved as it was trained with: at most `recipe.train.max_length` tokens. Raises
    OSError, and RuntimeError when the folder answers differently (see `probe`).
    """
    with new_folder(column.model, column.path / ".model-new") as new:
        labels = task.names
        for name, value in head(labels, task.problem).items():
            if name != "num_labels":  # follows from id2label; setting it would reset the names
                setattr(model.config, name, value)
        model.save_pretrained(new)
        modality.save(processor, model.config, recipe.train.max_length, new)
        result = finished(new)
        write(new / "recipe.json", recipe.to_json())
        write(new / RESULT_FILE, json.dumps(result.to_json(), ensure_ascii=False, indent=2))
        scripts.put(modality.script, new)
        about = card(
            recipe,
            result,
            base_of(column.run, recipe),
            prefix=prefix.of(processor),
            formats=formats.of_folder(new),
        )
        write(new / "README.md", about)
        answers = probabilities.argmax(axis=1)
        expected = [labels[int(k)] for k in answers]
        probe(new, texts, expected, probabilities.max(axis=1), modality)
    return result


def abstention_limit(folder: Path) -> float | None:
    """The abstention limit: below this certainty the model in a folder gives no label; None is none.

    Raises UserError `abstention_damaged` where a limit was chosen that cannot be read: answers without it
    would not be those that were asked for.
    """
    try:
        return checked(read_json(folder / ABSTENTION)["below"]) or None
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, UserError) as error:
        raise UserError("abstention_damaged", file=ABSTENTION) from error


def base_of(run: Run, recipe: Recipe) -> ModelSpec:
    """The pretrained model that training began with, through earlier runs; its key is "" if it is gone."""
    base = recipe.model
    seen = set()
    while base.key.startswith("run:"):
        earlier = Run(run.store, base.key.removeprefix("run:"))
        if base.key in seen or not (earlier.path / "recipe.json").is_file():
            return ModelSpec("")
        seen.add(base.key)
        try:
            base = earlier.recipe().model
        except UserError:  # damaged: that costs this run no more than the name
            return ModelSpec("")
    return base


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


@contextlib.contextmanager
def new_folder(place: Path, new: Path) -> Iterator[Path]:
    """The empty folder `new`, to be filled, which then replaces `place`: as a whole or not at all."""
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    try:
        yield new
        place.parent.mkdir(exist_ok=True)
        swap(new, place)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def swap(new: Path, place: Path) -> None:
    """Put the folder `new` at `place`. A folder cannot replace another: the old moves first."""
    old = place.with_name(f".{place.name}-old")
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.rename(old)
    new.rename(place)
    shutil.rmtree(old, ignore_errors=True)


def export_joint(
    run: Run,
    model: PreTrainedModel,
    processor: Any,
    joint: Mapping[str, Any],
    recipe: Recipe,
) -> None:
    """Write the joint model, with the heads of all label columns, whose classes stand side by side in its
    answers.

    It loads like any other; `joint`, which says what of its answers belongs to which column, becomes
    tasks.json, and predict.py goes by that. Raises OSError.
    """
    with new_folder(run.path / JOINT, run.path / ".joint-new") as new:
        model.save_pretrained(new)
        modality = by_key(recipe.data.modality)()
        modality.save(processor, model.config, recipe.train.max_length, new)
        write(new / "recipe.json", recipe.to_json())
        write(new / "tasks.json", json.dumps(joint, ensure_ascii=False, indent=2))
        scripts.put(f"{modality.script}_joint", new)


def probe(
    folder: Path,
    texts: Sequence[Input],
    labels_expected: Sequence[str],
    probabilities_expected: Sequence[float] | Floats,
    modality: Modality = TEXT,
) -> None:
    """Load the folder as anybody would and ask it again.

    `labels_expected` and `probabilities_expected` [texts] are the predicted labels and their
    probabilities (0 to 1). Raises RuntimeError that names each text for which the folder gives
    another label, or a probability that differs by more than TOLERANCE. Where two labels are so
    close that the tolerance covers both, either is accepted.
    """
    from transformers import pipeline

    classify = pipeline(modality.pipeline, model=str(folder))
    wrong = []
    for row, text in enumerate(texts):
        label, expected = labels_expected[row], float(probabilities_expected[row])
        answer = modality.ask(classify, text)
        scores = {one["label"]: one["score"] for one in answer}
        best = max(scores, key=lambda name: scores[name])
        probability = scores.get(label, np.nan)
        # Written so that a NaN fails.
        if not (
            abs(probability - expected) <= TOLERANCE and scores[best] - probability <= TOLERANCE
        ):
            wrong.append(f"text {row}: {best!r} {scores[best]:.4f} for {label!r} {expected:.4f}")
    if wrong:
        raise RuntimeError(
            f"the exported model answers {len(wrong)} of {len(texts)} texts differently: "
            + "; ".join(wrong[:5])
        )
