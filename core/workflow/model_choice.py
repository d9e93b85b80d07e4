"""Model choice: which model is taken where nobody names one, and whether a model reads the texts at all.

One place for the page and the command line: what is suggested is taken where it is on this computer.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.data.profile.profile import Profile
from core.errors import UserError
from core.modalities import by_key
from core.models.advice import Advice, to_get
from core.models.bundled import multilingual_e5
from core.models.catalog import BY_KEY, READS
from core.models.locate import downloaded, origin
from core.recipe import ModelSpec
from core.runs.store import RunStore
from core.words import Message, message


@dataclass(frozen=True)
class Choice:
    """The key of the `model` that is taken, and what is suggested, which may have to be fetched first."""

    model: str
    advice: Advice


def choose(profile: Profile, accelerated: bool, store: RunStore) -> Choice:
    """The suggested model where it is on this computer. Where it is not, one that is and reads the texts, or
    else the one in the box."""
    kind = by_key(profile.modality)
    advice, models = kind.advise(profile, accelerated), kind.models
    usual = models[0].key
    if is_here(advice.model, store):
        return Choice(advice.model, advice)
    if unread(usual, profile, store):
        for entry in models:
            if unread(entry.key, profile, store) is None and is_here(entry.key, store):
                return Choice(entry.key, advice)
    return Choice(usual, advice)


def foretold(profile: Profile, store: RunStore) -> Message | None:
    """Where the usual model does not read the texts: which one is taken in its place, or what to do where
    none is here. None where it does."""
    usual = by_key(profile.modality).models[0].key
    if unread(usual, profile, store) is None:
        return None
    texts = message(f"advice.texts.{profile.language}")
    taken = choose(profile, accelerated=False, store=store).model
    if taken != usual:
        return message(
            "advice.foretold", texts=texts, model=multilingual_e5.label(ModelSpec(taken))
        )
    other = instead(profile, store)
    return message("advice.foretold.not_here", texts=texts, model=BY_KEY[usual].title, better=other)


def is_here(key: str, store: RunStore) -> bool:
    """Can a model be had without a network?"""
    try:
        return downloaded(ModelSpec(key), store) is not None
    except UserError:
        return False


def here_instead(key: str, profile: Profile, store: RunStore) -> list[str]:
    """The models of the catalogue that are on this computer, in place of the one of a key; those that read
    the texts come first."""
    others = [entry.key for entry in by_key(profile.modality).models if entry.key != key]
    available = [other for other in others if is_here(other, store)]
    return sorted(available, key=lambda other: unread(other, profile, store) is not None)


def unread(key: str, profile: Profile, store: RunStore) -> Message | None:
    """A message that a model is not for the texts' language; None where it is, or where nobody knows."""
    entry = BY_KEY.get(origin(key, store))
    if entry is None or not profile.usable:
        return None
    languages = READS.get(entry.languages, ())
    if not languages or profile.language in languages:
        return None
    return message(
        "advice.unread",
        model=multilingual_e5.label(ModelSpec(key)) if key in BY_KEY else entry.title,
        reads=message(f"language.{entry.languages}"),
        texts=message(f"advice.texts.{profile.language}"),
    )


def better(profile: Profile) -> str:
    """The key of a model that reads the texts."""
    return by_key(profile.modality).advise(profile, accelerated=False).model


def instead(profile: Profile, store: RunStore) -> Message:
    """The name of that model, and how it gets here where it is not."""
    key = better(profile)
    name = multilingual_e5.label(ModelSpec(key))
    if is_here(key, store):
        return message("advice.instead.here", model=name)
    return message("advice.instead", model=name, get=to_get(key))
