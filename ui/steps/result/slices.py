"""Slices: the accuracy of groups of test rows, each with its interval."""

from __future__ import annotations

import gradio as gr

from core.evaluation import test_rows
from core.evaluation.slices import Slice, named, slices, ways
from core.modalities import by_key
from core.report.evidence import words
from core.report.html import interval
from core.runs.run import LabelColumn
from core.words import say
from ui.kit import html
from ui.kit.answer import Answer, Part
from ui.kit.errors import errors_to
from ui.kit.words import esc, i18n, language
from ui.session import LATEST, Session


class Slices(Part):
    """The card, which is drawn when it is made."""

    def __init__(self) -> None:
        with gr.Column(elem_classes="tt-card"):
            html.heading("slices.title", "slices.help")
            self.by = gr.Dropdown(
                [], label=i18n("slices.choose"), interactive=True, elem_id="slices-by"
            )
            self.groups = html.piece(elem_id="slices")

    def show(self, column: LabelColumn, lang: str) -> Answer:
        """By the first way, until something else is chosen."""
        offered = ways(test_rows.rows_of(column), by_key(column.recipe().data.modality).words)
        choices = [(words(named(by), lang), by) for by in offered]
        return {
            self.by: gr.Dropdown(choices, value=offered[0], visible=True),
            self.groups: groups_html(column, offered[0], lang),
        }

    def wire(self, session: Session, number: gr.Radio) -> None:
        """Another way to divide is another list; what is chosen comes from a browser."""

        @errors_to(self.groups)
        def choose(run_id: object, number: object, by: object, request: gr.Request) -> Answer:
            column = session.get_column(run_id, number)
            return {self.groups: groups_html(column, str(by), language(request))}

        self.by.input(choose, [session.run, number, self.by], self.groups, **LATEST)


def groups_html(column: LabelColumn, by: str, lang: str) -> str:
    """A line for each group: its interval as a bar around a dot, and a line at the score of all rows."""
    rows, task = test_rows.rows_of(column), test_rows.task(column)
    whole = float((rows["label"] == rows["predicted"]).mean())
    items = "".join(
        _item(group, whole, lang) for group in slices(rows, by, task.names, task.separator)
    )
    note = esc(say("slices.whole", lang, accuracy=whole))
    return f'<p class="tt-note">{note}</p><ul class="tt-changes tt-slices">{items}</ul>'


def _item(group: Slice, whole: float, lang: str) -> str:
    low, high = group.interval
    share, rows = group.accuracy, int(group.rows)
    value = say("slices.value", lang, accuracy=share, low=low, high=high, rows=rows)
    name, worse = f"<bdi>{esc(html.clip(words(group.name, lang), 60))}</bdi>", ""
    if group.below:
        worse = "tt-worse"
        name += f'<strong class="tt-below">{esc(say("slices.below", lang))}</strong>'
    return interval(name, (low, share, high), whole, value, worse)
