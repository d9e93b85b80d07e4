"""What open pages are told of a run at work."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.jobs.job import Job
from core.jobs.queue import Jobs, RunJob
from core.runs import events
from core.runs.run import Run
from core.runs.store import RunStore
from tests.ui.fake import make_run
from ui import page
from ui.server import live
from ui.server.live import Live, Look
from ui.steps.train import step as train

HOST = "127.0.0.1"


class Drawings:
    """The step's own drawing, and how often it was done."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, look: Look, lang: str) -> Mapping[str, str]:
        self.number += 1
        return train.draw(look, lang)


class Server:
    """A page with a run at work, whose process is this one."""

    def __init__(self, folder: Path) -> None:
        self.store = RunStore(folder / "runs")
        self.page = page.build(self.store)
        self.drawings = Drawings()
        self.page.live = Live(self.page.live.jobs, self.drawings)
        self.page.launch(server_name=HOST, prevent_thread_lock=True, **page.launch_options())
        self.url = f"{self.page.local_url}ticktune/live"
        self.at_work = make_run(self.store, upto=0.5, end="")
        self.lock = self.at_work.lock()
        self.lock.acquire()

    def ask(
        self, have: str = "", page: str = "a", lang: str = "en", run: str = ""
    ) -> dict[str, Any]:
        asked = {"run": run or self.at_work.id, "have": have, "page": page}
        answer = httpx.get(self.url, params=asked, headers={"Accept-Language": lang}, timeout=30)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def step(self) -> None:
        """The run takes a step, and what was looked at before holds no longer."""
        step = self.at_work.progress().step + 1
        self.at_work.append(events.Step(step=step, epoch=1.5, loss=0.3, learning_rate=1e-4))
        self.look_again()

    def look_again(self) -> None:
        for shared in self.page.live._shared.values():
            shared.at = 0.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path)
    yield running
    running.lock.release()
    running.page.close()


def test_a_page_is_told_what_is_new_and_nothing_else(server: Server) -> None:
    first = server.ask()
    assert set(first["parts"]) == {
        "run-status", "verdict", "run-alert", "live-plot", "run-stages", "run-notes"
    }  # fmt: skip
    assert first["state"] == "running 0 0"
    again = server.ask(first["have"])
    assert (again["have"], again["parts"]) == (first["have"], {})
    server.step()
    new = server.ask(first["have"])
    assert new["have"] != first["have"]
    assert set(new["parts"]) == {"run-status", "live-plot"}
    assert new["parts"]["live-plot"] != first["parts"]["live-plot"]


def test_pages_share_what_is_drawn(server: Server) -> None:
    first, second = server.ask(page="a"), server.ask(page="b")
    assert first == second
    assert server.drawings.number == 1
    server.look_again()
    assert server.ask(first["have"])["parts"] == {}
    assert server.drawings.number == 1  # looked at anew, with nothing new to draw
    assert server.ask(lang="zh")["parts"]["verdict"] != first["parts"]["verdict"]
    assert server.drawings.number == 2


def test_a_page_that_was_away_catches_up(server: Server) -> None:
    first = server.ask()
    for _step in range(live.MAX_SHOTS + 1):
        server.step()
        last = server.ask(page="b")
    for have in (first["have"], "of-an-earlier-server", "", "x" * 5000):
        assert server.ask(have) == {**last, "parts": server.ask()["parts"]}


def test_many_pages_ask_seldom(server: Server) -> None:
    assert server.ask()["again"] == live.WAIT["running"]
    for number in range(400):
        server.page.live._pages[f"page {number}"] = float("inf")
    server.page.live._counted = 0.0
    assert server.ask()["again"] == live.SLOWEST


def test_a_stop_of_another_page_changes_the_state(server: Server) -> None:
    first = server.ask()
    server.page.live.jobs.stop(server.at_work.id)
    server.look_again()
    stopping = server.ask(first["have"])
    assert stopping["state"] == "running 1 0"
    assert "verdict" in stopping["parts"]


def test_a_run_whose_process_is_gone_is_interrupted(server: Server) -> None:
    first = server.ask()
    server.lock.release()
    server.look_again()
    gone = server.ask(first["have"])
    assert gone["state"] == "interrupted 0 0"
    assert gone["again"] == live.OVER
    assert "run-alert" in gone["parts"]


def test_no_run_no_answer(server: Server) -> None:
    run = make_run(server.store, end="", upto=0.1)
    server.ask(run=run.id)
    server.store.delete(run.id)
    server.look_again()
    for wrong in (run.id, "", "../../etc", "20200101-000000-0000", "x" * 5000):
        assert httpx.get(server.url, params={"run": wrong}).status_code == 404


def test_an_answer_is_read_by_whoever_cannot_decompress(server: Server) -> None:
    plain = httpx.get(
        server.url, params={"run": server.at_work.id}, headers={"Accept-Encoding": "identity"}
    )
    assert "content-encoding" not in plain.headers
    packed = httpx.get(server.url, params={"run": server.at_work.id})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.json() == plain.json()


def test_a_finished_run_is_not_watched(store: RunStore) -> None:
    watched: dict[str, str] = {}
    for end in ("finished", "stopped", "failed"):
        shot = Live(Jobs(store), train.draw).shot(make_run(store, end=end), "en")
        watched |= {end: json.loads(shot.watching())["run"]}
    assert watched == {"finished": "", "stopped": "", "failed": ""}
    run: Run = make_run(store, end="", upto=0.5)
    with run.lock():
        shot = Live(Jobs(store), train.draw).shot(run, "en")
    assert json.loads(shot.watching()) == {
        "run": run.id, "state": "running 0 0", "have": shot.token
    }  # fmt: skip


def test_what_a_queued_run_waits_for_moves_on(server: Server) -> None:
    jobs, queued = server.page.live.jobs, make_run(server.store, upto=0, end="")
    ended, done = threading.Event(), threading.Event()
    with queued.lock() as lock:
        queued.append(events.RunQueued())
        training = RunJob(server.at_work, server.lock, work=lambda: ended.wait(60))
        measuring = Job(work=lambda: done.wait(60))
        waiting = RunJob(queued, lock, work=lambda: None)
        jobs.machine.put(training, measuring, waiting)
        first = server.ask(run=queued.id)
        assert first["state"] == "queued 0 0"
        assert first["again"] == live.WAIT["queued"]
        ended.set()
        assert training.rests.wait(60)
        server.look_again()
        assert set(server.ask(first["have"], run=queued.id)["parts"]) == {"run-status"}
        done.set()
        assert waiting.rests.wait(60)


class Forgetful(dict[Any, bytes]):
    """Answers that are thrown away as soon as they are there, as by a run that goes on at that moment."""

    def __setitem__(self, key: Any, value: bytes) -> None:
        pass


def test_a_run_that_goes_on_while_a_page_is_answered_costs_no_answer(store: RunStore) -> None:
    watched = page.build(store).live
    run = make_run(store, upto=0.5, end="")
    shot = watched.shot(run, "en")
    shared = watched._of(run.id, "en")
    shared.answers = Forgetful()
    assert shot.token.encode() in gzip.decompress(live._answer(shared, "", 1.0))


def test_a_page_asks_again_where_its_run_was_forgotten_meanwhile(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.page.live, "shot", lambda run, lang: None)
    asked = {"run": server.at_work.id, "page": "a"}
    assert httpx.get(server.url, params=asked, timeout=30).status_code == 503
