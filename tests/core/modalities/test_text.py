from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.modalities import base, text
from core.models.locate import bundled_folder
from core.models.tokenizer import as_input, load_tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> object:
    return load_tokenizer(bundled_folder())


def test_one_column_is_a_text_two_are_a_pair_more_are_joined() -> None:
    assert base.join_cells(["a"]) == ("a", None)
    assert base.join_cells(["a", "b"]) == ("a", "b")
    assert base.join_cells(["a", "b", "c"]) == ("a\nb\nc", None)
    frame = pd.DataFrame({"x": ["1", "2"], "y": ["3", "4"]})
    assert text.TEXT.inputs(frame, ["y", "x"]) == [("3", "1"), ("4", "2")]


def test_pairs_and_empty_halves(tokenizer: object, tmp_path: Path) -> None:
    rows, _ = text.TEXT.encode(
        tokenizer,
        [("good film", "bad film"), ("good film", ""), ("good film", None)],
        np.array([0, 1, 0]),
        32,
        tmp_path / "rows.arrow",
    )
    assert sum(rows[0]["token_type_ids"]) == 3  # bad film [SEP]
    assert rows[1]["input_ids"] == rows[2]["input_ids"]
    assert rows["labels"][:] == [0, 1, 0]


@pytest.mark.parametrize("pair", [False, True])
def test_what_is_cut_is_counted(tokenizer: object, pair: bool, tmp_path: Path) -> None:
    long, short = " ".join(["word"] * 40), "word"
    texts = [(t, t if pair else None) for t in [long, short] * 1500]
    rows, cut = text.TEXT.encode(
        tokenizer,
        texts,
        np.zeros(3000),
        16,
        tmp_path / "rows.arrow",
    )
    assert cut == 0.5
    assert len(rows) == 3000
    assert max(map(len, rows["input_ids"])) == 16


def test_the_fast_way_makes_the_same_tokens(tokenizer: Any, tmp_path: Path) -> None:
    texts = [("Good film, 好电影!", None), ("a b", "c"), ("", None), ("x " * 80, "y " * 80)]
    rows, _ = text.TEXT.encode(tokenizer, texts, np.zeros(4), 32, tmp_path / "rows.arrow")
    asked = tokenizer(as_input(texts), truncation=True, max_length=32)
    assert rows["input_ids"][:] == asked["input_ids"]
    assert rows["token_type_ids"][:] == asked["token_type_ids"]
    assert rows["length"][:] == [len(ids) for ids in asked["input_ids"]]
    assert text.used_tokens(rows).tolist() == sorted({i for ids in asked["input_ids"] for i in ids})
    assert text.TEXT.lengths(tokenizer, texts).tolist() == [
        len(ids) for ids in tokenizer(as_input(texts))["input_ids"]
    ]
