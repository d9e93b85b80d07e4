"""A workbook, a pasted table, and a table of many pages."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import App, Open
from tests.browser.test_page import upload
from tests.core.data.office import xlsx
from tests.ui.fake import HOSTILE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HEADER = ["text", "label"]


def rows(count: int, word: str) -> list[list[str]]:
    return [[f"{word} that is number {n}", "ab"[n % 2]] for n in range(count)]


def choose_sheet(page: Page, name: str) -> None:
    page.locator("#column-sheet input").click()
    page.get_by_role("option", name=name).click()


def test_another_sheet_of_a_workbook_can_be_chosen(app: App, visit: Open) -> None:
    odd = HOSTILE.replace("/", " ")
    book = xlsx(
        {
            "last year": [HEADER, *rows(20, "an older text")],
            odd: [HEADER, *rows(30, "a text")],
            "empty": [],
        }
    )
    page = visit(app)
    upload(page, "book.xlsx", book)
    expect(page.locator("#data-title")).to_contain_text("30 rows")
    expect(page.locator("#data-title")).to_contain_text("Excel")
    choose_sheet(page, "last year")
    expect(page.locator("#data-title")).to_contain_text("20 rows")
    expect(page.locator("#preview")).to_contain_text("an older text that is number 0")
    choose_sheet(page, "empty")
    expect(page.locator("#data-problem [role=alert]")).to_contain_text("is empty")
    expect(page.locator("#column-sheet input")).to_have_value("last year")
    assert page.locator("img[src='x']").count() == 0
    page.locator("#data-other").click()
    upload(page, "plain.csv", b"text,label\n" + b"some text,a\nmore text,b\n" * 20)
    expect(page.locator("#data-title")).to_contain_text("CSV")
    expect(page.locator("#column-sheet")).to_be_hidden()


def choose(page: Page, name: str, option: str) -> None:
    page.locator(f"#reading-{name} input").click()
    page.get_by_role("option", name=option).click()


def test_how_a_file_is_read_can_be_chosen_and_undone(app: App, visit: Open) -> None:
    lines = "".join(f"schöne Qualität {n};{'ab'[n % 2]}\n" for n in range(30))
    page = visit(app)
    upload(page, "mac.csv", f"Bericht;\nVom Montag;\ntext;label\n{lines}".encode("mac_roman"))
    expect(page.locator("#preview")).to_contain_text("schöne Qualität 0")
    expect(page.locator("#data-title")).to_contain_text("30 rows")
    expect(page.locator("#reading-encoding input")).to_have_value("Found out: mac_roman")
    choose(page, "encoding", "cp1252")
    expect(page.locator("#preview")).not_to_contain_text("schöne Qualität 0")
    expect(page.locator("#checkup")).to_contain_text("Read as cp1252, as was asked for.")
    choose(page, "encoding", "Find it out")
    expect(page.locator("#preview")).to_contain_text("schöne Qualität 0")
    choose(page, "header", "Line 1: Bericht")
    expect(page.locator("#data-title")).to_contain_text("32 rows")
    expect(page.locator("#reading-header input")).to_have_value("Line 1: Bericht | column 2")
    page.locator("#checkup button", has_text="Undo").click()
    expect(page.locator("#data-title")).to_contain_text("30 rows")
    choose(page, "delimiter", "Comma")
    expect(page.locator("#checkup")).to_contain_text("divided at “comma”")
    page.locator("#data-other").click()
    upload(page, "plain.jsonl", b'{"text": "some text", "label": "a"}\n' * 20)
    expect(page.locator("#data-title")).to_contain_text("JSON Lines")
    expect(page.locator("#reading-header")).to_be_hidden()


def test_how_a_file_is_read_can_be_said_before(app: App, visit: Open) -> None:
    page = visit(app)
    # Bytes that no rule finds to be a text.
    lines = "".join(f"some text {n};{'ab'[n % 2]}\n" for n in range(30))
    data = f"text;label\n{lines}".encode("cp037")
    upload(page, "host.csv", data)
    expect(page.locator("#data-problem [role=alert]")).to_be_visible()
    field = page.locator("#reading-first-encoding input")
    expect(field).to_be_visible()  # opened by the error
    page.locator("#reading-first-header textarea, #reading-first-header input").fill("first")
    upload(page, "host.csv", data)
    expect(page.locator("#data-problem [role=alert]")).to_contain_text("not the number of a line")
    page.locator("#reading-first-header textarea, #reading-first-header input").fill("1")
    field.fill("cp037")
    field.press("Enter")
    upload(page, "host.csv", data)
    expect(page.locator("#data-title")).to_contain_text("30 rows")
    expect(page.locator("#checkup")).to_contain_text("Read as cp037, as was asked for.")
    # What was said is said of this file alone.
    page.locator("#data-other").click()
    upload(page, "plain.csv", b"text,label\n" + b"some text,a\nmore text,b\n" * 20)
    expect(page.locator("#data-title")).to_contain_text("UTF-8")


def test_a_copied_table_is_pasted(app: App, visit: Open) -> None:
    page = visit(app)
    page.locator("#paste > button").click()
    page.locator("#paste-use").click()
    expect(page.locator("#data-problem [role=alert]")).to_contain_text("empty")
    copied = "text\tlabel\n" + "".join(
        f'"{a},\nin two lines"\t{b}\n' for a, b in rows(20, "a text")
    )
    page.locator("#paste-box textarea").fill(copied)
    page.locator("#paste-use").click()
    expect(page.locator("#data-title h2")).to_have_text("pasted table")
    expect(page.locator("#data-title")).to_contain_text("20 rows")
    expect(page.locator("#next-1")).to_be_enabled()


def test_the_preview_is_turned_page_by_page(app: App, visit: Open) -> None:
    page = visit(app)
    lines = "".join(f"{text},{label}\n" for text, label in rows(120, "a text"))
    upload(page, "many.csv", f"text,label\n{lines}".encode())
    preview, line = page.locator("#preview"), page.locator("#preview-line input")
    expect(preview).to_contain_text("Rows 1 to 50 of 120")
    expect(page.locator("#preview-earlier")).to_be_disabled()
    page.locator("#preview-later").click()
    expect(preview).to_contain_text("Rows 51 to 100 of 120")
    expect(line).to_have_value("52")
    page.locator("#preview-later").click()
    expect(preview).to_contain_text("Rows 101 to 120 of 120")
    expect(page.locator("#preview-later")).to_be_disabled()
    line.fill("71")
    line.press("Enter")
    expect(preview).to_contain_text("Rows 70 to 119 of 120")
    expect(preview.locator("tbody tr").first).to_contain_text("a text that is number 69")
    line.fill("9999")
    line.press("Enter")
    expect(preview).to_contain_text("Rows 71 to 120 of 120")
    page.locator("#preview-earlier").click()
    expect(preview).to_contain_text("Rows 21 to 70 of 120")
    page.locator("#data-other").click()
    upload(page, "few.csv", b"text,label\n" + b"some text,a\nmore text,b\n" * 20)
    expect(preview).to_contain_text("Rows 1 to 40 of 40")
    expect(page.locator("#preview-pages")).to_be_hidden()
