"""Model facts before it is loaded: what it reads, and how it cuts texts into tokens."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.data.profile.profile import Profile
from core.errors import UserError
from core.io.json_files import read_bytes
from core.models.bundled import multilingual_e5
from core.models.catalog import BY_KEY, READS, TEXT_MODELS, Entry
from core.models.locate import downloaded, locate, origin
from core.recipe import ModelSpec
from core.runs.store import RunStore
from core.words import Message, message

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SCRIPTS = {"english": ("latin",), "chinese": ("han",)}  # by `Entry.languages`; any other reads all
# Tokens that are read unless the person wants more; as in `core.training.plan`.
MAX_CHOSEN_LENGTH = 256
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ModelReader:
    """What the check-up of a table (`core.modalities.model_fit`) asks of a model."""

    title: str | Message
    scripts: tuple[str, ...]  # that it reads; empty: all
    languages: tuple[str, ...]  # as `core.data.profile.language` names them; empty: all
    reads: Message  # the same in words
    better: str  # titles of models that read what this one does not
    limit: int  # tokens that are read of a text unless the person wants more
    most: int  # tokens that it can read
    tokenizer: Tokenizer | None  # None while the model is not on this computer

    def tokens(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray] | None:
        """Tokens of each text, and how many of them stand for something unknown: two arrays [texts]. None
        without a tokenizer."""
        if self.tokenizer is None:
            return None
        encodings = self.tokenizer.encode_batch_fast(list(texts))
        model = json.loads(self.tokenizer.to_str())["model"]
        name = model.get("unk_token")
        unknown = self.tokenizer.token_to_id(name) if name else model.get("unk_id")
        ids = [np.array(encoding.ids) for encoding in encodings]
        return np.array([len(row) for row in ids]), np.array(
            [(row == unknown).sum() for row in ids]
        )


def reader_of(key: str, profile: Profile, store: RunStore) -> ModelReader:
    """What is known of a model; `profile` is that of the texts, for models that would read them."""
    entry = BY_KEY.get(origin(key, store))
    most = entry.max_length if entry else MAX_CHOSEN_LENGTH
    return ModelReader(
        title=multilingual_e5.label(ModelSpec(key)) if key in BY_KEY or not entry else entry.title,
        scripts=SCRIPTS.get(entry.languages, ()) if entry else (),
        languages=READS.get(entry.languages, ()) if entry else (),
        reads=message(f"language.{entry.languages if entry else 'many'}"),
        better=" · ".join(entry.title for entry in TEXT_MODELS if suits(entry, profile)),
        limit=min(MAX_CHOSEN_LENGTH, most),
        most=most,
        tokenizer=_tokenizer(key, store),
    )


def _tokenizer(key: str, store: RunStore) -> Tokenizer | None:
    """None while the model is not on this computer, or packed, and for one without a fast tokenizer."""
    from tokenizers import Tokenizer

    try:
        spec = downloaded(ModelSpec(key), store)
        packed = (
            spec is not None and multilingual_e5.pinned(spec) and not multilingual_e5.unpacked()
        )
        file = locate(spec, store) / "tokenizer.json" if spec and not packed else Path()
    except UserError:
        return None
    if not file.is_file():
        return None
    try:
        tokenizer = Tokenizer.from_buffer(read_bytes(file))
    except Exception as error:  # noqa: BLE001 - whoever loads the model says that it is damaged
        log.warning("%s cannot be read: %s", file.name, repr(error)[:200])
        return None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def suits(entry: Entry, profile: Profile) -> bool:
    """Whether a model of the catalogue was made for texts in this language."""
    if profile.language == "english":
        return entry.languages == "english"
    return entry.languages == "many" or profile.language in READS.get(entry.languages, ())
