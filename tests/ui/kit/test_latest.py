"""The latest request wins: a page that shows one run does not use another."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from types import SimpleNamespace
from typing import Any

import gradio as gr
from gradio.state_holder import SessionState

from tests.conftest import in_a_loop
from ui.kit.latest import InOrder, Turn, following, latest


class Toy:
    """A page with a run that is shown, and what is said of it. Each answer waits until it may come."""

    def __init__(self) -> None:
        self.begun: dict[str, threading.Event] = {}
        self.may_come: dict[str, threading.Event] = {}
        with InOrder() as self.page:
            run, part, more = (gr.Textbox() for _ in range(3))
            self.page.subjects = (run,)
            button = gr.Button()
            button.click(self.open, more, [run, part])
            button.click(self.tell, [run, more], part)
            button.click(self.tell_twice, [run, more], part)
        self.state = SessionState(self.page)
        self.request: Any = SimpleNamespace(session_hash="one")

    def _wait(self, name: str) -> None:
        self.begun[name].set()
        assert self.may_come[name].wait(60)

    def open(self, name: str) -> tuple[Any, str]:
        self._wait(name)
        return (gr.skip() if name == "none" else name), f"course of {name}"

    def tell(self, run: str, name: str) -> str:
        self._wait(name)
        return f"part of {run}"

    def tell_twice(self, run: str, name: str) -> Iterator[str]:
        yield f"first of {run}"
        self._wait(name)
        yield f"second of {run}"

    async def ask(self, fn: int, *values: str) -> list[Any]:
        """The answers to an event, whole."""
        blocks, iterator, again, answers = self.page, None, True, []
        while again:
            answer = await blocks.process_api(
                list(blocks.fns.values())[fn],
                list(values),
                state=self.state,
                request=self.request,
                iterator=iterator,
            )
            iterator, again = answer["iterator"], answer["is_generating"]
            answers += [each for each in answer["data"] if each is not None]
        return answers

    async def begin(self, fn: int, *values: str) -> asyncio.Task[list[Any]]:
        name = values[-1]
        self.begun[name], self.may_come[name] = threading.Event(), threading.Event()
        task = asyncio.create_task(self.ask(fn, *values))
        assert await asyncio.to_thread(self.begun[name].wait, 60)
        return task

    async def end(self, name: str, task: asyncio.Task[list[Any]]) -> list[Any]:
        self.may_come[name].set()
        return await task


OPEN, TELL, TWICE = range(3)
NOTHING = {"__type__": "update"}


def played(story: Coroutine[Any, Any, None]) -> None:
    in_a_loop(story)


def test_the_run_that_was_opened_last_is_shown_whichever_is_ready_first() -> None:
    async def story() -> None:
        toy = Toy()
        first, second = await toy.begin(OPEN, "A"), await toy.begin(OPEN, "B")
        assert await toy.end("B", second) == ["B", "course of B"]
        assert await toy.end("A", first) == [NOTHING, NOTHING]
        third, fourth = await toy.begin(OPEN, "C"), await toy.begin(OPEN, "D")
        assert await toy.end("C", third) == ["C", "course of C"]
        assert await toy.end("D", fourth) == ["D", "course of D"]

    played(story())


def test_a_click_that_opens_nothing_keeps_no_other_from_it() -> None:
    async def story() -> None:
        toy = Toy()
        first, none = await toy.begin(OPEN, "A"), await toy.begin(OPEN, "none")
        assert await toy.end("none", none) == [NOTHING, "course of none"]
        assert await toy.end("A", first) == ["A", "course of A"]

    played(story())


def test_what_is_said_of_another_run_than_the_one_that_is_shown_is_dropped() -> None:
    async def story() -> None:
        toy = Toy()
        before = await toy.begin(TELL, "A", "before any was opened")
        assert await toy.end("before any was opened", before) == ["part of A"]
        opened = await toy.begin(OPEN, "A")
        await toy.end("A", opened)
        in_time, late = await toy.begin(TELL, "A", "in time"), await toy.begin(TELL, "A", "late")
        twice = await toy.begin(TWICE, "A", "twice")
        assert await toy.end("in time", in_time) == ["part of A"]
        other = await toy.begin(OPEN, "B")
        await toy.end("B", other)
        assert await toy.end("late", late) == [NOTHING]
        assert (await toy.end("twice", twice))[:2] == ["first of A", NOTHING]
        now = await toy.begin(TELL, "B", "now")
        assert await toy.end("now", now) == ["part of B"]
        toy.request = SimpleNamespace(session_hash="another page")
        there = await toy.begin(TELL, "A", "there")
        assert await toy.end("there", there) == ["part of A"]

    played(story())


class Other(Turn):
    """Of something else on the same page."""


@latest(Turn)
def count(data: dict[str, Turn], turn: Turn) -> Iterator[dict[str, int]]:
    for number in range(3):
        yield {"said": number}


@following(Turn)
def go_on(turn: Turn, then: Turn) -> dict[str, str]:
    then.begin()
    return {"said": "late"}


def test_an_earlier_request_says_nothing_after_the_next_has_begun() -> None:
    turn, other = Turn(), {"other": Other()}
    earlier = count(other, turn)
    assert next(earlier) == {"said": 0}
    later = count(other, turn)
    assert next(later) == {"said": 0}
    assert list(earlier) == []
    assert [each["said"] for each in later] == [1, 2]
    assert (turn.number, other["other"].number) == (2, 0)


def test_what_follows_is_dropped_when_a_request_begins_meanwhile() -> None:
    turn = Turn()
    assert go_on(turn, Turn()) == {"said": "late"}
    assert turn.number == 0
    assert go_on(turn, turn) == {}
