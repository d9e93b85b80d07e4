"""What the result page shows of doubts, without a browser: choices, costs, and text that is only text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.data.checkup.edits import apply_edits
from core.evaluation.cross_validation import FoldStore, Member
from core.recipe import Fold
from core.runs.answers import LearningCurve, Point, Suspect, Suspects
from core.runs.run import LabelColumn, Run
from core.runs.store import RunStore
from tests.ui.fake import HOSTILE, drawn, make_run
from ui.kit.ticker import OFF
from ui.steps.result import suspects
from ui.steps.result.cross_validation import FoldsCard
from ui.steps.result.learning_curve import LearningCurveCard
from ui.steps.result.question import Card
from ui.steps.result.suspects import (
    DROP,
    KEEP,
    SUGGESTED,
    Chosen,
    SuspectsCard,
    corrections,
    edits_of,
)


def found(*rows: dict[str, Any], labels: tuple[str, ...] = ("negative", "positive")) -> Any:
    usual = {"text": "a text", "confidence": 0.9, "wrong": 0.9, "side": "train"}
    doubtful = tuple(Suspect(**{**usual, **row}) for row in rows)
    return Suspects(100, 0, ("tfidf", "embedding"), "label", labels, doubtful)


ROWS = (
    {"line": 2, "given": "positive", "suggested": "negative"},
    {"line": 3, "given": "negative", "suggested": "positive", "side": "test"},
    {"line": 4, "given": "negative", "suggested": ""},
)


def body_of(card: Callable[[], Card], column: LabelColumn, *chosen: Chosen) -> str:
    made = drawn(card)
    return str(made.show(column, "en", *chosen)[made.body])


def test_the_view_is_filled(store: RunStore) -> None:
    run = make_run(store)
    for card in (FoldsCard, LearningCurveCard):
        made: Card = drawn(card)
        assert made.show(run.main, "en").keys() == set(made.view) - {made.chosen}
    suspected = drawn(SuspectsCard)
    assert suspected.show(run.main, "en").keys() == set(suspected.view)


def test_choices_become_changes_of_the_table(store: RunStore) -> None:
    run = make_run(store)
    lines = run.table().frame.index[:3].tolist()
    rows = [{**row, "line": line} for row, line in zip(ROWS, lines, strict=True)]
    chosen = {lines[0]: SUGGESTED, lines[1]: DROP, lines[2]: "1"}
    wanted = corrections(found(*rows), Chosen(choices=chosen))
    assert wanted == {lines[0]: "negative", lines[1]: None, lines[2]: "positive"}
    table = apply_edits(run.table(), edits_of("label", wanted))
    assert table.frame.loc[lines[0], "label"] == "negative"
    assert table.frame.loc[lines[2], "label"] == "positive"
    assert lines[1] not in table.frame.index
    assert [each.edit["kind"] for each in table.changes] == ["relabel", "drop_lines"]


@pytest.mark.parametrize("choice", ["2", "-1", "x", "", KEEP, "²", HOSTILE])
def test_a_choice_that_nobody_offered_changes_nothing(choice: str) -> None:
    assert corrections(found(*ROWS), Chosen(choices={2: choice})) == {}


def test_neither_does_one_for_a_line_that_is_no_suspect() -> None:
    assert corrections(found(*ROWS), Chosen(choices={99: DROP})) == {}
    assert corrections(found(*ROWS), Chosen(choices={4: SUGGESTED})) == {}  # there is none
    assert corrections(None, Chosen(choices={2: DROP})) == {}


def test_the_list_says_what_it_is(store: RunStore) -> None:
    run = make_run(store)
    card = drawn(SuspectsCard)
    assert 'data-do="start"' in card.show(run.main, "en")[card.body]
    run.write_answer("suspects", found(*ROWS))
    shown = card.show(run.main, "en")
    body, table = shown[card.body], shown[card.table]
    assert "3 of 100 labels look wrong" in body
    assert "Test rows among them: 1." in body
    assert body.count("<select") == 3
    assert not shown[card.timer]
    assert not shown[card.apply].interactive
    again = card.show(run.main, "en", Chosen(str(run.main.path), choices={2: DROP}))
    assert f'<option value="{DROP}" selected>' in again[card.body]
    assert again[card.apply].interactive
    other = make_run(store)
    other.write_answer("suspects", found(*ROWS))
    assert (
        card.show(other.main, "en", again[card.chosen])[card.chosen].choices == {}
    )  # of another run
    assert Path(str(table.value["path"] if isinstance(table.value, dict) else table.value)).exists()


def test_many_suspects_are_shown_in_portions(store: RunStore) -> None:
    run = make_run(store)
    rows = [{**ROWS[0], "line": line} for line in range(2, 50)]
    run.write_answer("suspects", found(*rows))
    body = body_of(SuspectsCard, run.main)
    assert body.count("<select") == suspects.PAGE
    assert 'data-do="more"' in body
    body = body_of(SuspectsCard, run.main, Chosen(str(run.main.path), shown=60))
    assert body.count("<select") == 48
    assert 'data-do="more"' not in body


def test_text_from_anywhere_is_only_text(store: RunStore) -> None:
    run = make_run(store)
    row = {"line": 2, "given": HOSTILE, "suggested": HOSTILE, "text": HOSTILE}
    run.write_answer("suspects", found(row, labels=(HOSTILE, "b")))
    body = body_of(SuspectsCard, run.main)
    assert "<img" not in body
    assert "${" not in body
    assert "{{" not in body


def with_answer(run: Run, gain: tuple[float, float, float]) -> str:
    points = tuple(Point(rows, 0.8, 0.01, 0.7 + rows / 1000, 0.02) for rows in (40, 80))
    run.write_answer("learning_curve", LearningCurve(points, 10, "embedding", gain, None))
    return body_of(LearningCurveCard, run.main)


def test_the_curve_says_whose_it_is(store: RunStore) -> None:
    run = make_run(store)
    assert "Find out" in body_of(LearningCurveCard, run.main)
    body = with_answer(run, (0.04, 0.02, 0.06))
    assert "<svg" in body
    assert "gained 4.0 points" in body
    assert "not of the fine-tuned one" in body
    assert "no clear gain" in with_answer(run, (0.01, -0.02, 0.04))


def test_few_test_rows_are_said_to_say_little_and_the_cost_is_told(store: RunStore) -> None:
    run = make_run(store)
    scored = run.measured()
    body = body_of(FoldsCard, run.main)
    assert "says little" not in body
    assert "about 5 min" in body  # five times 64 s
    run.write_result(replace(scored, test=replace(scored.test, rows=40)))
    assert "only 40 test rows" in body_of(FoldsCard, run.main)


def test_of_what_was_not_measured_nothing_is_shown_and_nothing_ticks(store: RunStore) -> None:
    card = drawn(FoldsCard)
    shown = card.show(make_run(store, upto=0.2, end="").main, "en")
    assert shown == {card.body: "", card.timer: OFF, card.problem: ""}


def test_parts_and_scores_are_shown_and_the_rest_can_go_on(store: RunStore) -> None:
    runs = [make_run(store), make_run(store), make_run(store, end="failed", upto=0.2)]
    members = [Member(Fold(k, 3), run.id) for k, run in enumerate(runs)]
    FoldStore(store).create("toy", members, runs[0].id)
    card = drawn(FoldsCard)
    shown = card.show(runs[0].main, "en")
    body = shown[card.body]
    assert not shown[card.timer]
    assert "This run is itself part 1 of 3" in body
    assert "not trained to their end: 1 of 3" in body
    assert 'data-do="resume"' in body
    assert body.count("<tr>") == 4
    assert "with 95% confidence" in body


def test_a_cross_validation_that_cannot_be_read_is_said_and_can_be_removed(
    store: RunStore,
) -> None:
    runs = [make_run(store), make_run(store)]
    kept = FoldStore(store)
    members = [Member(Fold(k, 2), run.id) for k, run in enumerate(runs)]
    made = kept.create("toy", members, runs[0].id)
    (kept.root / f"{made.id}.json").write_text("{")
    body = body_of(FoldsCard, runs[0].main)
    assert f"folds/{made.id}.json" in body
    assert f'data-do="forget" data-group="{made.id}"' in body
    assert 'data-do="start"' in body  # it can be measured anew
