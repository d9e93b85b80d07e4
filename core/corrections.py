"""Answers that a person has put right: kept with the run, and new labelled rows when it is trained again.

RUN/corrections.jsonl has a line for each, RUN/corrections/ the pictures that lines name. Whoever can reach
the page can write here, so everything is checked, and there are limits.
"""

from __future__ import annotations

import dataclasses
import json
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from core.data.columns import split_of
from core.data.edits import change, edits_of, from_plain
from core.data.pictures import Kept, together
from core.data.read import Table
from core.errors import UserError
from core.modalities import by_key
from core.modalities.base import Modality, join
from core.recipe import Recipe
from core.runs import Run
from core.tasks import of_names

MOST = 2_000  # corrections of a run
LONGEST = 20_000  # characters of a text
FILE = "corrections.jsonl"
SHA256 = re.compile(r"[0-9a-f]{64}")
UNFIT = re.compile(r"[\x00\ud800-\udfff]")  # what no file of text holds


@dataclass(frozen=True)
class Correction:
    """`texts` are the cells of the text columns, `label` is the cell of the label column `column`."""

    id: str
    time: float  # seconds since the epoch
    texts: tuple[str, ...]
    column: str
    label: str
    said: str  # what the model had said; "" where that is not known

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Correction:
        """Raises KeyError, TypeError and ValueError for what is none."""
        texts = tuple(raw["texts"])
        if not all(isinstance(each, str) for each in (*texts, raw["column"], raw["label"])):
            raise TypeError(raw)
        return cls(
            str(raw["id"]),
            float(raw["time"]),
            texts,
            raw["column"],
            raw["label"],
            str(raw.get("said", "")),
        )


class Corrections:
    """Those of a run; of all its label columns. `kind` is what its texts are, without their pictures."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._path = run.whole().path / FILE
        self._pictures = self._path.with_suffix("")
        self.kind = by_key(run.recipe().data.modality)()

    def all(self) -> list[Correction]:
        """The oldest first. A line that is damaged is no correction."""
        try:
            # Not splitlines: a text may hold what Unicode calls the end of a line.
            lines = self._path.read_text(encoding="utf-8", errors="replace").split("\n")
        except FileNotFoundError:
            return []
        found = []
        for line in lines:
            try:
                found.append(Correction.of(json.loads(line)))
            except (ValueError, KeyError, TypeError, AttributeError):
                continue
        return found

    def add(
        self,
        texts: Sequence[str],
        labels: Sequence[str],
        said: str = "",
        given: Modality | None = None,
    ) -> Correction:
        """Keep what is true of a text: `texts` are the cells of the text columns, `labels` one label, or any
        number of them where the column has several in a cell. `given` has the picture that the cells name.

        Raises UserError for texts and labels that cannot be rows of the run's table.
        """
        recipe, metrics = self._run.recipe(), self._run.metrics()
        if metrics is None:
            raise UserError("predict_no_model", name=self._run.id)
        task = of_names(metrics["labels"], metrics.get("separator", ""))
        known = [label for label in task.names if label in labels]
        if len(known) != len(set(labels)) or not known or (len(known) > 1 and not task.separator):
            raise UserError(
                "correction_label", label=", ".join(labels)[:60], labels=", ".join(task.names)[:300]
            )
        if not any(map(str.strip, texts)) or len(texts) != len(recipe.data.text):
            columns = ", ".join(self.kind.named(recipe.data.text))
            raise UserError("correction_text", columns=columns[:300])
        if any(len(text) > LONGEST or UNFIT.search(text) for text in texts):
            raise UserError("correction_long", limit=LONGEST)
        picture = (given or self.kind).kept(join(texts))
        label = f"{task.separator} ".join(known)
        made = Correction(
            secrets.token_hex(4), time.time(), tuple(texts), recipe.task.column, label, said[:200]
        )
        with self._lock():
            if len(self.all()) >= MOST:
                raise UserError("corrections_full", limit=MOST)
            if picture is not None and self.picture(made) is None:
                self._pictures.mkdir(exist_ok=True)
                new = self._pictures / ".new"
                new.write_bytes(picture.jpeg)
                new.replace(self._pictures / f"{picture.sha256}.jpg")
            with self._path.open("a", encoding="utf-8", newline="\n") as file:
                file.write(json.dumps(dataclasses.asdict(made), ensure_ascii=False) + "\n")
        return made

    def delete(self, key: str) -> None:
        """Forget one; nothing happens when it is not there."""
        with self._lock():
            kept = [each for each in self.all() if each.id != key]
            new = self._path.with_name(f".{FILE}.new")
            lines = (json.dumps(dataclasses.asdict(each), ensure_ascii=False) for each in kept)
            new.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
            new.replace(self._path)
            files = {self._file(each) for each in kept}
            for file in set(self._pictures.glob("*.jpg")) - files:
                file.unlink()

    def picture(self, each: Correction) -> Kept | None:
        """The picture that a correction is about; None where it is about none, or that is gone."""
        file = self._file(each)
        if file is None or not file.is_file():
            return None
        return Kept(file.stem, file.read_bytes())

    def _file(self, each: Correction) -> Path | None:
        """Where the picture of a correction lies: what tells it from others is its sha256."""
        name = self.kind.identity(join(each.texts))
        return self._pictures / f"{name}.jpg" if SHA256.fullmatch(name) else None

    def _lock(self) -> FileLock:
        return FileLock(self._path.with_name(f".{FILE}.lock"))

    def latest(self) -> dict[str, list[Correction]]:
        """Those of each text, or of each picture whatever it is called; the later ones last."""
        columns = len(self._run.whole().recipe().data.text)
        made: dict[str, list[Correction]] = {}
        for each in self.all():
            if len(each.texts) == columns:
                made.setdefault(self.kind.identity(join(each.texts)), []).append(each)
        return made

    def rows(self, recipe: Recipe, table: Table) -> tuple[dict[str, str], ...]:
        """New rows of the table, one for each text; the latest correction of a text counts.

        They are for training where the table says which rows are: what a person has seen the model fail at is
        no fair test.
        """
        made = []
        for several in self.latest().values():
            texts = self.kind.new_cells(several[0].texts)
            row = dict(zip(recipe.data.text, texts, strict=True))
            made.append(row | {each.column: each.label for each in several})
        if recipe.data.split:
            cells = table.frame[recipe.data.split].unique().tolist()
            train = next((cell for cell in cells if split_of(cell) == "train"), "train")
            for row in made:
                row[recipe.data.split] = train
        return tuple(made)

    def with_pictures(self, table: Table) -> Table:
        """The table with what its new rows name, where it has pictures.

        Raises UserError for one that is gone.
        """
        if table.pictures is None:
            return table
        further = []
        for several in self.latest().values():
            picture = self.picture(several[0])
            if picture is None:
                raise UserError("correction_gone", name=self.kind.shown(join(several[0].texts)))
            further.append(picture)
        pictures = together(table.pictures, further)
        before = table.original and dataclasses.replace(table.original, pictures=pictures)
        return dataclasses.replace(table, pictures=pictures, original=before)


def corrected(run: Run) -> tuple[Table, Recipe, int]:
    """The run's table with its corrections as further rows, the recipe for it, and how many rows these are.

    Raises UserError when there is none.
    """
    run = run.whole()
    kept, table, recipe = Corrections(run), run.table(), run.recipe()
    rows = kept.rows(recipe, table)
    if not rows:
        raise UserError("corrections_none")
    table = change(kept.with_pictures(table), [from_plain({"kind": "add_rows", "rows": rows})])
    data = dataclasses.replace(recipe.data, fingerprint=table.fingerprint, edits=edits_of(table))
    return table, dataclasses.replace(recipe, data=data), len(rows)
