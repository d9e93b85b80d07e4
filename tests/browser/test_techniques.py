"""Techniques on the real page: ticked, trained with, and what they show for themselves afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import App, Open
from tests.browser.steps import (
    SLOW,
    curves,
    pick_model,
    pick_sample,
    start,
    to_model,
    to_techniques,
    wait_for_score,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_several_techniques_show_what_they_did(app: App, visit: Open, tiny_run: str) -> None:
    page = visit(app)
    pick_sample(page, "sentiment_domain")
    to_model(page)
    pick_model(page, tiny_run)
    to_techniques(page)
    expect(page.locator("#tick-adaptive_epochs input")).to_be_checked()  # suggested
    for key in ("augment", "continued_pretraining", "adaptive_lr", "label_smoothing"):
        page.locator(f"#tick-{key} input").check()
    page.locator("#card-continued_pretraining").get_by_role("button", name="Adjust").click()
    passes = page.locator("#continued_pretraining-epochs").locator("input").first
    passes.fill("0.5")
    passes.blur()
    start(page, "0.25", max_length="24")
    expect(page.locator("#run-stages svg").first).to_be_visible(timeout=SLOW)
    expect(page.locator("#see-result")).to_be_visible(timeout=2 * SLOW)
    expect(page.locator("#run-stages svg")).to_have_count(2)
    page.locator("#see-result").click()
    shown = page.locator("#evidence")
    expect(shown.locator("tbody tr")).to_have_count(5)
    expect(shown).to_contain_text("252 altered copies")
    expect(shown).to_contain_text("The model read 306 texts")
    expect(shown).to_contain_text("The test found a learning rate")


def test_two_label_columns_are_learned_together(app: App, visit: Open) -> None:
    page = visit(app)
    pick_sample(page, "sentiment_domain")
    to_model(page)
    to_techniques(page)
    card = page.locator("#card-multitask")
    expect(card.locator("#multitask-also")).to_contain_text("domain")  # chosen by itself
    card.locator("#tick-multitask input").check()
    start(page, "0.25", max_length="16")
    wait_for_score(page)
    assert {"sentiment", "domain"} <= curves(page).keys()
    expect(page.locator("#see-result")).to_be_visible(timeout=SLOW)
    page.locator("#see-result").click()
    expect(page.locator("#evidence tbody tr")).to_have_count(2)
    expect(page.locator("#per-class")).to_contain_text("neutral")
    page.locator("#result-column label").nth(1).click()
    expect(page.locator("#per-class")).to_contain_text("social_post")
    page.locator("#try-text textarea").fill("The battery of this camera is bad.")
    page.locator("#try-ask").click()
    expect(page.locator("#try-answer")).to_contain_text("product_review", timeout=SLOW)


def test_smaller_models_are_compared_with_the_whole_one(
    app: App, visit: Open, tiny_run: str
) -> None:
    page = visit(app)
    pick_sample(page, "sentiment_domain")
    to_model(page)
    pick_model(page, tiny_run)
    to_techniques(page)
    for key in ("distill", "prune", "vocab_trim", "quantize"):
        page.locator(f"#tick-{key} input").check()
    start(page, "0.25", max_length="16")
    expect(page.locator("#see-result")).to_be_visible(timeout=2 * SLOW)
    page.locator("#see-result").click()
    cards = page.locator("#evidence .tt-card")
    expect(cards.filter(has_text="Distillation").locator("tbody tr")).to_have_count(2)
    expect(cards.filter(has_text="Pruning").locator("tbody tr")).to_have_count(3)
    expect(cards.filter(has_text="Trim the vocabulary")).to_contain_text("of 30,522 tokens stay")
    expect(cards.filter(has_text="Quantization")).to_contain_text("times smaller")
    expect(cards.filter(has_text="Early stopping")).to_contain_text("scored best")


def test_techniques_are_compared_with_and_without(
    app: App, visit: Open, tiny_run: str, tmp_path: Path
) -> None:
    page = visit(app)
    pick_sample(page, "sentiment_domain")
    to_model(page)
    pick_model(page, tiny_run)
    to_techniques(page)
    page.locator("#compare-start").scroll_into_view_if_needed()
    page.locator("#tick-adaptive_epochs input").uncheck()
    page.locator("#compare-start").click()
    expect(page.locator("#start-problem")).to_contain_text("No technique is ticked")
    page.locator("#tick-label_smoothing input").check()
    page.locator("#advanced > button").click()
    for name, value in {"epochs": "0.25", "max_length": "23"}.items():
        page.locator(f"#train-{name}").locator("input, textarea").first.fill(value)
    page.locator("#compare-start").click()
    # Nothing starts before it is said what it costs.
    offer = page.locator("#compare-offer")
    expect(offer).to_contain_text("2 runs to train")
    for what in ("strong", "[data-do=start]"):
        expect(offer.locator(what)).to_be_in_viewport()
    page.keyboard.press("Tab")
    expect(offer.locator("[data-do=start]")).to_be_focused()
    # Drawn anew, with the next time that was measured, it keeps the focus.
    offer.locator(".tt-notice").evaluate("(part) => { part.innerHTML = part.innerHTML; }")
    expect(offer.locator("[data-do=start]")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # not now
    expect(offer.locator("li")).to_have_count(0)
    expect(page.locator("#compare-start")).to_be_focused()
    page.keyboard.press("Enter")
    expect(offer.locator("li")).to_have_count(2)
    expect(offer).to_contain_text("Together they take about", timeout=2 * SLOW)
    expect(page.locator("#compare-body [role=progressbar]")).to_have_count(0)
    page.locator("#tick-label_smoothing input").uncheck()
    expect(offer.locator("li")).to_have_count(0)  # it was about something else
    page.locator("#tick-label_smoothing input").check()
    page.locator("#compare-start").click()
    offer.locator("button[data-do=start]").click()
    body = page.locator("#compare-body")
    expect(body.locator("[role=progressbar]")).to_be_visible()
    expect(body).to_contain_text("of 2 runs done")
    expect(body.locator("tbody tr")).to_have_count(2)
    expect(body.locator(".tt-changes li")).to_have_count(1, timeout=2 * SLOW)
    expect(body.locator(".tt-notice")).to_contain_text("Label smoothing:")
    expect(body.locator("[role=progressbar]")).to_have_count(0)
    for kind, part in (("html", "<h1>What each technique brought"), ("csv", "label_smoothing")):
        with page.expect_download() as download:
            page.locator(f"#compare-{kind}").click()
        download.value.save_as(tmp_path / kind)
        assert part in (tmp_path / kind).read_text(encoding="utf-8-sig")

    # Its run says the same, and one that was not compared yet can be.
    body.locator("button[data-do=open]").last.click()
    expect(page.locator("#brought")).to_contain_text("Label smoothing:")
    expect(page.locator("#result-compare")).to_be_hidden()


def test_a_file_of_texts_without_labels_is_read_and_left_out_again(
    app: App, visit: Open, tmp_path: Path
) -> None:
    page = visit(app)
    pick_sample(page)
    to_model(page)
    to_techniques(page)
    page.locator("#tick-continued_pretraining input").check()
    file = tmp_path / "<b>more.txt"
    file.write_text("one more text\n\nand another one\n", encoding="utf-8")
    page.locator("#card-continued_pretraining input[type=file]").set_input_files(file)
    expect(page.locator("#extra-note")).to_contain_text("2 texts of ")
    assert page.locator("#extra-note b").count() == 0
    page.locator("#extra-remove").click()
    expect(page.locator("#extra-remove")).to_be_hidden()
    expect(page.locator("#extra-note p")).to_have_count(0)
