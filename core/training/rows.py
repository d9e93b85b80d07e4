"""The rows of a run: which can be used and which side each is on."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from core.data.normalize import normalize
from core.data.profile.profile import Profile, profile, usable_rows
from core.data.split import Split, split
from core.data.table import Table
from core.errors import UserError
from core.evaluation import slices
from core.modalities import modality_of
from core.modalities.base import Input, Modality
from core.recipe import Recipe, TaskSpec
from core.runs.result import RowCounts
from core.runs.run import LabelColumn
from core.runs.store import RunStore
from core.tasks import Task, strata, task_of
from core.training.label_columns import LabelColumns
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
        columns = {task.column: task.separator for task in recipe.tasks}
        table_profile = profile(
            table,
            recipe.data.text,
            recipe.task.column,
            recipe.data.split or "",
            recipe.task.separator,
        )
        frame, unusable = usable_rows(table, recipe.data.text, columns)
        texts = modality.inputs(frame, recipe.data.text)
        names = frame[recipe.task.column].tolist()
        given = frame[recipe.data.split].tolist() if recipe.data.split else None
        flat = [modality.identity(text) for text in texts]
        sides = split(
            flat,
            strata(names, recipe.task.separator),
            recipe.train.seed,
            given=given,
            part=recipe.data.fold,
        )
        sides, notes = _without_known(sides, flat, recipe, store)
        tasks = tuple(_labels(task, frame[task.column].tolist()) for task in recipe.tasks)
        tested = {normalize(flat[i]) for i in sides.test}
        rest = table.frame.loc[~table.frame.index.isin(frame.index)]
        further = modality.inputs(rest, recipe.data.text)
        if extra is not None and recipe.data.extra:
            if extra.fingerprint != recipe.data.extra.fingerprint:
                raise UserError("data_changed")
            further += modality.inputs(extra.frame, recipe.data.extra.text)
        unlabelled = [
            text
            for text in further
            if modality.shown(text).strip() and normalize(modality.identity(text)) not in tested
        ]
        dropped = len(table.bad_rows) + len(unusable) + len(sides.left_out)
        rows = cls(
            frame, texts, tasks, sides, table_profile, dropped, tuple(notes), unlabelled, modality
        )
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

        every = self.split
        sides = dataclasses.replace(
            every,
            train=having(every.train),
            validation=having(every.validation),
            test=having(every.test),
        )
        return dataclasses.replace(self, tasks=(task,), split=sides)

    def _check_sides(self, whole: Split) -> None:
        """Raise UserError when there is nothing to tell apart, to choose by or to test on."""
        sides = self.split
        empty = not len(sides.test) or (len(whole.validation) and not len(sides.validation))
        if empty or (self.task.counts(self.truth[sides.train]) > 0).sum() < 2:
            rows = len(sides.train) + len(sides.validation) + len(sides.test)
            raise UserError("task_too_few", column=self.tasks[0].column, rows=rows)

    def answers(self, where: np.ndarray) -> np.ndarray:
        """What is true of some rows in all label columns, as `core.training.label_columns` reads it."""
        return self.joint().encode([task.truth[where] for task in self.tasks])

    def joint(self) -> LabelColumns:
        """What the training is told of the label columns."""
        train = self.split.train
        return LabelColumns(
            columns=tuple(labels.column for labels in self.tasks),
            tasks=tuple(labels.task for labels in self.tasks),
            counts=tuple(labels.task.counts(labels.truth[train]) for labels in self.tasks),
            known=tuple(int(labels.known[train].sum()) for labels in self.tasks),
            rows=len(train),
        )

    def texts_at(self, where: np.ndarray) -> list[Input]:
        return [self.texts[i] for i in where]

    def by_length(self, where: np.ndarray) -> np.ndarray:
        """The same rows, the longest text last."""
        return where[np.argsort([self.modality.size(self.texts[i]) for i in where], kind="stable")]

    @property
    def validation_rows(self) -> np.ndarray:
        """The rows that choose the best model: validation, or training where there is none to spare."""
        return self.split.validation if len(self.split.validation) else self.split.train

    def counts(self) -> RowCounts:
        sides = (self.split.train, self.split.validation, self.split.test)
        train, validation, test = map(len, sides)
        return RowCounts(train, validation, test, self.dropped)

    def write_test(
        self,
        column: LabelColumn,
        probabilities: np.ndarray,
        threshold: float | None,
        others: Mapping[str, Sequence[Any]],
    ) -> None:
        """The test rows with `probabilities` [rows, classes] and columns of the simple models, as
        `ColumnFolder.test_rows` gives them."""
        where, task = self.split.test, self.task
        recipe = column.recipe()
        named = (*recipe.data.text, *(spec.column for spec in recipe.tasks), recipe.data.split)
        frame = pd.DataFrame(
            {
                "line": self.frame.index[where],
                "text": [self.modality.shown(text) for text in self.texts_at(where)],
                "label": task.spoken(self.truth[where]),
                "predicted": task.said(probabilities, threshold),
                "confidence": task.sure(probabilities, threshold),
                "probabilities": probabilities.tolist(),
                **others,
                **slices.columns(self.frame.iloc[where], [name for name in named if name]),
            }
        )
        column.write_test_rows(frame)


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
    folded = [normalize(text) for text in flat]
    was_learned = np.array([text in learned for text in folded])
    was_known = was_learned | np.array([text in chosen for text in folded])
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
        known = [normalize(rows.modality.identity(text)) for text in rows.texts]
        learned |= {known[i] for i in rows.split.train}
        # In fast mode they are learned in the end.
        target = learned if (result := run.result()) and result.on_all else chosen
        target |= {known[i] for i in rows.split.validation}
        key = earlier.model.key
    return learned, chosen, True
