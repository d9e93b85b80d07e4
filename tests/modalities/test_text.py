from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.modalities import text
from core.models.load import bundled_folder


@pytest.fixture(scope="module")
def tokenizer() -> object:
    return text.load_tokenizer(bundled_folder())


def test_one_column_is_a_text_two_are_a_pair_more_are_joined() -> None:
    assert text.join(["a"]) == ("a", None)
    assert text.join(["a", "b"]) == ("a", "b")
    assert text.join(["a", "b", "c"]) == ("a\nb\nc", None)
    frame = pd.DataFrame({"x": ["1", "2"], "y": ["3", "4"]})
    assert text.texts_of(frame, ["y", "x"]) == [("3", "1"), ("4", "2")]


def test_pairs_and_empty_halves(tokenizer: object) -> None:
    rows, _ = text.encode(
        tokenizer,  # type: ignore[arg-type]
        [("good film", "bad film"), ("good film", ""), ("good film", None)],
        np.array([0, 1, 0]),
        32,
    )
    assert sum(rows[0]["token_type_ids"]) == 3  # bad film [SEP]
    assert rows[1]["input_ids"] == rows[2]["input_ids"]
    assert rows["labels"][:] == [0, 1, 0]


@pytest.mark.parametrize("pair", [False, True])
def test_what_is_cut_is_counted(tokenizer: object, pair: bool) -> None:
    long, short = " ".join(["word"] * 40), "word"
    texts = [(t, t if pair else None) for t in [long, short] * 1500]
    rows, cut = text.encode(tokenizer, texts, np.zeros(3000), 16)  # type: ignore[arg-type]
    assert cut == 0.5
    assert len(rows) == 3000
    assert max(map(len, rows["input_ids"])) == 16
