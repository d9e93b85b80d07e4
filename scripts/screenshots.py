"""Takes the README's pictures anew: starts the page, trains the English sample, and looks at it.

    python scripts/screenshots.py            docs/images/train.png and result.png
    python scripts/screenshots.py --all DIR  every screen, in light, dark, Chinese and on a phone

The browser is the one that CHROMIUM names, or the system's own.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, FloatRect, Page, expect, sync_playwright  # noqa: E402

from tests.browser.conftest import App, chromium  # noqa: E402
from tests.browser.steps import (  # noqa: E402
    pick_sample,
    run_id,
    start,
    to_model,
    to_techniques,
)

IMAGES = ROOT / "docs" / "images"
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "chinese": {"locale": "zh-CN"},
    "phone": {"viewport": PHONE},
}
TRAINED = 600_000  # milliseconds that the training may take
HALF_WAY = """() => {
  const drawn = document.querySelector("#live-plot .tt-plot")?.data ?? [];
  return drawn.some((trace) => trace.yaxis === "y2" && trace.y.length >= 3);
}"""


@contextmanager
def looking(browser: Browser, app: App, query: str = "", **options: Any) -> Iterator[Page]:
    """A fresh page of the program."""
    defaults = {"locale": "en-US", "viewport": DESKTOP, "reduced_motion": "reduce"}
    context = browser.new_context(**{**defaults, **options})
    page = context.new_page()
    page.goto(app.url + query)
    page.locator("#header h1").wait_for()
    yield page
    context.close()


def take(page: Page, path: Path) -> None:
    """The whole page as a PNG, with nothing under the pointer."""
    path.parent.mkdir(parents=True, exist_ok=True)
    page.mouse.move(0, 0)
    page.screenshot(path=path, full_page=True, animations="disabled")
    print(path, f"{path.stat().st_size // 1024} KB")


def train(browser: Browser, app: App, folder: Path) -> str:
    """Train the English sample; takes a picture half way. Returns the run's id."""
    with looking(browser, app) as page:
        pick_sample(page)
        to_model(page)
        to_techniques(page)
        start(page, "6")
        page.wait_for_function(HALF_WAY, timeout=TRAINED)
        take(page, folder / "train.png")
        run = run_id(page)
        expect(page.locator("#see-result")).to_be_visible(timeout=TRAINED)
    return run


def result(browser: Browser, app: App, folder: Path, run: str) -> None:
    """The top of the result, down to what the model says to a sentence and why."""
    with looking(browser, app, f"?run={run}") as page:
        page.locator("#try-text textarea").fill("It works, and it looks lovely!")
        page.locator("#try-ask").click()
        why = page.locator("#try-why .tt-pushed")
        expect(why).to_be_visible(timeout=TRAINED)
        expect(page.locator("#confusion .main-svg").first).to_be_visible()
        page.evaluate("scrollTo(0, 0)")
        page.mouse.move(0, 0)
        box = why.bounding_box()
        assert box is not None
        height = box["y"] + box["height"] + 24
        clip: FloatRect = {"x": 0, "y": 0, "width": DESKTOP["width"], "height": height}
        page.screenshot(
            path=folder / "result.png", full_page=True, clip=clip, animations="disabled"
        )


def every_screen(browser: Browser, app: App, folder: Path, run: str) -> None:
    """All steps in every look, to be looked at before a release."""
    for theme, options in LOOKS.items():
        with looking(browser, app, **options) as page:
            take(page, folder / f"{theme}-1-empty.png")
            pick_sample(page)
            take(page, folder / f"{theme}-1-data.png")
            to_model(page)
            take(page, folder / f"{theme}-2-model.png")
            to_techniques(page)
            page.locator("#advanced > button").click()
            take(page, folder / f"{theme}-3-techniques.png")
            page.goto(f"{app.url}?run={run}")
            expect(page.locator("#confusion .main-svg").first).to_be_visible()
            take(page, folder / f"{theme}-5-result.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", type=Path, metavar="DIR", help="every screen, into DIR")
    folder = parser.parse_args().all
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        app = App(Path(temporary))
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        app.start()
        try:
            run = train(browser, app, folder or IMAGES)
            result(browser, app, folder or IMAGES, run)
            if folder:
                every_screen(browser, app, folder, run)
        finally:
            app.kill()
            browser.close()


if __name__ == "__main__":
    main()
