"""Every sentence that a person reads, by key, in every language of assets/locales.

Core speaks in `Message`s (a key and its values), never in sentences: the page renders them in the
language of the browser, the command line in English.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Integral
from pathlib import Path
from typing import Any

ASSETS = Path(__file__).resolve().parent.parent / "assets"
LANGUAGES = ("en", "zh")
# Hebrew, Arabic and their kin.
RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")


@dataclass(frozen=True)
class Message:
    """A sentence that is not yet in any language: its key in the locales and the values it names.

    A value may itself be a `Message`: it is rendered in the same language.
    """

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return say(self)

    def to_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "values": {
                name: value.to_json() if isinstance(value, Message) else value
                for name, value in self.values.items()
            },
        }

    @classmethod
    def from_json(cls, data: Any) -> Message:
        """Of what `to_json` gave. Of a message that this version has no sentence for, or that does not fit
        its sentence, only the key is told. Raises ValueError for what is no message.
        """
        try:
            key, values = data["key"], data["values"].items()
            if not isinstance(key, str):
                raise TypeError(key)
            found = cls(
                key,
                {
                    str(name): cls.from_json(value) if isinstance(value, Mapping) else value
                    for name, value in values
                },
            )
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            raise ValueError("no message") from error
        try:
            for language in LANGUAGES:
                say(found, language)
        except (LookupError, ValueError, TypeError, AttributeError, OverflowError):
            return cls("message.unknown", {"key": key[:60]})
        return found


def message(key: str, **values: Any) -> Message:
    """Shorthand for `Message(key, values)`."""
    return Message(key, values)


@functools.cache
def locale(language: str) -> dict[str, str]:
    """All sentences of one language by key."""
    text = (ASSETS / "locales" / f"{language}.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def has(key: str) -> bool:
    return key in locale("en")


def apart(text: str) -> str:
    """Text that keeps to itself where it is written from right to left: it does not turn around what stands
    beside it."""
    return f"\u2068{text}\u2069" if RIGHT_TO_LEFT.search(text) else text


class Millions(int):
    """So many millions, which sentences write in the units of their language: `{n:million}`, `{n:万}`."""

    def __format__(self, spec: str) -> str:
        count = int(self)
        if spec == "万":
            return f"{count / 100:g} 亿" if count >= 100 else f"{count * 100} 万"
        return f"{count} million" if spec == "million" else format(count, spec)


class Count(int):
    """How many of something: with thousands separators, or as the word that goes with it, of which a sentence
    has that of one and that of many: `{n} {n:row|rows}`."""

    def __format__(self, spec: str) -> str:
        one, bar, many = spec.partition("|")
        if bar:
            return one if self == 1 else many
        return int.__format__(self, spec or ",")


def of_kind(key: str, kind: str) -> str:
    """The key of the sentence for this kind of data (`core.modalities`), where it has one of its own."""
    own = f"{key}.{kind}"
    return own if has(own) else key


class Share(float):
    """A number that is never written as 0% or 100% where it is neither: a few of many rows are not none."""

    def __format__(self, spec: str) -> str:
        shown = float.__format__(self, spec)
        number = shown.rstrip("%")
        if number == shown or not 0 < self < 1 or 0 < float(number) < 100:
            return shown
        places = len(number.partition(".")[2])
        least = 10.0**-places
        return f"<{least:.{places}f}%" if float(number) == 0 else f">{100 - least:.{places}f}%"


def percent(share: float, digits: int = 1) -> str:
    """A share from 0 to 1 in percent, as sentences write it: see `Share`."""
    return format(Share(share), f".{digits}%")


def say(what: Message | str, language: str = "en", **values: Any) -> str:
    """Render a message, or the sentence of a key with `values`, in `language`.

    Integers are `Count`s; other numbers are written as the sentence's own format says. A value that is
    written from right to left keeps to itself, so that it does not turn the words beside it around. A
    percentage is a `Share`. Raises KeyError for an unknown key or a missing value: both are mistakes in the
    code.
    """
    if isinstance(what, str):
        what = Message(what, values)
    shown = {
        name: say(value, language)
        if isinstance(value, Message)
        else Count(value)
        if isinstance(value, Integral) and not isinstance(value, bool | Millions)
        else apart(value)
        if isinstance(value, str)
        else Share(value)
        if isinstance(value, float)
        else value
        for name, value in what.values.items()
    }
    return locale(language)[what.key].format(**shown)
