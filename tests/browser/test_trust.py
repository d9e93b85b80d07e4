"""How far a model can be trusted: what a person sees and chooses on the result page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from core.export.bundle import abstention_limit
from core.runs.store import RunStore
from tests.browser.conftest import App, Open
from tests.ui.fake import HOSTILE, make_run

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("width", [1280, 390])
def test_a_limit_is_slid_saved_and_gone_by(app: App, visit: Open, width: int) -> None:
    run = make_run(RunStore(app.home / "runs"))
    page = visit(app, f"?run={run.id}", viewport={"width": width, "height": 800})
    expect(page.locator("#headline .tt-notice").first).to_contain_text("Yes: it is clearly better")
    expect(page.locator("#headline .tt-tile").first).to_contain_text("with 95% confidence")
    expect(page.locator("#abstention-plot .main-svg").first).to_be_visible()
    expect(page.locator("#reliability .main-svg").first).to_be_visible()
    rows = page.locator("#abstention-worth")
    expect(rows).to_contain_text("It answers 100% of the test rows")
    limit = page.locator("#abstention-below input[type=number]")
    limit.fill("0.9")
    limit.press("Tab")
    expect(rows).not_to_contain_text("It answers 100% of the test rows")
    page.locator("#abstention-save").click()
    expect(page.locator("#abstention-kept")).to_contain_text("below 90.0%")
    assert abstention_limit(run.model) == 0.9
    page.reload()
    expect(page.locator("#abstention-below input[type=number]")).to_have_value("0.9")
    # Another model has a limit of its own.
    page.locator("#which").get_by_label("Word counts").check()
    expect(page.locator("#abstention-kept")).to_contain_text("Nothing is saved")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_test_rows_are_divided_by_a_column_of_the_file(app: App, visit: Open) -> None:
    run = make_run(RunStore(app.home / "runs"))
    page = visit(app, f"?run={run.id}")
    groups = page.locator("#slices li")
    expect(groups.first).to_contain_text("Short")
    page.locator("#slices-by input").click()
    page.get_by_role("option", name="shop").click()
    expect(groups).to_have_count(2)
    expect(page.locator("#slices")).to_contain_text(HOSTILE[:20])
    expect(groups.first).to_contain_text(re.compile(r"\d+% \(\d+%–\d+%\) · \d+ rows"))
