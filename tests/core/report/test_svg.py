"""Charts in SVG: points where they belong, names that run nothing."""

from __future__ import annotations

import math
import re

import pytest

from core.report.svg import HEIGHT, LEFT, RIGHT, WIDTH, Line, chart, ticks
from tests.ui.fake import HOSTILE


def test_points_lie_from_left_to_right_and_higher_is_higher() -> None:
    drawn = chart([Line("a", [(0, 1.0), (5, 3.0), (10, 2.0)], dots=True)], "label", "x")
    places = [(float(x), float(y)) for x, y in re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', drawn)]
    assert [x for x, _ in places] == [LEFT, (LEFT + WIDTH - RIGHT) / 2, WIDTH - RIGHT]
    assert places[1][1] < places[2][1] < places[0][1]
    assert all(0 < y < HEIGHT for _, y in places)


def test_what_is_no_number_is_left_out_and_nothing_is_no_chart() -> None:
    gap = chart([Line("a", [(0, 1.0), (1, math.nan), (2, 2.0)])], "label", "x")
    assert "nan" not in gap
    assert chart([Line("a", [(0, math.nan)])], "label", "x") == ""
    assert chart([], "label", "x") == ""
    assert "<svg" in chart([Line("a", [(3, 0.5)])], "label", "x")


def test_levels_of_one_height_are_named_beside_each_other() -> None:
    levels = [("words", 0.9), ("colours", 0.2), ("embedding", 0.901)]
    drawn = chart([Line("a", [(0, 0.0), (1, 1.0)])], "label", "x", levels=levels)
    named = re.findall(r'class="tt-level" x="[\d.]+" y="([\d.]+)"[^>]*>([^<]+)<', drawn)
    assert [name for _, name in named] == ["embedding · words", "colours"]
    assert float(named[1][0]) - float(named[0][0]) > 100
    assert drawn.count('<line class="tt-level"') == 3


def test_names_run_nothing() -> None:
    drawn = chart([Line(HOSTILE, [(0, 1)])], HOSTILE, HOSTILE, levels=[(HOSTILE, 1.0)])
    assert "<img" not in drawn
    assert drawn.count("&lt;img") == 4


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (97, 103, [98, 100, 102]),
        (0.51, 0.58, [0.52, 0.54, 0.56, 0.58]),
        (5, 5, [5]),
    ],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)
