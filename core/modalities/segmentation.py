"""Segmentation of a text into units: words where a script has spaces, characters where it has none."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# Chinese, Japanese, Thai, Lao, Burmese, Khmer
UNSPACED_CHARACTER = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)
# Vowels of Thai and Lao that are letters of their own for Unicode, written before and behind their consonant.
LEADING_VOWEL = re.compile("[\u0e40-\u0e44\u0ec0-\u0ec4]$")
TRAILING_VOWEL = re.compile("[\u0e30\u0e32\u0e33\u0e45\u0eb0\u0eb2\u0eb3]")


@dataclass(frozen=True)
class Unit:
    """A word, or what stands for it where words are not divided: `start` to `end` of the part `cell`."""

    cell: int  # 0, or 1 in the second text of a pair
    start: int
    end: int


def units(text: str) -> list[list[str]]:
    """[unit, what follows it] for each unit: joined, they are the text but for the space before it."""
    characters: list[list[str]] = []
    for word, space in re.findall(r"(\S+)(\s*)", text):
        start = len(characters)
        begins = True  # is a new unit begun by the next character?
        for character in word:
            alone = bool(UNSPACED_CHARACTER.match(character))
            within = len(characters) > start and (
                unicodedata.category(character).startswith("M")
                or TRAILING_VOWEL.match(character)
                or (alone and LEADING_VOWEL.search(characters[-1][0]))
            )
            if within:  # a mark belongs to the letter below it, a vowel to its consonant
                characters[-1][0] += character
            elif alone or begins:
                characters.append([character, ""])
                begins = alone
            else:
                characters[-1][0] += character
        characters[-1][1] = space
    return characters


def join_units(parts: list[list[str]]) -> str:
    return "".join(unit + space for unit, space in parts).strip()
