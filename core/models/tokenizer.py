"""Tokenizers: how one is opened, and what it is given."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UserError
from core.io.json_files import Damaged, check_length

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def as_input(texts: Sequence[tuple[str, str | None]]) -> list[str | tuple[str, str]]:
    """What a tokenizer is given. An empty second text is none, as transformers' pipeline reads it."""
    return [(first, second) if second else first for first, second in texts]


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """Raises UserError when it cannot fill short texts up, as models that write text often cannot, and
    for a file that is far too large."""
    from transformers import AutoTokenizer

    for file in folder.iterdir():
        if file.suffix in (".json", ".txt", ".model"):
            try:
                check_length(file)
            except Damaged:
                raise UserError("predict_unreadable", name=folder.name, reason=file.name) from None
    tokenizer = AutoTokenizer.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False
    )
    if tokenizer.pad_token is None:
        raise UserError("model_no_padding")
    return tokenizer
