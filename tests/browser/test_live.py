"""How an open page follows a run at work. The run is written by the test: nothing trains."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from filelock import FileLock
from playwright.sync_api import Page, Route, expect

from core.runs import events
from core.runs.run import Run
from core.runs.store import RunStore
from core.workflow.comparisons import ComparisonStore, Member
from tests.browser.conftest import App, Open
from tests.browser.steps import curves
from tests.ui.fake import make_run

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


class Asked:
    """What a page asks about its run, and the answers that it has."""

    def __init__(self, page: Page) -> None:
        self.page, self.begun, self.answered = page, 0, 0
        page.on("request", self._begin)
        page.on("requestfinished", self._end)

    def _begin(self, request: object) -> None:
        self.begun += "/ticktune/live" in request.url  # type: ignore[attr-defined]

    def _end(self, request: object) -> None:
        self.answered += "/ticktune/live" in request.url  # type: ignore[attr-defined]

    def within(self, seconds: int) -> int:
        """Questions while so much time passes on the page's own clock."""
        before = self.begun
        for _second in range(seconds):
            self.page.clock.run_for(1000)
            self.page.evaluate("() => 0")  # by then the browser has told what was begun
            while self.answered < self.begun:
                self.page.wait_for_timeout(10)
        return self.begun - before


@pytest.fixture
def at_work(app: App) -> Iterator[tuple[Run, FileLock]]:
    run = make_run(RunStore(app.home / "runs"), upto=0.5, end="")
    lock = run.lock()
    lock.acquire()
    yield run, lock
    lock.release()


def step(run: Run) -> None:
    number = run.progress().step + 1
    run.append(events.Step(step=number, epoch=1.5, loss=0.3, learning_rate=1e-4))


def points(page: Page) -> int:
    return len(curves(page)["training loss"])


def wait_for_points(page: Page, number: int) -> None:
    page.wait_for_function(
        """number => (document.querySelector("#live-plot .tt-plot")?.data ?? [])
             .some(t => t.name === "training loss" && t.y.length >= number)""",
        arg=number,
    )


def test_every_page_of_a_run_sees_the_same(
    app: App, visit: Open, at_work: tuple[Run, FileLock]
) -> None:
    run, lock = at_work
    first, second = visit(app, f"?run={run.id}"), visit(app, f"?run={run.id}")
    for page in (first, second):
        expect(page.locator("#run-stop")).to_be_visible()
        wait_for_points(page, 1)
    number = points(first)
    step(run)
    for page in (first, second):
        wait_for_points(page, number + 1)
    first.reload()
    wait_for_points(first, number + 1)
    # Stopped on one page, it stops on the other.
    first.locator("#run-stop").click()
    for page in (first, second):
        expect(page.locator("#verdict")).to_contain_text("Stopping")
        expect(page.locator("#run-stop")).to_be_disabled()
    run.append(events.RunStopped(step=40, seconds=9.0))
    lock.release()
    for page in (first, second):
        expect(page.locator("#run-status")).to_contain_text("stopped")
        expect(page.locator("#run-stop")).to_be_hidden()
        expect(page.locator("#run-resume")).to_be_visible()


def test_a_hidden_page_asks_nothing_and_catches_up(
    app: App, visit: Open, at_work: tuple[Run, FileLock]
) -> None:
    run, _lock = at_work
    page = visit(app, f"?run={run.id}")
    wait_for_points(page, 1)
    number = points(page)
    page.evaluate(HIDE, True)
    page.evaluate("() => fetch('ticktune/live').then(answer => answer.text())")
    asked = Asked(page)
    other = visit(app, f"?run={run.id}")
    for _step in range(3):
        step(run)
        number += 1
        wait_for_points(other, number)
    assert asked.begun == 0
    page.evaluate(HIDE, False)
    wait_for_points(page, number)


def test_a_page_asks_seldom_where_nothing_happens_and_not_at_all_in_the_end(
    app: App, visit: Open, at_work: tuple[Run, FileLock]
) -> None:
    run, lock = at_work
    page = visit(app, fresh=True)
    page.clock.install()
    page.goto(f"{app.url}?run={run.id}")
    wait_for_points(page, 1)
    asked = Asked(page)
    assert 1 <= asked.within(30) <= 15
    run.append(events.RunFailed(message=run.progress().verdict()))
    lock.release()
    asked.within(10)
    expect(page.locator("#run-resume")).to_be_visible()
    assert asked.within(60) == 0


def test_an_answer_about_another_run_does_not_keep_the_page_waiting(
    app: App, visit: Open, at_work: tuple[Run, FileLock]
) -> None:
    run, _lock = at_work
    other = make_run(RunStore(app.home / "runs"), upto=0.6, end="", name="the other")
    page = visit(app, fresh=True)
    page.clock.install()
    page.goto(f"{app.url}?run={run.id}")
    wait_for_points(page, 1)
    held: list[Route] = []
    page.route(re.compile(rf"ticktune/live.*run={run.id}"), lambda route: held.append(route))
    with other.lock():
        page.clock.run_for(30_000)
        page.locator("#tab-runs-button").click()
        page.locator(f'#runs-table [data-do=open][data-id="{other.id}"]').click()
        expect(page.locator("#run-status h2")).to_have_text("the other")
        assert len(held) == 1
        held[0].fulfill(json={"have": "", "state": "", "parts": {}, "again": 10.0})
        page.wait_for_timeout(100)
        with page.expect_request(re.compile(rf"ticktune/live.*run={other.id}")):
            page.clock.run_for(2_000)


def test_a_run_that_is_deleted_elsewhere_is_said_to_be_gone(
    app: App, visit: Open, at_work: tuple[Run, FileLock]
) -> None:
    run, lock = at_work
    page = visit(app, f"?run={run.id}")
    expect(page.locator("#run-stop")).to_be_visible()
    lock.release()
    RunStore(app.home / "runs").delete(run.id)
    expect(page.locator("#run-alert")).to_contain_text("There is no such run")
    expect(page.locator("#run-stop")).to_be_hidden()


def test_what_is_redrawn_elsewhere_rests_while_the_page_is_hidden(
    app: App, visit: Open, at_work: tuple[Run, FileLock]
) -> None:
    run, lock = at_work
    ComparisonStore(RunStore(app.home / "runs")).create("compared", [Member((), run.id)])
    page = visit(app)
    page.get_by_role("tab", name="Compare").click()
    body = page.locator("#compare-body")
    expect(body.locator(".tt-progress")).to_be_visible()
    with page.expect_request("**/queue/join*"):
        pass  # it looks again by itself
    page.evaluate(HIDE, True)
    other = visit(app)
    other.get_by_role("tab", name="Compare").click()
    # By now what the first page asked before it was hidden is answered.
    expect(other.locator("#compare-body .tt-progress")).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    run.append(events.RunFailed(message=run.progress().verdict()))
    lock.release()
    expect(other.locator("#compare-body")).to_contain_text("failed")
    assert asked == []
    with page.expect_request("**/queue/join*"):
        page.evaluate(HIDE, False)
    expect(body).to_contain_text("failed")
    expect(body.locator(".tt-progress")).to_have_count(0)
