"""Every screen: accessible in light and dark, whole in Chinese, no wider than a phone."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image, ImageColor
from playwright.sync_api import Browser, Dialog, Page, ViewportSize, expect

from core.installed import own_version
from core.models.catalog import TEXT_MODELS
from core.runs.store import RunStore
from core.words import ASSETS
from tests.browser.conftest import WINDOW, App, Open
from tests.browser.steps import pick_sample, to_model, to_techniques
from tests.ui.fake import HOSTILE, make_run
from ui.steps.techniques import plan

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HERE = Path(__file__).parent
CONTRAST, CUT_OFF = (
    (HERE / f"{name}.js").read_text(encoding="utf-8") for name in ("contrast", "cut_off")
)
PHONE = ViewportSize(width=390, height=844)
DARK = "dark => document.body.classList.contains('dark') === dark"
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


def violations(page: Page) -> list[str]:
    """What axe, and our own rules of contrast and of what is cut off, find wrong."""
    # A button that turns from grey to its colour is neither for a moment.
    page.wait_for_function(
        "() => !document.getAnimations().some(each => each instanceof CSSTransition)"
    )
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {[node['html'][:120] for node in each['nodes'][:3]]}"
        for each in found
        if each["impact"] in ("serious", "critical")
    ] + [*page.evaluate(CONTRAST), *page.evaluate(CUT_OFF)]


def too_wide(page: Page) -> list[str]:
    """What makes the page wider than its window, or is cut off in it."""
    return list(
        page.evaluate(
            """() => document.documentElement.scrollWidth <= window.innerWidth ? [] :
              [...document.querySelectorAll("main *")]
                .filter(e => e.getBoundingClientRect().right > window.innerWidth + 1)
                .slice(0, 5).map(e => e.outerHTML.slice(0, 120))"""
        )
    ) + list(page.evaluate(CUT_OFF))


def test_nothing_shuts_anybody_out_nor_scrolls_sideways_on_a_phone(
    app: App, visit: Open, made: dict[str, str]
) -> None:
    """In light, in dark and on a phone: each screen is looked at in all three before the next one."""
    page = visit(app, has_touch=True)

    def look(page: Page) -> list[str]:
        found = list[str]()
        schemes: dict[Literal["light", "dark"], bool] = {"light": False, "dark": True}
        for scheme, dark in schemes.items():
            page.emulate_media(color_scheme=scheme)
            page.wait_for_function(DARK, arg=dark)
            found += [f"{scheme}: {each}" for each in violations(page)]
        page.emulate_media(color_scheme="light")
        page.wait_for_function(DARK, arg=False)
        page.set_viewport_size(PHONE)
        page.wait_for_timeout(100)  # charts follow the width of the window a moment later
        found += [f"phone: {each}" for each in too_wide(page)]
        page.set_viewport_size(WINDOW)
        return found

    assert every_screen(page, app, made, look, "topics_en") == {}
    page.set_viewport_size(PHONE)
    page.get_by_role("tab", name="Train", exact=True).click()
    expect(page.locator("#steps.compact")).to_be_visible()
    steps = page.locator("#steps").first.get_by_role("tab")
    for n, name in enumerate(("Your data", "Model", "Techniques", "Training", "Result")):
        expect(steps.nth(n)).to_have_accessible_name(f"Step {n + 1} of 5: {name}")
        expect(steps.nth(n).locator(".step-number")).to_have_css("color", "rgba(0, 0, 0, 0)")
    expect(page.locator("#footer")).to_contain_text(f"TickTune {own_version()}, free software")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_stands_in_for_a_figure_can_be_read(app: App, visit: Open, scheme: str) -> None:
    page = visit(app, color_scheme=scheme)
    pick_sample(page)
    to_model(page)
    to_techniques(page)
    expect(page.locator("#cost .tt-tiles")).to_be_visible()
    waiting = plan.waiting("plan.measuring", "en")
    page.locator("#plan-line").evaluate(
        "(place, html) => place.insertAdjacentHTML('afterend', html)", waiting
    )
    expect(page.locator("#plan .tt-waiting dd").first).to_be_visible()
    assert page.evaluate(CONTRAST) == []


def test_no_english_is_left_over_in_chinese(app: App, visit: Open, made: dict[str, str]) -> None:
    page = visit(app, locale="zh-CN", viewport={"width": 1024, "height": 800})
    names = [entry.title for entry in TEXT_MODELS] + ["Hugging Face"]
    # Rows and labels are data, those of runs that other tests left behind as well.
    runs = RunStore(app.home / "runs").all()
    trained = [run.result() for run in runs]
    names += [run.recipe().name for run in runs if run.recipe().name]
    names += [label for result in trained if result for label in result.labels]

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
        found = re.findall(r"[A-Za-z]{2,}(?:[ ,.]+[A-Za-z]{2,}){2,}", "\n".join(lines))
        return [*found, *page.evaluate(CUT_OFF)]

    assert every_screen(page, app, made, english, "sentiment_zh") == {}
    expect(page.locator("#footer")).to_contain_text(f"TickTune {own_version()}，自由软件")
    assert page.evaluate("document.documentElement.lang") == "zh"


def test_hostile_names_and_labels_stay_text(app: App, visit: Open, made: dict[str, str]) -> None:
    page = visit(app, f"?run={made['many']}")
    alerts: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        alerts.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    expect(page.locator("#headline h2")).to_have_text(HOSTILE)
    expect(page.locator("#per-class")).to_contain_text(HOSTILE)
    expect(page.locator("#confusion .main-svg").first).to_be_visible()
    assert page.locator("img[src='x']").count() == 0
    assert alerts == []


@pytest.mark.parametrize(
    "run", ["20200101-000000-0000", "../../etc", "%00", "<script>alert(1)</script>", "x" * 4000]
)
def test_an_unknown_run_in_the_address_is_said_above_the_file(
    app: App, visit: Open, run: str
) -> None:
    page = visit(app, f"?run={run}")
    expect(page.locator("#data-problem")).to_contain_text("no such run")
    expect(page.locator("#data-file")).to_be_visible()


@pytest.mark.parametrize("theme", ["", "dark"])
def test_a_table_that_goes_on_beyond_its_edge_is_in_shadow_there(
    browser: Browser, theme: str
) -> None:
    """On a phone the column that decides may be the one that is out of sight."""
    style = (ASSETS / "style.css").read_text(encoding="utf-8")
    page = browser.new_page(viewport=PHONE)
    tables = (
        f"<table class=tt-table><tr>{cells}</tr></table>"
        for cells in ("<td>&nbsp;" * 40, "<td>&nbsp;")
    )
    boxes = "".join(f"<div class=tt-scroll>{table}</div>" for table in tables)
    page.set_content(f"<style>{style}</style><div class='gradio-container {theme}'>{boxes}</div>")

    def shadows(number: int) -> list[bool]:
        """At its left and its right."""
        picture = Image.open(io.BytesIO(page.locator(".tt-scroll").nth(number).screenshot()))
        seen, at = picture.convert("RGB"), picture.height // 2
        plain = "#131c31" if theme else "#ffffff"
        ends = (seen.getpixel((x, at)) for x in (2, picture.width - 3))
        return [end != ImageColor.getrgb(plain) for end in ends]

    assert shadows(0) == [False, True]
    page.locator(".tt-scroll").first.evaluate("each => each.scrollLeft = 9999")
    assert shadows(0) == [True, False]
    assert shadows(1) == [False, False]
    page.close()
