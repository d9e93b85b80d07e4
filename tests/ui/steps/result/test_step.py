"""What the result step does where an answer comes late, or does not come."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from core.errors import UserError
from core.runs.store import RunStore
from tests.ui.fake import make_run
from ui import page
from ui.kit.latest import Turn
from ui.steps.result import report

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
