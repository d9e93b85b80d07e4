"""The standard folder of Hugging Face transformers; with several label columns one for each, and a joint
one."""

from __future__ import annotations

from pathlib import Path

from core.export.formats.base import Format, inside, pack, slug
from core.io.json_files import replacing
from core.modalities.base import Modality
from core.runs.run import LabelColumn, Run

JOINT = "joint"  # the folder of the model with the heads of all label columns


class TransformersFolder(Format):
    key = "transformers"

    def applies(self, folder: Path) -> bool:
        return (folder / "config.json").is_file()

    def needs(self, which: str, kind: type[Modality]) -> tuple[str, ...]:
        return ("torch", "transformers", *kind.needs)

    def name(self, column: LabelColumn, which: str) -> str:
        return slug(column.run.recipe().title)

    def files(self, column: LabelColumn, which: str) -> dict[str, Path]:
        """The models of further label columns lie in folders named after them."""
        main, *others = column.run.columns()
        files = inside(main.model)
        for number, other in enumerate(others, 1):
            files |= inside(other.model, f"tasks/{number}-{slug(other.recipe().task.column)}/")
        return files | (inside(column.run.path / JOINT, f"{JOINT}/") if others else {})

    def store(self, run: Run) -> None:
        name = self.name(run.main, "model")
        place = run.path / f"{name}.zip"
        with replacing(place) as new:
            pack(self.files(run.main, "model"), name, new)
        for earlier in run.path.glob("*.zip"):
            if earlier != place:
                earlier.unlink()

    def stored(self, column: LabelColumn, which: str) -> Path | None:
        return column.run.archive()
