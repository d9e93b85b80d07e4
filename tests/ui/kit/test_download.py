"""Files to take away: the browser takes them by itself, and the page says where they are gone."""

from __future__ import annotations

import pytest

from core.runs.store import RunStore
from core.words import LANGUAGES, say
from core.workflow.comparisons import ComparisonStore, Member
from tests.ui.fake import make_run
from tests.ui.visitor import Visitor
from ui import page

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_file_of_what_somebody_else_deleted_is_said_to_be_gone(
    store: RunStore, lang: str
) -> None:
    visitor = Visitor(page.build(store), lang, run="20200101-000000-ffff")
    comparisons = ComparisonStore(store)
    made = comparisons.create("made", [Member((), make_run(store).id)])
    visitor.click("tab-compare", "select")
    comparisons.delete(made.id)
    for button, problem, gone in (
        ("download", "download-problem", "run_unknown"),
        ("suspects-csv", "suspects-problem", "run_unknown"),
        ("compare-html", "compare-problem", "compare_unknown"),
        ("compare-csv", "compare-problem", "compare_unknown"),
    ):
        shown = visitor.by_id[problem]._id
        visitor.values[shown] = ""
        visitor.click(button)
        assert say(f"error.{gone}", lang) in str(visitor.values[shown])
