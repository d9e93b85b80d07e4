"""The main job on the real page with the real model: from a sample to a model in one's hands."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import App, Open
from tests.browser.steps import (
    SLOW,
    curves,
    pick_sample,
    run_id,
    sample_to_start,
    to_model,
    to_techniques,
    wait_for_score,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SENTENCES = ("this is the best thing I ever bought", "awful, it broke on the first day")


def ask(page: Page, sentence: str) -> str:
    """What the page says to a sentence: the likeliest label."""
    page.locator("#try-text textarea").fill(sentence)
    page.locator("#try-ask").click()
    expect(page.locator("#try-answer .tt-asked")).to_have_text(sentence, timeout=SLOW)
    said = page.locator("#try-answer .tt-bar-on .tt-bar-label")
    return said.inner_text()


def test_the_whole_way(app: App, visit: Open, tmp_path: Path) -> None:
    page = visit(app)
    sample_to_start(page, "2", max_length="32")
    wait_for_score(page)

    # A reload and a second tab find the run again while it is at work.
    run = run_id(page)
    page.goto(app.url)
    expect(page.locator("#run-status .tt-tiles")).to_be_visible()
    tab = page.context.new_page()
    tab.goto(app.url)
    expect(tab.locator("#run-status .tt-tiles")).to_be_visible()
    tab.close()
    stranger = visit(app, f"?run={run}")
    expect(stranger.locator("#run-status .tt-tiles, #headline .tt-tiles").first).to_be_visible()

    expect(page.locator("#see-result")).to_be_visible(timeout=SLOW)
    drawn = curves(page)
    assert len(drawn["training loss"]) > 10
    assert len(drawn["validation loss"]) >= 2
    assert min(drawn["training loss"][-5:]) < drawn["training loss"][0]

    to_beat = page.locator("#live-plot .annotation-text")
    expect(to_beat.filter(has_text="frozen embedding 0.")).to_have_count(1)
    expect(to_beat.filter(has_text="word counts 0.")).to_have_count(1)

    page.locator("#see-result").click()
    expect(page.locator("#headline .tt-tiles")).to_be_visible()
    expect(page.locator("#headline")).to_contain_text("test rows it never saw")
    expect(page.locator("#which label.selected")).to_contain_text("(recommended)")
    pick(page, "Fine-tuned")
    # The first step holds the run's data again, though the page was loaded anew.
    labels = [ask(page, sentence) for sentence in SENTENCES]
    with page.expect_download() as downloaded:
        page.locator("#download").click()
    downloaded.value.save_as(tmp_path / "model.zip")
    with zipfile.ZipFile(tmp_path / "model.zip") as archive:
        archive.extractall(tmp_path / "model")
    assert labels_of(tmp_path / "model") == labels

    for name in ("Word counts", "Frozen embedding"):
        pick(page, name)
        labels = [ask(page, sentence) for sentence in SENTENCES]
        with page.expect_download(timeout=SLOW) as downloaded:
            page.locator("#pack").click()
        assert labels_of_simple(Path(downloaded.value.path()), tmp_path / name) == labels

    pick(page, "Word counts")
    with page.expect_download(timeout=SLOW) as downloaded:
        page.locator("#pack").click()
        page.locator("#which label").filter(has_text="Frozen embedding").click()
    labels_of_simple(Path(downloaded.value.path()), tmp_path / "late")
    expect(page.locator("#pack")).to_be_visible()  # of the model that is picked
    expect(page.locator("#download")).to_be_hidden()


def pick(page: Page, name: str) -> None:
    """Choose one of the run's models to try and to download."""
    page.locator("#which label").filter(has_text=name).click()
    shown = "#download" if name == "Fine-tuned" else "#pack"
    expect(page.locator(shown)).to_be_visible()
    expect(page.locator("#try-answer .tt-asked")).to_have_count(0)


def labels_of_simple(archive: Path, place: Path) -> list[str]:
    """What the program in the download says, in a process of its own."""
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(place)
    (program,) = place.rglob("predict.py")
    done = subprocess.run(
        [sys.executable, program, *SENTENCES],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return [line.split("\t")[0] for line in done.stdout.splitlines()]


def labels_of(folder: Path) -> list[str]:
    """What transformers' own pipeline says, given nothing but the download."""
    from transformers import pipeline

    config = next(folder.rglob("config.json"))
    classifier = pipeline("text-classification", model=str(config.parent))
    return [answer["label"] for answer in classifier(list(SENTENCES))]


def test_stop_keeps_the_best_model(app: App, visit: Open) -> None:
    page = visit(app)
    sample_to_start(page, "30", key="topics_en")
    wait_for_score(page)
    page.locator("#run-stop").click()
    expect(page.locator("#see-result")).to_be_visible(timeout=SLOW)
    expect(page.locator("#verdict")).to_contain_text("was kept")
    expect(page.locator("#run-stop")).to_be_hidden()
    page.locator("#see-result").click()
    expect(page.locator("#headline")).to_contain_text("stopped early")
    settings_come_back(page, app)
    other_runs_leave_this_work_alone(page)


def settings_come_back(page: Page, app: App) -> None:
    """After a reload, whoever changes one setting of the run keeps the others."""
    page.goto(app.url)
    expect(page.locator("#headline")).to_contain_text("stopped early")
    page.locator("#result-again").click()
    expect(page.locator("#plan")).to_contain_text("topics-en.csv")
    page.locator("#advanced > button").click()
    expect(page.locator("#train-epochs").locator("input, textarea").first).to_have_value("30")


def other_runs_leave_this_work_alone(page: Page) -> None:
    """Looking at the list of runs, and thinking better of deleting one, changes nothing."""
    page.locator("#back-3").click()
    page.locator("#back-2").click()
    page.locator("#data-other").click()
    pick_sample(page, "spam_email")
    page.locator("#tab-runs-button").click()
    page.locator('#runs-table [data-do="ask"]').first.click()
    page.locator('#runs-table [data-do="keep"]').first.click()
    expect(page.locator('#runs-table [data-do="keep"]')).to_have_count(0)
    page.locator("#tab-train-button").click()
    expect(page.locator("#data-title")).to_contain_text("spam-email-en.csv")
    # Opening one does bring its data along.
    page.locator("#tab-runs-button").click()
    page.locator('#runs-table [data-do="open"]').first.click()
    expect(page.locator("#headline")).to_contain_text("topics-en.csv")
    expect(page.locator("#data-title")).to_contain_text("topics-en.csv")


def test_a_restart_of_the_server_interrupts_and_continue_goes_on(
    tmp_path: Path, visit: Open
) -> None:
    app = App(tmp_path)
    app.start()
    try:
        page = visit(app)
        sample_to_start(page, "30", key="topics_en")
        wait_for_score(page)
        # A page that is open reloads itself when the server is back: look with a fresh one.
        again = page.context.new_page()
        page.close()
        page = again
        app.kill(signal.SIGKILL)
        app.start()
        page.goto(app.url)
        expect(page.locator("#run-status")).to_contain_text("interrupted")
        expect(page.locator("#live-plot .main-svg").first).to_be_visible()
        before = len(curves(page)["validation macro-F1"])
        page.locator("#run-resume").click()
        expect(page.locator("#run-status .tt-chip-running")).to_be_visible(timeout=SLOW)
        page.wait_for_function(
            """before => document.querySelector("#live-plot .tt-plot").data
                 .some(t => t.name === "validation macro-F1" && t.y.length > before)""",
            arg=before,
            timeout=SLOW,
        )
        page.locator("#run-stop").click()
        expect(page.locator("#see-result")).to_be_visible(timeout=SLOW)
    finally:
        app.kill()


def test_plan_and_time_stand_above_start_and_start_ends_a_measurement(
    app: App, visit: Open
) -> None:
    page = visit(app)
    pick_sample(page)
    to_model(page)
    to_techniques(page)
    cost = page.locator("#cost")
    page.locator("#plan-settings > button").click()
    expect(page.locator("#plan-settings tbody tr")).to_have_count(8)
    page.locator("#advanced > button").click()
    box = page.locator("#train-batch_size").locator("input, textarea").first
    expect(box).to_have_attribute("placeholder", "automatic: 16")
    expect(cost).to_contain_text("GB are available here", timeout=SLOW)

    # A setting that is wrong is told at once; more epochs of the same steps are only reckoned.
    epochs = page.locator("#train-epochs").locator("input, textarea").first
    epochs.fill("many")
    epochs.blur()
    expect(cost.locator("[role=alert]")).to_contain_text("Epochs")
    epochs.fill("200")
    epochs.blur()
    expect(cost).to_contain_text("GB are available here")
    expect(page.locator("#plan-settings")).to_contain_text("It is set to this")
    # Row by row it takes more than 20 minutes anywhere: one click ticks fast mode, measured anew.
    box.fill("1")
    box.blur()
    cost.locator("button[data-do=apply]").click(timeout=SLOW)
    expect(page.locator("#tick-freeze input")).to_be_checked()
    box.fill("16")  # measured anew again, and scored sooner once it trains
    box.blur()
    page.locator("#next-3").click()
    wait_for_score(page)

    # While a run is at work nothing is measured.
    page.locator("#steps [role=tab]").nth(2).click()
    # (What was measured before Start stays known.)
    expect(cost).to_contain_text(
        re.compile("A run is being trained just now|GB are available here")
    )
    page.goto(app.url)
    page.locator("#run-stop").click()
    expect(page.locator("#see-result")).to_be_visible(timeout=SLOW)
    page.locator("#run-again").click()
    expect(cost).to_contain_text("GB are available here", timeout=SLOW)
