"""A card whose content is worked out when somebody asks for it, in the background: a button, then a bar,
then the answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import gradio as gr

from core.errors import UserError
from core.jobs import background
from core.jobs.job import State
from core.runs.run import LabelColumn, Run
from core.words import Message, message, say
from ui.kit import html
from ui.kit.answer import Answer, Part
from ui.kit.errors import errors_to, problem
from ui.kit.html import actions, clip, data_of, piece
from ui.kit.progress import bar
from ui.kit.ticker import OFF, ticker, ticks
from ui.kit.words import duration, esc, language
from ui.session import CLICK, QUIET, Session

TICK = 1.0  # seconds between two looks at what is at work


class Card(Part, ABC):
    """`body` reports clicks on what has `data-do`; the timer runs while something is at work."""

    clicks: ClassVar[Mapping[str, Any]] = CLICK  # options of the event

    def __init__(self, elem_id: str) -> None:
        self.body, self.timer = actions("", elem_id=elem_id), ticker(TICK)
        self.problem = piece(elem_id=f"{elem_id}-problem")
        self.chosen = gr.State(None)  # what one browser said of the answer

    @abstractmethod
    def show(self, column: LabelColumn, lang: str, chosen: Any = None) -> Answer:
        """The card of a label column, with what was `chosen` before."""

    @abstractmethod
    def act(
        self, session: Session, column: LabelColumn, event: gr.EventData, chosen: Any, lang: str
    ) -> Answer | None:
        """Do what a button of the body says. Returns what is shown then; None: all of it. May raise."""

    def wire(self, session: Session, number: gr.Radio) -> None:
        """The timer and the buttons draw the card anew."""
        asked = [session.run, number, self.chosen]

        def rest(*_: Any) -> Answer:
            return {self.timer: OFF}

        @errors_to(self.problem, rest)
        def tick(run_id: object, number: object, chosen: Any, request: gr.Request) -> Answer:
            column = session.find_column(run_id, number)
            return self.show(column, language(request), chosen) if column else rest()

        @errors_to(self.problem, rest)
        def click(
            run_id: object, number: object, chosen: Any, event: gr.EventData, request: gr.Request
        ) -> Answer:
            if not data_of(event, "do"):
                return {}
            column, lang = session.get_column(run_id, number), language(request)
            try:
                new = self.act(session, column, event, chosen, lang)
            except UserError as error:  # said below what can be asked
                return {**self.show(column, lang, chosen), self.problem: problem(error, lang)}
            return self.show(column, lang, chosen) if new is None else new

        self.timer.click(tick, asked, self.view, **QUIET)
        self.body.click(click, asked, self.view, **self.clicks)


def answer_or_ask(
    column: LabelColumn, question: str, answered: Callable[[Any], str], lang: str
) -> tuple[str, str]:
    """Body and timer of one of `core.workflow.diagnostics.QUESTIONS`; `answered` draws the answer."""
    work = background.look(column, question)
    busy = work is not None and not work.over
    if work is not None and not work.over:
        stopping = work.stop.is_set()
        text = say("question.stopping" if stopping else f"question.{question}.busy", lang)
        if work.state == State.WAITING and not stopping:
            title = message(f"question.{question}.title")
            text = say("question.waits", lang, first=_first(work, lang), title=title)
        body = bar(work.share, text, None, lang) + button("stop", "question.stop", lang)
    elif result := column.answer(question):
        body = answered(result)
    else:
        failed = problem(work.error, lang) if work is not None and work.error else ""
        body = failed + button("start", f"question.{question}.start", lang)
    return body, ticks(busy)


def _first(work: background.Question, lang: str) -> Message:
    """What has to be done before, and how long that takes as far as anybody knows."""
    first = work.waits_for()
    if not isinstance(first, Run):
        title = message(f"question.{first}.title") if first else ""
        return message("question.waits.question" if first else "question.waits.short", title=title)
    recipe, left = first.recipe(), first.progress().seconds_left
    name = clip(recipe.title, 40)
    if left is None:
        return message("question.waits.run", name=name)
    return message("question.waits.run.left", name=name, left=duration(left, lang))


def ask_or_stop(session: Session, column: LabelColumn, question: str, do: str) -> None:
    """What the buttons of `answer_or_ask` are for."""
    if do == "start":
        background.ask(session.jobs, column, question)
    elif do == "stop":
        background.stop(column, question)


def button(do: str, key: str, lang: str, **more: str) -> str:
    """A button of the body, which `act` hears of."""
    return html.button(do, say(key, lang), **more)


def heading(key: str, lang: str) -> str:
    """Title of the card and the sentence below it."""
    title, note = (esc(say(f"question.{key}.{part}", lang)) for part in ("title", "help"))
    return f'<h3 class="tt-heading">{title}</h3><p class="tt-note">{note}</p>'
