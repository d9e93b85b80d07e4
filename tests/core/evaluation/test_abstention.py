"""A model that may say nothing."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import UserError
from core.evaluation.abstention import answers, at, checked, curve, placeholder
from core.tasks import of_names


def test_the_curve_by_hand() -> None:
    sure = np.array([0.95] * 50 + [0.65] * 50)
    right = np.array([True] * 50 + [True, False] * 25)
    found = curve(sure, right)
    assert found.rows == 100
    assert (found.answered[0], found.right[0]) == (1.0, 0.75)
    assert (found.answered[70], found.right[70]) == (0.5, 1.0)
    assert (found.answered[99], found.right[99]) == (0.0, None)
    assert found.suggested == 0.66  # the smallest that leaves nothing but right answers


def test_nothing_is_suggested_where_nothing_helps() -> None:
    assert curve(np.linspace(0.5, 1, 100), np.arange(100) % 2 == 0).suggested is None
    assert curve(np.full(100, 0.6), np.ones(100, bool)).suggested == 0.0
    # 15 right answers are too few to go by.
    few = curve(np.array([0.9] * 15 + [0.5] * 85), np.arange(100) < 15)
    assert few.suggested is None


def test_what_a_limit_is_worth() -> None:
    found = at(np.array([0.9, 0.8, 0.4]), np.array([True, False, False]), 0.8)
    assert (found.answered, found.rows, found.right) == (2, 3, 0.5)
    nobody = at(np.array([0.5]), np.array([True]), 0.9)
    assert (nobody.answered, nobody.right, nobody.interval) == (0, None, None)


def test_answers_below_the_limit_are_withheld() -> None:
    shares = np.array([[0.9, 0.1], [0.55, 0.45]])
    said, sure = answers(of_names("ab"), shares, None, 0.6)
    assert said == ["a", "unsure"]
    assert sure.tolist() == [0.9, 0.55]
    assert answers(of_names("ab"), shares, None, None)[0] == ["a", "a"]
    several = answers(of_names("ab", ";"), np.array([[0.9, 0.45], [0.9, 0.05]]), 0.5, 0.6)
    assert several[0] == ["unsure", "a"]


def test_no_label_is_called_like_it() -> None:
    assert placeholder(["a", "unsure", "(unsure)"]) == "((unsure))"


@pytest.mark.parametrize("wrong", ["nan", "1", "-0.1", "much", "inf", "", None, []])
def test_what_is_no_limit(wrong: object) -> None:
    with pytest.raises(UserError) as error:
        checked(wrong)
    assert error.value.args[0] == "abstention_limit"
    assert error.value.hint
