"""The list of runs: one that is damaged, and one that is deleted while another browser shows it."""

from __future__ import annotations

import re
import zipfile

import pytest
from playwright.sync_api import expect

from core.runs.store import RunStore
from tests.browser.conftest import App, Open
from tests.ui.fake import make_run

pytestmark = pytest.mark.browser


def test_a_damaged_run_is_listed_opened_and_taken_away(app: App, visit: Open) -> None:
    store = RunStore(app.home / "runs")
    hurt, sound = make_run(store, name="hurt"), make_run(store, name="sound")
    (hurt.path / "metrics.json").write_text("5")
    page = visit(app, f"?run={hurt.id}")
    expect(page.locator("#data-problem")).to_contain_text("metrics.json")
    page.locator("#tab-runs-button").click()
    table = page.locator("#runs-table")
    expect(table).to_contain_text("sound")
    row = table.locator("tr", has_text=hurt.id)
    expect(row).to_contain_text("damaged")
    with page.expect_download() as taken:
        row.locator("button[data-do=take]").click()
    with zipfile.ZipFile(taken.value.path()) as archive:
        assert archive.namelist() == ["model/model.safetensors"]
    link = taken.value.url
    assert page.request.get(link).status == 200
    row.locator("button[data-do=ask]").click()
    row.locator("button[data-do=delete]").click()
    expect(table).not_to_contain_text(hurt.id)
    assert not hurt.path.exists()
    assert page.request.get(link).status in (403, 404)
    sound_row = table.locator("tr", has_text="sound").first
    expect(sound_row.locator("button[data-do=open]")).to_be_visible()
    store.delete(sound.id)


def test_a_run_that_another_browser_deletes_is_said_to_be_gone(app: App, visit: Open) -> None:
    store = RunStore(app.home / "runs")
    run = make_run(store, name="short lived")
    page, other = visit(app, f"?run={run.id}"), visit(app)
    expect(page.locator("#headline")).to_contain_text("short lived")
    other.locator("#tab-runs-button").click()
    row = other.locator("#runs-table tr", has_text="short lived")
    row.locator("button[data-do=ask]").click()
    row.locator("button[data-do=delete]").click()
    expect(row).to_have_count(0)
    page.locator("#try-text textarea").fill("a good film")
    page.locator("#try-ask").click()
    expect(page.locator("#try-answer")).to_contain_text("no such run")
    page.reload()
    expect(page.locator("#data-problem")).to_contain_text("no such run")


def test_an_address_of_a_run_that_is_not_there_stays_also_where_another_is_remembered(
    app: App, visit: Open
) -> None:
    run = make_run(RunStore(app.home / "runs"), name="remembered")
    page = visit(app, f"?run={run.id}")
    expect(page.locator("#headline")).to_contain_text("remembered")
    for _ in range(2):
        page.goto(f"{app.url}?run=20200101-000000-abcd")
        expect(page.locator("#data-problem")).to_contain_text("no such run")
        page.locator("#tab-runs-button").click()
        expect(page.locator("#runs-table")).to_contain_text("remembered")
        expect(page).to_have_url(re.compile("20200101-000000-abcd"))
    page.goto(app.url)
    expect(page.locator("#headline")).to_contain_text("remembered")
    expect(page).to_have_url(re.compile(run.id))


def test_of_two_runs_that_are_opened_in_a_row_the_second_is_shown_and_used(
    app: App, visit: Open
) -> None:
    store = RunStore(app.home / "runs")
    one, other = make_run(store, name="one"), make_run(store, labels=("red", "blue"), name="other")
    page = visit(app)
    for order in ([one, other], [other, one]):
        page.locator("#tab-runs-button").click()
        for run in order:
            expect(page.locator(f'#runs-table [data-do=open][data-id="{run.id}"]')).to_be_visible()
        page.evaluate(
            """ids => ids.forEach(id =>
              document.querySelector(`#runs-table [data-do=open][data-id="${id}"]`).click())""",
            [run.id for run in order],
        )
        last = order[1]
        expect(page).to_have_url(re.compile(last.id))
        expect(page.locator("#headline h2")).to_have_text(last.recipe().name)
        page.locator("#result-again").click()
        expect(page.locator("#plan-line")).to_contain_text(last.recipe().data.file)
        expect(page.locator("#run-name").locator("input, textarea")).to_have_value(
            last.recipe().name
        )
