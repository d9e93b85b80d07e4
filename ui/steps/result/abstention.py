"""Abstention: a limit of confidence to slide, what it is worth, and the button that keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from core.errors import UserError
from core.evaluation.abstention import STEPS, WANTED, at, checked
from core.evaluation.test_rows import result_of, rows_of
from core.runs.result import AbstentionCurve
from core.runs.run import LabelColumn
from core.words import say
from ui.kit import html, trust_charts
from ui.kit.answer import Answer, Part, fill
from ui.kit.download import offer
from ui.kit.errors import errors_to, problem
from ui.kit.live_plot import live_plot
from ui.kit.words import i18n, language
from ui.session import CLICK, LATEST, Session
from ui.steps.result.answer import picked


class Abstention(Part):
    """The card, which is drawn when it is made."""

    def __init__(self) -> None:
        with gr.Column(elem_classes="tt-card", visible=False) as self.card:
            html.heading("abstention.title", "abstention.help")
            self.below = gr.Slider(
                0,
                0.999,
                step=0.001,
                label=i18n("abstention.below"),
                info=i18n("abstention.below.help"),
                interactive=True,
                elem_id="abstention-below",
            )
            self.worth = html.piece(elem_id="abstention-worth")
            self.plot = live_plot(height=trust_charts.ABSTENTION_HEIGHT, elem_id="abstention-plot")
            with gr.Row():
                self.suggest = gr.Button(
                    i18n("abstention.use"), elem_id="abstention-use", size="sm"
                )
                save = i18n("abstention.save")
                self.save = gr.Button(save, variant="primary", elem_id="abstention-save", size="sm")
            self.kept = html.piece(elem_id="abstention-kept")

    def show(self, column: LabelColumn, which: str, lang: str) -> Answer:
        """One of the run's models with the limit that is kept; hidden where nothing was measured."""
        if column.result() is None:
            return {self.card: gr.update(visible=False), self.kept: ""}
        limit, note = _kept(column, which, lang)
        curve = result_of(column, which).abstention
        return {
            self.card: gr.update(visible=True),
            self.below: limit,
            **self._shown(column, which, limit, lang),
            self.suggest: gr.Button(visible=bool(curve and curve.suggested)),
            self.kept: note,
        }

    def _shown(self, column: LabelColumn, which: str, limit: float, lang: str) -> Answer:
        return fill([self.worth, self.plot], worth(column, which, limit, lang))

    def wire(
        self, which: gr.Radio, session: Session, number: gr.Radio, download: Sequence[Any]
    ) -> None:
        """Sliding tells what it is worth, the button keeps it; `download` is what offers the models."""

        @errors_to(self.worth)
        def slide(
            run_id: object, number: object, which: object, below: object, request: gr.Request
        ) -> Answer:
            column = session.get_column(run_id, number)
            return self._shown(column, picked(column, which), checked(below), language(request))

        @errors_to(self.kept)
        def suggest(run_id: object, number: object, which: object, request: gr.Request) -> Answer:
            column = session.get_column(run_id, number)
            curve = result_of(column, picked(column, which)).abstention if column.result() else None
            if curve is None or curve.suggested is None:
                return {}
            shown = self._shown(column, picked(column, which), curve.suggested, language(request))
            return {self.below: curve.suggested, **shown}

        @errors_to(self.kept)
        def save(
            run_id: object, number: object, which: object, below: object, request: gr.Request
        ) -> Answer:
            from core.export.abstention import save as keep

            column, lang = session.get_column(run_id, number), language(request)
            limit = keep(column, picked(column, which), below) or 0.0
            offered = fill(download, offer(column, picked(column, which), lang))
            return {self.kept: _kept_html(limit, lang), **offered}

        @errors_to(self.kept)
        def other(run_id: object, number: object, which: object, request: gr.Request) -> Answer:
            column = session.get_column(run_id, number)
            return self.show(column, picked(column, which), language(request))

        asked, moved = [session.run, number, which], [self.worth, self.plot]
        self.below.input(slide, [*asked, self.below], moved, **LATEST)
        self.suggest.click(suggest, asked, [self.below, *moved, self.kept], **CLICK)
        self.save.click(save, [*asked, self.below], [self.kept, *download], **CLICK)
        which.input(other, asked, self.view, **LATEST)


def worth(column: LabelColumn, which: str, limit: float, lang: str) -> tuple[str, Any]:
    """What a limit is worth on the test rows, in words, and the chart of the validation rows."""
    rows, curve = rows_of(column, which), result_of(column, which).abstention
    point = at(rows["confidence"], rows["label"] == rows["predicted"], limit)
    low, high = point.interval or (0.0, 0.0)
    sentence = say(
        "abstention.worth" if point.answered else "abstention.worth.none",
        lang,
        share=point.answered / max(1, point.rows),
        answered=point.answered,
        rows=point.rows,
        right=point.right,
        low=low,
        high=high,
    )
    # The tiles are about the fine-tuned one.
    whose = say(f"abstention.of.{which}", lang) if len(column.models()) > 1 else ""
    lines = [sentence, _advice(curve, lang)]
    if curve is None:
        return html.notice(lines, "info", whose), gr.update(visible=False)
    lines.append(say("abstention.chart", lang, rows=curve.rows))
    drawn = trust_charts.abstention(curve, STEPS, limit, lang).to_json()
    return html.notice(lines, "info", whose), gr.update(value=drawn, visible=True)


def _advice(curve: AbstentionCurve | None, lang: str) -> str:
    """Which limit is suggested, and why none is."""
    if curve is None:
        return say("abstention.advice.unknown", lang)
    suggested = curve.suggested
    key = "none" if suggested is None else "needless" if suggested == 0 else "use"
    return say(f"abstention.advice.{key}", lang, below=suggested, wanted=WANTED, rows=curve.rows)


def _kept(column: LabelColumn, which: str, lang: str) -> tuple[float, str]:
    """The limit that is kept, and what the page says of it."""
    from core.export.bundle import abstention_limit

    try:
        limit = abstention_limit(column.folder(which)) or 0.0
    except UserError as error:
        return 0.0, problem(error, lang)
    return limit, _kept_html(limit, lang)


def _kept_html(limit: float, lang: str) -> str:
    key = "abstention.kept" if limit else "abstention.kept.none"
    return html.notice([say(key, lang, below=limit)], "good" if limit else "info")
