"""Export formats, the forms in which a model leaves. Adding one is one file and one line here, and its
words."""

from __future__ import annotations

from pathlib import Path

from core.errors import UserError
from core.export.formats.base import Format
from core.export.formats.onnx_int8 import OnnxInt8
from core.export.formats.skops_folder import SkopsFolder
from core.export.formats.transformers_folder import TransformersFolder
from core.runs.run import LabelColumn, Run

# The first that applies is what is taken where nobody says more.
ALL: tuple[Format, ...] = (TransformersFolder(), SkopsFolder(), OnnxInt8())
BY_KEY: dict[str, Format] = {form.key: form for form in ALL}


def of_folder(folder: Path) -> list[Format]:
    """Formats that the model in a folder can leave in."""
    return [form for form in ALL if form.applies(folder)]


def available(column: LabelColumn, which: str) -> list[Format]:
    """Formats that one of a run's models can leave in. Raises UserError for a model that the run has not."""
    if which not in column.models():
        known = ", ".join(column.models())
        raise UserError("simple_missing", name=column.run.id, which=which[:40], known=known)
    forms = of_folder(column.folder(which))
    if not forms:
        raise UserError("predict_no_model", name=column.run.id)
    return forms


def choose(column: LabelColumn, which: str, key: str | None = None) -> Format:
    """The format of a key, or the first. Raises UserError as `available` does, and for a key of no such
    one."""
    forms = available(column, which)
    chosen = next((form for form in forms if key in (None, form.key)), None)
    if chosen is None:
        known = ", ".join(form.key for form in forms)
        raise UserError("export_format", format=str(key)[:40], known=known)
    return chosen


def drop(run: Run) -> None:
    """Remove a run's zips, before its model is written: a kill must not leave older ones. Raises OSError."""
    for archive in run.path.glob("*.zip"):
        archive.unlink()


def store(run: Run) -> None:
    """Write the zips that are kept with a run, after its model was written or changed. Raises OSError."""
    for form in ALL:
        form.store(run)
