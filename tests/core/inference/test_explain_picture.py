"""The parts that decide are found: here by models of which it is known where they look."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from PIL import Image

from core.inference.explain_picture import FIELDS, STEPS, Occlusion, occlusion, third
from core.tasks.metrics import Floats


def picture(width: int = 96, height: int = 64) -> Image.Image:
    """Speckles: every part differs from the mean colour."""
    dots = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(dots)


def looks_at(
    image: Image.Image, row: int, column: int, other: float = 0.05
) -> Callable[..., Floats]:
    """A model that is 90 % sure while the eighth of each side at that place is as it was, else less."""
    height, width = image.height // FIELDS, image.width // FIELDS
    where = (
        slice(row * height, (row + 1) * height),
        slice(column * width, (column + 1) * width),
    )
    known = np.asarray(image)[where]

    def ask(images: Sequence[Image.Image]) -> Floats:
        assert 0 < len(images) <= FIELDS
        sure = [0.9 if np.array_equal(np.asarray(each)[where], known) else other for each in images]
        return np.stack([1 - np.array(sure), np.array(sure)], axis=1)

    return ask


@pytest.mark.parametrize(
    ("field", "place"),
    [((0, 0), (0, 0)), ((0, 7), (0, 2)), ((7, 0), (2, 0)), ((7, 7), (2, 2)), ((3, 4), (1, 1))],
)
@pytest.mark.parametrize("size", [(96, 64), (8, 384)])
def test_what_a_model_looks_at_is_found(
    field: tuple[int, int], place: tuple[int, int], size: tuple[int, int]
) -> None:
    image = picture(*size)
    before = image.tobytes()
    told: list[tuple[int, int]] = []
    found = occlusion(looks_at(image, *field), image, 1, lambda *each: told.append(each))
    assert found.decided
    assert not found.opposed
    assert np.unravel_index(found.falls.argmax(), found.falls.shape) == field
    assert found.falls.max() == pytest.approx(0.85)
    far = np.ones((FIELDS, FIELDS), dtype=bool)
    far[max(0, field[0] - 1) : field[0] + 2, max(0, field[1] - 1) : field[1] + 2] = False
    assert not found.falls[far].any()
    row, column = np.unravel_index(found.left.argmin(), found.left.shape)
    assert (third(int(row)), third(int(column))) == place
    assert told[0] == (1, STEPS**2 + 1)
    assert told[-1] == (STEPS**2 + 1, STEPS**2 + 1)
    assert image.tobytes() == before


def test_a_model_that_looks_nowhere_is_not_said_to_look_somewhere() -> None:
    image = picture()
    found = occlusion(looks_at(image, 3, 3, other=0.895), image, 1)
    assert not found.decided
    assert not found.opposed


def test_what_speaks_against_a_label_does_not_speak_for_it() -> None:
    image = picture()
    against = occlusion(looks_at(image, 3, 3), image, 0)
    assert not against.decided
    assert against.opposed
    assert not against.falls.any()
    assert against.sure == pytest.approx(0.1)


def test_a_part_is_seen_beside_others_that_speak_against() -> None:
    left = np.full((STEPS, STEPS), 0.9)
    left[2, 3] = 0.4
    found = Occlusion(0.5, left)
    assert found.decided
    assert found.falls.max() > 0
