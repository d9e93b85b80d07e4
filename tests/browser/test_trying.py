"""Trying a model out: words that decided, answers put right, and a whole file there and back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Page, expect

from core.data.read.table import read
from core.runs.run import Run
from core.runs.store import RunStore
from core.workflow.corrections import Corrections
from tests.browser.conftest import App, Open
from tests.browser.steps import SLOW
from tests.ui.fake import HOSTILE, make_run

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# The word counts of a made-up run go by these words.
NEGATIVE = "it stands in the file as negative"


def shown(app: App, visit: Open) -> tuple[Run, Page]:
    run = make_run(RunStore(app.home / "runs"), recommended="tfidf")
    page = visit(app, f"?run={run.id}")
    expect(page.locator("#headline .tt-tiles")).to_be_visible()
    return run, page


def ask(page: Page, text: str) -> None:
    page.locator("#try-text textarea").fill(text)
    page.locator("#try-ask").click()


@pytest.mark.parametrize("text", ["השירות גרוע! (חדר 12)", "الخدمة سيئة! (غرفة 12)"])
def test_what_is_written_from_right_to_left_stands_so(app: App, visit: Open, text: str) -> None:
    _, page = shown(app, visit)
    ask(page, text)
    typed = page.locator("#try-text textarea")
    expect(typed).to_have_css("unicode-bidi", "plaintext")
    for place in (page.locator("#try-answer .tt-asked"), page.locator("#try-why .tt-words")):
        expect(place).to_contain_text(text, timeout=SLOW)
        expect(place).to_have_css("direction", "rtl")


def test_an_answer_is_explained_put_right_and_trained_on(app: App, visit: Open) -> None:
    run, page = shown(app, visit)
    alerts: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        alerts.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    ask(page, f"{NEGATIVE} {HOSTILE}")
    expect(page.locator("#try-answer .tt-said")).to_contain_text("negative, with", timeout=SLOW)
    words = page.locator("#try-why .tt-words")
    expect(words).to_contain_text(HOSTILE)
    mark = words.locator("mark.tt-for", has_text="negative")
    expect(mark).to_have_attribute("title", re.compile("speaks for it"))
    expect(page.locator("#try-why .tt-pushed dd").first).to_contain_text("negative +")
    page.locator("#try-why [data-do=label]", has_text="positive").click()
    expect(page.locator("#try-why h4")).to_contain_text("positive")
    expect(words.locator("mark.tt-against", has_text="negative")).to_be_visible()

    page.locator("#correct-label input").click()
    page.get_by_role("option", name="positive").click()
    page.locator("#correct-save").click()
    expect(page.locator("#corrections td").first).to_contain_text(HOSTILE)
    assert page.locator("img[src='x']").count() == 0
    assert alerts == []
    [kept] = Corrections(run.main).all()
    assert (kept.texts, kept.label) == ((f"{NEGATIVE} {HOSTILE}",), "positive")

    page.locator("#correct-again").click()
    expect(page.locator("#next-3")).to_be_visible()
    expect(page.locator("#plan")).to_be_visible()
    # What was added is said above the settings.
    changed = page.locator("#plan-changed")
    expect(changed).to_contain_text("The data of this run was changed")
    # It stays there once time and memory are known, and goes with other data.
    expect(page.locator("#cost .tt-waiting")).to_have_count(0, timeout=SLOW)
    expect(changed).to_contain_text("The table has 801 rows now")
    page.locator("#back-3").click()
    page.locator("#back-2").click()
    expect(page.locator("#overview .tt-tile").first).to_contain_text("801")


def test_many_texts_are_asked_at_once(app: App, visit: Open) -> None:
    _, page = shown(app, visit)
    ask(page, f"{NEGATIVE}\n\nit stands in the file as positive")
    rows = page.locator("#try-answer [data-do=row]")
    expect(rows).to_have_count(2, timeout=SLOW)
    rows.nth(1).click()
    expect(page.locator("#try-answer .tt-said")).to_contain_text("positive, with")
    expect(page.locator("#try-why h4")).to_contain_text("positive")


def test_a_whole_file_comes_back_with_labels(app: App, visit: Open, tmp_path: Path) -> None:
    _, page = shown(app, visit)
    page.locator("#whole > button").click()
    rows = "".join(f"{n};{NEGATIVE};{HOSTILE}\n" for n in range(700))
    content = f"n;body;{HOSTILE}\n{rows}".encode()
    page.locator("#whole-file input[type=file]").set_input_files(
        {"name": "mine.csv", "mimeType": "text/csv", "buffer": content}
    )
    columns = page.locator("#whole-columns input")
    expect(columns).to_be_visible(timeout=SLOW)
    page.reload()  # the work and the question are found again
    expect(columns).to_be_visible()
    columns.click()
    page.get_by_role("option", name="body").click()
    page.keyboard.press("Escape")
    page.locator("#whole-choose").click()
    download = page.locator("#whole-download")
    expect(download).to_be_visible(timeout=SLOW)
    expect(page.locator("#whole-status")).to_contain_text("All 700 have")
    with page.expect_download() as downloaded:
        download.click()
    assert downloaded.value.suggested_filename == "mine-answered.csv"
    downloaded.value.save_as(tmp_path / "out.csv")
    table = read(tmp_path / "out.csv")
    assert (table.delimiter, table.encoding) == (";", "utf-8-sig")
    assert list(table.frame.columns)[3:] == ["label", "confidence", "needs_review"]
    assert table.frame["body"].tolist() == [NEGATIVE] * 700
    assert set(table.frame["label"]) == {"negative"}
    assert page.locator("img[src='x']").count() == 0
