"""Text augmentation: altered a little, in any language and without a dictionary, what the label says stays
true of them.

All work on units: words where a script has spaces between them, characters where it has none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import numpy as np

from core.modalities.segmentation import UNSPACED_CHARACTER, join_units, units

PUNCTUATION = (".", ";", "?", ":", "!", ",")  # those of AEDA
SENTENCE_MARKS = ("。", "；", "？", "：", "！", "，")  # the same in Chinese and Japanese
ARABIC = re.compile("[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefc]")
ARABIC_MARKS = (".", "؛", "؟", ":", "!", "،")


def _count(parts: list[list[str]], strength: float) -> int:
    """How many units are touched: a share `strength` of them, and one at least."""
    return max(1, round(strength * len(parts)))


def delete(parts: list[list[str]], strength: float, draw: np.random.Generator) -> None:
    """Random deletion (Wei and Zou 2019, EDA). The last unit of all is never deleted."""
    for _ in range(min(_count(parts, strength), len(parts) - 1)):
        del parts[int(draw.integers(len(parts)))]


def swap(parts: list[list[str]], strength: float, draw: np.random.Generator) -> None:
    """Random swap of two units (Wei and Zou 2019, EDA); the spaces stay where they are."""
    for _ in range(_count(parts, strength) if len(parts) > 1 else 0):
        one, other = draw.choice(len(parts), 2, replace=False)
        parts[one][0], parts[other][0] = parts[other][0], parts[one][0]


def punctuate(parts: list[list[str]], strength: float, draw: np.random.Generator) -> None:
    """Punctuation marks between the units (Karimi, Rossi and Prati 2021, AEDA)."""
    before = [unit for unit, _ in parts]
    # From the end on, so that each stands before one of the text's own units.
    for where in sorted(draw.integers(len(parts), size=_count(parts, strength)), reverse=True):
        word = _word_at(before, int(where))
        unspaced = bool(UNSPACED_CHARACTER.match(word))
        east_asian = unspaced and word >= "\u3000"
        marks = SENTENCE_MARKS if east_asian else PUNCTUATION
        mark = str(draw.choice(ARABIC_MARKS if ARABIC.search(word) else marks))
        parts.insert(int(where), [mark, "" if unspaced else " "])


def _word_at(words: list[str], where: int) -> str:
    """The unit there; for one that is only a mark, the nearest word, of whose script the mark is."""
    nearest = [*reversed(words[: where + 1]), *words[where + 1 :]]
    return next((word for word in nearest if any(map(str.isalnum, word))), words[where])


def mistype(parts: list[list[str]], strength: float, draw: np.random.Generator) -> None:
    """Typing errors: a character left out, doubled, or changed places with the next one."""
    for _ in range(_count(parts, strength)):
        where = int(draw.integers(len(parts)))
        typed = _letters(parts[where][0])
        if len(typed) < 2:  # it can only change places with, or stand beside, its neighbour
            following = (where + 1) % len(parts)
            if draw.random() < 0.5 and len(_letters(parts[following][0])) == 1:
                parts[where][0], parts[following][0] = parts[following][0], parts[where][0]
            else:
                parts[where][0] *= 2
            continue
        at = int(draw.integers(len(typed) - 1))
        kind = int(draw.integers(3))
        one, other = typed[at : at + 2]
        typed[at : at + 2] = [[other], [one, one, other], [other, one]][kind]
        parts[where][0] = "".join(typed)


def _letters(unit: str) -> list[str]:
    """Its characters, each with the marks on it: those are typed, and read, together."""
    letters: list[str] = []
    for character in unit:
        if letters and unicodedata.category(character).startswith("M"):
            letters[-1] += character
        else:
            letters.append(character)
    return letters


METHODS: dict[str, Callable[[list[list[str]], float, np.random.Generator], None]] = {
    "delete": delete,
    "swap": swap,
    "punctuate": punctuate,
    "mistype": mistype,
}


def alter(text: str, method: str, strength: float, draw: np.random.Generator) -> str:
    """The text with about a share `strength` (0 to 1) of its units changed; an empty one stays empty."""
    parts = units(text)
    if parts:
        METHODS[method](parts, strength, draw)
    return join_units(parts)
