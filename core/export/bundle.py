"""The trained model as a standard transformers folder, its zip, and the proof that it works.

`pipeline("text-classification", model=folder)` of transformers 5.23 cuts nothing on its own:
whether a text is cut is decided by the call (`truncation=True`), and neither the tokenizer's files
nor the model's can decide it, because `set_truncation_and_padding` switches off what tokenizer.json
says. Texts that are longer than what the model reads therefore need `pipeline(...,
truncation=True)`, which the model card says and predict.py does; the length to cut at is saved with
the tokenizer, so that nobody has to know it.
"""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.errors import UserError
from core.evaluation.unsure import checked
from core.export import scripts
from core.export.card import card
from core.modalities import by_key
from core.modalities.base import Input, Modality
from core.modalities.text import TEXT
from core.models import prefix
from core.recipe import ModelSpec, Recipe
from core.runs import Run
from core.tasks import Task
from core.tasks.base import head

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from core.evaluation.metrics import Floats

UNSURE = "unsure.json"  # beside a model: what a person has chosen after the training
TOLERANCE = 1e-3  # of a probability, between the page and the exported folder
JOINT = "joint"
RESERVED = re.compile(r"con|prn|aux|nul|com\d|lpt\d")  # no file may be called so on Windows


def export(
    run: Run,
    model: PreTrainedModel,
    processor: Any,
    task: Task,
    recipe: Recipe,
    metrics: Mapping[str, Any],
    texts: Sequence[Input],
    probabilities: Floats,
    add: Callable[[Path], None] = lambda folder: None,
    modality: Modality = TEXT,
) -> Path:
    """Write `run.model` as a whole or not at all; what was there stays until the new one is proven.

    `add` may put more into the folder, once model and processor are in it.
    `probabilities` [texts, classes] are what the model said to `texts`: the folder has to say the same.

    The classes of `task` are written into the model's configuration, in the order of its outputs. The
    processor is saved as it was trained with: at most `recipe.train.max_length` tokens. Raises
    OSError, and RuntimeError when the folder answers differently (see `probe`).
    """
    new = run.path / ".model-new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    try:
        labels = task.names
        for name, value in head(labels, task.problem).items():
            if name != "num_labels":  # follows from id2label; setting it would reset the names
                setattr(model.config, name, value)
        model.save_pretrained(new)
        modality.save(processor, model.config, recipe.train.max_length, new)
        add(new)
        write(new / "recipe.json", recipe.to_json())
        write(new / "metrics.json", json.dumps(metrics, ensure_ascii=False, indent=2))
        about = card(recipe, labels, metrics, base_of(run, recipe), prefix=prefix.of(processor))
        write(new / "README.md", about)
        scripts.put(modality.script, new)
        answers = probabilities.argmax(axis=1)
        expected = [labels[int(k)] for k in answers]
        probe(new, texts, expected, probabilities.max(axis=1), modality)
        swap(new, run.model)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return run.model


def threshold_of(folder: Path) -> float | None:
    """From which probability on the model gives a label; None where that is not known, or it always gives the
    likeliest."""
    try:
        found = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))["threshold"]
        return None if found is None else float(found)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def unsure_of(folder: Path) -> float | None:
    """Below which certainty the model in a folder gives no label; None where it always gives one."""
    try:
        found = json.loads((folder / UNSURE).read_text(encoding="utf-8"))["below"]
        return checked(found) or None
    except (OSError, ValueError, KeyError, TypeError, UserError):
        return None


def base_of(run: Run, recipe: Recipe) -> ModelSpec:
    """The pretrained model that it all began with, through earlier runs; its key is "" if it is gone."""
    base = recipe.model
    seen = set()
    while base.key.startswith("run:"):
        earlier = run.root / base.key.removeprefix("run:")
        if base.key in seen or not (earlier / "recipe.json").is_file():
            return ModelSpec("")
        seen.add(base.key)
        base = Run(earlier).recipe().model
    return base


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def swap(new: Path, place: Path) -> None:
    """Put the folder `new` at `place`. A folder cannot replace another: the old moves first."""
    old = place.with_name(".model-old")
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.rename(old)
    new.rename(place)
    shutil.rmtree(old, ignore_errors=True)


def slug(name: str) -> str:
    """A name as file name: words of any script, joined by hyphens; "model" when nothing is left."""
    name = re.sub(r"\.(csv|tsv|txt)$", "", name.strip(), flags=re.IGNORECASE)
    short = re.sub(r"[\W_]+", "-", name.lower())[:60].strip("-") or "model"
    return f"{short}-model" if RESERVED.fullmatch(short) else short


def zip_model(run: Run, name: str) -> Path:
    """Pack `run.model` into `<slug of name>.zip` in the run's folder, under one top folder.

    The models of further label columns go below it, in folders named after them, and the joint one. Weights
    are stored, the rest is deflated: deflating MiniLM's weights takes many times as long and saves less than
    a tenth. An earlier zip of the run is removed. Raises OSError.
    """
    top = slug(name)
    made = run.path / ".zip-new"
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for inside, folder in _folders(run).items():
            for path in sorted(folder.rglob("*")):
                stored = path.suffix == ".safetensors"
                if path.is_file():
                    archive.write(
                        path,
                        f"{top}/{inside}{path.relative_to(folder).as_posix()}",
                        zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED,
                    )
    for earlier in run.path.glob("*.zip"):
        earlier.unlink()
    return made.rename(run.path / f"{top}.zip")


def _folders(run: Run) -> dict[str, Path]:
    """What goes into the zip: the place in it, and the folder."""
    main, *others = run.tasks()
    found = {"": main.model}
    for number, task in enumerate(others, 1):
        found[f"tasks/{number}-{slug(task.recipe().task.column)}/"] = task.model
    if others:
        found["joint/"] = run.path / JOINT
    return found


def export_joint(
    run: Run,
    model: PreTrainedModel,
    processor: Any,
    joint: Mapping[str, Any],
    recipe: Recipe,
) -> None:
    """The model with the heads of all label columns, whose classes stand side by side in its answers.

    It loads like any other; `joint`, which says what of its answers belongs to which column, becomes
    tasks.json, and predict.py goes by that. Raises OSError.
    """
    new = run.path / ".joint-new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    try:
        model.save_pretrained(new)
        modality = by_key(recipe.data.modality)()
        modality.save(processor, model.config, recipe.train.max_length, new)
        write(new / "recipe.json", recipe.to_json())
        write(new / "tasks.json", json.dumps(joint, ensure_ascii=False, indent=2))
        scripts.put(f"{modality.script}_joint", new)
        swap(new, run.path / JOINT)
    finally:
        shutil.rmtree(new, ignore_errors=True)


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
    for row, each in enumerate(texts):
        label, expected = labels_expected[row], float(probabilities_expected[row])
        answer = modality.ask(classify, each)
        scores = {one["label"]: one["score"] for one in answer}
        best = max(scores, key=lambda name: scores[name])
        found = scores.get(label, np.nan)
        # Written so that a NaN fails.
        if not (abs(found - expected) <= TOLERANCE and scores[best] - found <= TOLERANCE):
            wrong.append(f"text {row}: {best!r} {scores[best]:.4f} for {label!r} {expected:.4f}")
    if wrong:
        raise RuntimeError(
            f"the exported model answers {len(wrong)} of {len(texts)} texts differently: "
            + "; ".join(wrong[:5])
        )
