"""Batches: texts of similar length share one, so that little is spent on padding."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from torch.utils.data import Sampler

POOL_BATCHES = 200  # batches that are sorted together
# Of a length: which rows meet in a batch differs from epoch to epoch. With a tenth, a tenth of each batch is
# padding on top; with this, a twenty-fifth.
LENGTH_JITTER = 0.02


# Columns of a batch that are not for the model.
NOT_FOR_THE_MODEL = ("labels", "row")


def for_model(batch: Mapping[str, Any]) -> dict[str, Any]:
    """What the model itself is given of a batch."""
    return {name: value for name, value in batch.items() if name not in NOT_FOR_THE_MODEL}


class SimilarLengths(Sampler[int]):
    """Row numbers for batches of `batch_size`: shuffled, sorted by length within pools, batches shuffled.

    Every row comes once an epoch. The same seed and epoch give the same order, whatever came before, so
    that a resumed run goes on as if it had not stopped; the Trainer says the epoch through `set_epoch`.
    `tell` hears of it before the first row: to rows of which each epoch has others, the Trainer says a wrong
    one when it goes on in the middle of an epoch.
    """

    def __init__(
        self,
        lengths: Sequence[int],
        batch_size: int,
        seed: int,
        tell: Callable[[int], None] = lambda epoch: None,
    ) -> None:
        self.lengths = np.asarray(lengths, dtype=float)
        self.batch_size = batch_size
        self.seed = seed
        self.tell = tell
        self.epoch = 0

    def __len__(self) -> int:
        return len(self.lengths)

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        self.tell(self.epoch)
        for batch in self.batches(self.epoch):
            yield from batch.tolist()

    def batches(self, epoch: int) -> list[np.ndarray]:
        """The row numbers of an epoch, by the batches that they come in."""
        random = np.random.default_rng([self.seed, epoch])
        order = random.permutation(len(self.lengths))
        jitter = random.uniform(1 - LENGTH_JITTER, 1 + LENGTH_JITTER, len(self.lengths))
        noisy = self.lengths * jitter
        pool = POOL_BATCHES * self.batch_size
        batches = []
        for start in range(0, len(order), pool):
            part = order[start : start + pool]
            part = part[np.argsort(noisy[part], kind="stable")]
            batches += [part[i : i + self.batch_size] for i in range(0, len(part), self.batch_size)]
        # A batch that is not full stays last: in the middle, the loader would cut across all that follow.
        full = [batch for batch in batches if len(batch) == self.batch_size]
        rest = [batch for batch in batches if len(batch) < self.batch_size]
        return [*(full[i] for i in random.permutation(len(full))), *rest]
