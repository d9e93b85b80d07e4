"""The rows of a run: which can be used and which side each is on."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from core.data.profile import Profile, profile, usable_rows
from core.data.read import Table
from core.data.split import Split, fold, split
from core.errors import UserError
from core.evaluation import slices
from core.modalities import modality_of
from core.modalities.base import Input, Modality
from core.recipe import Recipe, TaskSpec
from core.runs import Run, RunStore
from core.tasks import Task, strata, task_of
from core.training.joint import Joint
from core.words import Message, message


@dataclass(frozen=True)
class Labels:
    """A label column: what is learned from it, and what is true of each row, as `task` encodes it."""

    column: str
    task: Task
    truth: np.ndarray

    @property
    def known(self) -> np.ndarray:
        """Which rows have a label in it: [rows]."""
        return np.asarray(self.task.known(self.truth))


@dataclass(frozen=True)
class Rows:
    """The usable rows of a run and which side each is on: they have a text, and a label in some column."""

    frame: pd.DataFrame
    texts: list[Input]
    tasks: tuple[Labels, ...]  # the main label column first
    split: Split
    profile: Profile
    dropped: int
    notes: tuple[Message, ...]
    unlabelled: list[Input]  # texts without a label, none of which is tested on
    modality: Modality

    @classmethod
    def of(cls, table: Table, recipe: Recipe, store: RunStore, extra: Table | None = None) -> Rows:
        """Raises UserError when the table is not the recipe's, or no row is left to test on.

        `extra` is the file of texts without labels that the recipe names.
        """
        if table.fingerprint != recipe.data.fingerprint:
            raise UserError("data_changed")
        modality = modality_of(table)
        columns = [each.column for each in recipe.tasks]
        seen = profile(
            table, recipe.data.text, columns[0], recipe.data.split or "", recipe.task.separator
        )
        frame, unusable = usable_rows(table, recipe.data.text, columns)
        texts = modality.inputs(frame, recipe.data.text)
        names = frame[columns[0]].tolist()
        given = frame[recipe.data.split].tolist() if recipe.data.split else None
        flat = [modality.identity(each) for each in texts]
        sides = split(
            flat,
            strata(names, recipe.task.separator),
            recipe.train.seed,
            given=given,
            part=recipe.data.fold,
        )
        sides, notes = _without_known(sides, flat, recipe, store)
        tasks = tuple(_labels(each, frame[each.column].tolist()) for each in recipe.tasks)
        tested = {fold(flat[i]) for i in sides.test}
        rest = table.frame.loc[~table.frame.index.isin(frame.index)]
        further = modality.inputs(rest, recipe.data.text)
        if extra is not None and recipe.data.extra:
            if extra.fingerprint != recipe.data.extra.fingerprint:
                raise UserError("data_changed")
            further += modality.inputs(extra.frame, recipe.data.extra.text)
        unlabelled = [
            each
            for each in further
            if modality.shown(each).strip() and fold(modality.identity(each)) not in tested
        ]
        dropped = len(table.bad_rows) + len(unusable) + len(sides.left_out)
        rows = cls(frame, texts, tasks, sides, seen, dropped, tuple(notes), unlabelled, modality)
        if len(tasks) > 1:
            for view in rows.views():
                view._check_sides(rows.split)
        return rows

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes of the main label column."""
        return self.task.names

    @property
    def task(self) -> Task:
        """What is learned from the main label column."""
        return self.tasks[0].task

    @property
    def truth(self) -> np.ndarray:
        """What is true of each row in the main label column."""
        return self.tasks[0].truth

    def views(self) -> list[Rows]:
        """The same rows for each label column alone: on the sides are those that have a label in it."""
        if len(self.tasks) == 1:
            return [self]
        return [self._view(task) for task in self.tasks]

    def _view(self, task: Labels) -> Rows:
        there = task.known

        def having(where: np.ndarray) -> np.ndarray:
            return np.asarray(where[there[where]])

        split = self.split
        sides = dataclasses.replace(
            split,
            train=having(split.train),
            validation=having(split.validation),
            test=having(split.test),
        )
        return dataclasses.replace(self, tasks=(task,), split=sides)

    def _check_sides(self, whole: Split) -> None:
        """Raise UserError when there is nothing to tell apart, to choose by or to test on."""
        split = self.split
        empty = not len(split.test) or (len(whole.validation) and not len(split.validation))
        if empty or (self.task.counts(self.truth[split.train]) > 0).sum() < 2:
            rows = len(split.train) + len(split.validation) + len(split.test)
            raise UserError("task_too_few", column=self.tasks[0].column, rows=rows)

    def answers(self, where: np.ndarray) -> np.ndarray:
        """What is true of some rows in all label columns, as `core.training.joint` reads it."""
        return self.joint().encode([task.truth[where] for task in self.tasks])

    def joint(self) -> Joint:
        """What the training is told of the label columns."""
        train = self.split.train
        return Joint(
            columns=tuple(each.column for each in self.tasks),
            tasks=tuple(each.task for each in self.tasks),
            counts=tuple(each.task.counts(each.truth[train]) for each in self.tasks),
            known=tuple(int(each.known[train].sum()) for each in self.tasks),
            rows=len(train),
        )

    def texts_at(self, where: np.ndarray) -> list[Input]:
        return [self.texts[i] for i in where]

    def by_length(self, where: np.ndarray) -> np.ndarray:
        """The same rows, the longest text last."""
        return where[np.argsort([self.modality.size(self.texts[i]) for i in where], kind="stable")]

    @property
    def chooser(self) -> np.ndarray:
        """The rows that choose the best model: validation, or training where there is none to spare."""
        return self.split.validation if len(self.split.validation) else self.split.train

    def counts(self) -> dict[str, int]:
        return {
            "train": len(self.split.train),
            "validation": len(self.split.validation),
            "test": len(self.split.test),
            "dropped": self.dropped,
        }

    def write_test(
        self,
        run: Run,
        probabilities: np.ndarray,
        threshold: float | None,
        others: Mapping[str, Sequence[Any]],
    ) -> None:
        """The test rows with `probabilities` [rows, classes] and columns of the simple models, as
        `Run.test_rows` gives them."""
        where, task = self.split.test, self.task
        recipe = run.recipe()
        named = (*recipe.data.text, *(each.column for each in recipe.tasks), recipe.data.split)
        frame = pd.DataFrame(
            {
                "line": self.frame.index[where],
                "text": [self.modality.shown(each) for each in self.texts_at(where)],
                "label": task.spoken(self.truth[where]),
                "predicted": task.said(probabilities, threshold),
                "confidence": task.sure(probabilities, threshold),
                "probabilities": probabilities.tolist(),
                **others,
                **slices.columns(self.frame.iloc[where], [name for name in named if name]),
            }
        )
        run.write_test_rows(frame)


def _labels(spec: TaskSpec, cells: list[str]) -> Labels:
    task = task_of(cells, spec.separator)
    return Labels(spec.column, task, task.encode(cells))


def _without_known(
    sides: Split, flat: list[str], recipe: Recipe, store: RunStore
) -> tuple[Split, list[Message]]:
    """Move the rows that the starting model has learned from out of validation and test, to training.

    A model of an earlier run may have seen them there; a score on them would be a score of its memory.
    """
    learned, chosen, complete = _known_texts(recipe.model.key, store)
    notes = [] if complete else [message("train.ancestor_gone")]
    if not learned and not chosen:
        return sides, notes
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
        known = [fold(rows.modality.identity(each)) for each in rows.texts]
        learned |= {known[i] for i in rows.split.train}
        # In fast mode they are learned in the end.
        seen = learned if (run.metrics() or {}).get("on_all") else chosen
        seen |= {known[i] for i in rows.split.validation}
        key = earlier.model.key
    return learned, chosen, True
