"""What the result step does where an answer comes late, or does not come."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import pytest

from core.data.checkup.edits import apply_edits, edit_from_json
from core.errors import UserError
from core.report.run import run_report
from core.runs.answers import Corrected, Tally
from core.runs.run import Run
from core.runs.store import RunStore
from tests.ui.fake import add_result, make_run
from ui import page
from ui.kit.latest import Turn
from ui.steps.result import report, step

REQUEST: Any = SimpleNamespace(headers={}, query_params={})


def handler(blocks: Any, elem_id: str, event: str) -> Any:
    """The one of an event of a widget."""
    target = next(each._id for each in blocks.blocks.values() if each.elem_id == elem_id)
    return next(fn for fn in blocks.fns.values() if (target, event) in map(tuple, fn.targets))


def test_what_the_model_of_another_label_column_is_asked_is_no_longer_wanted(
    store: RunStore,
) -> None:
    run, turn = make_run(store), Turn()
    wanted = turn.begin()
    fn = handler(page.build(store), "result-column", "input")
    assert any(type(each.value) is Turn for each in fn.inputs)
    assert fn.fn(run.id, "0", turn, REQUEST)
    assert not wanted()


def test_a_typed_text_stays_for_the_model_of_another_label_column(store: RunStore) -> None:
    run, fn = make_run(store), handler(page.build(store), "result-column", "input")
    filled = {component.elem_id for component in fn.fn(run.id, "0", Turn(), REQUEST)}
    assert {"try-answer", "try-ask", "headline"} <= filled
    assert not {"try-text", "try-pair", "try-lines"} & filled


@pytest.mark.parametrize("split", [None, "set"])
def test_the_result_says_what_was_changed_of_the_data(
    store: RunStore, split: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make_run(store)
    assert "Changes that were made" not in headline(first)
    table = first.table()
    edits = [edit_from_json({"kind": "drop_lines", "lines": [line]}) for line in range(2, 9)]
    recipe = first.recipe()
    data = dataclasses.replace(recipe.data, split=split)
    run = store.create(dataclasses.replace(recipe, data=data), apply_edits(table, edits))
    add_result(run, ("positive", "negative"), "model")
    monkeypatch.setattr(Run, "table", None)  # a million rows are not read for it
    told = headline(run)
    assert "Changes that were made" in told
    assert "2 further changes" in told
    assert ("divided anew" in told) == (split is None)


@pytest.mark.parametrize(
    ("seen", "unseen", "sentences"),
    [
        (
            (4, 3),
            (0, 0),
            ("Texts that you corrected: 4.", "answers 3 as you said", "proves little"),
        ),
        ((0, 0), (1, 0), ("corrected: 1.", "answers 0 as you said", "did not see any")),
        ((3, 3), (1, 0), ("answers 3 as", "3 of them the training had", "1 it did not see")),
        ((0, 0), (0, 0), ()),
    ],
)
def test_the_result_says_what_became_of_the_corrections(
    store: RunStore, seen: tuple[int, int], unseen: tuple[int, int], sentences: tuple[str, ...]
) -> None:
    run = make_run(store)
    assert "you corrected" not in headline(run)
    run.write_answer("corrected", Corrected(Tally(*seen), Tally(*unseen)))
    for told in (headline(run), run_report(run)):
        assert ("you corrected" in told) == bool(sentences)
        for sentence in sentences:
            assert sentence in told


def headline(run: Run) -> str:
    return step.headline(run.main, run.measured(), "en")


def test_where_no_report_can_be_made_that_of_another_run_is_not_fetched_again(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: Any) -> str:
        raise UserError("report_nothing")

    run, fn = make_run(store), handler(page.build(store), "report", "click")
    monkeypatch.setattr(report, "run_report", none)
    answers = list(fn.fn(run.id, REQUEST))
    (file,) = [
        value for answer in answers for value in answer.values() if not isinstance(value, str)
    ]
    assert file.value is None
