"""The box to try the model: what is asked, and when; `ui.steps.result.answer` draws what it says."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import gradio as gr

from core.errors import UserError
from core.modalities import by_key, modality_of
from core.runs.run import LabelColumn
from core.words import say
from ui.kit import html
from ui.kit.answer import Answer
from ui.kit.errors import errors_to
from ui.kit.html import actions, data_of
from ui.kit.latest import Turn, following, latest, shown_while
from ui.kit.words import i18n, language
from ui.session import CLICK, QUIET, Session
from ui.steps.result import try_picture
from ui.steps.result.answer import Asked, answer_html, asked_of, picked, said, why
from ui.steps.result.corrections import About, CorrectionBox
from ui.steps.result.label_file import LabelFile

MAX_TEXT = 20_000  # characters of a text that is tried
MAX_LINES = 100  # texts that are tried at once


class TryBox:
    """The box, which is drawn when it is made; a second field appears for models that read two columns."""

    def __init__(self) -> None:
        self.help = html.piece(elem_id="try-help")
        self.text, self.pair = (
            gr.Textbox(
                label=i18n("result.try.text"),
                lines=1,
                max_lines=8,
                max_length=MAX_TEXT,
                visible=name == "text",
                elem_id=f"try-{name}",
            )
            for name in ("text", "pair")
        )
        self.lines = gr.Checkbox(
            label=i18n("result.try.lines"),
            info=i18n("result.try.lines.help"),
            value=True,
            container=False,
            elem_id="try-lines",
        )
        self.ask = gr.Button(i18n("result.try.ask"), variant="secondary", elem_id="try-ask")
        self.picture = try_picture.build()
        live = '<div role="status" aria-live="polite">${value}</div>'
        self.answer = actions("", html_template=live, elem_id="try-answer")
        self.why = actions("", elem_id="try-why")
        self.asked = gr.State(None)  # Asked or None
        self.turn = gr.State(Turn())
        self.correct = CorrectionBox()
        self.file = LabelFile()

    @property
    def view(self) -> list[Any]:
        """What `show` fills."""
        asking = [self.help, *self.typed, self.ask, self.picture]
        return [*asking, self.answer, self.why, self.asked, *self.correct.view]

    @property
    def typed(self) -> list[Any]:
        """What a person fills in before the model is asked."""
        return [self.text, self.pair, self.lines]

    def empty(self, *_: Any) -> Answer:
        """No answer yet."""
        return {self.answer: "", self.why: "", self.asked: None, **self.correct.hidden()}

    @property
    def emptied(self) -> list[Any]:
        """What `empty` and an answer fill."""
        return [*self.empty(), self.correct.label]

    def show(self, column: LabelColumn, lang: str) -> Answer:
        """Empty fields, named after the columns that the model reads."""
        columns, kind = column.recipe().data.text, by_key(column.recipe().data.modality)
        words = kind.words
        two = len(columns) == 2 and words
        label = columns[0] if two else say("result.try.text", lang)
        return {
            self.help: html.small(say(f"result.try.help.{kind.key}", lang)),
            self.text: gr.Textbox(value="", label=label, visible=words),
            self.pair: gr.Textbox(value="", label=columns[1] if two else "", visible=two),
            self.lines: gr.Checkbox(
                value=len(columns) < 3 and not _has_lines(column), visible=words
            ),
            self.ask: gr.Button(visible=words),
            self.picture: gr.Image(value=None, visible=not words),
            **self.empty(),
            **self.correct.show(column, lang),
        }

    def wire(self, which: gr.Radio, session: Session, number: gr.Radio) -> None:
        """The button and the Enter key ask."""

        @latest(Turn)
        @errors_to(self.answer, self.empty)
        def ask(
            run_id: object, number: object, which: object, text: str, pair: str, lines: bool, turn: Turn,
            request: gr.Request,
        ) -> Iterator[Answer]:  # fmt: skip
            lang = language(request)
            column = session.get_column(run_id, number)
            texts = texts_of(text or "", pair or "", bool(lines), len(column.recipe().data.text))
            if not texts:
                nothing = html.notice([say("result.try.empty", lang)], "info")
                yield {**self.empty(), self.answer: nothing}
                return
            waiting = html.small(say("result.try.busy", lang))
            yield {**self.empty(), self.answer: waiting}
            yield answered(asked_of(column, picked(column, which), texts), lang)

        def answered(asked: Asked, lang: str) -> Answer:
            shown = {self.answer: answer_html(asked, lang), self.why: "", self.asked: asked}
            return {**shown, **self.correct.offer(asked.column)}

        @latest(Turn)
        @errors_to(self.answer, self.empty)
        def ask_picture(
            run_id: object, number: object, which: object, path: str | None, turn: Turn,
            request: gr.Request,
        ) -> Answer:  # fmt: skip
            if path is None:
                return self.empty()
            column = session.get_column(run_id, number)
            return answered(try_picture.ask(column, picked(column, which), path), language(request))

        @following(Turn)
        @errors_to(self.why)
        def look(asked: Asked | None, turn: Turn, request: gr.Request) -> Iterator[Answer]:
            for step in why(asked, language(request)) if asked else ():
                yield {self.why: step}

        @errors_to(self.answer, lambda *_: {self.asked: None})
        def choose(
            asked: Asked | None, turn: Turn, event: gr.EventData, request: gr.Request
        ) -> Answer:
            """Another text of many, or another label."""
            at, label = data_of(event, "at"), data_of(event, "label")
            if asked is None:
                return {}
            shown_while(turn.begin())
            if at.isdecimal() and int(at) < len(asked.texts):
                best = int(asked.probabilities[int(at)].argmax())
                asked = dataclasses.replace(asked, at=int(at), label=best)
            elif label.isdecimal() and int(label) < asked.probabilities.shape[1]:
                asked = dataclasses.replace(asked, label=int(label))
            return {self.answer: answer_html(asked, language(request)), self.asked: asked}

        def right(asked: Asked | None) -> About | None:
            """What was asked last, for whoever puts it right."""
            if asked is None:
                return None
            given = modality_of(asked.table) if asked.table else None
            return About(asked.column, asked.texts[asked.at], said(asked, asked.at)[0], given)

        inputs = [session.run, number, which, self.text, self.pair, self.lines, self.turn]
        asking = gr.on(
            [self.ask.click, self.text.submit, self.pair.submit],
            ask,
            inputs,
            self.emptied,
            **{**CLICK, "trigger_mode": "multiple"},
        )
        pictured = [session.run, number, which, self.picture, self.turn]
        seeing = self.picture.change(ask_picture, pictured, self.emptied, **CLICK)
        chosen = gr.on(
            [self.answer.click, self.why.click],
            choose,
            [self.asked, self.turn],
            [self.answer, self.asked],
            **QUIET,
        )
        for event in (asking, seeing, chosen):
            event.then(look, [self.asked, self.turn], self.why, trigger_mode="multiple", **QUIET)
        self.correct.wire(session, number, self.asked, right)
        self.file.wire(session, number, which)


def _has_lines(column: LabelColumn) -> bool:
    """Do the texts of the column have several lines each? Then a pasted one is not many."""
    rows = column.test_rows()
    if rows is None or len(column.recipe().data.text) > 1:
        return False
    return bool(rows["text"].str.strip().str.contains("\n", regex=False).mean() > 0.2)


def texts_of(text: str, pair: str, lines: bool, columns: int) -> list[tuple[str, str | None]]:
    """The texts in the boxes. With `lines` each line is one; a tab divides the two of a pair, as in rows that
    were copied from a spreadsheet. Raises UserError when there are too many or one is too long."""
    rows = [line for line in text.splitlines() if line.strip()] if lines else [text]
    if columns == 2 and not pair.strip() and any("\t" in row for row in rows):
        cells = [row.split("\t", 1) for row in rows]
        texts: list[tuple[str, str | None]] = [
            (parts[0], parts[1] if parts[1:] else "") for parts in cells
        ]
    elif columns == 2:
        texts = [(text, pair)]
    else:
        texts = [(row, None) for row in rows]
    texts = [entry for entry in texts if any((part or "").strip() for part in entry)]
    if len(texts) > MAX_LINES:
        raise UserError("try_too_many", rows=len(texts), limit=MAX_LINES)
    if any(len(part or "") > MAX_TEXT for entry in texts for part in entry):
        raise UserError("try_too_long", limit=MAX_TEXT)
    return texts
