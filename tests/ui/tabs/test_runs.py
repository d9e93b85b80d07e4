"""The list of runs."""

from __future__ import annotations

import pytest

from core.runs.store import RunStore
from tests.ui.fake import make_run
from ui.tabs import runs


@pytest.mark.parametrize(
    ("lang", "words"), [("en", "The newest 2 of 3 runs"), ("zh", "最新的 2 次")]
)
def test_a_list_that_is_cut_says_so(
    store: RunStore, monkeypatch: pytest.MonkeyPatch, lang: str, words: str
) -> None:
    oldest, *newer = [make_run(store) for _ in range(3)]
    assert words not in runs.table_html(store, lang)
    monkeypatch.setattr(runs, "MAX_SHOWN", 2)
    shown = runs.table_html(store, lang)
    assert words in shown
    assert [run.id in shown for run in (oldest, *newer)].count(True) == 2
