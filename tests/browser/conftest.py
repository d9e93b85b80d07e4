"""The real program in a process of its own, and a browser that looks at it."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Request, ViewportSize, expect

from core.runs.store import RunStore
from tests.ui.fake import make_run

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 90
PATIENCE = 60_000  # milliseconds: beside the imports of a program that just started, on slow cores

expect.set_options(timeout=PATIENCE)


def chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    executable = chromium()  # None: the one that Playwright keeps for itself
    quiet = ("background-networking", "component-update", "sync", "quic", "gpu")
    return {
        "executable_path": executable,
        "args": ["--no-sandbox", "--no-first-run", *(f"--disable-{what}" for what in quiet)],
    }


def free_port() -> int:
    """Below those that the system gives to outgoing connections: one of them might take it before the program
    does."""
    while True:
        # Not `random`, which may be seeded alike in every process.
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class App:
    """`python app.py` with its own runs; its output goes to a file."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.log = folder / "log.txt"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> None:
        environment = {
            **os.environ,
            "TICKTUNE_HOME": str(self.home),
            "TICKTUNE_CACHE": str(self.home / "cache"),
            "HF_HUB_OFFLINE": "1",
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "app.py", "--port", str(self.port), *options],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            with contextlib.suppress(OSError), urllib.request.urlopen(self.url, timeout=5):
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=0.2)  # it ends only when something is wrong
                break
        raise AssertionError(self.log.read_text())

    def kill(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=30)


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """One program for all tests that leave it as it is."""
    running = App(tmp_path_factory.mktemp("app"))
    running.start()
    yield running
    running.kill()
    assert "Traceback" not in running.log.read_text(), running.log.read_text()


@pytest.fixture
def tiny_run(app: App, tiny_model: Path) -> str:
    """The card of an earlier run with a tiny model: for tests of the page that ask nothing of what is
    learned. It is the newest run, for only the newest have a card."""
    run = make_run(RunStore(app.home / "runs"), labels=("one", "other"), name="tiny")
    shutil.rmtree(run.model)
    shutil.copytree(tiny_model, run.model)
    return f"run:{run.id}"


Open = Callable[..., Page]
WINDOW = ViewportSize(width=1280, height=800)


@pytest.fixture(scope="session")
def used(browser: Browser) -> list[Page]:
    """A page that a test is done with, or none: the next one begins with it, since a browser that has the
    program's scripts compiled needs half as long to load it."""
    return []


@pytest.fixture
def visit(app: App, browser: Browser, used: list[Page]) -> Iterator[Open]:
    """`visit(app, query="", fresh=False, **context)`: a browser without any past looks at the page.

    The first page of a test may be the one of an earlier test, emptied; `fresh` and options of a context are
    for what cannot be undone. Fails at the end when the page asked any other machine for something, or threw
    an error.
    """
    contexts: list[BrowserContext] = []
    outside, errors = list[str](), list[str]()

    def watch(context: BrowserContext, asked: App) -> Callable[[Request], None]:
        def look(request: Request) -> None:
            if _is_outside(request.url, asked):
                outside.append(request.url)

        context.on("request", look)
        return look

    def fail(error: Error) -> None:
        errors.append(str(error))

    def go(asked: App, query: str = "", fresh: bool = False, **options: Any) -> Page:
        page = (
            used.pop() if used and not (fresh or contexts or options or asked is not app) else None
        )
        if page is None:
            defaults = {"locale": "en-US", "viewport": WINDOW, "reduced_motion": "reduce"}
            context = browser.new_context(**{**defaults, **options})
            context.set_default_timeout(PATIENCE)
            page = context.new_page()
            lasting.append(not (fresh or options or asked is not app))
        else:
            lasting.append(True)
        contexts.append(page.context)
        watching.append(watch(page.context, asked))
        page.on("pageerror", fail)
        page.goto(asked.url + query)
        page.locator("#header h1").wait_for()
        page.locator("#tab-train").wait_for(state="attached")  # drawn after the header
        return page

    lasting, watching = list[bool](), list[Callable[[Request], None]]()
    yield go
    for context, lasts, look in zip(contexts, lasting, watching, strict=True):
        context.remove_listener("request", look)
        if lasts and not used and len(context.pages) == 1:
            used.append(_emptied(context.pages[0], app, fail))
        else:
            context.close()
    assert outside == []
    assert errors == []


def _emptied(page: Page, app: App, fail: Callable[[Error], None]) -> Page:
    """A page without a past, at an address of the program where no script runs."""
    page.remove_listener("pageerror", fail)
    page.unroute_all(behavior="ignoreErrors")
    page.goto(f"{app.url}theme.css")
    page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
    page.context.clear_cookies()
    page.set_viewport_size(WINDOW)
    return page


def _is_outside(url: str, app: App) -> bool:
    return not url.startswith((app.url, "data:", "blob:"))
