"""Labels in a cell: what is between them is typed or chosen, and a guess is turned round by a click."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import App, Open
from tests.browser.test_page import upload
from tests.core.data.labels.label_columns import NAMES, sets
from tests.core.data.labels.test_separators import LIKERT
from tests.core.modalities.test_checkup import sentence

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def table(cells: list[str]) -> bytes:
    lines = (f'{sentence(row)},"{cell}"\n' for row, cell in enumerate(cells))
    return f"text,label\n{''.join(lines)}".encode()


def between(page: Page, typed: str) -> None:
    page.locator("#column-separator input").fill(typed)
    page.locator("#column-separator input").press("Enter")


def test_any_separator_can_be_typed(app: App, visit: Open) -> None:
    page = visit(app)
    upload(page, "own.csv", table(["~".join(names) for names in sets()]))
    field, overview = page.locator("#column-separator input"), page.locator("#overview")
    expect(field).to_have_value("one label")
    expect(overview).to_contain_text("delivery~price")
    between(page, "~")
    expect(field).to_have_value("several, with “~” between them")
    expect(overview).not_to_contain_text("delivery~price")
    expect(overview).to_contain_text("staff")
    field.click()
    page.get_by_role("option", name="one label").click()
    expect(overview).to_contain_text("delivery~price")
    between(page, "x" * 30)
    expect(page.locator("#data-problem [role=alert]")).to_contain_text("20 characters")
    expect(field).to_have_value("one label")


def test_a_guess_is_turned_round_and_back(app: App, visit: Open) -> None:
    page = visit(app)
    upload(page, "likert.csv", table(LIKERT * 20))
    field, cards = page.locator("#column-separator input"), page.locator("#checkup")
    expect(field).to_have_value("one label")
    cards.locator("summary").first.click()
    cards.get_by_role("button", name="Take them as several labels").click()
    expect(field).to_have_value("several, with “,” between them")
    cards.locator("summary").first.click()
    cards.get_by_role("button", name="Take each cell as one label").click()
    expect(field).to_have_value("one label")


def test_labels_of_zeros_and_ones_get_names(app: App, visit: Open) -> None:
    page = visit(app)
    bits = [str([int(name in names) for name in NAMES]) for names in sets()]
    upload(page, "bits.csv", table(bits))
    names, overview = page.locator("#label-names input"), page.locator("#overview")
    expect(overview).to_contain_text("label 2")
    names.fill("delivery, price")
    names.press("Enter")
    expect(page.locator("#data-problem [role=alert]")).to_contain_text("4 places")
    names.fill(", ".join(NAMES))
    names.press("Enter")
    expect(overview).to_contain_text("quality")
    expect(names).to_be_hidden()
    page.locator("#changes button").click()
    expect(overview).to_contain_text("label 2")
