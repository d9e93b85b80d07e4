"""Export format: a form in which a trained model leaves, as a zip that answers without TickTune."""

from __future__ import annotations

import re
import tempfile
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import ClassVar

from core.modalities import by_key
from core.modalities.base import Modality
from core.runs.run import LabelColumn, Run

NEEDED = "requirements.txt"
RESERVED = re.compile(r"con|prn|aux|nul|com\d|lpt\d")  # no file may be called so on Windows


class Format(ABC):
    """Export format. In the locales `format.KEY` is what it is called, and `format.KEY.use` says in the model
    card how it is used (`format.KEY.use.KIND` where that depends on the kind of data)."""

    key: ClassVar[str]  # as `--format` names it

    @abstractmethod
    def applies(self, folder: Path) -> bool:
        """Can the model in a folder leave in this form?"""

    @abstractmethod
    def needs(self, which: str, kind: type[Modality]) -> tuple[str, ...]:
        """Packages that the script imports, for requirements.txt."""

    @abstractmethod
    def files(self, column: LabelColumn, which: str) -> Mapping[str, Path]:
        """Files that go into the zip, by their place below its top folder. Raises UserError."""

    def name(self, column: LabelColumn, which: str) -> str:
        """The name of the zip, without its ending, and of its top folder."""
        return f"{column_slug(column)}-{self.key}"

    def store(self, run: Run) -> None:  # noqa: B027 - most are made when they are asked for
        """Keep the zip of the fine-tuned model with the run, after that was written. Raises OSError."""

    def stored(self, column: LabelColumn, which: str) -> Path | None:
        """The zip that is kept with the run, if there is one. Raises UserError for a damaged one."""
        return None

    def prove(self, column: LabelColumn, which: str, unpacked: Path) -> None:  # noqa: B027 - if need be
        """Ask the model in the unpacked top folder again. Raises RuntimeError when it answers otherwise."""

    def write(self, column: LabelColumn, which: str, out: Path) -> None:
        """Make the zip `out`, whole and proven or not at all. Raises UserError, OSError and RuntimeError."""
        top = self.name(column, which)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=".export-") as place:
            packed, needed = Path(place) / "zip", Path(place) / NEEDED
            kind = by_key(column.recipe().data.modality)
            needed.write_text(requirements(self.needs(which, kind)), encoding="utf-8")
            pack({NEEDED: needed, **self.files(column, which)}, top, packed)
            if type(self).prove is not Format.prove:
                with zipfile.ZipFile(packed) as archive:
                    archive.extractall(place)
                self.prove(column, which, Path(place) / top)
            packed.replace(out)


def pack(files: Mapping[str, Path], top: str, out: Path) -> None:
    """Write a zip with one `top` folder. Weights are stored, the rest is deflated: deflating MiniLM's weights
    takes many times as long and saves less than a tenth. Raises OSError."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in files.items():
            stored = zipfile.ZIP_STORED if file.suffix == ".safetensors" else None
            archive.write(file, f"{top}/{name}", stored)


def inside(folder: Path, place: str = "") -> dict[str, Path]:
    """All files of a folder by their path in it, which a `place` in the zip may precede."""
    files = (file for file in sorted(folder.rglob("*")) if file.is_file())
    return {f"{place}{file.relative_to(folder).as_posix()}": file for file in files}


def requirements(names: tuple[str, ...]) -> str:
    """The lines of a requirements.txt, with the versions that are installed here."""
    # torch calls its builds "2.13.0+cpu"; any of that version will do.
    return "".join(f"{name}=={version(name).partition('+')[0]}\n" for name in names)


def column_slug(column: LabelColumn) -> str:
    """The run's title as file name, with the label column where the run has several."""
    recipe = column.recipe()
    title = slug(recipe.title)
    return f"{title}-{slug(recipe.task.column)}" if recipe.also else title


def slug(name: str) -> str:
    """A name as file name: words of any script, joined by hyphens; "model" when nothing is left."""
    name = re.sub(r"\.(csv|tsv|txt)$", "", name.strip(), flags=re.IGNORECASE)
    short = re.sub(r"[\W_]+", "-", name.lower())[:60].strip("-") or "model"
    return f"{short}-model" if RESERVED.fullmatch(short) else short
