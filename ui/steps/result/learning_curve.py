"""Learning curve of the simple model, on the result page: would more data help?"""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.report.learning_curve import answer_html
from core.runs.run import LabelColumn
from ui.kit.answer import Answer
from ui.kit.html import data_of
from ui.session import Session
from ui.steps.result.question import Card, answer_or_ask, ask_or_stop, heading

QUESTION = "learning_curve"


class LearningCurveCard(Card):
    """The card, which is drawn when it is made."""

    def __init__(self) -> None:
        super().__init__("learning-curve")

    def show(self, column: LabelColumn, lang: str, chosen: Any = None) -> Answer:
        body, timer = answer_or_ask(
            column, QUESTION, lambda answer: answer_html(answer, lang), lang
        )
        card = f'<div class="tt-card">{heading(QUESTION, lang)}{body}</div>'
        return {self.body: card, self.timer: timer, self.problem: ""}

    def act(
        self, session: Session, column: LabelColumn, event: gr.EventData, chosen: Any, lang: str
    ) -> None:
        ask_or_stop(session, column, QUESTION, data_of(event, "do"))
