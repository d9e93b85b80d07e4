"""The way through the page: whoever arrives anywhere is at its top, and what is marked is what is used."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.runs.store import RunStore
from tests.browser.conftest import App, Open
from tests.browser.steps import (
    SLOW,
    pick_model,
    pick_sample,
    run_id,
    sample_to_start,
    start,
    to_model,
    to_techniques,
)
from tests.ui.fake import make_run

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
ARRIVED = """([place, top]) => {
  const heading = document.querySelector(`h2.tt-place[data-place="${place}"]`);
  const box = heading?.getBoundingClientRect();
  return scrollY === 0 && document.activeElement === heading && box.top >= 0
    && box.bottom < innerHeight / 2 && document.querySelector(top).getBoundingClientRect().top < innerHeight;
}"""
PICKED = "#model-cards input:checked"


def arrived(page: Page, place: str, shown: str) -> None:
    """At the top of a step or a tab: its heading has the focus, and what is to be seen first is seen."""
    expect(page.locator(shown).first).to_be_visible()
    page.wait_for_function(ARRIVED, arg=[place, shown])


def at_the_end(page: Page, button: str) -> None:
    """Press a button as a person does: at the end of the page, where it is."""
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.locator(button).click()


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_each_step_starts_at_its_top(
    app: App, visit: Open, tiny_run: str, size: tuple[int, int]
) -> None:
    page = visit(app, viewport={"width": size[0], "height": size[1]})
    at_the_end(page, ".tt-sample:last-child")
    arrived(page, "step.data", "#data-title h2")
    at_the_end(page, "#data-other")
    arrived(page, "step.data", "#data-file")
    pick_sample(page, "sentiment_domain")
    arrived(page, "step.data", "#data-title h2")
    at_the_end(page, "#next-1")
    arrived(page, "step.model", "#model-advice strong")
    pick_model(page, tiny_run)
    at_the_end(page, "#next-2")
    arrived(page, "step.techniques", "#plan-line p")
    at_the_end(page, "#back-3")
    arrived(page, "step.model", "#model-advice strong")
    at_the_end(page, "#next-2")
    arrived(page, "step.techniques", "#plan-line p")
    start(page, "0.25", max_length="16")
    arrived(page, "step.train", "#run-status .tt-progress")
    expect(page.locator("#see-result")).to_be_visible(timeout=SLOW)
    at_the_end(page, "#see-result")
    arrived(page, "step.result", "#headline .tt-notice")
    page.evaluate("window.scrollTo(0, 700)")
    page.reload()  # the address names the run
    arrived(page, "step.result", "#headline .tt-notice")
    page.locator("#tab-runs-button").click()
    expect(page.locator("#runs-table tbody tr")).not_to_have_count(0)
    expect(
        page.locator("#tab-runs-button")
    ).to_be_focused()  # one walks through the tabs by keyboard
    at_the_end(page, f'#runs-table button[data-do=open][data-id="{run_id(page)}"]')
    arrived(page, "step.result", "#headline .tt-notice")
    at_the_end(page, "#result-again")
    arrived(page, "step.techniques", "#plan-line p")
    page.locator("#tick-label_smoothing input").check()
    page.locator("#advanced > button").click()  # long enough to be stopped
    page.locator("#train-epochs").locator("input, textarea").first.fill("200")
    at_the_end(page, "#compare-start")
    offered = page.locator("#compare-offer")
    expect(offered).to_contain_text("Together they take about", timeout=SLOW)
    offered.locator('[data-do="start"]').click()
    arrived(page, "compare.title", "#compare-body h2")
    page.locator("#compare-stop").click()
    expect(page.locator("#compare-stop")).to_be_hidden(timeout=SLOW)


def test_who_presses_a_button_that_goes_keeps_a_place(app: App, visit: Open, tiny_run: str) -> None:
    page = visit(app)
    sample_to_start(page, "200", model=tiny_run)
    page.locator("#run-stop").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#run-again")).to_be_visible(timeout=SLOW)
    expect(page.locator('h2.tt-place[data-place="step.train"]')).to_be_focused()


def test_the_marked_model_is_the_one_that_is_trained(app: App, visit: Open) -> None:
    page = visit(app)
    pick_sample(page)
    to_model(page)
    page.locator('#model-cards input[value="bert"]').check()
    page.locator("#model-advice button").click()  # takes MiniLM, which was marked at first
    expect(page.locator('#model-cards input[value="minilm"]')).to_be_checked()
    expect(page.locator(PICKED)).to_have_count(1)
    page.locator('#model-cards input[value="roberta"]').check()
    page.locator("#back-2").click()
    page.locator("#data-other").click()
    pick_sample(page, "clipart")
    to_model(page)
    expect(page.locator(PICKED)).to_have_value("efficientnet-lite0")
    to_techniques(page)
    expect(page.locator("#plan-line")).to_contain_text("EfficientNet-Lite0")
    page.locator("#back-3").click()
    page.locator('#model-cards input[value="resnet-50"]').check()
    page.locator("#back-2").click()
    page.locator("#data-other").click()
    pick_sample(page)
    to_model(page)
    expect(page.locator(PICKED)).to_have_value("minilm")
    # Picked and gone on with at once, without a pause.
    page.evaluate(
        """() => {
          document.querySelector('#model-cards input[value="distilbert"]').click();
          document.querySelector("#next-2").click();
        }"""
    )
    expect(page.locator("#plan-line")).to_contain_text("DistilBERT")


def choose(page: Page, name: str, option: str) -> None:
    page.locator(f"#column-{name} input").click()
    page.get_by_role("option", name=option, exact=True).click()


def test_the_columns_that_are_shown_are_used_at_once(app: App, visit: Open, tmp_path: Path) -> None:
    file = tmp_path / "two labels.csv"
    lines = [f"some text {n} of many words,{'ab'[n % 2]},{'xyz'[n % 3]}" for n in range(60)]
    file.write_text("text,first,second\n" + "\n".join(lines), encoding="utf-8")
    page = visit(app)
    page.locator("#data-file input[type=file]").set_input_files(file)
    expect(page.locator("#next-1")).to_be_enabled()
    for label, classes in (("second", 3), ("first", 2)):
        choose(page, "label", label)
        page.locator("#next-1").click(no_wait_after=True)
        expect(page.locator("#model-cards")).to_be_visible()
        to_techniques(page)
        expect(page.locator("#plan-line")).to_contain_text(f"tell {classes} labels apart")
        for step in ("3", "2"):
            page.locator(f"#back-{step}").click()


def test_with_other_data_nothing_of_the_old_is_left(app: App, visit: Open) -> None:
    made = make_run(RunStore(app.home / "runs"), name="my old run")
    page = visit(app, f"?run={made.id}")
    expect(page.locator("#headline")).to_contain_text("my old run")
    page.locator("#result-again").click()
    expect(page.locator("#run-name input, #run-name textarea")).to_have_value("my old run")
    page.locator("#tick-freeze input").check()
    page.locator("#advanced > button").click()
    page.locator("#train-epochs").locator("input, textarea").first.fill("7")
    page.locator("#tab-runs-button").click()
    page.locator(f'#runs-table button[data-id="{made.id}"][data-do=open]').click()
    page.locator("#result-new").click()
    pick_sample(page)
    to_model(page)
    to_techniques(page)
    expect(page.locator("#run-name input, #run-name textarea")).to_have_value("")
    expect(page.locator("#tick-freeze input")).not_to_be_checked()
    expect(page.locator("#train-epochs").locator("input, textarea").first).to_have_value("")
    expect(page.locator("#plan-line")).to_contain_text("sentiment-en.csv")


def test_a_model_that_is_not_here_says_what_it_would_take_and_what_is_here(
    app: App, visit: Open
) -> None:
    page = visit(app)
    pick_sample(page)
    to_model(page)
    page.locator('#model-cards input[value="xlm-roberta"]').check()
    to_techniques(page)
    cost = page.locator("#cost")
    expect(cost).to_contain_text("XLM-R base is not on this computer")
    expect(cost).to_contain_text("7.2 times as long as with MiniLM L6", timeout=SLOW)
    expect(cost.locator(".tt-tile dd").first).to_contain_text("about")
    page.locator("#next-3").click()
    trouble = page.locator("#start-problem")
    expect(trouble.get_by_role("alert")).to_contain_text("XLM-R base is not on this computer")
    for way_out in (*trouble.locator('[data-do="use"]').all(), page.locator("#next-3")):
        expect(way_out).to_be_in_viewport(ratio=1)
    trouble.locator('[data-do="use"][data-key="minilm"]').click()
    expect(page.locator("#plan-line")).to_contain_text("MiniLM L6")
    expect(cost).not_to_contain_text("not on this computer")
    expect(trouble.locator(".tt-notice")).to_have_count(0)
    # The button that was pressed is gone: who goes on by keyboard goes on in sight.
    expect(page.locator("#next-3")).to_be_focused()
    expect(page.locator("#next-3")).to_be_in_viewport()
    page.locator("#back-3").click()
    expect(page.locator(PICKED)).to_have_value("minilm")
