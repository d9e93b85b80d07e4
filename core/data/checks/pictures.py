"""The pictures: the same one twice, or under two labels, or on more than one side of the split."""

from __future__ import annotations

from collections.abc import Iterator

from core.data.checks.finding import Finding, Seen
from core.data.checks.texts import equal, leaks


def check(seen: Seen) -> Iterator[Finding]:
    if len(seen.rows):
        yield from equal(seen, "picture_")
        yield from leaks(seen, "picture_")
