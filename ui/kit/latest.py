"""The latest request wins.

Handlers run side by side, and the answer to an earlier click may come after that to a later one. The page
would then show one run, or one file, and use another: `InOrder` drops such answers, whoever gives them. What
works for long is told by its `Turn` that something else is wanted by now, and ends; what it answered just
before is dropped too (`shown_while`).
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import itertools
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary, WeakValueDictionary

import gradio as gr
from gradio.blocks import Block, BlockFunction
from gradio.components import Component
from gradio.state_holder import SessionState

H = TypeVar("H", bound=Callable[..., Any])
VISITORS = 4_000  # subjects of pages that are remembered, the latest; and clicks
CLICKS = 10**9  # of a page, at most: assets/actions.js counts them


@dataclass
class Turn:
    """Which request of a page is the latest. Stands in a `gr.State`: the events of a page share it and change
    it in place."""

    number: int = 0

    def begin(self) -> Callable[[], bool]:
        """A new request. Returns what tells whether it still is the latest."""
        self.number += 1
        return self.goes_on()

    def goes_on(self) -> Callable[[], bool]:
        """The same of a request that was begun by another event."""
        own = self.number
        return lambda: self.number == own


def latest(kind: type[Turn]) -> Callable[[H], H]:
    """Decorates the handler of an event, plain or a generator, one of whose inputs is a turn of this kind: it
    begins a request, and what it answers after the next has begun is dropped."""
    return lambda handler: _dropping(handler, kind, Turn.begin)


def following(kind: type[Turn]) -> Callable[[H], H]:
    """The same of an event that goes on with the latest request."""
    return lambda handler: _dropping(handler, kind, Turn.goes_on)


def _dropping(handler: H, kind: type[Turn], enter: Callable[[Turn], Callable[[], bool]]) -> H:
    @functools.wraps(handler)
    def plain(*args: Any) -> Any:
        wanted = shown_while(enter(_turn(kind, args)))
        answer = handler(*args)
        return answer if wanted() else {}

    @functools.wraps(handler)
    def generator(*args: Any) -> Iterator[Any]:
        wanted = shown_while(enter(_turn(kind, args)))
        for answer in handler(*args):
            if not wanted():
                return
            yield answer

    return cast(H, generator if inspect.isgeneratorfunction(handler) else plain)


def shown_while(wanted: Callable[[], bool]) -> Callable[[], bool]:
    """Drop what the event that is on its way answers from the moment that it is not `wanted`. Returns that.

    A handler that looks itself before it answers looks too early: another event may be answered between that
    and the writing of its answer, which would then come last.
    """
    if on_its_way := _ANSWERED.get(None):
        on_its_way[1].conditions.append(wanted)
    return wanted


def _turn(kind: type[Turn], args: tuple[Any, ...]) -> Turn:
    inputs = (
        value for arg in args for value in (arg.values() if isinstance(arg, dict) else (arg,))
    )
    return next(value for value in inputs if type(value) is kind)


@dataclass(frozen=True)
class _Question:
    number: float
    about: dict[int, object]  # the subjects that it was asked of, by the id of their component
    conditions: list[Callable[[], bool]] = field(default_factory=list)  # see `shown_while`


@dataclass(frozen=True)
class _Set:
    """What a subject was last set to."""

    number: float  # of the question whose answer set it
    value: object  # see `_identity`


# The page and the question of the answer that is on its way.
_ANSWERED: ContextVar[tuple[str | None, _Question]] = ContextVar("_ANSWERED")
# Is the event that is on its way one of something else than what the page is about by now?
_OUTDATED: ContextVar[bool] = ContextVar("_OUTDATED", default=False)


class InOrder(gr.Blocks):
    """A page that drops the answers that are no longer wanted.

    `subjects` hold what the page is about, such as the run that is shown. An answer that sets one is dropped
    when the answer to a later question has set it already; any other answer is dropped when a subject that it
    was asked of is another one by now. `choices` are parts of a subject that a person chooses by hand, such
    as the label column of a run: an answer that sets no subject is dropped when another is chosen by now.

    The events that take and set `changing`, a state, build on one another: each waits for the one before, so
    that none is lost, and is dropped when by then the state has another `origin` than when it was asked.
    Those that take `replacing` as well put something else in its place, and are as any other.

    Questions are in the order in which they reach the server, but for clicks, whose events count themselves
    (see assets/actions.js): two requests of one page may overtake one another.
    """

    subjects: Sequence[Component] = ()
    choices: Sequence[Component] = ()
    changing: gr.State | None = None
    replacing: gr.State | None = None
    origin: Callable[[Any], object] = staticmethod(id)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._numbers = itertools.count()
        self._begun: WeakKeyDictionary[Any, _Question] = WeakKeyDictionary()  # by its iterator
        self._set: dict[tuple[str, int], _Set] = {}
        self._clicked: dict[str, tuple[int, float]] = {}  # the last click and its number
        self._answering: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._changing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def process_api(
        self,
        block_fn: BlockFunction | int,
        inputs: list[Any],
        state: SessionState | None = None,
        request: Any = None,
        *rest: Any,
        **named: Any,
    ) -> Any:
        """As gradio's own; a change waits for the one before."""
        fn = self.fns[block_fn] if isinstance(block_fn, int) else block_fn
        visitor, own = getattr(request, "session_hash", None), self.changing
        _OUTDATED.set(False)
        if (
            own is None
            or not visitor
            or state is None
            or own not in fn.inputs
            or own not in fn.outputs
            or self.replacing in fn.inputs
        ):
            return await super().process_api(block_fn, inputs, state, request, *rest, **named)
        asked_of = self.origin(state[own._id])
        async with self._changing.setdefault(visitor, asyncio.Lock()):
            _OUTDATED.set(self.origin(state[own._id]) != asked_of)
            return await super().process_api(block_fn, inputs, state, request, *rest, **named)

    async def call_function(
        self,
        block_fn: BlockFunction | int,
        processed_input: list[Any],
        iterator: AsyncIterator[Any] | None = None,
        requests: Any = None,
        event_id: str | None = None,
        event_data: gr.EventData | None = None,
        *rest: Any,
        **named: Any,
    ) -> Any:
        """As gradio's own; remembers of what the page was asked."""
        fn = self.fns[block_fn] if isinstance(block_fn, int) else block_fn
        visitor = getattr(requests, "session_hash", None)
        question = self._begun.get(iterator) if iterator is not None else None
        if question is None:
            question = self._ask(visitor, fn, processed_input, event_data)
        _ANSWERED.set((visitor, question))
        if _OUTDATED.get():
            skipped = {"prediction": gr.skip(), "duration": 0.0}
            return {**skipped, "is_generating": False, "iterator": None}
        result = await super().call_function(
            block_fn, processed_input, iterator, requests, event_id, event_data, *rest, **named
        )
        if result["iterator"] is not None:
            self._begun[result["iterator"]] = question
        return result

    async def postprocess_data(
        self, block_fn: BlockFunction, predictions: Any, state: SessionState | None
    ) -> list[Any]:
        """As gradio's own, with `gr.skip()` in place of an answer that comes too late, or names nothing.

        One answer of a page after the other: gradio's own hands each component to a thread, and what was
        found to be wanted first would be sent last.
        """
        visitor, question = _ANSWERED.get()
        async with self._answering.setdefault(visitor or "", asyncio.Lock()):
            late = not all(wanted() for wanted in question.conditions) or (
                visitor and not self._wanted(visitor, block_fn, question, predictions)
            )
            said = gr.skip() if late or predictions == {} else predictions
            data: list[Any] = await super().postprocess_data(block_fn, said, state)
            return data

    def _ask(
        self, visitor: str | None, fn: BlockFunction, values: list[Any], event: gr.EventData | None
    ) -> _Question:
        """A new question, and what was chosen by hand to ask it."""
        about = {
            component._id: _identity(value)
            for component, value in zip(fn.inputs, values, strict=False)
        }
        number = self._number(visitor, event) if visitor else next(self._numbers)
        by_hand = {component for component, name in fn.targets if name == "input"}
        for choice in self.choices:
            if visitor and choice._id in by_hand & about.keys():
                self._remember(visitor, choice._id, _Set(number, about[choice._id]))
        return _Question(number, about)

    def _number(self, visitor: str, event: gr.EventData | None) -> float:
        """Of a new question; of a click that comes after a later one, just below the number of that."""
        number = next(self._numbers)
        data = event._data if event is not None and isinstance(event._data, dict) else {}
        click = data.get("click")
        if type(click) is not int or not 0 < click < CLICKS:
            return number
        last, at = self._clicked.pop(visitor, (0, 0.0))
        late = click < last
        self._clicked[visitor] = (last, at) if late else (click, number)
        _shorten(self._clicked)
        return at - (last - click) / CLICKS if late else number

    def _wanted(
        self, visitor: str, fn: BlockFunction, question: _Question, prediction: Any
    ) -> bool:
        """Remembers what the answer sets, if it is."""
        if not fn.outputs:
            return True
        answer = {key: _set_to(value) for key, value in _answered(fn, prediction).items()}
        ids = {subject._id for subject in self.subjects}
        outputs = {component._id for component in fn.outputs}
        if ids.isdisjoint(outputs):
            last = {key: self._set.get((visitor, key)) for key in question.about.keys() - outputs}
            if not all(
                now is None or about is None or now.value == about
                for now, about in ((now, question.about[key]) for key, now in last.items())
            ):
                return False
        new = {key: answer[key] for key in ids & answer.keys() if answer[key] is not UNSET}
        for key in new:
            now = self._set.get((visitor, key))
            if now is not None and now.number > question.number:
                return False
        new |= {
            choice._id: answer[choice._id]
            for choice in self.choices
            if answer.get(choice._id, UNSET) is not UNSET
        }
        for key, value in new.items():
            self._remember(visitor, key, _Set(question.number, _identity(value)))
        return True

    def _remember(self, visitor: str, key: int, value: _Set) -> None:
        self._set.pop((visitor, key), None)  # the latest are the last
        self._set[visitor, key] = value
        _shorten(self._set)


def _shorten(remembered: dict[Any, Any]) -> None:
    while len(remembered) > VISITORS:
        del remembered[next(iter(remembered))]


def _answered(fn: BlockFunction, prediction: Any) -> dict[int, Any]:
    """The values of an answer, by the id of their component."""
    if isinstance(prediction, dict) and all(
        isinstance(component, Block) for component in prediction
    ):
        return {component._id: value for component, value in prediction.items()}
    if prediction == gr.skip():
        return {}
    values = [prediction] if len(fn.outputs) == 1 else prediction
    return {component._id: value for component, value in zip(fn.outputs, values, strict=False)}


UNSET = object()  # an answer that leaves the value of a component as it is


def _set_to(value: Any) -> Any:
    """The value that a part of an answer gives its component, or UNSET."""
    if isinstance(value, Block):
        value = value.constructor_args
    elif not (isinstance(value, dict) and value.get("__type__") == "update"):
        return value
    return value.get("value", UNSET)


def _identity(value: object) -> object:
    """A text itself, and of anything else which object it is: whoever asked of it keeps it
    alive meanwhile."""
    return value if value is None or isinstance(value, str) else id(value)
