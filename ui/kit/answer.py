"""What the handler of an event answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

# Component -> value. The others stay as they are; an empty one changes nothing.
Answer = dict[Any, Any]


def fill(components: Sequence[Any], values: Sequence[Any]) -> Answer:
    """A value for each of these components."""
    return dict(zip(components, values, strict=True))


class Part:
    """Components that belong together: the attributes, each a component or such a part."""

    @property
    def view(self) -> list[Any]:
        """All of them, in the order in which they were set."""
        parts = vars(self).values()
        return [
            component
            for part in parts
            for component in (part.view if isinstance(part, Part) else [part])
        ]
