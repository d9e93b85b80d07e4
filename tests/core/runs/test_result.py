"""A result is what was written, or damaged: numbers that no run gives are none that anybody has to show."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import pytest

from core.io.json_files import Damaged
from core.runs.answers import LearningCurve, Point
from core.runs.result import AbstentionCurve, Result
from tests.conftest import measured


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("test", "accuracy"), math.nan),
        (("test", "macro_f1"), -1e308),
        (("test", "loss"), 10**400),
        (("test", "confusion"), []),
        (("test", "intervals"), []),
        (("baselines", "tfidf", "macro_f1"), math.inf),
        (("abstention", "answered"), [1.0]),
        (("seconds",), math.inf),
        (("epochs",), math.nan),
        (("techniques",), 5),
    ],
)
def test_numbers_that_no_run_gives_are_damage(place: tuple[str, ...], value: Any) -> None:
    abstention = AbstentionCurve(4, (1.0, 0.5), (0.5, None), None)
    sound = measured(("a", "b"), abstention=abstention).to_json()
    found: Any = json.loads(json.dumps(sound))
    assert Result.from_json(found).abstention == abstention
    inner = found
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    with pytest.raises(Damaged):
        Result.from_json(found)


def test_a_learning_curve_has_points_that_can_be_drawn() -> None:
    point = Point(10, 0.5, 0.1, 0.5, 0.1)
    LearningCurve((point,), 10, "tfidf", (0.1, 0.0, 0.2), None)
    for points in ((), (dataclasses.replace(point, macro_f1_spread=math.nan),)):
        with pytest.raises(Damaged):
            LearningCurve(points, 10, "tfidf", (0.1, 0.0, 0.2), None)
