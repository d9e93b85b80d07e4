"""What the folders of an archive are taken for: labels, a split, or neither."""

from __future__ import annotations

import pytest

from core.data.any_file import read_archive
from core.data.profile.profile import profile
from core.data.read.options import ReadOptions
from core.errors import UserError
from tests.core.data.archives.members import notes, pictures, said


@pytest.mark.parametrize(
    ("names", "expected", "note"),
    [
        (  # as Kaggle packs them
            [
                "training_set/training_set/a/1",
                "training_set/training_set/b/2",
                "test_set/test_set/a/3",
            ],
            [("a", "train"), ("b", "train"), ("a", "test")],
            "folders_split",
        ),
        (
            ["d/train/images/a/1", "d/train/images/b/2", "d/val/images/a/3"],
            [("a", "train"), ("b", "train"), ("a", "validation")],
            "folders_split",
        ),
        (
            ["a/train/1", "a/test/2", "b/train/3", "b/test/4"],
            [("a", "train"), ("a", "test"), ("b", "train"), ("b", "test")],
            "folders_split",
        ),
        (
            ["a/1", "b/2", "test/a/3", "test/b/4"],
            [("a", "train"), ("b", "train"), ("a", "test"), ("b", "test")],
            "folders_split",
        ),
        (
            ["seg_train/a/1", "seg_train/b/2", "seg_test/a/3", "seg_pred/4"],
            [("a", "train"), ("b", "train"), ("a", "test"), ("", "")],
            "folders_aside",
        ),
        (["x/a/1", "x/b/2", "x/test/3"], [("a", ""), ("b", ""), ("", "")], "folders_aside"),
        (["train/a/1", "train/b/2", "test/3"], [("a", ""), ("b", ""), ("", "")], "folders_aside"),
        (["a/1", "b/2", "测试集/3"], [("a", ""), ("b", ""), ("", "")], "folders_aside"),
        (
            ["train/1", "bus/2", "car/3"],
            [("train", ""), ("bus", ""), ("car", "")],
            "folders_labels",
        ),
        (["valid/1", "invalid/2"], [("valid", ""), ("invalid", "")], "folders_labels"),
        (
            ["test tubes/1", "jars/2", "cups/3"],
            [("test tubes", ""), ("jars", ""), ("cups", "")],
            "",
        ),
        (["train/1", "test/2"], [("train", ""), ("test", "")], "folders_only_split"),
        (["train/a/1", "train/b/2"], [("a", ""), ("b", "")], ""),
        (
            ["cats_train/1", "cats_test/2", "dogs_train/3", "dogs_test/4"],
            [("cats", "train"), ("cats", "test"), ("dogs", "train"), ("dogs", "test")],
            "folders_split",
        ),
        (
            ["a/1", "b/2", "val/3", "test/4"],
            [("a", ""), ("b", ""), ("", ""), ("", "")],
            "folders_aside",
        ),
        (["a/1", "b/2", "unlabeled/3"], [("a", ""), ("b", ""), ("", "")], "folders_aside"),
        (
            ["train/pos/1", "train/neg/2", "train/unsup/3", "test/pos/4"],
            [("pos", "train"), ("neg", "train"), ("", ""), ("pos", "test")],
            "folders_split",
        ),
        (
            ["dev/1", "sales/2", "legal/3"],
            [("dev", ""), ("sales", ""), ("legal", "")],
            "folders_labels",
        ),
    ],
)
def test_what_folders_are_taken_for(
    names: list[str], expected: list[tuple[str, str]], note: str
) -> None:
    table = read_archive(pictures(*names))
    assert said(table) == dict(zip(names, expected, strict=True))
    assert note in notes(table) or (not note and not notes(table))


def test_a_person_has_the_last_word_on_folders() -> None:
    aside = pictures("a/1", "b/2", "test/3")
    asked = read_archive(aside, options=ReadOptions(folders="labels"))
    assert [label for label, _ in said(asked).values()] == ["a", "b", "test"]
    assert notes(asked) == ["folders_labels"]
    sets = pictures(
        *(f"{side}/{label}/{k}" for side in ("train", "test") for label in "ab" for k in range(3))
    )
    asked = read_archive(sets, options=ReadOptions(folders="labels"))
    assert profile(asked).label == "label"
    assert dict(profile(asked).classes) == {"train": 6, "test": 6}
    tubes = pictures("test tubes/1", "jars/2", "cups/3")
    asked = read_archive(tubes, options=ReadOptions(folders="split"))
    assert said(asked)["test tubes/1"] == ("", "")
    with pytest.raises(UserError, match="neither"):
        read_archive(tubes, options=ReadOptions(folders="neither"))


def test_labels_have_one_spelling() -> None:
    """A letter with an accent may be one character or two: in the names of folders as well."""
    table = read_archive(pictures("caf\u00e9/1", "cafe\u0301/2", "bar/3"))
    assert {label for label, _ in said(table).values()} == {"caf\u00e9", "bar"}
