"""The step of the data, where a person is done with a file."""

from __future__ import annotations

import pytest

from core.runs.store import RunStore
from tests.ui.visitor import Visitor
from ui import page

pytestmark = pytest.mark.slow


def test_whoever_starts_with_other_data_never_sees_the_old_file(store: RunStore) -> None:
    """One answer goes to the step and empties it: of two, the first would show what the second takes away."""
    visitor = Visitor(page.build(store))
    visitor.click("samples", key="sentiment_en")
    clicked = [
        fn
        for fn in visitor.blocks.fns.values()
        if (visitor.by_id["result-new"]._id, "click") in map(tuple, fn.targets)
    ]
    ids = {fn._id for fn in clicked}
    following = [fn for fn in visitor.blocks.fns.values() if fn.trigger_after in ids]
    every = [fn for fn in (*clicked, *following) if fn.fn is not None]
    (answers,) = [
        answers
        for answers in map(visitor.fire, every)
        if any("'selected': 1" in answer for answer in answers)
    ]
    assert any("'visible': False" in answer for answer in answers)
