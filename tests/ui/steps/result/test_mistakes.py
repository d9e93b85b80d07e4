"""The pairs of labels that are confused most often."""

from __future__ import annotations

import re
from dataclasses import replace

from core.runs.store import RunStore
from tests.ui.fake import HOSTILE, drawn, make_run
from tests.ui.test_pieces import harmless
from ui.steps.result import mistakes


def test_the_pairs_that_are_confused_most_come_first_and_no_others() -> None:
    counts = [[9, 1, 0], [4, 9, 2], [0, 0, 9]]
    drawn = mistakes.often(["a", HOSTILE, "c"], counts, "en")
    pairs = re.findall(r'data-row="(\d)" data-column="(\d)"', drawn)
    assert pairs == [("1", "0"), ("1", "2"), ("0", "1")]
    assert f"{HOSTILE[:10]}" in harmless(drawn)
    assert "(4)" in drawn
    assert mistakes.often(["a", "b"], [[3, 0], [0, 3]], "en") == ""


def test_of_many_only_some_are_offered() -> None:
    size = mistakes.OFTEN
    labels = [str(k) for k in range(size)]
    counts = [[1] * size for _ in range(size)]
    assert mistakes.often(labels, counts, "zh").count("data-row") == mistakes.OFTEN


def test_the_card_is_filled_with_and_without_a_matrix(store: RunStore) -> None:
    run = make_run(store)
    scored = run.measured()
    card = drawn(mistakes.Mistakes)
    assert "data-row" in card.show(run.main, scored, "en")[card.often]
    scored = replace(scored, test=replace(scored.test, confusion=None))
    shown = card.show(run.main, scored, "en")
    assert shown.keys() == set(card.view)
    assert shown[card.often] == ""
    assert shown[card.matrix]["visible"] is False
    assert [shown[each].visible for each in (card.true, card.predicted)] == [False, False]
    assert "<table" in shown[card.rows]
