"""Corrections, answers that a person has put right: kept with the run, and new labelled rows when it is
trained again.

RUN/corrections.jsonl has a line for each, RUN/corrections/ the pictures that lines name. Whoever can reach
the page can write here, so everything is checked, and there are limits.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from core.data.checkup.edits import apply_edits, edit_from_json, edits_to_json
from core.data.column_names import split_of
from core.data.labels.cells import canonical_label, join_labels
from core.data.pictures.store import MAX_BYTES, StoredPicture, merge_pictures
from core.data.table import Table
from core.errors import UserError
from core.io.json_files import (
    Damaged,
    append_line,
    check_length,
    left_out,
    parse_lines,
    read_bytes,
    replace,
)
from core.io.typed import decode
from core.modalities import by_key
from core.modalities.base import Modality, join_cells
from core.recipe import Recipe
from core.runs.run import LabelColumn, Run
from core.tasks import of_names

MOST = 2_000  # corrections of a run
LONGEST = 20_000  # characters of a text
LATEST = 2**32  # seconds since the epoch: every machine makes a date of them
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

    def __post_init__(self) -> None:
        if not 0 <= self.time < LATEST:
            raise Damaged("time")


class Corrections:
    """The corrections of a run, of all its label columns; new ones are of one `column`. `kind` is what its
    texts are, without their pictures."""

    def __init__(self, column: LabelColumn) -> None:
        self._column, self._run = column, column.run
        self._path = column.run.path / FILE
        self._pictures = self._path.with_suffix("")
        self.kind = by_key(column.recipe().data.modality)()

    def all(self) -> list[Correction]:
        """Corrections, the oldest first. A damaged line is left out, and the log says so. Raises UserError
        where there is no reading the file."""
        if not self._path.exists():
            return []
        with self._run.reading(FILE) as file:
            data = read_bytes(file)
        corrections = []
        for raw in parse_lines(data, self._path):
            try:
                corrections.append(decode(Correction, raw))
            except Damaged:
                left_out(self._path, repr(raw).encode())
        return corrections

    def add(
        self,
        texts: Sequence[str],
        labels: Sequence[str],
        said: str = "",
        given: Modality | None = None,
    ) -> Correction:
        """Keep true labels of a text: `texts` are the cells of the text columns, `labels` one label, or any
        number of them where the column has several in a cell. `given` has the picture that the cells name.

        What was kept before of the same text and label column is replaced. It is on the disk when this
        returns. Raises UserError for texts and labels that cannot be rows of the run's table, and where it
        cannot be written.
        """
        recipe, result = self._column.recipe(), self._column.measured()
        task = of_names(result.labels, result.separator)
        given_names = set(map(canonical_label, labels))
        known = [label for label in task.names if label in given_names]
        if len(known) != len(given_names) or not known or (len(known) > 1 and not task.separator):
            raise UserError(
                "correction_label", label=", ".join(labels)[:60], labels=", ".join(task.names)[:300]
            )
        if not any(map(str.strip, texts)) or len(texts) != len(recipe.data.text):
            columns = ", ".join(self.kind.named(recipe.data.text))
            raise UserError("correction_text", columns=columns[:300])
        if any(len(text) > LONGEST or UNFIT.search(text) for text in texts):
            raise UserError("correction_long", limit=LONGEST)
        picture = (given or self.kind).kept(join_cells(texts))
        label = join_labels(known, task.separator) if task.separator else known[0]
        correction = Correction(
            secrets.token_hex(4), time.time(), tuple(texts), recipe.task.column, label, said[:200]
        )
        with self._writing():
            before = self.all()
            about = self.kind.identity(join_cells(correction.texts)), correction.column
            again = {
                earlier.id
                for earlier in before
                if (self.kind.identity(join_cells(earlier.texts)), earlier.column) == about
            }
            if len(before) - len(again) >= MOST:
                raise UserError("corrections_full", limit=MOST)
            if picture is not None and self.picture(correction) is None:
                self._pictures.mkdir(exist_ok=True)
                replace(self._pictures / f"{picture.sha256}.jpg", picture.jpeg)
            line = json.dumps(dataclasses.asdict(correction), ensure_ascii=False)
            append_line(self._path, line, durable=True)
            if again:
                self._drop(again)
        return correction

    def delete(self, key: str) -> None:
        """Delete a correction; nothing happens when it is not there. Raises UserError."""
        with self._writing():
            self._drop({key})
            files = {self._file(correction) for correction in self.all()}
            for file in set(self._pictures.glob("*.jpg")) - files:
                file.unlink()

    def _drop(self, keys: set[str]) -> None:
        """Remove the lines with these ids. What is damaged stays: a person may be able to read it."""
        if not self._path.exists():
            return
        with self._run.reading(FILE) as file:
            lines = read_bytes(file).split(b"\n")
        replace(self._path, b"\n".join(line for line in lines if _id(line) not in keys))

    def picture(self, correction: Correction) -> StoredPicture | None:
        """The picture that a correction is about; None where it is about none, or that is gone or far too
        large to be one."""
        file = self._file(correction)
        try:
            if file is None:
                return None
            check_length(file, MAX_BYTES)
            return StoredPicture(file.stem, file.read_bytes())
        except (FileNotFoundError, Damaged):
            return None

    def _file(self, correction: Correction) -> Path | None:
        """Where the picture of a correction lies: what tells it from others is its sha256."""
        name = self.kind.identity(join_cells(correction.texts))
        return self._pictures / f"{name}.jpg" if SHA256.fullmatch(name) else None

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """A lock around what changes the file: one process at a time. Raises UserError where it cannot be."""
        self._run.recipe()  # which a deleted run has not: its folder would be made anew
        with FileLock(self._path.with_name(f".{FILE}.lock")):
            try:
                yield
            except OSError as error:
                reason = error.strerror or str(error)
                raise UserError("correction_unwritable", reason=reason) from error

    def latest(self) -> dict[str, list[Correction]]:
        """Corrections of each text, or of each picture whatever it is called; the later ones last."""
        columns = len(self._run.recipe().data.text)
        by_text: dict[str, list[Correction]] = {}
        for correction in self.all():
            if len(correction.texts) == columns:
                by_text.setdefault(self.kind.identity(join_cells(correction.texts)), []).append(
                    correction
                )
        return by_text

    def rows(self, recipe: Recipe, table: Table) -> tuple[dict[str, str], ...]:
        """New rows of the table, one for each text; the latest correction of a text counts.

        They are for training where the table says which rows are: what a person has seen the model fail at is
        no fair test.
        """
        rows = []
        for several in self.latest().values():
            texts = self.kind.new_cells(several[0].texts)
            row = dict(zip(recipe.data.text, texts, strict=True))
            rows.append(row | {correction.column: correction.label for correction in several})
        if recipe.data.split:
            cells = table.frame[recipe.data.split].unique().tolist()
            train = next((cell for cell in cells if split_of(cell) == "train"), "train")
            for row in rows:
                row[recipe.data.split] = train
        return tuple(rows)

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
                raise UserError(
                    "correction_gone", name=self.kind.shown(join_cells(several[0].texts))
                )
            further.append(picture)
        pictures = merge_pictures(table.pictures, further)
        before = table.original and dataclasses.replace(table.original, pictures=pictures)
        return dataclasses.replace(table, pictures=pictures, original=before)


def _id(line: bytes) -> str | None:
    """The id of a correction; None for what is no correction."""
    try:
        return decode(Correction, json.loads(line)).id
    except (ValueError, RecursionError):
        return None


def corrected(run: Run) -> tuple[Table, Recipe, int]:
    """The run's table with its corrections as further rows, the recipe for it, and how many rows these are.

    Raises UserError when there is none.
    """
    corrections, table, recipe = Corrections(run.main), run.table(), run.recipe()
    rows = corrections.rows(recipe, table)
    if not rows:
        raise UserError("corrections_none")
    table = apply_edits(
        corrections.with_pictures(table), [edit_from_json({"kind": "add_rows", "rows": rows})]
    )
    data = dataclasses.replace(
        recipe.data, fingerprint=table.fingerprint, edits=edits_to_json(table)
    )
    return table, dataclasses.replace(recipe, data=data), len(rows)
