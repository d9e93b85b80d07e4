"""Corrections of wrong answers: the right label is kept as a new labelled row, to be trained on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from core.modalities.base import Modality, join_cells
from core.report.thumbs import of_kept
from core.runs.run import LabelColumn
from core.words import say
from core.workflow.corrections import Corrections, corrected
from ui.kit import html
from ui.kit.answer import Answer, Part
from ui.kit.errors import errors_to
from ui.kit.html import actions, data_of
from ui.kit.words import esc, i18n, language
from ui.open_run import OpenRun
from ui.session import CLICK, QUIET, TECHNIQUES, Session, go

MAX_SHOWN = 50  # corrections in the list, the latest first


@dataclass(frozen=True)
class About:
    """What was asked last: one of a run's label columns, the text, what the model said, and what has the
    picture that the text names."""

    column: LabelColumn
    text: tuple[str, str | None]
    said: str
    given: Modality | None = None


Right = Callable[[Any], About | None]


class CorrectionBox(Part):
    """The box below an answer and the list of what was kept, which are drawn when they are made."""

    def __init__(self) -> None:
        with (
            gr.Column(
                visible=False, elem_id="correct"
            ) as self.box,  # hidden until there is an answer
            gr.Row(elem_classes="tt-fields"),
        ):
            self.label = gr.Dropdown(
                [],
                label=i18n("correct.label"),
                info=i18n("correct.label.help"),
                interactive=True,
                min_width=240,
                elem_id="correct-label",
            )
            save = i18n("correct.save")
            self.save = gr.Button(save, size="sm", scale=0, elem_id="correct-save")
        self.note = html.piece(elem_id="correct-note")
        self.list = actions("", elem_id="corrections")
        self.again = gr.Button(i18n("correct.again"), visible=False, elem_id="correct-again")

    def hidden(self) -> Answer:
        """Nothing to put right yet."""
        return {self.box: gr.update(visible=False), self.note: ""}

    def offer(self, column: LabelColumn) -> Answer:
        """The labels to choose from, none chosen; several may be where a text may have several."""
        result = column.measured()
        several, labels = bool(result.separator), list(result.labels)
        return {
            self.box: gr.Column(visible=True),
            self.label: gr.Dropdown(labels, value=[] if several else None, multiselect=several),
            self.note: "",
        }

    def show(self, column: LabelColumn, lang: str) -> Answer:
        """What was kept for this run."""
        corrections = Corrections(column)
        texts = len(corrections.latest())
        button = gr.Button(visible=False)
        if texts:
            button = gr.Button(say("correct.again.rows", lang, n=texts), visible=True)
        return {self.list: list_html(corrections, lang), self.again: button}

    def wire(self, session: Session, number: gr.Radio, asked: gr.State, right: Right) -> None:
        """The buttons that keep a correction and forget one. `right` knows what was `asked` last."""

        @errors_to(self.note)
        def save(last: object, given: object, request: gr.Request) -> Answer:
            lang, about = language(request), right(last)
            if about is None:
                return {}
            column, many = about.column, isinstance(given, list)
            labels = (
                [str(label) for label in given] if isinstance(given, list) else [str(given or "")]
            )
            if not any(labels):
                return {self.note: html.notice([say("correct.choose", lang)], "info")}
            columns = len(column.recipe().data.text)
            cells, kind = cells_of(about.text, columns), column.recipe().data.modality
            correction = Corrections(column).add(cells, labels, about.said, about.given)
            saved = say(f"correct.saved.{kind}", lang, label=correction.label)
            return {
                self.label: gr.update(value=[] if many else None),
                self.note: html.notice([saved], "good"),
                **self.show(column, lang),
            }

        @errors_to(self.note)
        def forget(
            run_id: object, number: object, event: gr.EventData, request: gr.Request
        ) -> Answer:
            if data_of(event, "do") != "forget":
                return {}
            column = session.get_column(run_id, number)
            Corrections(column).delete(data_of(event, "id"))
            return {self.note: "", **self.show(column, language(request))}

        listed = [self.note, self.list, self.again]
        self.save.click(save, [asked, self.label], [self.label, *listed], **CLICK)
        self.list.click(forget, [session.run, number], listed, **QUIET)

    def wire_again(self, session: Session, opened: OpenRun) -> None:
        """The button brings the run's data with the corrections, and its settings, to the first steps."""

        @errors_to(self.note)
        def again(run_id: object, request: gr.Request) -> Answer:
            run = session.get(run_id)
            table, _, _ = corrected(run)
            shown = opened.changed(run, table, language(request))
            return {session.walk: go(TECHNIQUES), self.note: "", **shown}

        filled = [session.walk, self.note, *opened.first_steps]
        self.again.click(again, session.run, filled, **CLICK)


def list_html(corrections: Corrections, lang: str) -> str:
    """The latest that were kept, each with a button that forgets it; empty where there are none."""
    every = corrections.all()
    if not every:
        return ""
    several = len({correction.column for correction in every}) > 1
    rows = []
    for entry in reversed(every[-MAX_SHOWN:]):
        lines = corrections.kind.shown(join_cells(entry.texts)).split("\n")
        text = html.clip(" · ".join(" ".join(line.split()) for line in lines if line), 160)
        image = of_kept(corrections.picture(entry), text)
        label = f"{entry.column}: {entry.label}" if several else entry.label
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.time))
        rows.append(
            f'<td class="tt-wide" dir="auto">{image}{esc(text)}</td>'
            f'<td dir="auto">{esc(html.clip(entry.said, 60) or "–")}</td>'
            f'<td dir="auto">{esc(html.clip(label, 80))}</td><td>{esc(when)}</td>'
            f"<td>{html.button('forget', say('correct.delete', lang), id=entry.id)}</td>"
        )
    names = (corrections.kind.key, "predicted", "right", "when")
    words = [*(f"result.column.{name}" for name in names), "runs.actions"]
    head = [html.th(say(word, lang)) for word in words]
    title = say("correct.kept", lang, n=len(every))
    more = len(every) - len(rows)
    note = html.small(say("correct.more", lang, n=more)) if more > 0 else ""
    table = html.raw_table(head, rows, title)
    return f'<h4 class="tt-heading">{esc(title)}</h4>{table}{note}'


def cells_of(text: tuple[str, str | None], columns: int) -> tuple[str, ...]:
    """The cells of the text columns that a text in the box stands for. Of more than two columns each has a
    line, as the model was given them."""
    if columns == 2:
        return text[0], text[1] or ""
    lines = text[0].split("\n") if columns > 2 else [text[0]]
    return tuple(lines) if len(lines) == columns else (text[0], *[""] * (columns - 1))
