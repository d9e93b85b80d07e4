"""Would more data help? The learning curve of the simple model, on the result page."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core import questions
from core.evaluation import learning_curve as curves
from core.export.run_report import curve_chart
from core.runs import Run
from core.words import message, say
from ui import html, question
from ui.html import data_of
from ui.question import Card
from ui.session import Find, Session
from ui.words import esc

QUESTION = "learning_curve"


def show(run: Run, lang: str) -> tuple[str, gr.Timer]:
    """The card for a run, in the order of `Card.view`."""
    body, timer = question.show(run, QUESTION, lambda found: answer_html(found, lang), lang)
    return f'<div class="tt-card">{question.heading("learning_curve", lang)}{body}</div>', timer


def answer_html(raw: dict[str, Any], lang: str) -> str:
    """The sentence, the chart, and whose curve it is."""
    found = curves.from_json(raw)
    kind = "good" if found.clear else "info"
    model = message(f"result.{found.model}.phrase")
    notes = [say("curve.whose", lang, model=model, draws=found.draws)]
    if raw.get("used") != raw.get("rows"):
        notes.append(say("curve.used", lang, used=raw["used"], rows=raw["rows"]))
    return (
        html.notice([say(curves.said(found), lang)], kind)
        + curve_chart(found, lang)
        + "".join(f'<p class="tt-note">{esc(note)}</p>' for note in notes)
    )


def wire(card: Card, session: Session, column: gr.Radio, find: Find) -> None:
    """Connect the card."""

    def act(run: Run, event: gr.EventData) -> None:
        if data_of(event, "do") == "start":
            questions.ask(session.jobs, run, QUESTION)
        else:
            questions.stop(run, QUESTION)

    question.wire(card, session, column, find, show, act)
