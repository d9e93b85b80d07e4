"""Latency and throughput: how long models take to answer, on this machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from core.data.sampling import evenly_spaced
from core.modalities.base import Input
from core.modalities.text import joined_text

ALONE = 20  # texts that are asked one by one, evenly spread over the lengths
TOGETHER, BATCH = 128, 16  # texts that are asked in batches of similar length
ROUNDS = 3  # that are counted; the one before them warms up


class Model(Protocol):
    """A model that can be timed. The tokens are made beforehand and not counted."""

    def tokens(self, texts: Sequence[Input]) -> Any:
        """Tokens that `logits` takes."""

    def logits(self, tokens: Any) -> Any:
        """The logits of a batch."""


def latencies(models: Sequence[Model], texts: Sequence[Input]) -> list[float]:
    """Median seconds for one text alone, of each model. They take turns, so that whatever else the machine
    does disturbs all alike."""
    asked = [[model.tokens([text]) for text in _spread(texts, ALONE)] for model in models]
    seconds: list[list[float]] = [[] for _ in models]
    for turn in range(ROUNDS + 1):
        for model, tokens, durations in zip(models, asked, seconds, strict=True):
            times = [_seconds(model.logits, [batch]) for batch in tokens]
            durations += times if turn else []
    return [statistics.median(durations) for durations in seconds]


def throughputs(models: Sequence[Model], texts: Sequence[Input]) -> list[float]:
    """Texts a second in batches, of each model, in the median of the rounds. They take turns."""
    together = _spread(texts, TOGETHER)
    parts = [together[start : start + BATCH] for start in range(0, len(together), BATCH)]
    asked = [[model.tokens(part) for part in parts] for model in models]
    seconds: list[list[float]] = [[] for _ in models]
    for turn in range(ROUNDS + 1):
        for model, batches, durations in zip(models, asked, seconds, strict=True):
            times = [_seconds(model.logits, batches)]
            durations += times if turn else []
    return [len(together) / statistics.median(durations) for durations in seconds]


def _spread(texts: Sequence[Input], most: int) -> list[Input]:
    """A sample of texts, evenly over the lengths, the shortest first."""
    ordered = sorted(texts, key=lambda text: len(joined_text(text)))
    return [ordered[place] for place in evenly_spaced(len(ordered), most)]


def _seconds(answer: Callable[[Any], Any], asked: Sequence[Any]) -> float:
    started = time.perf_counter()
    for batch in asked:
        answer(batch)
    return time.perf_counter() - started
