"""Trimmed vocabularies: the same tokens for the texts they were made for, and every other text is still
read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    PreTrainedTokenizerFast,
    RobertaConfig,
)

from core.errors import UserError
from core.models.locate import bundled_folder
from core.models.prefix import of, put
from core.models.surgery.vocabulary import smaller, trim_table
from core.models.tokenizer import load_tokenizer
from tests.core.models.families import SMALL

KNOWN = ["The hotel was lovely, and so was the soup!", "awful; never again (12 nights)"]
OTHER = [
    "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich",
    "完全不同的文字",
    "xyzzyx qqq",
]
CORPUS = [
    *KNOWN * 5,
    *OTHER * 5,
    *(f"the {a} {b} of the {c}" for a in ("quick", "lazy", "lovely") for b in ("hotels", "soups", "nights")
      for c in ("boxer", "dyke", "jumper", "quarter")),
]  # fmt: skip


def word_piece() -> Any:
    return load_tokenizer(bundled_folder())


def byte_pairs() -> Any:
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=500, special_tokens=special, initial_alphabet=alphabet)
    made.train_from_iterator(CORPUS, trainer)
    made.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=False)
    return PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>",
        cls_token="<s>", sep_token="</s>", mask_token="<mask>",
    )  # fmt: skip


def unigram() -> Any:
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    words = sorted({f"▁{word}" for text in CORPUS for word in text.split()})
    halves = sorted({word[: len(word) // 2] for word in words if len(word) > 5})
    letters = sorted({letter for word in words for letter in word} - {*words, *halves})
    scores = [(special, 0.0), (words, -4.0), (halves, -6.0), (letters, -9.0)]
    pieces = [(piece, score) for some, score in scores for piece in some]
    made = Tokenizer(models.Unigram(pieces, unk_id=3))
    made.normalizer = normalizers.NFKC()
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
    )


def prefixed() -> Any:
    """One that puts words of its own before every text."""
    made = unigram()
    content = json.loads(made.backend_tokenizer.to_str())
    put(content, "the quick ")
    made._tokenizer = Tokenizer.from_str(json.dumps(content))
    return made


KINDS = {
    "word_piece": word_piece,
    "byte_pairs": byte_pairs,
    "unigram": unigram,
    "prefixed": prefixed,
}


@pytest.mark.parametrize("kind", KINDS)
def test_known_texts_keep_their_tokens_and_others_are_spelled(kind: str, tmp_path: Path) -> None:
    whole = KINDS[kind]()
    used = {token for text in KNOWN for token in whole(text)["input_ids"]}
    small, kept = smaller(whole, used, 10, tmp_path)
    assert len(small) == len(kept) < len(whole)
    for text in KNOWN:
        ids = small(text)["input_ids"]
        assert kept[ids].tolist() == whole(text)["input_ids"]
        assert small.convert_ids_to_tokens(ids) == whole.convert_ids_to_tokens(kept[ids])
    for text in OTHER:
        # Nothing that could be read before is unknown now.
        unknown = whole(text)["input_ids"].count(whole.unk_token_id)
        assert small(text)["input_ids"].count(small.unk_token_id) <= unknown
        assert len(small(text)["input_ids"]) >= len(whole(text)["input_ids"])
    first, second = KNOWN
    assert kept[small(first, second)["input_ids"]].tolist() == whole(first, second)["input_ids"]
    assert small.pad_token == whole.pad_token


def test_words_before_every_text_stay_whatever_is_used(tmp_path: Path) -> None:
    whole = prefixed()
    small, kept = smaller(whole, set(), 0, tmp_path)
    assert of(whole) == of(small) == "the quick "
    first, second = (each("a")["input_ids"][1:3] for each in (whole, small))
    assert kept[second].tolist() == first
    assert small.convert_ids_to_tokens(second) == ["▁the", "▁quick"]


def test_a_margin_of_frequent_tokens_stays(tmp_path: Path) -> None:
    whole = word_piece()
    sizes = []
    for margin in (0, 1000):
        folder = tmp_path / str(margin)
        folder.mkdir()
        small, kept = smaller(whole, {101, 102}, margin, folder)
        sizes.append(len(kept))
        assert ("the" in small.get_vocab()) == (margin > 0)
    assert sizes[1] - sizes[0] == 1000
    assert not any("[unused" in token for token in small.get_vocab())


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("word_piece", BertConfig(**SMALL)),
        ("byte_pairs", RobertaConfig(**{**SMALL, "vocab_size": 600}, pad_token_id=1)),
    ],
)
def test_a_model_answers_as_before(kind: str, config: Any, tmp_path: Path) -> None:
    torch.manual_seed(0)
    whole = KINDS[kind]()
    model = AutoModelForSequenceClassification.from_config(config).eval()
    used = {token for text in KNOWN for token in whole(text)["input_ids"]}
    with torch.inference_mode():
        before = model(**whole(KNOWN, padding=True, return_tensors="pt")).logits
        small, kept = smaller(whole, used, 50, tmp_path)
        trim_table(model, kept)
        after = model(**small(KNOWN, padding=True, return_tensors="pt")).logits
    assert torch.allclose(before, after, atol=1e-6)
    model.save_pretrained(tmp_path)
    again = AutoModelForSequenceClassification.from_pretrained(tmp_path).eval()
    assert again.config.vocab_size == len(kept) == again.get_input_embeddings().num_embeddings
    assert again.config.pad_token_id == small.pad_token_id
    with torch.inference_mode():
        inputs = load_tokenizer(tmp_path)(KNOWN, padding=True, return_tensors="pt")
        assert torch.allclose(again(**inputs).logits, before, atol=1e-6)


def test_a_tokenizer_of_another_kind_is_refused(tmp_path: Path) -> None:
    class Slow:
        backend_tokenizer = None

    with pytest.raises(UserError, match="cannot be trimmed"):
        smaller(Slow(), set(), 0, tmp_path)


def test_new_ids_go_up_with_the_old_ones(tmp_path: Path) -> None:
    """So that special tokens at the beginning keep their ids, on which some models count."""
    _, kept = smaller(byte_pairs(), {5, 400}, 0, tmp_path)
    assert (np.diff(kept) > 0).all()
    assert kept[:5].tolist() == [0, 1, 2, 3, 4]
    content = json.loads((tmp_path / "tokenizer.json").read_text(encoding="utf-8"))
    there = content["model"]["vocab"]
    assert all("".join(pair) in there for pair in content["model"]["merges"])
