"""What a person can mend."""

from __future__ import annotations

from typing import Any

from core.words import Message, has, say


class UserError(Exception):
    """Something that the person can mend: what happened, where, and what to do next.

    `key` names two sentences of the locales, `error.KEY` (what happened) and `error.KEY.hint`
    (what to do); `values` fill both.
    """

    def __init__(self, key: str, **values: Any) -> None:
        self.what = Message(f"error.{key}", values)
        super().__init__(key)

    @property
    def hint_message(self) -> Message | None:
        key = f"{self.what.key}.hint"
        return Message(key, self.what.values) if has(key) else None

    @property
    def message(self) -> str:
        """What happened, in English."""
        return say(self.what)

    @property
    def hint(self) -> str:
        """What to do about it, in English; empty where there is nothing to add."""
        return say(self.hint_message) if self.hint_message else ""

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()
