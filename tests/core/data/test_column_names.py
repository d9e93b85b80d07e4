"""Splits are known by the words for them, in names of folders and of columns."""

from __future__ import annotations

import pytest

from core.data.column_names import split_of, split_word
from core.data.profile.profile import profile
from core.data.read.table import read


@pytest.mark.parametrize(
    ("name", "side"),
    [
        *[
            (name, "train")
            for name in ("Training", "training_set", "trainData", "训练集", "TrainVal")
        ],
        *[
            (name, "test")
            for name in ("test-images", "Testing", "测试数据", "heldout", "ｔｅｓｔ", "test1")
        ],
        *[(name, "validation") for name in ("val2017", "Valid", "dev_set", "验证集", "validación")],
        *[(name, "train") for name in ("обучение", "Trening", "학습", "훈련용", "تدريب", "eğitim")],
        *[(name, "test") for name in ("тест", "тестовая_выборка", "테스트", "اختبار", "teszt")],
        *[
            (name, None)
            for name in (
                "протест",
                "тестостерон",
                "latest",
                "invalid",
                "contest",
                "train_test",
                "seg_test",
                "",
                "1",
            )
        ],
    ],
)
def test_a_split_is_known_by_its_words(name: str, side: str | None) -> None:
    assert split_of(name) == side
    if side:
        assert split_word(f"seg_{name}") == side


def test_the_same_words_are_known_in_a_column() -> None:
    rows = [
        f"text {k},{'ab'[k % 2]},{'test_set' if k % 5 == 0 else 'training_set'}" for k in range(20)
    ]
    seen = profile(read("\n".join(["text,label,part", *rows]).encode()))
    assert (seen.label, seen.split) == ("label", "part")
