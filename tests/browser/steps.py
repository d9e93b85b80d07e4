"""What a person does on the page."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

SLOW = 90_000  # milliseconds: what waits for a training on a machine with two cores


def pick_sample(page: Page, key: str = "sentiment_en") -> None:
    page.locator(f'.tt-sample[data-key="{key}"]').click()
    expect(page.locator("#overview .tt-tiles")).to_be_visible()
    expect(page.locator("#next-1")).to_be_enabled()  # the last that a new table changes


def to_model(page: Page) -> None:
    page.locator("#next-1").click()
    expect(page.locator("#model-cards")).to_be_visible()


def pick_model(page: Page, key: str) -> None:
    page.locator(f'#model-cards input[value="{key}"]').check()


def to_techniques(page: Page) -> None:
    page.locator("#next-2").click()
    expect(page.locator("#plan")).to_be_visible()


def start(page: Page, epochs: str, **settings: str) -> None:
    """Fill the advanced settings and press Start."""
    page.locator("#advanced > button").click()
    for name, value in {"epochs": epochs, **settings}.items():
        page.locator(f"#train-{name}").locator("input, textarea").first.fill(value)
    page.locator("#next-3").click()
    expect(page.locator("#run-status .tt-tiles")).to_be_visible()


def sample_to_start(
    page: Page, epochs: str, key: str = "sentiment_en", model: str = "minilm", **settings: str
) -> None:
    pick_sample(page, key)
    to_model(page)
    pick_model(page, model)
    to_techniques(page)
    start(page, epochs, **settings)


def curves(page: Page) -> dict[str, list[Any]]:
    """The points of the live chart by the names of its traces, as plotly has them."""
    found: dict[str, list[Any]] = page.locator("#live-plot .tt-plot").evaluate(
        "plot => Object.fromEntries((plot.data ?? []).map(t => [t.name, Array.from(t.y)]))"
    )
    return found


def wait_for_score(page: Page) -> None:
    """Until the first evaluation is drawn."""
    page.wait_for_function(
        """() => (document.querySelector("#live-plot .tt-plot")?.data ?? [])
             .some(t => t.yaxis === "y2" && t.y.length)""",
        timeout=SLOW,
    )


def run_id(page: Page) -> str:
    page.wait_for_function("() => new URL(location.href).searchParams.get('run')")
    return str(page.evaluate("new URL(location.href).searchParams.get('run')"))
