"""`check` on hostile files of every kind: a result or a polite error, and no story of where it failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.__main__ import main
from tests.hostile.check import STORIES
from tests.hostile.files import Made, make

pytestmark = pytest.mark.sandboxed

FEW = 25  # of them here; the rest by `python -m tests.hostile`


@pytest.mark.parametrize("made", make(seed=3, count=FEW), ids=lambda made: made.name)
def test_no_file_does_harm(made: Made, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / made.name
    file.write_bytes(made.data)
    assert main(["check", str(file), "--runs", str(tmp_path)]) in (0, 2)
    said = capfd.readouterr()
    assert not [story for story in STORIES if story in said.out + said.err]


def test_the_same_seed_makes_the_same_files() -> None:
    first, second = (list(make(seed=5, count=8)) for _ in range(2))
    assert first == second
    assert list(make(seed=6, count=8)) != first
