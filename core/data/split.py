"""Split into train, validation and test; folds of a cross-validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.data.column_names import split_of
from core.data.normalize import Positions, text_ids
from core.data.read.grid import name_some
from core.errors import UserError
from core.recipe import Fold
from core.words import Message, message

SIDES = ("train", "validation", "test")
TRAIN, VALIDATION, TEST = range(3)
LEFT_OUT = -1
# Validation rows of a large table: they are scored again and again while the model trains, and more of them
# would hardly make the choice between two evaluations any surer. The others are trained on.
MAX_VALIDATION_ROWS = 2_000


@dataclass(frozen=True)
class Split:
    """Positions into the rows given, sorted; no row is in two of them.

    `left_out` are rows that no side may have (see `split`); `notes` count them.
    """

    train: Positions
    validation: Positions
    test: Positions
    notes: tuple[Message, ...]
    left_out: Positions


def split(
    texts: Sequence[str],
    labels: Sequence[str],
    seed: int,
    fractions: tuple[float, float, float] = (0.70, 0.15, 0.15),
    given: Sequence[str] | None = None,
    part: Fold | None = None,
) -> Split:
    """Divide rows into train, validation (at most about MAX_VALIDATION_ROWS) and test, stratified by label.

    texts: a row's whole text; rows whose texts `normalize` alike stay on one side. labels: one a row.
    given: what the table says about each row ("train", "dev", ...). It is followed, with these
    exceptions, each with a note: other or empty values mean train; without test rows the
    validation rows are the test; without validation rows a part of train, as large as `fractions`
    say, becomes it; if all rows are of one side, they are divided as if nothing was given; rows
    whose text is in the test rows too are left out of train and validation, and those whose text
    is in the validation rows are left out of train.
    part: the test rows are that part of a cross-validation (see `folds`), whatever `given` says; validation
    and train are divided by the same fractions as ever.
    Raises UserError `split_unknown` if no given value is known, `split_no_train`, and
    `split_too_small` if train or test would be empty.
    """
    if len(texts) != len(labels) or (given is not None and len(given) != len(labels)):
        raise ValueError("texts, labels and given differ in length")
    rng = np.random.default_rng(seed)
    held = min(fractions[VALIDATION], MAX_VALIDATION_ROWS / max(1, len(texts)))
    fractions = fractions[TRAIN] + fractions[VALIDATION] - held, held, fractions[TEST]
    groups, classes, names = _numbered(texts, labels)
    notes: list[Message] = []
    share = fractions[VALIDATION] / (fractions[TRAIN] + fractions[VALIDATION])
    sides = _follow(given, groups, notes) if given is not None and part is None else None
    if part is not None:
        numbers = folds(texts, labels, part.of, seed, part.repeat)
        sides = np.where(numbers == part.number, TEST, TRAIN)
        _divide(sides, groups, classes, names, (1 - share, share, 0.0), rng, notes)
    elif sides is None:
        sides = np.full(len(texts), TRAIN)
        _divide(sides, groups, classes, names, fractions, rng, notes)
    elif not (sides == VALIDATION).any():
        _divide(sides, groups, classes, names, (1 - share, share, 0.0), rng, notes)
        notes.append(message("data.split.validation_cut", rows=int((sides == VALIDATION).sum())))
    if not (sides == TRAIN).any() or not (sides == TEST).any():
        raise UserError("split_too_small", rows=len(texts), texts=len(set(groups)))
    _note_missing(sides, classes, names, notes)
    parts = [np.flatnonzero(sides == side) for side in (TRAIN, VALIDATION, TEST, LEFT_OUT)]
    return Split(parts[0], parts[1], parts[2], tuple(notes), parts[3])


def folds(
    texts: Sequence[str], labels: Sequence[str], of: int, seed: int, repeat: int = 0
) -> Positions:
    """The part of a cross-validation that each row belongs to: numbers from 0 to `of` - 1, stratified by
    label.

    Rows of one text (normalized) are in one part. The same rows, seed and repeat give the same parts; another
    repeat gives others.
    """
    groups, classes, _ = _numbered(texts, labels)
    rng = np.random.default_rng([seed, repeat])
    sizes = np.bincount(groups)
    part_of = np.zeros(len(sizes), dtype=np.int64)
    rows = [0] * of
    for _, members in _owners(groups, classes).groupby("label")["group"]:
        mine = rng.permutation(members.to_numpy())
        filled = [0] * of
        for group in mine[np.argsort(-sizes[mine], kind="stable")]:
            # The part that has fewest rows of this class, and of these the smallest.
            part = min(range(of), key=lambda fold: (filled[fold], rows[fold]))
            part_of[group] = part
            filled[part] += int(sizes[group])
            rows[part] += int(sizes[group])
    return part_of[groups]


def _numbered(
    texts: Sequence[str], labels: Sequence[str]
) -> tuple[Positions, Positions, Sequence[str]]:
    """Text ids (`core.data.normalize.text_ids`) and class numbers of the rows; the classes."""
    classes, names = pd.factorize(pd.Series(list(labels), dtype=object), sort=True)
    return text_ids(texts), classes, names


def _owners(groups: Positions, classes: Positions) -> pd.DataFrame:
    """The label of each group: a text with several labels counts for its most frequent one."""
    pairs = pd.DataFrame({"group": groups, "label": classes}).value_counts(sort=False)
    pairs = pairs.reset_index().sort_values(
        ["group", "count", "label"], ascending=[True, False, True]
    )
    return pairs.drop_duplicates("group")


def _divide(
    sides: Positions,
    groups: Positions,
    classes: Positions,
    names: Sequence[str],
    fractions: tuple[float, float, float],
    rng: np.random.Generator,
    notes: list[Message],
) -> None:
    """Assign the groups among the train rows to sides, each class by itself."""
    rows = np.flatnonzero(sides == TRAIN)
    sizes = np.bincount(groups[rows])
    side_of = np.full(len(sizes), TRAIN)
    owner = _owners(groups[rows], classes[rows])
    used = [side for side in (TRAIN, TEST, VALIDATION) if fractions[side] > 0]
    few: list[str] = []
    for label, members in owner.groupby("label")["group"]:
        mine = rng.permutation(members.to_numpy())
        mine = mine[np.argsort(-sizes[mine], kind="stable")]
        if len(mine) < len(used):
            few.append(str(names[label]))
        side_of[mine] = _assign(sizes[mine], fractions, used)
    sides[rows] = side_of[groups[rows]]
    if few:
        notes.append(message("data.split.few", classes=len(few), names=name_some(few)))


def _assign(sizes: Positions, fractions: Sequence[float], used: list[int]) -> list[int]:
    """Sides of one class's groups, largest group first: train's first, the smallest are held out.

    Every side in use gets a group as long as there are enough; then the side that lacks most rows.
    """
    count = len(sizes)
    sides = [TRAIN] * count
    need = (sizes.sum() * np.asarray(fractions)).tolist()
    rows = sizes.tolist()  # a loop over numbers of Python's own is several times as quick
    first = used[: min(count, len(used))]
    places = [0, *range(count - 1, count - len(first), -1)]
    for place, side in zip(places, first, strict=True):
        sides[place] = side
        need[side] -= rows[place]
    for place in range(1, count - len(first) + 1):
        side = need.index(max(need))
        sides[place] = side
        need[side] -= rows[place]
    return sides


def _follow(given: Sequence[str], groups: Positions, notes: list[Message]) -> Positions | None:
    """The sides that the table names; None if these are all one, so that they say nothing."""
    known = {value: split_of(value) for value in dict.fromkeys(given)}
    other = [value for value in given if known[value] is None]
    if len(other) == len(given):
        raise UserError("split_unknown", values=name_some(list(known)))
    sides = np.array([SIDES.index(known[value] or "train") for value in given], dtype=np.int64)
    if other:
        values = name_some([value for value, side in known.items() if side is None])
        notes.append(message("data.split.unknown", rows=len(other), values=values))
    if (sides == sides[0]).all():
        notes.append(message("data.split.one_side", side=SIDES[sides[0]]))
        return None
    if not (sides == TRAIN).any():
        raise UserError("split_no_train")
    if not (sides == TEST).any():
        sides[sides == VALIDATION] = TEST
        notes.append(message("data.split.validation_is_test", rows=int((sides == TEST).sum())))
    left_out = 0
    for winner, losers in ((TEST, (TRAIN, VALIDATION)), (VALIDATION, (TRAIN,))):
        leaks = np.isin(sides, losers) & np.isin(groups, groups[sides == winner])
        sides[leaks] = LEFT_OUT
        left_out += int(leaks.sum())
    if left_out:
        notes.append(message("data.split.left_out", rows=left_out))
    return sides


def _note_missing(
    sides: Positions, classes: Positions, names: Sequence[str], notes: list[Message]
) -> None:
    """Say which classes cannot be learned, and when nothing is left to validate with."""
    trained = set(classes[sides == TRAIN])
    missing = [str(name) for number, name in enumerate(names) if number not in trained]
    if missing:
        notes.append(
            message("data.split.not_in_train", classes=len(missing), names=name_some(missing))
        )
    if not (sides == VALIDATION).any():
        notes.append(message("data.split.no_validation"))
