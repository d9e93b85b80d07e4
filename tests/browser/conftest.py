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
from playwright.sync_api import Browser, Page, expect

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 90
PATIENCE = 20_000  # milliseconds: beside the imports of a program that just started

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

    def start(self) -> None:
        environment = {
            **os.environ,
            "TICKTUNE_HOME": str(self.home),
            "TICKTUNE_CACHE": str(self.home / "cache"),
            "HF_HUB_OFFLINE": "1",
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "app.py", "--port", str(self.port)],
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


Open = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Open]:
    """`visit(app, query="", **context)`: a fresh browser profile looking at the page.

    Fails at the end when the page asked any other machine for something, or threw an error.
    """
    contexts, outside, errors = [], [], []

    def go(app: App, query: str = "", **options: Any) -> Page:
        defaults = {"locale": "en-US", "viewport": {"width": 1280, "height": 800}}
        context = browser.new_context(**{**defaults, "reduced_motion": "reduce", **options})
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.on("request", lambda r: outside.append(r.url) if _is_outside(r.url, app) else None)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(app.url + query)
        page.locator("#header h1").wait_for()
        page.locator("#tab-train").wait_for(state="attached")  # drawn after the header
        return page

    yield go
    for context in contexts:
        context.close()
    assert outside == []
    assert errors == []


def _is_outside(url: str, app: App) -> bool:
    return not url.startswith((app.url, "data:", "blob:"))
