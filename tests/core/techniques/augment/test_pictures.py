from __future__ import annotations

import numpy as np
import pytest

from core.techniques.augment.pictures import METHODS, alter


def pixels() -> np.ndarray:
    """Red above, blue below, a green field to the left."""
    made = np.zeros((32, 48, 3), dtype=np.uint8)
    made[:16, :, 0], made[16:, :, 2], made[12:20, :8, 1] = 200, 200, 250
    return made


@pytest.mark.parametrize("method", METHODS)
def test_each_changes_a_picture_and_keeps_its_size(method: str) -> None:
    before = pixels()
    made = [alter(before, [method], 0.5, np.random.default_rng(seed)) for seed in range(6)]
    assert all(each.shape == before.shape and each.dtype == np.uint8 for each in made)
    assert any(not np.array_equal(each, before) for each in made)
    again = alter(before, [method], 0.5, np.random.default_rng(3))
    assert np.array_equal(again, made[3])
    assert np.array_equal(before, pixels())


def test_a_flip_is_a_mirror() -> None:
    before = pixels()
    made = {alter(before, ["flip"], 0.1, np.random.default_rng(k)).tobytes() for k in range(20)}
    assert made == {before.tobytes(), before[:, ::-1].tobytes()}


def test_more_strength_changes_more() -> None:
    before = pixels().astype(float)

    def off(strength: float) -> float:
        draws = (np.random.default_rng(seed) for seed in range(20))
        made = [alter(pixels(), ["crop", "colour"], strength, draw) for draw in draws]
        return float(np.mean([np.abs(each - before).mean() for each in made]))

    assert off(0.05) < off(0.5)
