"""The mistakes: the confusion matrix, and the test rows that it counts."""

from __future__ import annotations

from collections.abc import Sequence

import gradio as gr

from core.report.rows import ANY, rows_html
from core.runs.result import Result
from core.runs.run import LabelColumn
from core.words import say
from ui.kit import charts, html
from ui.kit.answer import Answer, Part
from ui.kit.errors import errors_to
from ui.kit.html import actions, data_of
from ui.kit.live_plot import live_plot
from ui.kit.words import esc, i18n, language
from ui.session import LATEST, QUIET, Session

OFTEN = 6  # pairs of labels that are offered with a button


class Mistakes(Part):
    """The card, which is drawn when it is made."""

    def __init__(self) -> None:
        with gr.Column(elem_classes="tt-card"):
            html.heading("result.mistakes", "result.mistakes.help")
            self.matrix = live_plot(height=220, elem_id="confusion")
            self.often = actions("", elem_id="often")  # buttons for the pairs
            with gr.Row():
                self.true, self.predicted = (
                    gr.Dropdown(
                        [],
                        label=i18n(f"result.{name}"),
                        elem_id=f"rows-{name}",
                        interactive=True,
                        min_width=160,
                    )
                    for name in ("true", "predicted")
                )
            self.rows = html.piece(elem_id="rows")

    def show(self, column: LabelColumn, result: Result, lang: str) -> Answer:
        """All mistakes. Where a row may have several labels there is no matrix."""
        labels, counts = result.labels, result.test.confusion
        rows = {self.rows: rows_html(column, labels, lang)}
        lists = (self.true, self.predicted)
        if counts is None:
            hidden = {dropdown: gr.Dropdown(visible=False) for dropdown in lists}
            return {self.matrix: gr.update(visible=False), self.often: "", **hidden, **rows}
        choices = [(say("result.any", lang), ANY)]
        choices += [(label, str(place)) for place, label in enumerate(labels)]
        drawn = charts.confusion(labels, counts, lang).to_json()
        return {
            self.matrix: gr.update(value=drawn, visible=True),
            self.often: often(labels, counts, lang),
            **{dropdown: gr.Dropdown(choices, value=ANY, visible=True) for dropdown in lists},
            **rows,
        }

    def wire(self, session: Session, number: gr.Radio) -> None:
        """A field of the matrix, a button of a pair and the two lists choose rows."""

        @errors_to(self.rows)
        def filtered(
            run_id: object, number: object, true: str, predicted: str, request: gr.Request
        ) -> Answer:
            column, lang = session.get_column(run_id, number), language(request)
            return {self.rows: rows_html(column, column.measured().labels, lang, true, predicted)}

        def cell(
            run_id: object, number: object, event: gr.EventData, request: gr.Request
        ) -> Answer:
            true, predicted = data_of(event, "row"), data_of(event, "column")
            rows = filtered(run_id, number, true, predicted, request)
            return {self.true: true, self.predicted: predicted, **rows}

        asked, lists = [session.run, number], [self.true, self.predicted]
        gr.on(
            [dropdown.input for dropdown in lists], filtered, [*asked, *lists], self.rows, **LATEST
        )
        clicked = [self.matrix.click, self.often.click]
        gr.on(clicked, cell, asked, [*lists, self.rows], **QUIET)


def often(labels: Sequence[str], counts: Sequence[Sequence[int]], lang: str) -> str:
    """Buttons for the pairs of labels that are confused most often; nothing where none are."""
    pairs = [
        (count, row, column)
        for row, line in enumerate(counts)
        for column, count in enumerate(line)
        if count and row != column
    ]
    buttons = "".join(
        f'<button type="button" class="tt-small" data-do="pair" data-row="{row}" data-column="{column}">'
        f"<bdi>{esc(html.clip(labels[row], 30))}</bdi> → "
        f"<bdi>{esc(html.clip(labels[column], 30))}</bdi> ({count:,})</button>"
        for count, row, column in sorted(pairs, key=lambda pair: -pair[0])[:OFTEN]
    )
    said = esc(say("result.often", lang))
    return f'<p class="tt-note tt-others">{said} {buttons}</p>' if buttons else ""
