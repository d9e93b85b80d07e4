"""Near duplicates: texts that differ by a word more, another name, a changed mark.

MinHash (Broder 1997) over five characters in a row finds pairs that may be alike; whether they are is then
counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.data.normalize import normalize

MAX_TEXTS = 20_000  # texts
MIN_SIMILARITY = 0.8  # Jaccard similarity, from which on two texts are nearly the same
MIN_CHARACTERS = 20  # characters: of shorter texts too little is left to tell
CHARACTERS, FEATURES = 5, 1 << 20
BANDS, ROWS = 12, 4  # of pairs that are alike to 0.8 these find 99.8 %, to 0.5 a half
PRIME = (1 << 31) - 1
PAIRS_AT_A_TIME = 2_000  # pairs that are compared at once


def near_duplicates(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Places of texts that nearly repeat an earlier one, each with the place of that one; by place."""
    folded = [normalize(text) for text in texts]
    places = [place for place, text in enumerate(folded) if len(text) >= MIN_CHARACTERS]
    if len(places) < 2:
        return []
    from sklearn.feature_extraction.text import HashingVectorizer

    hashing = HashingVectorizer(
        analyzer="char",
        ngram_range=(CHARACTERS, CHARACTERS),
        n_features=FEATURES,
        binary=True,
        norm=None,
        alternate_sign=False,
        lowercase=False,
        dtype=np.int32,
    )
    pieces = hashing.transform(folded[place] for place in places)
    pairs = np.array(sorted(_candidates(pieces)), dtype=np.int64).reshape(-1, 2)
    earlier: dict[int, int] = {}
    for start in range(0, len(pairs), PAIRS_AT_A_TIME):
        some = pairs[start : start + PAIRS_AT_A_TIME]
        for one, two in some[_alike(pieces, some[:, 0], some[:, 1])].tolist():
            earlier.setdefault(two, one)
    return [(places[two], places[one]) for two, one in sorted(earlier.items())]


def _alike(pieces: Any, ones: np.ndarray, twos: np.ndarray) -> np.ndarray:
    """Whether the texts of each pair are nearly the same: [pairs]."""
    shared = np.asarray(pieces[ones].multiply(pieces[twos]).sum(axis=1)).ravel()
    sizes = np.diff(pieces.indptr)
    return np.asarray(shared >= MIN_SIMILARITY * (sizes[ones] + sizes[twos] - shared))


def _candidates(pieces: object) -> set[tuple[int, int]]:
    """Pairs of rows (the earlier one first) that agree in all of some band's minima."""
    indices, starts = pieces.indices.astype(np.int64), pieces.indptr[:-1]  # type: ignore[attr-defined]
    random = np.random.default_rng(0)
    pairs: set[tuple[int, int]] = set()
    for _ in range(BANDS):
        minima = []
        for factor, shift in random.integers(1, PRIME, (ROWS, 2)):
            hashed = (indices * int(factor) + int(shift)) % PRIME
            minima.append(np.minimum.reduceat(hashed, starts))
        _, bucket = np.unique(np.stack(minima, axis=1), axis=0, return_inverse=True)
        order = np.argsort(bucket, kind="stable")
        ends = np.flatnonzero(np.diff(bucket[order])) + 1
        for group in np.split(order, ends):
            # With the first of its bucket: all pairs of a large one would be too many.
            pairs.update((int(group[0]), int(other)) for other in group[1:])
    return pairs
