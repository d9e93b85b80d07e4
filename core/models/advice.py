"""Model recommendation: which for which data, what a person who has never heard of any of them should start
with.

For texts it follows from their language, their lengths, how many rows there are, and whether there is a
graphics card. docs/models.md has the rules in a table.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.data.profile.profile import Profile
from core.models.catalog import BUNDLED, BUNDLED_PICTURES, BY_KEY, MULTILINGUAL
from core.words import Message, message

# From which on a larger model has enough to learn from, where there is a graphics card.
MANY_ROWS = 1_000
MANY_LONG_TEXTS = 0.2  # share of the texts
SOME_LONG_TEXTS = 0.05
# Characters that make about 256 tokens, which is what is read of a text unless the person wants more.
LONG_CHARACTERS = {"english": 1_000, "chinese": 380}
LONG_CHARACTERS_OTHER = 700


@dataclass(frozen=True)
class Advice:
    """The key of a model of the catalogue, and sentences that say why."""

    model: str
    why: tuple[Message, ...]


def to_get(model: str) -> Message:
    """How a model of the catalogue that is not on this computer gets there."""
    key = "advice.package" if model == MULTILINGUAL else "advice.download"
    return message(key, size=BY_KEY[model].megabytes)


def advise_pictures(profile: Profile, accelerated: bool) -> Advice:
    """The one in the box, whatever the pictures are and whatever there is to train on."""
    return Advice(BUNDLED_PICTURES, (message("advice.pictures"),))


def advise_texts(profile: Profile, accelerated: bool) -> Advice:
    """By their language and lengths; `accelerated`: is there a graphics card to train on?"""
    language, long = profile.language, long_share(profile)
    model, reason = MULTILINGUAL, f"advice.{language}"
    if language == "english":
        model, reason = BUNDLED, "advice.english"
        if accelerated and long >= MANY_LONG_TEXTS:
            model, reason = "modernbert", "advice.english.long"
        elif accelerated and profile.usable >= MANY_ROWS:
            model, reason = "roberta", "advice.english.accelerated"
    why = [message(reason, rows=profile.usable)]
    if long >= SOME_LONG_TEXTS and model != "modernbert":
        most = BY_KEY[model].max_length
        why.append(message("advice.long", most=most))
    return Advice(model, tuple(why))


def long_share(profile: Profile) -> float:
    """The share of the texts (0 to 1) that are longer than what is read of them by default, about."""
    limit = LONG_CHARACTERS.get(profile.language, LONG_CHARACTERS_OTHER)
    counts, edges = np.array(profile.lengths), np.array(profile.length_edges)
    if not counts.sum():
        return 0.0
    starts, ends = edges[:-1], edges[1:].astype(float)
    if len(ends) > 1:  # a few very long texts stretch the last bin
        ends[-1] = ends[-2] + starts[1] - starts[0]
    above = np.clip((ends - limit) / (ends - starts), 0, 1)  # the part of the bin
    return float((counts * above).sum() / counts.sum())
