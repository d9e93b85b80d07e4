"""What can be picked: the bundled model, a curated list from the hub, any other hub id, earlier runs."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BUNDLED, BUNDLED_PICTURES = "minilm", "efficientnet-lite0"
# from the hub, or from a package: `core.models.bundled.multilingual_e5`
MULTILINGUAL = "multilingual-e5-small"
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?")

# Encoders that were trained with a word before every text. Their authors advise "query: " for classification,
# of all kinds of text (Wang et al. 2024, "Multilingual E5 Text Embeddings", and the models' own pages).
E5 = re.compile(r"intfloat/(multilingual-)?e5-(small|base|large)(-v2|-unsupervised)?")


@dataclass(frozen=True)
class Entry:
    """One model of catalog.csv. `parameters` in millions, `megabytes` of the download. What it is good for is
    `model.KEY` in the locales.

    A model for pictures reads no language; one that is only in the box has no hub id. Beside the model in the
    box for the same kind of data, `slowdown` is how many times as long a step of training takes, and `memory`
    how many times as much of each row it keeps: untrained networks of each kind on one core of a CPU, 64
    tokens or 224 x 224 dots, all of it trained or only asked, the mean of both; what is kept, by autograd.
    """

    modality: str
    key: str
    title: str
    hub_id: str
    parameters: int
    megabytes: int
    languages: str  # "", "english", "chinese" or "many": `language.NAME` in the locales
    licence: str
    max_length: int
    slowdown: float
    memory: float

    @property
    def bundled(self) -> bool:
        """Is it in the box? Then it is what the others of its kind are compared with."""
        return self.key in (BUNDLED, BUNDLED_PICTURES)


def _entries() -> Iterator[Entry]:
    numbers = {
        "parameters": int,
        "megabytes": int,
        "max_length": int,
        "slowdown": float,
        "memory": float,
    }
    with Path(__file__).with_name("catalog.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield Entry(**{name: numbers.get(name, str)(cell) for name, cell in row.items()})


BY_KEY: dict[str, Entry] = {entry.key: entry for entry in _entries()}
TEXT_MODELS = tuple(entry for entry in BY_KEY.values() if entry.modality == "text")
PICTURE_MODELS = tuple(entry for entry in BY_KEY.values() if entry.modality == "image")
# What the models of a language (`Entry.languages`) read, as `core.data.profile.language` names it; others
# read all.
READS = {"english": ("english",), "chinese": ("chinese",)}


def hub_id(key: str) -> str | None:
    """The hub id that a key stands for, or None when it is neither a key nor shaped like an id."""
    if key in BY_KEY:
        return BY_KEY[key].hub_id
    return key if HUB_ID.fullmatch(key) and ".." not in key else None


def title(key: str) -> str:
    """What people call the model of a key; an id of their own is its own title."""
    return BY_KEY[key].title if key in BY_KEY else key


def prefix(name: str) -> str:
    """What the model of a hub id wants before every text; "" for most."""
    return "query: " if E5.fullmatch(name) else ""
