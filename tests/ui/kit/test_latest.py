"""The latest request wins: a page that shows one run does not use another."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import gradio as gr
from gradio.state_holder import SessionState

from tests.conftest import in_a_loop
from ui.kit.latest import InOrder, Turn, following, latest, shown_while


class Toy:
    """A page with a run that is shown, and what is said of it. Each answer waits until it may come."""

    def __init__(self) -> None:
        self.begun: dict[str, threading.Event] = {}
        self.may_come: dict[str, threading.Event] = {}
        with InOrder() as self.page:
            run, part, more = (gr.Textbox() for _ in range(3))
            self.more = more
            column = gr.Radio(["0", "1"])
            self.page.choices = (column,)
            button = gr.Button()
            button.click(self.open, more, [run, part])
            button.click(self.tell, [run, more], part)
            button.click(self.tell_twice, [run, more], part)
            button.click(self.open_at_first, more, [run, column])
            column.input(self.tell_column, [run, column, more], part)
            button.click(self.tell_column, [run, column, more], part)
            basket = gr.State(())
            self.page.subjects = (run, basket)
            self.page.changing, self.page.origin = basket, lambda held: held[:1]
            button.click(self.add, [basket, more], [basket, part])
            button.click(self.take_another, more, [basket, part])
            self.page.replacing = gr.State(())
            button.click(self.replace, [basket, self.page.replacing, more], [basket, part])
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

    def open_at_first(self, name: str) -> tuple[Any, gr.Radio]:
        self._wait(name)
        return name, gr.Radio(value="0", visible=True)

    def tell_column(self, run: str, column: str, name: str) -> str:
        self._wait(name)
        return f"column {column} of {run}"

    def add(self, basket: tuple[str, ...], name: str) -> tuple[tuple[str, ...], str]:
        self._wait(name)
        return (*basket, name), " ".join((*basket, name))

    def take_another(self, name: str) -> tuple[tuple[str, ...], str]:
        return (name,), name

    def replace(self, basket: object, found: object, name: str) -> tuple[tuple[str, ...], str]:
        self._wait(name)
        return (name,), name

    async def ask(self, fn: int, *values: Any, click: object = None) -> list[Any]:
        """The answers to an event, whole; `click` is what the browser says of its number."""
        event = gr.EventData(None, {"do": "open", "click": click}) if click is not None else None
        blocks, iterator, again, answers = self.page, None, True, []
        while again:
            answer = await blocks.process_api(
                list(blocks.fns.values())[fn],
                list(values),
                state=self.state,
                request=self.request,
                iterator=iterator,
                event_data=event,
            )
            iterator, again = answer["iterator"], answer["is_generating"]
            answers += [each for each in answer["data"] if each is not None]
        return answers

    async def begin(self, fn: int, *values: Any, click: object = None) -> asyncio.Task[list[Any]]:
        name = values[-1]
        self.begun[name], self.may_come[name] = threading.Event(), threading.Event()
        task = asyncio.create_task(self.ask(fn, *values, click=click))
        assert await asyncio.to_thread(self.begun[name].wait, 60)
        return task

    async def end(self, name: str, task: asyncio.Task[list[Any]]) -> list[Any]:
        self.may_come[name].set()
        return await task


OPEN, TELL, TWICE, OPEN_FIRST, CHOOSE, TELL_COLUMN, ADD, ANOTHER, REPLACE = range(9)
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


def test_the_last_click_counts_also_where_its_request_overtook_another() -> None:
    async def story() -> None:
        toy = Toy()
        opened = await toy.begin(OPEN, "A")
        await toy.end("A", opened)
        third, first = await toy.begin(OPEN, "D", click=3), await toy.begin(OPEN, "B", click=1)
        second = await toy.begin(OPEN, "C", click=2)
        assert await toy.end("B", first) == ["B", "course of B"]
        assert await toy.end("C", second) == ["C", "course of C"]
        assert await toy.end("D", third) == ["D", "course of D"]
        sixth, fifth = await toy.begin(OPEN, "F", click=6), await toy.begin(OPEN, "E", click=5)
        assert await toy.end("F", sixth) == ["F", "course of F"]
        assert await toy.end("E", fifth) == [NOTHING, NOTHING]
        for place, odd in enumerate(("7", -1, 10**400, True, [1], 0.5)):
            name = f"odd {place}"
            assert (await toy.end(name, await toy.begin(OPEN, name, click=odd)))[0] == name

    played(story())


class Overtaken(gr.HTML):
    """Is written out only after the answer to another question was sent, where that is let pass."""

    began, other_sent = threading.Event(), threading.Event()

    def postprocess(self, value: str | None) -> str | None:
        if value:  # not while the page is built
            self.began.set()
            self.other_sent.wait(0.5)
        return value


def test_answers_are_sent_in_the_order_in_which_they_were_found_to_be_wanted() -> None:
    async def story() -> None:
        toy = Toy()
        with toy.page:
            gr.Button().click(toy.open, toy.more, [toy.page.subjects[0], Overtaken()])
        written_slowly, sent = len(toy.page.fns) - 1, []

        async def note(task: asyncio.Task[list[Any]]) -> None:
            sent.append((await task)[0])
            if sent[-1] == "B":
                Overtaken.other_sent.set()

        first, second = await toy.begin(written_slowly, "A"), await toy.begin(OPEN, "B")
        notes = [asyncio.create_task(note(task)) for task in (first, second)]
        toy.may_come["A"].set()
        assert await asyncio.to_thread(Overtaken.began.wait, 60)
        toy.may_come["B"].set()
        await asyncio.gather(*notes)
        assert sent == ["A", "B"]

    played(story())


def test_what_was_answered_just_before_the_next_has_begun_is_not_sent_after_it() -> None:
    """The offer of a comparison came back after "Not now": a time that was measured was written out last."""

    async def story() -> None:
        toy, answered = Toy(), threading.Event()

        @latest(Turn)
        def measure(turn: Turn, name: str) -> Iterator[str]:
            yield f"first of {name}"
            toy._wait(name)
            yield f"second of {name}"

        def noted(turn: Turn, name: str) -> Iterator[str]:
            for answer in measure(turn, name):
                if name == "early" and answer.startswith("second"):
                    answered.set()
                yield answer

        def leave(turn: Turn, name: str) -> str:
            shown_while(turn.begin())
            toy._wait(name)
            return f"left for {name}"

        with toy.page:
            asking, part = gr.State(Turn()), gr.Textbox()
            gr.Button().click(noted, [asking, toy.more], part)
            gr.Button().click(leave, [asking, toy.more], part)
        asked, left = (len(toy.page.fns) - which for which in (2, 1))
        toy.state = SessionState(toy.page)
        early = await toy.begin(asked, None, "early")
        async with toy.page._answering.setdefault("one", asyncio.Lock()):  # another is written out
            toy.may_come["early"].set()
            assert await asyncio.to_thread(answered.wait, 60)
            away = await toy.begin(left, None, "none")
        first, *rest = await early
        assert (first, rest) == ("first of early", [NOTHING] * len(rest))
        assert await toy.end("none", away) == ["left for none"]
        away = await toy.begin(left, None, "too late")
        again = await toy.begin(asked, None, "again")
        assert await toy.end("too late", away) == [NOTHING]
        assert (await toy.end("again", again))[:2] == ["first of again", "second of again"]

    played(story())


def test_changes_of_one_thing_build_on_one_another_and_not_on_what_came_in_its_place() -> None:
    async def story() -> None:
        toy = Toy()
        await toy.ask(ANOTHER, "red basket")
        for name in ("apple", "pear", "late"):
            toy.begun[name], toy.may_come[name] = threading.Event(), threading.Event()
        first = await toy.begin(ADD, None, "apple")
        second = asyncio.create_task(toy.ask(ADD, None, "pear"))
        toy.may_come["pear"].set()
        assert await toy.end("apple", first) == ["red basket apple"]
        assert await second == ["red basket apple pear"]
        third = await toy.begin(ADD, None, "plum")
        late = asyncio.create_task(toy.ask(ADD, None, "late"))
        await asyncio.sleep(0)  # it is asked now
        assert await toy.ask(ANOTHER, "blue basket") == ["blue basket"]
        assert await toy.end("plum", third) == [NOTHING]
        assert await late == [NOTHING]
        assert not toy.begun["late"].is_set()
        last = await toy.begin(ADD, None, "fig")
        assert await toy.end("fig", last) == ["blue basket fig"]

    played(story())


def test_of_two_that_come_in_its_place_the_last_stays() -> None:
    async def story() -> None:
        toy = Toy()
        first = await toy.begin(REPLACE, None, None, "first basket")
        second = await toy.begin(REPLACE, None, None, "second basket")
        assert await toy.end("first basket", first) == ["first basket"]
        assert await toy.end("second basket", second) == ["second basket"]

    played(story())


def test_what_is_said_of_another_label_column_than_the_one_that_is_chosen_is_dropped() -> None:
    async def story() -> None:
        toy = Toy()
        opened = await toy.begin(OPEN_FIRST, "A")
        await toy.end("A", opened)
        early = await toy.begin(TELL_COLUMN, "A", "0", "early")
        late = await toy.begin(TELL_COLUMN, "A", "0", "late")
        assert await toy.end("early", early) == ["column 0 of A"]
        chosen = await toy.begin(CHOOSE, "A", "1", "by hand")
        assert await toy.end("late", late) == [NOTHING]
        assert await toy.end("by hand", chosen) == ["column 1 of A"]
        now = await toy.begin(TELL_COLUMN, "A", "1", "now")
        other = await toy.begin(OPEN_FIRST, "B")
        await toy.end("B", other)
        assert await toy.end("now", now) == [NOTHING]
        again = await toy.begin(TELL_COLUMN, "B", "0", "again")
        assert await toy.end("again", again) == ["column 0 of B"]

    played(story())


class Other(Turn):
    """Of something else on the same page."""


@latest(Turn)
def count(data: Mapping[str, Turn], turn: Turn) -> Iterator[dict[str, int]]:
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
