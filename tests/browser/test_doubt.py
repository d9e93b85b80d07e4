"""What to think of a result, on the real page: wrong labels are found, corrected and trained on again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from core.data.read.table import read
from core.data.samples import load
from core.jobs.queue import new_run
from core.recipe import DataSpec, ModelSpec, Recipe, TaskSpec
from core.runs.run import Run
from core.runs.store import RunStore
from tests.browser.conftest import App, Open
from tests.browser.steps import SLOW
from tests.ui.fake import HOSTILE, add_events, add_result

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WRONG = 5  # lines


@pytest.fixture
def run(app: App) -> Iterator[Run]:
    """A run with a hostile label, and some rows that have it wrongly, as if it had been trained.

    Other tests look at every run of this program: it is taken away, with what came of it.
    """
    store = RunStore(app.home / "runs")
    before = {each.id for each in store.all()}
    yield _measured_run(app)
    for each in store.all():
        if each.id not in before:
            store.delete(each.id)


def _measured_run(app: App) -> Run:
    frame = load("topics_en").frame.copy()
    lines = frame.index[frame["label"] == "coding"][:WRONG]
    frame.loc[lines, "label"] = "money"
    frame["label"] = frame["label"].replace("money", f"money {HOSTILE}")
    table = read(frame.to_csv(index=False).encode(), "topics.csv")
    data = DataSpec(table.name, table.fingerprint, ("text",))
    run = new_run(
        RunStore(app.home / "runs"), table, Recipe(data, TaskSpec("label"), ModelSpec("minilm"))
    )
    add_events(run, 1.0)
    add_result(run, tuple(sorted(set(frame["label"]))))
    return run


TWO_AT_ONCE = """() => [["suggested", 0], ["drop", 1]].forEach(([value, number]) => {
  const list = document.querySelectorAll("#suspects select")[number];
  list.value = value;
  list.dispatchEvent(new Event("change", { bubbles: true }));
})"""


def test_wrong_labels_are_found_and_corrected(
    app: App, visit: Open, run: Run, tmp_path: Path
) -> None:
    page = visit(app, f"?run={run.id}")
    part = page.locator("#suspects")
    part.locator('[data-do="start"]').click()
    expect(part.locator("[role=progressbar]")).to_be_visible()
    # A reload does not lose it.
    page.reload()
    expect(part.locator("tbody tr").first).to_be_visible(timeout=SLOW)
    expect(part).to_contain_text("labels look wrong")
    expect(part).to_contain_text("<img src=x")  # as text
    assert part.locator("img").count() == 0

    apply = page.locator("#suspects-apply")
    expect(apply).to_be_disabled()
    choices = part.locator("select")
    choices.nth(0).select_option("suggested")
    expect(apply).to_contain_text("Correct 1 label,")
    choices.nth(1).select_option("drop")
    expect(apply).to_contain_text("Correct 2 labels")
    # What the lists show is what was chosen, also where they were set by hand before.
    part.locator('[data-do="all"]').click()
    expect(choices.nth(2)).to_have_value("suggested")
    expect(choices.nth(1)).to_have_value("drop")
    part.locator('[data-do="none"]').click()
    expect(apply).to_be_disabled()
    for number in range(3):
        expect(choices.nth(number)).to_have_value("keep")
    page.evaluate(TWO_AT_ONCE)
    expect(apply).to_contain_text("Correct 2 labels")
    with page.expect_download() as listed:
        page.locator("#suspects-csv").click()
    listed.value.save_as(tmp_path / "suspects.csv")
    assert "line,given,suggested" in (tmp_path / "suspects.csv").read_text(encoding="utf-8-sig")
    with page.expect_download() as report:
        page.locator("#report").click()
    report.value.save_as(tmp_path / "report.html")
    assert "<script" not in (tmp_path / "report.html").read_text(encoding="utf-8")

    apply.click()
    expect(page.locator("#plan")).to_contain_text("442 usable rows")  # one of 443 was left out
    page.locator("#back-3").click()
    page.locator("#back-2").click()
    expect(page.locator("#data-title")).to_contain_text("topics.csv")


def test_the_curve_and_the_cost_of_a_cross_validation(app: App, visit: Open, run: Run) -> None:
    page = visit(app, f"?run={run.id}")
    expect(page.locator("#folds")).to_contain_text(
        "Measure by 5-fold cross-validation (about 5 min)"
    )
    page.locator('#learning-curve [data-do="start"]').click()
    expect(page.locator("#learning-curve svg")).to_be_visible(timeout=SLOW)
    expect(page.locator("#learning-curve")).to_contain_text("Going from")

    # Its runs wait in the queue, and can all be stopped.
    page.locator('#folds [data-repeats="1"]').click()
    expect(page.locator("#folds [role=progressbar]")).to_be_visible()
    expect(page.locator("#folds tbody tr")).to_have_count(5)
    page.locator('#folds [data-do="stop"]').click()
    expect(page.locator('#folds [data-do="resume"]')).to_be_visible(timeout=SLOW)
    page.locator('#folds [data-do="forget"]').click()
    expect(page.locator('#folds [data-repeats="1"]')).to_be_visible()
