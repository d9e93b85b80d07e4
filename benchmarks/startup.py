"""How long until the page is there, until the first point of the curve, and for an answer while it trains?

    python -m benchmarks.startup [--starts N] [--requests N]

Start-up is timed from `python app.py` to the first answer. The first point is timed from Start, which makes
the run, to its first Step event: without anything imported yet (worse than on the page, which imports in
the background), and again in the same process. Answers are timed while nothing happens and while a
run trains in the same process: the page itself, and what an open page asks about the run. benchmarks.pages
asks for many pages at once.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks.common import ask, machine, say, start

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = "sentiment_en"
WAIT_SECONDS = 300
BETWEEN_SECONDS = 0.1  # two requests


def work(what: str, **options: Any) -> dict[str, Any]:
    """In a child: the seconds to the first points, or the page with a training beside it."""
    works: dict[str, Callable[..., dict[str, Any]]] = {"points": first_points, "serve": serve}
    return works[what](**options)


def first_points() -> dict[str, Any]:
    """Seconds from Start to the first Step event of two runs in this process, which are then stopped."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.time()
        first = _seconds_to_step(Path(folder), started)
        return {"first": first, "second": _seconds_to_step(Path(folder), time.time())}


def _seconds_to_step(folder: Path, started: float) -> float:
    from core.jobs.queue import Jobs
    from core.runs.store import RunStore

    jobs = Jobs(RunStore(folder))
    run = jobs.start(*_sample())
    step = _first_step(run)
    jobs.stop(run.id)
    _wait_until(lambda: run.status() not in ("running", "queued"))
    return step - started


def _sample(**settings: Any) -> tuple[Any, Any]:
    """A bundled table, and a recipe for it with the page's defaults."""
    from core import techniques
    from core.data import samples
    from core.data.profile.profile import profile
    from core.recipe import DataSpec, ModelSpec, Recipe, TaskSpec, TrainSpec

    table = samples.load(SAMPLE)
    recipe = Recipe(
        data=DataSpec(table.name, table.fingerprint, ("text",)),
        task=TaskSpec("label"),
        model=ModelSpec("minilm"),
        train=TrainSpec(**settings),
        techniques={} if settings else techniques.suggested(profile(table)),
    )
    return table, recipe


def _first_step(run: Any) -> float:
    """When the first point of the curve was written, seconds since the epoch."""
    from core.runs import events

    def steps() -> list[events.Event]:
        return [event for event in events.read(run.events)[0] if isinstance(event, events.Step)]

    _wait_until(lambda: steps() or run.progress().done)
    if not steps():
        raise RuntimeError(str(run.progress().verdict()))
    return steps()[0].time


def _wait_until(true: Callable[[], object]) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while not true():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.05)


def serve(port: int) -> dict[str, Any]:
    """The page on `port`. A line on stdin starts a training in this process, each further one is answered
    with the steps that it has done (and what answers took of a core), and the end of stdin ends it."""
    from core.runs.store import RunStore
    from ui.page import build, launch_options

    with tempfile.TemporaryDirectory() as folder:
        page = build(RunStore(Path(folder)))
        page.launch(
            server_name="127.0.0.1", server_port=port, prevent_thread_lock=True, **launch_options()
        )
        print("ready", flush=True)
        sys.stdin.readline()
        jobs = page.live.jobs
        run = jobs.start(*_sample(epochs=200.0))
        _first_step(run)
        print(run.id, flush=True)
        for _line in sys.stdin:
            print(run.progress().step, _seconds_of_answers(), flush=True)
        assert not run.progress().done, "the training ended before the last request"
        jobs.stop(run.id)
        _wait_until(lambda: run.status() not in ("running", "queued"))
    return {}


def _seconds_of_answers() -> float:
    """Processor seconds of the threads of this process that answer pages."""
    own = {
        thread.native_id
        for thread in threading.enumerate()
        if thread.name.startswith("AnyIO") or "(run)" in thread.name
    }
    return sum(
        thread.user_time + thread.system_time
        for thread in psutil.Process().threads()
        if thread.id in own
    )


def seconds_to_page() -> float:
    """From starting the program to its first answer."""
    port = _free_port()
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "app.py", "--port", str(port)],
            cwd=ROOT,
            env={**os.environ, "TICKTUNE_HOME": folder},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_until(lambda: _answers(port) or process.poll() is not None)
            took = time.monotonic() - started
            if process.poll() is not None:
                raise SystemExit("app.py ended by itself: start it by hand to see why")
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
    return took


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), _open(f"http://127.0.0.1:{port}/") as answer:
        return answer.status == 200
    return False


def _open(url: str) -> Any:
    return urllib.request.urlopen(url, timeout=60)


@dataclass(frozen=True)
class Server:
    """The page in a process of its own."""

    url: str
    process: subprocess.Popen[str]

    def train(self) -> str:
        """Start a training; its run's id, once it has a curve."""
        return self.ask()

    def done(self) -> tuple[int, float]:
        """Optimizer steps of the training, and processor seconds for answers to pages."""
        steps, seconds = self.ask().split()
        return int(steps), float(seconds)

    def ask(self) -> str:
        assert self.process.stdin
        assert self.process.stdout
        print("", file=self.process.stdin, flush=True)
        return self.process.stdout.readline().strip()


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    port = _free_port()
    command = ["-m", "benchmarks.startup", "--child", json.dumps({"what": "serve", "port": port})]
    process = subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    try:
        assert process.stdout.readline() == "ready\n"
        yield Server(f"http://127.0.0.1:{port}", process)
    finally:
        process.stdin.close()
        process.wait()
    assert process.returncode == 0, "the training ended before the last request"


def milliseconds(request: Callable[[], None], times: int) -> list[float]:
    took = []
    for _ in range(times):
        begun = time.monotonic()
        request()
        took.append(1000 * (time.monotonic() - begun))
        time.sleep(BETWEEN_SECONDS)
    return took


def _get(url: str) -> None:
    with _open(url) as answer:
        answer.read()


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.startup", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("--requests", type=int, default=60)
    options = parser.parse_args(arguments)
    print(f"{machine()}\n", flush=True)
    pages = []
    for _ in range(options.starts):
        pages.append(seconds_to_page())
        say(f"page after {pages[-1]:.1f} s")
    points = [ask("benchmarks.startup", {"what": "points"}) for _ in range(options.starts)]
    medians = {
        "first_page": statistics.median(pages),
        "first_point": statistics.median(point["first"] for point in points),
        "second_run_point": statistics.median(point["second"] for point in points),
    }
    print(f"| seconds, median of {options.starts} | |\n|---|---|")
    for name, seconds in medians.items():
        print(f"| {name.replace('_', ' ')} | {seconds:.1f} |")
    summary = {name: round(seconds, 2) for name, seconds in medians.items()}
    print("\n| milliseconds to an answer | p50 | p95 | max |\n|---|---|---|---|")
    for name, took in latencies(options.requests).items():
        p50, p95, most = (*np.quantile(took, (0.5, 0.95)), max(took))
        print(f"| {name} | {p50:.0f} | {p95:.0f} | {most:.0f} |")
        summary[f"{name.replace(', ', '_').replace(' ', '_')}_p95_ms"] = round(p95)
    print(f"\n{json.dumps(summary)}", flush=True)


def latencies(times: int) -> dict[str, list[float]]:
    figures = {}
    with serving() as server:
        _get(server.url)  # the first of all is slower
        figures["page, idle"] = milliseconds(lambda: _get(f"{server.url}/"), times)
        news = f"{server.url}/ticktune/live?run={server.train()}"
        figures["page, training"] = milliseconds(lambda: _get(f"{server.url}/"), times)
        # A new browser each time: it is sent everything.
        figures["news, training"] = milliseconds(lambda: _get(news), times)
    return figures


if __name__ == "__main__":
    start(main, work)
