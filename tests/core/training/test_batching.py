from __future__ import annotations

import numpy as np
import pytest

from core.training.batching import SimilarLengths


def lengths(rows: int) -> list[int]:
    return np.random.default_rng(0).integers(3, 200, rows).tolist()


@pytest.mark.parametrize("rows", [1, 15, 16, 17, 1000, 2005])
def test_every_row_comes_once_an_epoch(rows: int) -> None:
    assert sorted(SimilarLengths(lengths(rows), 16, seed=1)) == list(range(rows))


def test_little_is_padded_in_any_batch() -> None:
    tokens = np.array(lengths(2005))

    def padded(order: list[int]) -> float:
        batches = [tokens[order[i : i + 16]] for i in range(0, len(order), 16)]
        return sum(len(b) * int(b.max()) for b in batches) / tokens.sum() - 1

    random = np.random.default_rng(0).permutation(len(tokens)).tolist()
    assert padded(list(SimilarLengths(tokens.tolist(), 16, seed=1))) < 0.1 < 0.6 < padded(random)


def test_epochs_differ_and_can_be_had_again() -> None:
    sampler = SimilarLengths(lengths(500), 16, seed=1)
    first = list(sampler)
    sampler.set_epoch(1)
    second = list(sampler)
    # Not only the order of the batches: other rows meet in them.
    same = set.intersection(
        *({frozenset(each[i : i + 16]) for i in range(0, 496, 16)} for each in (first, second))
    )
    assert len(same) <= 6  # of 31
    fresh = SimilarLengths(lengths(500), 16, seed=1)
    fresh.set_epoch(1)
    assert list(fresh) == second
    assert list(SimilarLengths(lengths(500), 16, seed=2)) != first


def test_the_batches_are_not_in_the_order_of_length() -> None:
    tokens = np.array(lengths(800))
    order = list(SimilarLengths(tokens.tolist(), 16, seed=1))
    means = [tokens[order[i : i + 16]].mean() for i in range(0, 800, 16)]
    assert abs(np.corrcoef(means, range(len(means)))[0, 1]) < 0.5


def test_rows_that_differ_from_epoch_to_epoch_are_told_which_it_is() -> None:
    told: list[int] = []
    sampler = SimilarLengths([3, 4, 5], 2, 0, told.append)
    for epoch in (0, 4):
        sampler.set_epoch(epoch)
        assert sorted(sampler) == [0, 1, 2]
    assert told == [0, 4]
