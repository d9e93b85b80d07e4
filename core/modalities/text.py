"""Text: rows of the table -> token ids."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from core.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

CHUNK = 2000  # rows tokenised at a time: bounds the memory that encodings take


def join(cells: Sequence[str]) -> tuple[str, str | None]:
    """The cells of one row as a tokenizer takes them: a text, a pair of texts, or all in one text."""
    if len(cells) == 2:
        return cells[0], cells[1]
    return "\n".join(cells), None


def texts_of(frame: pd.DataFrame, columns: Sequence[str]) -> list[tuple[str, str | None]]:
    """The texts of every row, in the order of the frame."""
    return [join(cells) for cells in zip(*(frame[name] for name in columns), strict=True)]


def flat(text: tuple[str, str | None]) -> str:
    """One string for what reads no pairs: word counts, duplicates, tables."""
    return text[0] if text[1] is None else f"{text[0]}\n{text[1]}"


def as_input(texts: Sequence[tuple[str, str | None]]) -> list[str | tuple[str, str]]:
    """What a tokenizer is given. An empty second text is none, as transformers' pipeline reads it."""
    return [(first, second) if second else first for first, second in texts]


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """Raises UserError when it cannot fill short texts up, as models that write text often cannot."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False
    )
    if tokenizer.pad_token is None:
        raise UserError("model_no_padding")
    return tokenizer


def usable_length(tokenizer: PreTrainedTokenizerBase, config: Any, wanted: int) -> int:
    """The longest input in tokens, special tokens included: what was asked for or the model's limit."""
    limits = [wanted, int(min(tokenizer.model_max_length, 10**9))]
    positions = getattr(config, "max_position_embeddings", None)
    if positions:
        # RoBERTa counts positions from padding_idx + 1, so two of the table's rows are never used.
        offset = 2 if config.model_type in ("roberta", "xlm-roberta", "camembert") else 0
        limits.append(positions - offset)
    return min(limits)


def encode(
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[tuple[str, str | None]],
    labels: np.ndarray,
    max_length: int,
) -> tuple[Dataset, float]:
    """Tokenise into a Dataset with a `labels` column.

    Returns it and the share of rows (0 to 1) whose text was longer than `max_length` tokens.
    """
    from datasets import Dataset, concatenate_datasets

    parts, cut = [], 0
    for start in range(0, len(texts), CHUNK):
        chunk = texts[start : start + CHUNK]
        encoded = tokenizer(as_input(chunk), truncation=True, max_length=max_length)
        # Tokenizers without a fast backend do not say what they cut: a row that is full may have been.
        cut += (
            sum(bool(encoding.overflowing) for encoding in encoded.encodings)
            if encoded.encodings
            else sum(len(ids) >= max_length for ids in encoded["input_ids"])
        )
        part = dict(encoded)
        part["labels"] = labels[start : start + CHUNK].astype(int).tolist()
        parts.append(Dataset.from_dict(part))
    return concatenate_datasets(parts), cut / max(1, len(texts))
