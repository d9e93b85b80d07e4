"""What is known of a model before it is loaded: what it reads, and how it cuts texts into tokens."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import UserError
from core.models import packaged
from core.models.catalog import BY_KEY, CATALOG, Entry
from core.models.locate import here, locate
from core.recipe import ModelSpec
from core.runs import RunStore
from core.words import Message

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SCRIPTS = {"english": ("latin",), "chinese": ("han",)}  # by `Entry.languages`; any other reads all
CAP = 256  # tokens that are read unless the person wants more; as in `core.training.auto`


@dataclass(frozen=True)
class ModelReader:
    """For the check-up of a table; see `core.data.checks.reading.Reader`."""

    title: str | Message
    scripts: tuple[str, ...]
    better: str
    limit: int
    most: int
    tokenizer: Tokenizer | None

    def tokens(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray] | None:
        if self.tokenizer is None:
            return None
        encodings = self.tokenizer.encode_batch_fast(list(texts))
        model = json.loads(self.tokenizer.to_str())["model"]
        name = model.get("unk_token")
        unknown = self.tokenizer.token_to_id(name) if name else model.get("unk_id")
        ids = [np.array(encoding.ids) for encoding in encodings]
        return np.array([len(each) for each in ids]), np.array(
            [(each == unknown).sum() for each in ids]
        )


def reader_of(key: str, script: str, store: RunStore) -> ModelReader:
    """What is known of a model; `script` is that of the texts, for models that would read it."""
    entry = BY_KEY.get(key)
    most = entry.max_length if entry else CAP
    return ModelReader(
        title=packaged.label(ModelSpec(key)),
        scripts=SCRIPTS.get(entry.languages, ()) if entry else (),
        better=" · ".join(each.title for each in CATALOG if suits(each, script)),
        limit=min(CAP, most),
        most=most,
        tokenizer=_tokenizer(key, store),
    )


def _tokenizer(key: str, store: RunStore) -> Tokenizer | None:
    """None while the model is not on this computer, or packed, and for one without a fast tokenizer."""
    from tokenizers import Tokenizer

    try:
        spec = here(ModelSpec(key), store)
        packed = spec is not None and packaged.pinned(spec) and not packaged.unpacked()
        file = locate(spec, store) / "tokenizer.json" if spec and not packed else Path()
    except UserError:
        return None
    if not file.is_file():
        return None
    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def suits(entry: Entry, script: str) -> bool:
    """Whether a model of the catalogue was made for texts in this script."""
    if script == "latin":
        return entry.languages == "english"
    return entry.languages == "many" or script in SCRIPTS.get(entry.languages, ())
