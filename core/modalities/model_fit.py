"""Model fit: how well a model reads the texts: its language, unknown words, texts that are too long."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.data.checkup.finding import CheckupInput, Finding, finding
from core.models.reader import ModelReader
from core.words import message

SAMPLE_TEXTS = 2_000  # texts
MAX_UNKNOWN_SHARE = 0.05  # share of the tokens
MAX_CUT_SHARE = 0.01  # share of all tokens


def check_model_fit(seen: CheckupInput, reader: ModelReader) -> Iterator[Finding]:
    if not len(seen.rows):
        return
    script = seen.profile.script
    if reader.scripts and script not in (*reader.scripts, "mixed", "none"):
        yield finding("script", "serious", len(seen.rows), model=reader.title, better=reader.better)
    elif reader.languages and seen.profile.language not in reader.languages:
        yield finding(
            "language",
            "serious",
            len(seen.rows),
            model=reader.title,
            reads=reader.reads,
            texts=message(f"advice.texts.{seen.profile.language}"),
            better=reader.better,
        )
    some = seen.texts.iloc[:: max(1, len(seen.texts) // SAMPLE_TEXTS)]
    counted = reader.tokens(some.tolist())
    if counted is None:
        return
    tokens, unknown = counted
    share = unknown.sum() / max(1, tokens.sum())
    if share > MAX_UNKNOWN_SHARE:
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
    if cut > MAX_CUT_SHARE:
        lines = some.index[np.argsort(-tokens, kind="stable")]
        wanted = min(reader.most, -(-int(np.percentile(tokens, 99)) // 8) * 8)
        key = "long" if wanted > reader.limit else "long_at_most"
        count = round(len(seen.texts) * float(long.mean()))
        yield finding(
            key,
            "warning" if cut > MAX_UNKNOWN_SHARE else "note",
            count,
            seen.examples(lines),
            share=float(long.mean()),
            cut=cut,
            limit=reader.limit,
            wanted=wanted,
        )
