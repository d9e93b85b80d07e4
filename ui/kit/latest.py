"""The latest request wins.

Handlers run side by side, and the answer to an earlier click may come after that to a later one. The page
would then show one run, or one file, and use another: `InOrder` drops such answers, whoever gives them. What
works for long is told by its `Turn` that something else is wanted by now, and ends.
"""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

import gradio as gr
from gradio.blocks import Block, BlockFunction
from gradio.components import Component

H = TypeVar("H", bound=Callable[..., Any])
VISITORS = 4_000  # subjects of pages that are remembered, the latest


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
        wanted = enter(_turn(kind, args))
        answer = handler(*args)
        return answer if wanted() else {}

    @functools.wraps(handler)
    def generator(*args: Any) -> Iterator[Any]:
        wanted = enter(_turn(kind, args))
        for answer in handler(*args):
            if not wanted():
                return
            yield answer

    return cast(H, generator if inspect.isgeneratorfunction(handler) else plain)


def _turn(kind: type[Turn], args: tuple[Any, ...]) -> Turn:
    inputs = (
        value for arg in args for value in (arg.values() if isinstance(arg, dict) else (arg,))
    )
    return next(value for value in inputs if type(value) is kind)


@dataclass(frozen=True)
class _Question:
    number: int
    about: dict[int, object]  # the subjects that it was asked of, by the id of their component


@dataclass(frozen=True)
class _Set:
    """What a subject was last set to: a text, or the identity of anything else, which is not kept alive."""

    number: int  # of the question whose answer set it
    value: object


class InOrder(gr.Blocks):
    """A page that drops the answers that are no longer wanted.

    `subjects` hold what the page is about, such as the run that is shown. An answer that sets one is dropped
    when the answer to a later question has set it already; any other answer is dropped when a subject that it
    was asked of is another one by now.
    """

    subjects: Sequence[Component] = ()

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._numbers = itertools.count()
        self._begun: WeakKeyDictionary[Any, _Question] = WeakKeyDictionary()  # by its iterator
        self._set: dict[tuple[str, int], _Set] = {}

    async def call_function(
        self,
        block_fn: BlockFunction | int,
        processed_input: list[Any],
        iterator: AsyncIterator[Any] | None = None,
        requests: Any = None,
        *rest: Any,
        **named: Any,
    ) -> Any:
        """As gradio's own, with `gr.skip()` in place of an answer that comes too late, or names nothing."""
        fn = self.fns[block_fn] if isinstance(block_fn, int) else block_fn
        question = self._begun.get(iterator) if iterator is not None else None
        if question is None:
            about = zip(fn.inputs, processed_input, strict=False)
            question = _Question(
                next(self._numbers), {component._id: _kept(at) for component, at in about}
            )
        result = await super().call_function(
            block_fn, processed_input, iterator, requests, *rest, **named
        )
        if result["iterator"] is not None:
            self._begun[result["iterator"]] = question
        visitor = getattr(requests, "session_hash", None)
        late = visitor and not self._wanted(visitor, fn, question, result["prediction"])
        if late or result["prediction"] == {}:
            result["prediction"] = gr.skip()
        return result

    def _wanted(
        self, visitor: str, fn: BlockFunction, question: _Question, prediction: Any
    ) -> bool:
        """Remembers what the answer sets, if it is."""
        if not fn.outputs:
            return True
        answer = _answered(fn, prediction)
        ids = {subject._id for subject in self.subjects}
        if ids.isdisjoint(component._id for component in fn.outputs):
            last = {key: self._set.get((visitor, key)) for key in question.about}
            return all(
                now is None or about is None or now.value == about
                for now, about in ((last[key], about) for key, about in question.about.items())
            )
        new = {key: answer[key] for key in ids & answer.keys() if answer[key] != gr.skip()}
        for key in new:
            now = self._set.get((visitor, key))
            if now is not None and now.number > question.number:
                return False
        for key, value in new.items():
            self._set.pop((visitor, key), None)  # the latest are the last
            self._set[visitor, key] = _Set(question.number, _kept(value))
        while len(self._set) > VISITORS:
            del self._set[next(iter(self._set))]
        return True


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


def _kept(value: object) -> object:
    return value if value is None or isinstance(value, str) else id(value)
