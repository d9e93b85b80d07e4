"""Every screen: accessible in light and dark, whole in Chinese, no wider than a phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from core.models.catalog import CATALOG
from core.runs import RunStore
from tests.browser.conftest import App, Open
from tests.browser.steps import pick_sample, to_model, to_techniques
from tests.ui.fake import HOSTILE, make_run

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MANY = tuple(f"label number {n}" for n in range(9))


@pytest.fixture(scope="module")
def made(app: App) -> dict[str, str]:
    """Runs in every state, by name, without training."""
    store = RunStore(app.home / "runs")
    return {
        "finished": make_run(store).id,
        "many": make_run(store, labels=(*MANY, HOSTILE), name=HOSTILE).id,
        "failed": make_run(store, upto=0.3, end="failed").id,
        "interrupted": make_run(store, upto=0.6, end="").id,
    }


def screens(page: Page, app: App, made: dict[str, str], sample: str) -> Iterator[str]:
    """Go through all screens of the page; yields the name of each as it is shown."""
    yield "no data"
    pick_sample(page, sample)
    yield "data"
    to_model(page)
    page.locator('#model-cards input[value="other"]').check()
    expect(page.locator("#model-other")).to_be_visible()
    yield "model"
    page.locator('#model-cards input[value="minilm"]').check()
    expect(page.locator("#model-other")).to_be_hidden()
    to_techniques(page)
    page.locator("#advanced > button").click()
    for opener in page.locator(".tt-tick .gr-accordion > button:visible").all():
        opener.click()
    yield "techniques"
    for state in ("failed", "interrupted"):
        page.goto(f"{app.url}?run={made[state]}")
        expect(page.locator("#run-alert .tt-notice")).to_be_visible()
        expect(page.locator("#live-plot .main-svg").first).to_be_visible()
        yield state
    for state in ("finished", "many"):
        page.goto(f"{app.url}?run={made[state]}")
        expect(page.locator("#headline .tt-tiles")).to_be_visible()
        expect(page.locator("#confusion .main-svg").first).to_be_visible()
        page.locator("#settings > button").click()
        yield f"result {state}"
    page.get_by_role("tab", name=re.compile("Runs|运行记录")).click()
    expect(page.locator("#runs-table table")).to_be_visible()
    page.locator(f'#runs-table [data-do="ask"][data-id="{made["many"]}"]').click()
    expect(page.locator("#runs-table .tt-ask")).to_be_visible()
    yield "runs"


def every_screen(
    page: Page, app: App, made: dict[str, str], look: Callable[[Page], object], sample: str
) -> dict[str, object]:
    """What `look` finds wrong with each screen."""
    found = {name: look(page) for name in screens(page, app, made, sample)}
    assert len(found) == 10 - 1
    return {name: wrong for name, wrong in found.items() if wrong}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_shuts_anybody_out(
    app: App, visit: Open, made: dict[str, str], scheme: str
) -> None:
    page = visit(app, color_scheme=scheme)

    def violations(page: Page) -> list[str]:
        found = Axe().run(page).response["violations"]
        return [
            f"{each['id']}: {[node['html'][:120] for node in each['nodes'][:3]]}"
            for each in found
            if each["impact"] in ("serious", "critical")
        ]

    assert every_screen(page, app, made, violations, "topics_en") == {}


def test_a_phone_never_scrolls_sideways(app: App, visit: Open, made: dict[str, str]) -> None:
    page = visit(app, viewport={"width": 390, "height": 844}, has_touch=True)

    def too_wide(page: Page) -> list[str]:
        return list(
            page.evaluate(
                """() => document.documentElement.scrollWidth <= window.innerWidth ? [] :
                  [...document.querySelectorAll("main *")]
                    .filter(e => e.getBoundingClientRect().right > window.innerWidth + 1)
                    .slice(0, 5).map(e => e.outerHTML.slice(0, 120))"""
            )
        )

    assert every_screen(page, app, made, too_wide, "topics_en") == {}


def test_no_english_is_left_over_in_chinese(app: App, visit: Open, made: dict[str, str]) -> None:
    page = visit(app, locale="zh-CN")
    names = [entry.title for entry in CATALOG] + ["Hugging Face"]
    # Rows and labels are data, those of runs that other tests left behind as well.
    trained = [run.metrics() for run in RunStore(app.home / "runs").all()]
    names += [label for metrics in trained if metrics for label in metrics["labels"]]

    def english(page: Page) -> list[str]:
        text = page.locator("body").inner_text()
        labels = page.evaluate(
            """() => [...document.querySelectorAll("[class^=tt-][aria-label], [placeholder]")]
              .filter(e => e.offsetParent)
              .map(e => `${e.ariaLabel ?? ""}\\n${e.placeholder ?? ""}`)"""
        )
        text += "\n".join(labels)
        for name in names:
            text = text.replace(name, "")
        # (Labels for screen readers inside gradio's own widgets are out of our hands.)
        lines = [line for line in text.splitlines() if "row" not in line and "label" not in line]
        return re.findall(r"[A-Za-z]{2,}(?:[ ,.]+[A-Za-z]{2,}){2,}", "\n".join(lines))

    assert every_screen(page, app, made, english, "sentiment_zh") == {}
    assert page.evaluate("document.documentElement.lang") == "zh"


def test_hostile_names_and_labels_stay_text(app: App, visit: Open, made: dict[str, str]) -> None:
    page = visit(app, f"?run={made['many']}")
    alerts: list[str] = []
    page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    expect(page.locator("#headline h2")).to_have_text(HOSTILE)
    expect(page.locator("#per-class")).to_contain_text(HOSTILE)
    expect(page.locator("#confusion .main-svg").first).to_be_visible()
    assert page.locator("img[src='x']").count() == 0
    assert alerts == []


@pytest.mark.parametrize(
    "run", ["20200101-000000-0000", "../../etc", "%00", "<script>alert(1)</script>", "x" * 4000]
)
def test_an_unknown_run_in_the_address_is_ignored(app: App, visit: Open, run: str) -> None:
    page = visit(app, f"?run={run}")
    expect(page.locator("#data-file")).to_be_visible()
