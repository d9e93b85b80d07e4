"""When should it rather not answer? A limit to slide, what it is worth, and the button that keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from core.errors import UserError
from core.evaluation.tested import curve_of, rows_of
from core.evaluation.unsure import STEPS, WANTED, at, checked
from core.runs import Run
from core.words import say
from ui import html, trust_charts
from ui.download import offer
from ui.live_plot import live_plot
from ui.session import CLICK, QUIET, Find, Session, problem
from ui.trial import picked
from ui.words import i18n, language


@dataclass(frozen=True)
class Unsure:
    card: gr.Column
    below: gr.Slider
    worth: gr.HTML
    plot: gr.HTML
    suggest: gr.Button
    save: gr.Button
    kept: gr.HTML

    @property
    def view(self) -> list[Any]:
        """What `show` fills."""
        return [self.card, self.below, self.worth, self.plot, self.suggest, self.kept]


def build() -> Unsure:
    """Draw the card."""
    with gr.Column(elem_classes="tt-card", visible=False) as card:
        html.heading("unsure.title", "unsure.help")
        below = gr.Slider(
            0,
            0.999,
            step=0.001,
            label=i18n("unsure.below"),
            info=i18n("unsure.below.help"),
            interactive=True,
            elem_id="unsure-below",
        )
        worth = html.piece(elem_id="unsure-worth")
        plot = live_plot(height=trust_charts.UNSURE_HEIGHT, elem_id="unsure-plot")
        with gr.Row():
            suggest = gr.Button(i18n("unsure.use"), elem_id="unsure-use", size="sm")
            save = gr.Button(
                i18n("unsure.save"), variant="primary", elem_id="unsure-save", size="sm"
            )
        kept = html.piece(elem_id="unsure-kept")
    return Unsure(card, below, worth, plot, suggest, save, kept)


def show(run: Run, which: str, lang: str) -> tuple[Any, ...]:
    """The values of `view` for one of the run's models, with the limit that is kept; hidden where it is not
    known how sure its answers were."""
    limit, curve = _kept(run, which), curve_of(run, which)
    if rows_of(run, which) is None:
        return gr.update(visible=False), *[gr.skip()] * 4, ""
    return (
        gr.update(visible=True),
        limit,
        *look(run, which, limit, lang),
        gr.Button(visible=bool(curve and curve["suggested"])),
        _kept_html(limit, lang),
    )


def look(run: Run, which: str, limit: float, lang: str) -> tuple[str, Any]:
    """What a limit is worth on the test rows, in words, and the chart of the validation rows."""
    rows, curve = rows_of(run, which), curve_of(run, which)
    if rows is None:
        return "", gr.update(visible=False)
    found = at(rows["confidence"], rows["label"] == rows["predicted"], limit)
    share = found["answered"] / max(1, found["rows"])
    key = "unsure.worth" if found["answered"] else "unsure.worth.none"
    low, high = found["interval"] or (0.0, 0.0)
    lines = [
        say(
            key,
            lang,
            share=share,
            answered=int(found["answered"]),
            rows=int(found["rows"]),
            right=found["right"],
            low=low,
            high=high,
        ),
        _advice(curve, lang),
    ]
    if curve is None:
        return html.notice(lines, "info"), gr.update(visible=False)
    drawn = trust_charts.unsure(curve, STEPS, limit, lang).to_json()
    return html.notice(lines, "info"), gr.update(value=drawn, visible=True)


def _advice(curve: Any, lang: str) -> str:
    """Which limit is suggested, and why none is."""
    if curve is None:
        return say("unsure.advice.unknown", lang)
    found = curve["suggested"]
    key = "none" if found is None else "needless" if found == 0 else "use"
    return say(f"unsure.advice.{key}", lang, below=found, wanted=WANTED, rows=int(curve["rows"]))


def _kept(run: Run, which: str) -> float:
    from core.export.bundle import unsure_of

    return unsure_of(run.folder(which)) or 0.0


def _kept_html(limit: float, lang: str) -> str:
    key = "unsure.kept" if limit else "unsure.kept.none"
    return html.notice([say(key, lang, below=limit)], "good" if limit else "info")


def wire(
    part: Unsure,
    which: gr.Radio,
    session: Session,
    column: gr.Radio,
    find: Find,
    download: Sequence[Any],
) -> None:
    """Sliding tells what it is worth, the button keeps it; `download` is what offers the models."""
    asked = [session.run, column, which]

    def slide(
        run_id: object, column: object, which: object, below: object, request: gr.Request
    ) -> tuple[Any, ...]:
        run, lang = find(session, run_id, column), language(request)
        if run is None:
            return gr.skip(), gr.skip()
        try:
            return look(run, picked(run, which), checked(below), lang)
        except UserError as error:
            return problem(error, lang), gr.skip()

    def suggest(
        run_id: object, column: object, which: object, request: gr.Request
    ) -> tuple[Any, ...]:
        run = find(session, run_id, column)
        curve = curve_of(run, picked(run, which)) if run else None
        if run is None or curve is None or curve["suggested"] is None:
            return (gr.skip(),) * 3
        limit = curve["suggested"]
        return limit, *look(run, picked(run, which), limit, language(request))

    def save(
        run_id: object, column: object, which: object, below: object, request: gr.Request
    ) -> tuple[Any, ...]:
        from core.export.unsure import save as keep

        run, lang = find(session, run_id, column), language(request)
        try:
            if run is None:
                raise UserError("run_unknown")
            limit = keep(run, picked(run, which), below) or 0.0
            return _kept_html(limit, lang), *offer(run, picked(run, which), lang)
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            return problem(error, lang), *[gr.skip()] * len(download)

    def other(
        run_id: object, column: object, which: object, request: gr.Request
    ) -> tuple[Any, ...]:
        run = find(session, run_id, column)
        if run is None:
            return (gr.skip(),) * len(part.view)
        return show(run, picked(run, which), language(request))

    moved = [part.worth, part.plot]
    part.below.input(slide, [*asked, part.below], moved, trigger_mode="always_last", **QUIET)
    part.suggest.click(suggest, asked, [part.below, *moved], **CLICK)
    part.save.click(save, [*asked, part.below], [part.kept, *download], **CLICK)
    which.input(other, asked, part.view, trigger_mode="always_last", **QUIET)
