"""The forms in which a model leaves. Adding one is one file and one line here, and its words."""

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
BY_KEY: dict[str, Format] = {each.key: each for each in ALL}


def of_folder(folder: Path) -> list[Format]:
    """Those that the model in a folder can leave in."""
    return [each for each in ALL if each.applies(folder)]


def available(column: LabelColumn, which: str) -> list[Format]:
    """Those that one of a run's models can leave in. Raises UserError for a model that the run has not."""
    if which not in column.models():
        known = ", ".join(column.models())
        raise UserError("simple_missing", name=column.run.id, which=which[:40], known=known)
    found = of_folder(column.folder(which))
    if not found:
        raise UserError("predict_no_model", name=column.run.id)
    return found


def choose(column: LabelColumn, which: str, key: str | None = None) -> Format:
    """The one of a key, or the first. Raises UserError as `available` does, and for a key of no such one."""
    found = available(column, which)
    chosen = next((each for each in found if key in (None, each.key)), None)
    if chosen is None:
        known = ", ".join(each.key for each in found)
        raise UserError("export_format", format=str(key)[:40], known=known)
    return chosen


def drop(run: Run) -> None:
    """Remove those zips, before its model is written: a kill must not leave older ones. Raises OSError."""
    for archive in run.path.glob("*.zip"):
        archive.unlink()


def store(run: Run) -> None:
    """Write the zips that are kept with a run, after its model was written or changed. Raises OSError."""
    for each in ALL:
        each.store(run)
