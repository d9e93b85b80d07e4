"""A card whose content is worked out when somebody asks for it, in the background: a button, then a bar,
then the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from core import questions
from core.runs import Run
from core.words import say
from ui.html import actions, data_of
from ui.session import CLICK, QUIET, Find, Session, problem
from ui.words import duration, esc, language

TICK = 1.0  # seconds between two looks at what is at work


@dataclass(frozen=True)
class Card:
    """`body` reports clicks on what has `data-do`; the timer runs while something is at work."""

    body: gr.HTML
    timer: gr.Timer

    @property
    def view(self) -> list[Any]:
        """What `show` fills."""
        return [self.body, self.timer]


def build(elem_id: str) -> Card:
    """Draw it; what is to be seen comes with `show`."""
    return Card(actions("", elem_id=elem_id), gr.Timer(TICK, active=False))


def show(
    run: Run, question: str, answered: Callable[[dict[str, Any]], str], lang: str
) -> tuple[str, gr.Timer]:
    """The card of one of `core.study.QUESTIONS`, in the order of `view`; `answered` draws the answer."""
    work = questions.look(run, question)
    busy = work is not None and work.busy
    if work is not None and work.busy:
        text = say("question.stopping" if work.stopping else f"question.{question}.busy", lang)
        if work.waiting and not work.stopping:
            text = say("question.waiting", lang)
        body = bar(work.share, text, None, lang) + button("stop", "question.stop", lang)
    elif found := run.answer(question):
        body = answered(found)
    else:
        failed = problem(work.error, lang) if work is not None and work.error else ""
        body = failed + button("start", f"question.{question}.start", lang)
    return body, gr.Timer(active=busy)


def bar(share: float, text: str, seconds: float | None, lang: str) -> str:
    """How far something is."""
    left = "" if seconds is None else say("train.left", lang, left=duration(seconds, lang))
    return (
        '<div class="tt-progress tt-progress-running" role="progressbar" aria-valuemin="0" '
        f'aria-valuemax="100" aria-valuenow="{share * 100:.0f}" '
        f'aria-label="{esc(say("train.progress", lang))}"><span style="width:{share:.0%}"></span></div>'
        f'<div class="tt-progress-line"><span>{share:.0%} · {esc(text)}</span><span>{esc(left)}</span></div>'
    )


def button(do: str, key: str, lang: str, **more: str) -> str:
    """A button of the body, which `act` hears of."""
    data = "".join(f' data-{name}="{esc(value)}"' for name, value in more.items())
    return f'<button type="button" class="tt-small" data-do="{do}"{data}>{esc(say(key, lang))}</button>'


def heading(key: str, lang: str) -> str:
    """Title of the card and the sentence below it."""
    title, note = (esc(say(f"question.{key}.{part}", lang)) for part in ("title", "help"))
    return f'<h3 class="tt-heading">{title}</h3><p class="tt-note">{note}</p>'


def wire(
    card: Card,
    session: Session,
    column: gr.Radio,
    find: Find,
    render: Callable[[Run, str], tuple[str, gr.Timer]],
    act: Callable[[Run, gr.EventData], None],
) -> None:
    """The timer and the buttons draw the card anew; `act` does what a button says and may raise."""
    asked = [session.run, column]

    def tick(run_id: object, column: object, request: gr.Request) -> tuple[Any, ...]:
        run = find(session, run_id, column)
        return render(run, language(request)) if run else (gr.skip(), gr.Timer(active=False))

    def click(
        run_id: object, column: object, event: gr.EventData, request: gr.Request
    ) -> tuple[Any, ...]:
        run, lang = find(session, run_id, column), language(request)
        if run is None or not data_of(event, "do"):
            return gr.skip(), gr.skip()
        try:
            act(run, event)
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            body, timer = render(run, lang)
            return problem(error, lang) + body, timer
        return render(run, lang)

    card.timer.tick(tick, asked, card.view, **QUIET)
    card.body.click(click, asked, card.view, **CLICK)
