"""Thinning: fewer rows that stand for all."""

from __future__ import annotations

import numpy as np


def evenly_spaced(count: int, most: int) -> np.ndarray:
    """Places of all of `count`, or of `most` of them, from the first to the last; in ascending order."""
    return np.unique(np.linspace(0, count - 1, min(most, count)).astype(int))
