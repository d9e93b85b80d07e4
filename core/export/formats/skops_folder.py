"""A simple model as scikit-learn's own parts, saved with skops: no pickle. It is unpacked, loaded and asked
before it is given away."""

from __future__ import annotations

from pathlib import Path

from core.export.formats.base import Format, column_slug
from core.modalities.base import Modality
from core.runs.run import LabelColumn

CLASSIFIER, PROBES = "classifier.skops", "probes.json"


class SkopsFolder(Format):
    key = "skops"

    def applies(self, folder: Path) -> bool:
        return (folder / CLASSIFIER).is_file()

    def needs(self, which: str, kind: type[Modality]) -> tuple[str, ...]:
        encoder = ("torch", "transformers") if which == "embedding" else ()
        return ("scikit-learn", "skops", *kind.needs, *encoder)

    def name(self, column: LabelColumn, which: str) -> str:
        return f"{column_slug(column)}-{which}"

    def files(self, column: LabelColumn, which: str) -> dict[str, Path]:
        from core.export.simple import encoder_files

        own = sorted(column.folder(which).iterdir())
        files = {file.name: file for file in own if file.name not in (PROBES, "encoder")}
        return files | encoder_files(column, which)

    def prove(self, column: LabelColumn, which: str, unpacked: Path) -> None:
        from core.export.simple import prove

        prove(column, which, unpacked)
