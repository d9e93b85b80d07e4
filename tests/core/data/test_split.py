"""No row on two sides, no text on two sides, every class everywhere as far as it goes."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.normalize import normalize, text_ids
from core.data.split import Split, folds, split
from core.errors import UserError
from core.recipe import Fold

SIDES = ("train", "validation", "test")


def sides_of(result: Split) -> dict[int, str]:
    return {int(row): side for side in SIDES for row in getattr(result, side)}


def note(result: Split, key: str) -> dict[str, object]:
    return next((dict(n.values) for n in result.notes if n.key == f"data.split.{key}"), {})


def has_note(result: Split, key: str) -> bool:
    return any(n.key == f"data.split.{key}" for n in result.notes)


texts = st.integers(0, 60).map(lambda n: f"text {n}") | st.integers(0, 60).map(
    lambda n: f" TEXT  {n}"
)
rows_of = st.lists(st.tuples(texts, st.sampled_from("abcd")), min_size=1, max_size=120)
given_values = st.sampled_from(["train", "Train", "dev", "validation", "test", "", "extra"])


def check_sound(result: Split, texts: list[str], labels: list[str]) -> None:
    parts = [result.train, result.validation, result.test, result.left_out]
    together = np.concatenate(parts)
    assert sorted(together) == list(range(len(texts)))
    assert all(list(part) == sorted(part) for part in parts)
    assert len(result.train)
    assert len(result.test)
    places = defaultdict(set)
    for row, side in sides_of(result).items():
        places[normalize(texts[row])].add(side)
    assert all(len(where) == 1 for where in places.values())


def attempt(
    texts: list[str], labels: list[str], seed: int, given_sides: list[str] | None = None
) -> Split | str:
    """The split, or the key of the error instead."""
    try:
        return split(texts, labels, seed, given=given_sides)
    except UserError as error:
        return error.what.key


@settings(max_examples=150, deadline=None)
@given(rows_of, st.integers(0, 5))
def test_random_split_is_sound(rows: list[tuple[str, str]], seed: int) -> None:
    texts, labels = [row[0] for row in rows], [row[1] for row in rows]
    result = attempt(texts, labels, seed)
    if isinstance(result, str):
        assert result == "error.split_too_small"
        # Only where no class has two texts; one with several labels belongs to one class only.
        counts = Counter(dict(zip(map(normalize, texts), labels, strict=True)).values())
        several = len({(normalize(text), label) for text, label in rows}) > counts.total()
        assert several or max(counts.values()) < 2
        return
    check_sound(result, texts, labels)
    assert not len(result.left_out)
    again = split(texts, labels, seed)
    assert sides_of(again) == sides_of(result)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(texts, st.sampled_from("abc"), given_values), min_size=1, max_size=100))
def test_given_split_is_sound(rows: list[tuple[str, str, str]]) -> None:
    texts, labels, given_sides = (list(column) for column in zip(*rows, strict=True))
    result = attempt(texts, labels, 0, given_sides)
    if isinstance(result, str):
        known = {"train", "Train", "dev", "validation", "test"} & set(given_sides)
        assert (result == "error.split_unknown") == (not known)
        assert result != "error.split_no_train" or known <= {"dev", "validation", "test"}
        return
    check_sound(result, texts, labels)
    assert note(result, "left_out").get("rows", 0) == len(result.left_out)


def test_stratified_and_near_the_fractions() -> None:
    labels = ["a"] * 600 + ["b"] * 300 + ["c"] * 100
    texts = [f"t{n}" for n in range(1000)]
    result = split(texts, labels, 1)
    assert (len(result.train), len(result.validation), len(result.test)) == (700, 150, 150)
    for side, share in zip(SIDES, (0.70, 0.15, 0.15), strict=True):
        counts = np.unique([labels[row] for row in getattr(result, side)], return_counts=True)[1]
        assert list(counts) == [600 * share, 300 * share, 100 * share]
    assert result.notes == ()
    halves = split(texts, labels, 1, fractions=(0.5, 0.25, 0.25))
    assert (len(halves.train), len(halves.test)) == (500, 250)


def test_seed_decides() -> None:
    texts, labels = [f"t{n}" for n in range(100)], ["a", "b"] * 50
    results = [sides_of(split(texts, labels, seed)) for seed in (0, 0, 1)]
    assert results[0] == results[1] != results[2]


def test_three_texts_are_enough_for_every_side() -> None:
    labels = ["a", "b", "c"] * 3
    result = split([f"t{n}" for n in range(9)], labels, 0)
    for side in SIDES:
        assert sorted(labels[row] for row in getattr(result, side)) == ["a", "b", "c"]


def test_tiny_classes_are_named() -> None:
    labels = ["a"] * 10 + ["one"] + ["two"] * 2
    result = split([f"t{n}" for n in range(13)], labels, 0)
    where = sides_of(result)
    assert where[10] == "train"
    assert {where[11], where[12]} == {"train", "test"}
    assert note(result, "few") == {"classes": 2, "names": "“one”, “two”"}


def test_equal_texts_stay_together() -> None:
    texts = [
        variant for n in range(40) for variant in (f"Good {n}", f"good  {n} ", f"ＧＯＯＤ {n}")
    ]
    result = split(texts, ["a", "a", "b"] * 40, 0)
    where = sides_of(result)
    assert all(len({where[3 * n + k] for k in range(3)}) == 1 for n in range(40))
    assert len(result.test) % 3 == 0


def test_given_sides_are_followed() -> None:
    given_sides = ["train"] * 6 + ["DEV"] * 2 + ["testing"] * 2
    result = split([f"t{n}" for n in range(10)], ["a", "b"] * 5, 0, given=given_sides)
    assert [list(part) for part in (result.train, result.validation, result.test)] == [
        *([0, 1, 2, 3, 4, 5], [6, 7], [8, 9]),
    ]
    assert result.notes == ()


def test_validation_is_cut_from_train_when_none_is_given() -> None:
    given_sides = ["train"] * 100 + ["test"] * 20
    result = split([f"t{n}" for n in range(120)], ["a", "b"] * 60, 0, given=given_sides)
    assert list(result.test) == list(range(100, 120))
    assert len(result.validation) == note(result, "validation_cut")["rows"]
    assert 15 <= len(result.validation) <= 20


def test_validation_becomes_the_test_when_no_test_is_given() -> None:
    given_sides = ["train"] * 100 + ["validation"] * 20
    result = split([f"t{n}" for n in range(120)], ["a", "b"] * 60, 0, given=given_sides)
    assert list(result.test) == list(range(100, 120))
    assert note(result, "validation_is_test") == {"rows": 20}
    assert len(result.validation)


def test_other_values_mean_train_and_are_counted() -> None:
    given_sides = ["train", "", "extra", "", "dev", "test"]
    result = split([f"t{n}" for n in range(6)], ["a"] * 6, 0, given=given_sides)
    assert list(result.train) == [0, 1, 2, 3]
    assert note(result, "unknown") == {"rows": 3, "values": "“”, “extra”"}


def test_one_side_everywhere_says_nothing() -> None:
    result = split([f"t{n}" for n in range(20)], ["a", "b"] * 10, 0, given=["train"] * 20)
    assert has_note(result, "one_side")
    assert len(result.test)


def test_leaks_of_a_given_split_are_left_out_and_counted() -> None:
    texts = ["same", "t1", "t2", "val", "SAME ", "val", "same"]
    given_sides = ["train", "train", "train", "train", "validation", "validation", "test"]
    result = split(texts, ["a", "b", "a", "b", "a", "b", "a"], 0, given=given_sides)
    assert list(result.left_out) == [0, 3, 4]
    assert note(result, "left_out") == {"rows": 3}
    assert list(result.test) == [6]


def test_classes_without_a_training_row_are_named() -> None:
    result = split(
        [f"t{n}" for n in range(5)],
        list("aabac"),
        0,
        given=["train", "dev", "train", "test", "test"],
    )
    assert note(result, "not_in_train") == {"classes": 1, "names": "“c”"}


@pytest.mark.parametrize(
    ("texts", "given_sides", "key"),
    [
        (["t1", "t2"], ["x", ""], "split_unknown"),
        (["t1", "t2"], ["dev", "test"], "split_no_train"),
        (["t1", "T1 "], None, "split_too_small"),
        (["t1", "t1"], ["train", "test"], "split_too_small"),
    ],
)
def test_splits_that_cannot_be(texts: list[str], given_sides: list[str] | None, key: str) -> None:
    with pytest.raises(UserError) as caught:
        split(texts, ["a"] * len(texts), 0, given=given_sides)
    assert caught.value.what.key == f"error.{key}"
    assert caught.value.hint


def test_a_large_table_gives_the_surplus_of_its_validation_rows_to_training() -> None:
    rows = 20_000
    sides = split([f"text {i}" for i in range(rows)], ["a", "b"] * (rows // 2), 1)
    assert len(sides.validation) == pytest.approx(2_000, abs=4)
    assert len(sides.test) == pytest.approx(0.15 * rows, abs=4)
    assert len(sides.train) + len(sides.validation) + len(sides.test) == rows


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text("aAbB éÉＡ\t\n\x0b\x1c\x1f\x85\xa0\u3000\u200b\xad", max_size=6)))
def test_texts_are_alike_when_they_fold_alike(texts: list[str]) -> None:
    folded: dict[str, int] = {}
    expected = [folded.setdefault(normalize(text), len(folded)) for text in texts]
    assert text_ids(texts).tolist() == expected
    assert text_ids(pd.Series(texts, dtype="str")).tolist() == expected


def test_parts_of_a_cross_validation_hold_each_row_once_and_every_class() -> None:
    labels = ["a"] * 50 + ["b"] * 23 + ["c"] * 5
    texts = [f"text {i}" for i in range(78)]
    texts[3] = "Text  70"  # the same text as one of class b
    parts = folds(texts, labels, 5, seed=1)
    assert parts[3] == parts[70]
    assert set(parts) == set(range(5))
    for name in "abc":
        counts = np.bincount(parts[np.array(labels) == name], minlength=5)
        assert counts.max() - counts.min() <= 2
    sizes = np.bincount(parts)
    assert sizes.max() - sizes.min() <= 3
    assert (parts == folds(texts, labels, 5, seed=1)).all()
    assert (parts != folds(texts, labels, 5, seed=1, repeat=1)).any()
    assert (parts != folds(texts, labels, 5, seed=2)).any()


def test_a_part_is_the_test_whatever_the_table_says() -> None:
    texts, labels = [f"text {i}" for i in range(60)], ["a", "b"] * 30
    given = ["train"] * 30 + ["test"] * 30
    sides = split(texts, labels, 7, given=given, part=Fold(2, 5))
    parts = folds(texts, labels, 5, 7)
    assert sides.test.tolist() == np.flatnonzero(parts == 2).tolist()
    assert len(sides.validation) == pytest.approx(0.176 * 48, abs=2)
    assert not len(sides.left_out)
