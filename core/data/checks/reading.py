"""How well a model reads the texts: its language, words that it does not know, texts that are too long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from core.data.checks.finding import Finding, Seen, finding
from core.words import Message

SAMPLE = 2_000  # texts
UNKNOWN = 0.05  # share of the tokens
CUT = 0.01  # share of all tokens


class Reader(Protocol):
    """What is known of a model before it is loaded."""

    @property
    def title(self) -> str | Message: ...

    @property
    def scripts(self) -> tuple[str, ...]:
        """Those that it reads; empty: all."""
        ...

    @property
    def better(self) -> str:
        """Titles of models that read what this one does not."""
        ...

    @property
    def limit(self) -> int:
        """Tokens that are read of a text unless the person wants more."""
        ...

    @property
    def most(self) -> int:
        """Tokens that it can read."""
        ...

    def tokens(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray] | None:
        """Tokens of each text, and how many of them stand for something unknown: two arrays [texts].

        None while the model is not on this computer.
        """
        ...


def check(seen: Seen, reader: Reader) -> Iterator[Finding]:
    if not len(seen.rows):
        return
    script = seen.profile.script
    if reader.scripts and script not in (*reader.scripts, "mixed", "none"):
        yield finding("script", "serious", len(seen.rows), model=reader.title, better=reader.better)
    some = seen.texts.iloc[:: max(1, len(seen.texts) // SAMPLE)]
    counted = reader.tokens(some.tolist())
    if counted is None:
        return
    tokens, unknown = counted
    share = unknown.sum() / max(1, tokens.sum())
    if share > UNKNOWN:
        lines = some.index[np.argsort(-unknown / np.maximum(1, tokens), kind="stable")]
        yield finding(
            "unknown",
            "warning",
            int(unknown.sum()),
            seen.examples(lines),
            share=float(share),
            model=reader.title,
            better=reader.better,
        )
    long = tokens > reader.limit
    cut = float(np.maximum(0, tokens - reader.limit).sum() / max(1, tokens.sum()))
    if cut > CUT:
        lines = some.index[np.argsort(-tokens, kind="stable")]
        wanted = min(reader.most, -(-int(np.percentile(tokens, 99)) // 8) * 8)
        key = "long" if wanted > reader.limit else "long_at_most"
        count = round(len(seen.texts) * float(long.mean()))
        yield finding(
            key,
            "warning" if cut > UNKNOWN else "note",
            count,
            seen.examples(lines),
            share=float(long.mean()),
            cut=cut,
            limit=reader.limit,
            wanted=wanted,
        )
