"""What the result page shows of doubts, without a browser: choices, costs, and text that is only text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from core.data.edits import change
from core.evaluation.learning_curve import Curve, Point, to_json
from core.folds import FoldStore, Member
from core.recipe import Fold
from core.runs import Run, RunStore
from tests.ui.fake import HOSTILE, make_run
from ui import curve, doubt, folds, question, suspects
from ui.suspects import DROP, KEEP, SUGGESTED, Chosen, corrections, edits_of


def found(*rows: dict[str, Any], labels: tuple[str, ...] = ("negative", "positive")) -> Any:
    usual = {"text": "a text", "confidence": 0.9, "wrong": 0.9, "side": "train"}
    return {
        "rows": 100,
        "unjudged": 0,
        "models": ["tfidf", "embedding"],
        "column": "label",
        "labels": list(labels),
        "suspects": [{**usual, **row} for row in rows],
    }


ROWS = (
    {"line": 2, "given": "positive", "suggested": "negative"},
    {"line": 3, "given": "negative", "suggested": "positive", "side": "test"},
    {"line": 4, "given": "negative", "suggested": ""},
)


def test_the_view_is_filled(store: RunStore) -> None:
    with gr.Blocks():
        part = doubt.build(question.build("folds"))
    assert len(part.view) == doubt.VIEW == len(doubt.show(make_run(store), "en"))


def test_choices_become_changes_of_the_table(store: RunStore) -> None:
    run = make_run(store)
    lines = run.table().frame.index[:3].tolist()
    rows = [{**row, "line": line} for row, line in zip(ROWS, lines, strict=True)]
    chosen = {lines[0]: SUGGESTED, lines[1]: DROP, lines[2]: "1"}
    wanted = corrections(found(*rows), Chosen(choices=chosen))
    assert wanted == {lines[0]: "negative", lines[1]: None, lines[2]: "positive"}
    table = change(run.table(), edits_of("label", wanted))
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
    before = suspects.show(run, "en")[0]
    assert 'data-do="start"' in before
    run.write_answer("suspects", found(*ROWS))
    body, timer, _, apply, table, _ = suspects.show(run, "en")
    assert "3 of 100 labels look wrong" in body
    assert "Test rows among them: 1." in body
    assert body.count("<select") == 3
    assert not timer.active
    assert not apply.interactive
    again = suspects.show(run, "en", Chosen(str(run.path), choices={2: DROP}))
    assert f'<option value="{DROP}" selected>' in again[0]
    assert again[3].interactive
    other = make_run(store)
    other.write_answer("suspects", found(*ROWS))
    assert suspects.show(other, "en", again[2])[2].choices == {}  # of another run
    assert Path(str(table.value["path"] if isinstance(table.value, dict) else table.value)).exists()


def test_many_suspects_are_shown_in_portions(store: RunStore) -> None:
    run = make_run(store)
    rows = [{**ROWS[0], "line": line} for line in range(2, 50)]
    run.write_answer("suspects", found(*rows))
    body = suspects.show(run, "en")[0]
    assert body.count("<select") == suspects.PAGE
    assert 'data-do="more"' in body
    body = suspects.show(run, "en", Chosen(str(run.path), shown=60))[0]
    assert body.count("<select") == 48
    assert 'data-do="more"' not in body


def test_text_from_anywhere_is_only_text(store: RunStore) -> None:
    run = make_run(store)
    row = {"line": 2, "given": HOSTILE, "suggested": HOSTILE, "text": HOSTILE}
    run.write_answer("suspects", found(row, labels=(HOSTILE, "b")))
    body = suspects.show(run, "en")[0]
    assert "<img" not in body
    assert "${" not in body
    assert "{{" not in body


def with_answer(run: Run, gain: tuple[float, float, float]) -> str:
    points = tuple(Point(rows, 0.8, 0.01, 0.7 + rows / 1000, 0.02) for rows in (40, 80))
    run.write_answer("learning_curve", to_json(Curve(points, 10, "embedding", gain, None)))
    return curve.show(run, "en")[0]


def test_the_curve_says_whose_it_is(store: RunStore) -> None:
    run = make_run(store)
    assert "Find out" in curve.show(run, "en")[0]
    body = with_answer(run, (0.04, 0.02, 0.06))
    assert "<svg" in body
    assert "gained 4.0 points" in body
    assert "not of the fine-tuned one" in body
    assert "no clear gain" in with_answer(run, (0.01, -0.02, 0.04))


def test_few_test_rows_are_said_to_say_little_and_the_cost_is_told(store: RunStore) -> None:
    run = make_run(store)
    metrics = run.metrics() or {}
    body = folds.show(run, "en")[0]
    assert "says little" not in body
    assert "about 5 min" in body  # five times 64 s
    run.write_metrics({**metrics, "test": {**metrics["test"], "rows": 40}})
    assert "only 40 test rows" in folds.show(run, "en")[0]


def test_parts_and_scores_are_shown_and_the_rest_can_go_on(store: RunStore) -> None:
    runs = [make_run(store), make_run(store), make_run(store, end="failed", upto=0.2)]
    members = [Member(Fold(k, 3), run.id) for k, run in enumerate(runs)]
    FoldStore(store).create("toy", members, runs[0].id)
    body, timer = folds.show(runs[0], "en")
    assert not timer.active
    assert "This run is itself part 1 of 3" in body
    assert "not trained to their end: 1 of 3" in body
    assert 'data-do="resume"' in body
    assert body.count("<tr>") == 4
    assert "with 95% confidence" in body
