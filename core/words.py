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
    def from_json(cls, data: Mapping[str, Any]) -> Message:
        return cls(
            data["key"],
            {
                name: cls.from_json(value) if isinstance(value, Mapping) else value
                for name, value in data["values"].items()
            },
        )


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


def of_kind(key: str, kind: str) -> str:
    """The key of the sentence for this kind of data (`core.modalities`), where it has one of its own."""
    own = f"{key}.{kind}"
    return own if has(own) else key


def say(what: Message | str, language: str = "en", **values: Any) -> str:
    """Render a message, or the sentence of a key with `values`, in `language`.

    Integers get thousands separators; other numbers are written as the sentence's own format says. A value
    that is written from right to left keeps to itself, so that it does not turn the words beside it around.
    Raises KeyError for an unknown key or a missing value: both are mistakes in the code.
    """
    if isinstance(what, str):
        what = Message(what, values)
    shown = {
        name: say(value, language)
        if isinstance(value, Message)
        else f"{value:,}"
        if isinstance(value, int) and not isinstance(value, bool)
        else apart(value)
        if isinstance(value, str)
        else value
        for name, value in what.values.items()
    }
    return locale(language)[what.key].format(**shown)
