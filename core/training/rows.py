"""The rows of a run: which can be used and which side each is on."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.data.profile import Profile, profile, usable_rows
from core.data.read import Table
from core.data.split import Split, fold, split
from core.errors import UserError
from core.modalities import text
from core.recipe import Recipe
from core.runs import Run, RunStore
from core.tasks import single_label
from core.words import Message, message


@dataclass(frozen=True)
class Rows:
    """The usable rows of a run and which side each is on. `numbers` [rows] are class numbers."""

    frame: pd.DataFrame
    texts: list[tuple[str, str | None]]
    labels: tuple[str, ...]
    numbers: np.ndarray
    split: Split
    profile: Profile
    notes: tuple[Message, ...]
    unlabelled: list[text.Text]  # texts without a label, none of which is tested on

    @classmethod
    def of(cls, table: Table, recipe: Recipe, store: RunStore) -> Rows:
        """Raises UserError when the table is not the recipe's, or no row is left to test on."""
        if table.fingerprint != recipe.data.fingerprint:
            raise UserError("data_changed")
        column = recipe.task.column
        seen = profile(table, recipe.data.text, column, recipe.data.split or "")
        frame, _ = usable_rows(table, recipe.data.text, column)
        texts = text.texts_of(frame, recipe.data.text)
        names = frame[column].tolist()
        given = frame[recipe.data.split].tolist() if recipe.data.split else None
        flat = [text.flat(each) for each in texts]
        sides = split(flat, names, recipe.train.seed, given=given)
        sides, notes = _without_known(sides, flat, recipe, store)
        labels = single_label.classes(names)
        numbers = single_label.encode(names, labels)
        tested = {fold(flat[i]) for i in sides.test}
        rest = table.frame.loc[~table.frame.index.isin(frame.index)]
        unlabelled = [
            each
            for each in text.texts_of(rest, recipe.data.text)
            if text.flat(each).strip() and fold(text.flat(each)) not in tested
        ]
        return cls(frame, texts, labels, numbers, sides, seen, tuple(notes), unlabelled)

    def texts_at(self, where: np.ndarray) -> list[tuple[str, str | None]]:
        return [self.texts[i] for i in where]

    def part(self, where: np.ndarray) -> tuple[list[tuple[str, str | None]], np.ndarray]:
        return self.texts_at(where), self.numbers[where]

    def by_length(self, where: np.ndarray) -> np.ndarray:
        """The same rows, the longest text last."""
        return where[np.argsort([len(text.flat(self.texts[i])) for i in where], kind="stable")]

    @property
    def chooser(self) -> np.ndarray:
        """The rows that choose the best model: validation, or training where there is none to spare."""
        return self.split.validation if len(self.split.validation) else self.split.train

    def counts(self) -> dict[str, int]:
        return {
            "train": len(self.split.train),
            "validation": len(self.split.validation),
            "test": len(self.split.test),
            "dropped": len(self.profile.dropped) + len(self.split.left_out),
        }

    def write_test(self, run: Run, probabilities: np.ndarray) -> None:
        """The test rows with `probabilities` [rows, classes], as `Run.test_rows` gives them."""
        where = self.split.test
        frame = pd.DataFrame(
            {
                "line": self.frame.index[where],
                "text": [text.flat(each) for each in self.texts_at(where)],
                "label": [self.labels[k] for k in self.numbers[where]],
                "predicted": [self.labels[int(k)] for k in probabilities.argmax(axis=1)],
                "confidence": probabilities.max(axis=1),
                "probabilities": probabilities.tolist(),
            }
        )
        run.write_test_rows(frame)


def _without_known(
    sides: Split, flat: list[str], recipe: Recipe, store: RunStore
) -> tuple[Split, list[Message]]:
    """Move the rows that the starting model has learned from out of validation and test, to training.

    A model of an earlier run may have seen them there; a score on them would be a score of its memory.
    """
    learned, chosen, complete = _known_texts(recipe.model.key, store)
    notes = [] if complete else [message("train.ancestor_gone")]
    folded = [fold(each) for each in flat]
    was_learned = np.array([each in learned for each in folded])
    was_known = was_learned | np.array([each in chosen for each in folded])
    # Rows that only chose the best epoch before may choose again; they must not test.
    stays = ~was_known[sides.test]
    validation = sides.validation[~was_learned[sides.validation]]
    moved = len(sides.test) - int(stays.sum()) + len(sides.validation) - len(validation)
    if not moved:
        return sides, notes
    if not stays.any():
        raise UserError("test_is_known", rows=len(sides.test))
    test = sides.test[stays]
    held = np.concatenate([sides.validation, sides.test])
    train = np.concatenate([sides.train, np.setdiff1d(held, np.concatenate([validation, test]))])
    notes.append(message("train.known_moved", rows=moved))
    changed = dataclasses.replace(sides, train=np.sort(train), validation=validation, test=test)
    return changed, notes


def _known_texts(key: str, store: RunStore) -> tuple[set[str], set[str], bool]:
    """Folded texts that the model of an earlier run, and those before it, learned, and chose by.

    The third value is False when one of these runs has been deleted.
    """
    learned: set[str] = set()
    chosen: set[str] = set()
    while key.startswith("run:"):
        try:
            run = store.get(key.removeprefix("run:"))
            earlier = run.recipe()
            rows = Rows.of(run.table(), earlier, store)
        except (UserError, OSError):
            return learned, chosen, False
        learned |= {fold(text.flat(rows.texts[i])) for i in rows.split.train}
        chosen |= {fold(text.flat(rows.texts[i])) for i in rows.split.validation}
        key = earlier.model.key
    return learned, chosen, True
