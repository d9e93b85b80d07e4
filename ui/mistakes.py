"""The mistakes: the confusion matrix, and the test rows that it counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from core.runs import Run
from core.words import say
from ui import charts, html
from ui.html import actions, data_of
from ui.live_plot import live_plot
from ui.rows import ANY, rows_html
from ui.session import QUIET, Find, Session
from ui.words import esc, i18n, language

OFTEN = 6  # pairs of labels that are offered with a button


@dataclass(frozen=True)
class Mistakes:
    matrix: gr.HTML
    often: gr.HTML  # buttons for the pairs that are confused most often
    true: gr.Dropdown
    predicted: gr.Dropdown
    rows: gr.HTML

    @property
    def view(self) -> list[Any]:
        """What `show` fills."""
        return [self.matrix, self.often, self.true, self.predicted, self.rows]


def build() -> Mistakes:
    """Draw the card."""
    with gr.Column(elem_classes="tt-card"):
        html.heading("result.mistakes", "result.mistakes.help")
        matrix = live_plot(height=220, elem_id="confusion")
        often = actions("", elem_id="often")
        with gr.Row():
            true, predicted = (
                gr.Dropdown(
                    [],
                    label=i18n(f"result.{name}"),
                    elem_id=f"rows-{name}",
                    interactive=True,
                    min_width=160,
                )
                for name in ("true", "predicted")
            )
        rows = html.piece(elem_id="rows")
    return Mistakes(matrix, often, true, predicted, rows)


def show(run: Run, metrics: Mapping[str, Any], lang: str) -> tuple[Any, ...]:
    """The values of `view`: all mistakes. Where a row may have several labels there is no matrix."""
    labels, counts = list(metrics["labels"]), metrics["test"].get("confusion")
    rows = rows_html(run, labels, ANY, ANY, lang)
    if counts is None:
        lists = (gr.Dropdown(visible=False) for _ in range(2))
        return gr.update(visible=False), "", *lists, rows
    choices = [(say("result.any", lang), ANY), *[(label, str(i)) for i, label in enumerate(labels)]]
    lists = (gr.Dropdown(choices, value=ANY, visible=True) for _ in range(2))
    drawn = charts.confusion(labels, counts, lang).to_json()
    return gr.update(value=drawn, visible=True), often(labels, counts, lang), *lists, rows


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


def wire(
    step: Mistakes,
    session: Session,
    column: gr.Radio,
    find: Find,
) -> None:
    """A field of the matrix, a button of a pair and the two lists choose rows."""

    def filtered(
        run_id: object, column: object, true: str, predicted: str, request: gr.Request
    ) -> Any:
        run = find(session, run_id, column)
        metrics = run.metrics() if run else None
        if run is None or metrics is None:
            return gr.skip()
        return rows_html(run, list(metrics["labels"]), true, predicted, language(request))

    def cell(
        run_id: object, column: object, event: gr.EventData, request: gr.Request
    ) -> tuple[Any, ...]:
        true, predicted = data_of(event, "row"), data_of(event, "column")
        return true, predicted, filtered(run_id, column, true, predicted, request)

    asked = [session.run, column]
    chosen = [*asked, step.true, step.predicted]
    for dropdown in (step.true, step.predicted):
        dropdown.input(filtered, chosen, step.rows, trigger_mode="always_last", **QUIET)
    gr.on(
        [step.matrix.click, step.often.click],
        cell,
        asked,
        [step.true, step.predicted, step.rows],
        **QUIET,
    )
