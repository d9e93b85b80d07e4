"""The box to try the model: what is asked, and when; `ui.answer` draws what it says."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from core.errors import UserError
from core.modalities import by_key, modality_of
from core.runs import Run
from core.words import say
from ui import correct, html, try_picture, whole_file
from ui.answer import Asked, answer_html, asked_of, said, why
from ui.html import actions, data_of
from ui.session import CLICK, QUIET, Find, Session, problem
from ui.words import esc, i18n, language

MAX_TEXT = 20_000  # characters of a text that is tried
MAX_LINES = 100  # texts that are tried at once


@dataclass
class Turn:
    """Which question is the latest of a page: an explanation of an earlier one says nothing any more."""

    number: int = 0


@dataclass(frozen=True)
class Trial:
    help: gr.HTML
    text: gr.Textbox
    pair: gr.Textbox
    lines: gr.Checkbox
    ask: gr.Button
    picture: gr.Image
    answer: gr.HTML
    why: gr.HTML
    asked: gr.State  # Asked or None
    turn: gr.State  # Turn
    correct: correct.Correct
    file: whole_file.WholeFile

    @property
    def view(self) -> list[Any]:
        """What `prepare` fills."""
        return [
            self.help,
            self.text,
            self.pair,
            self.lines,
            self.ask,
            self.picture,
            self.answer,
            self.why,
            self.asked,
            *self.correct.view,
        ]

    @property
    def emptied(self) -> list[Any]:
        """What `empty` fills."""
        return [self.answer, self.why, self.asked, *self.correct.offered]


VIEW = 9 + correct.VIEW


def empty() -> tuple[Any, ...]:
    """No answer yet."""
    return "", "", None, *correct.hidden()


def build() -> Trial:
    """Draw the box; a second one appears for models that read two columns."""
    note = html.piece(elem_id="try-help")
    text = gr.Textbox(
        label=i18n("result.try.text"),
        lines=1,
        max_lines=8,
        max_length=MAX_TEXT,
        elem_id="try-text",
    )
    pair = gr.Textbox(
        label=i18n("result.try.text"),
        lines=1,
        max_lines=8,
        max_length=MAX_TEXT,
        visible=False,
        elem_id="try-pair",
    )
    lines = gr.Checkbox(
        label=i18n("result.try.lines"),
        info=i18n("result.try.lines.help"),
        value=True,
        container=False,
        elem_id="try-lines",
    )
    ask = gr.Button(i18n("result.try.ask"), variant="secondary", elem_id="try-ask")
    picture = try_picture.build()
    answer = actions(
        "",
        html_template='<div role="status" aria-live="polite">${value}</div>',
        elem_id="try-answer",
    )
    why = actions("", elem_id="try-why")
    return Trial(
        help=note,
        text=text,
        pair=pair,
        lines=lines,
        ask=ask,
        picture=picture,
        answer=answer,
        why=why,
        asked=gr.State(None),
        turn=gr.State(Turn()),
        correct=correct.build(),
        file=whole_file.build(),
    )


def prepare(run: Run, lang: str) -> tuple[Any, ...]:
    """Empty boxes, named after the columns that the model reads."""
    columns = run.recipe().data.text
    kind = by_key(run.recipe().data.modality)
    words = kind.words
    two = len(columns) == 2 and words
    label = columns[0] if two else say("result.try.text", lang)
    return (
        f'<p class="tt-note">{esc(say(f"result.try.help.{kind.key}", lang))}</p>',
        gr.Textbox(value="", label=label, visible=words),
        gr.Textbox(value="", label=columns[1] if two else "", visible=two),
        gr.Checkbox(value=len(columns) < 3 and not _has_lines(run), visible=words),
        gr.Button(visible=words),
        gr.Image(value=None, visible=not words),
        "",
        "",
        None,
        *correct.show(run, lang),
    )


def _has_lines(run: Run) -> bool:
    """Do the texts of the run have several lines each? Then a pasted one is not many."""
    rows = run.test_rows()
    if rows is None or len(run.recipe().data.text) > 1:
        return False
    return bool(rows["text"].str.strip().str.contains("\n", regex=False).mean() > 0.2)


def texts_of(text: str, pair: str, lines: bool, columns: int) -> list[tuple[str, str | None]]:
    """The texts in the boxes. With `lines` each line is one; a tab divides the two of a pair, as in rows that
    were copied from a spreadsheet. Raises UserError when there are too many or one is too long."""
    rows = [line for line in text.splitlines() if line.strip()] if lines else [text]
    if columns == 2 and not pair.strip() and any("\t" in row for row in rows):
        cells = [row.split("\t", 1) for row in rows]
        found: list[tuple[str, str | None]] = [
            (each[0], each[1] if each[1:] else "") for each in cells
        ]
    elif columns == 2:
        found = [(text, pair)]
    else:
        found = [(row, None) for row in rows]
    found = [each for each in found if any((part or "").strip() for part in each)]
    if len(found) > MAX_LINES:
        raise UserError("try_too_many", rows=len(found), limit=MAX_LINES)
    if any(len(part or "") > MAX_TEXT for each in found for part in each):
        raise UserError("try_too_long", limit=MAX_TEXT)
    return found


def picked(run: Run, which: object) -> str:
    """What a browser says was picked, if the run has it."""
    return str(which) if which in run.kept() else "model"


def wire(trial: Trial, which: gr.Radio, session: Session, column: gr.Radio, find: Find) -> None:
    """The button and the Enter key ask. `find` gives the run of an id, as that of a label `column`."""

    def ask(
        run_id: object, column: object, which: object, text: str, pair: str, lines: bool, turn: Turn,
        request: gr.Request,
    ) -> Iterator[tuple[Any, ...]]:  # fmt: skip
        lang = language(request)
        rest = empty()[1:]
        turn.number += 1
        try:
            run = find(session, run_id, column)
            if run is None:
                raise UserError("run_unknown")
            columns = len(run.recipe().data.text)
            texts = texts_of(text or "", pair or "", bool(lines), columns)
            if not texts:
                yield html.notice([say("result.try.empty", lang)], "info"), *rest
                return
            waiting = f'<p class="tt-note">{esc(say("result.try.busy", lang))}</p>'
            yield waiting, *rest
            asked = asked_of(run, picked(run, which), texts)
            yield answer_html(asked, lang), "", asked, *correct.offer(run, lang)
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            yield problem(error, lang), *rest

    def ask_picture(
        run_id: object, column: object, which: object, path: str | None, turn: Turn,
        request: gr.Request,
    ) -> tuple[Any, ...]:  # fmt: skip
        lang = language(request)
        turn.number += 1
        if path is None:
            return empty()
        try:
            run = find(session, run_id, column)
            if run is None:
                raise UserError("run_unknown")
            asked = try_picture.ask(run, picked(run, which), path)
            return answer_html(asked, lang), "", asked, *correct.offer(run, lang)
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            return problem(error, lang), *empty()[1:]

    def look(asked: Asked | None, turn: Turn, request: gr.Request) -> Iterator[Any]:
        own = turn.number
        if asked is None:
            yield gr.skip()
            return
        try:
            for step in why(asked, language(request)):
                if turn.number != own:
                    return
                yield step
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            yield problem(error, language(request))

    def choose(
        asked: Asked | None, turn: Turn, event: gr.EventData, request: gr.Request
    ) -> tuple[Any, ...]:
        """Another text of many, or another label."""
        at, label = data_of(event, "at"), data_of(event, "label")
        if asked is None:
            return gr.skip(), gr.skip()
        turn.number += 1
        if at.isdecimal() and int(at) < len(asked.texts):
            best = int(asked.probabilities[int(at)].argmax())
            asked = dataclasses.replace(asked, at=int(at), label=best)
        elif label.isdecimal() and int(label) < asked.probabilities.shape[1]:
            asked = dataclasses.replace(asked, label=int(label))
        try:
            return answer_html(asked, language(request)), asked
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            return problem(error, language(request)), None

    def right(asked: Asked | None) -> correct.About | None:
        """What was asked last, for whoever puts it right."""
        if asked is None:
            return None
        given = modality_of(asked.table) if asked.table else None
        return correct.About(asked.run, asked.texts[asked.at], said(asked, asked.at)[0], given)

    inputs = [session.run, column, which, trial.text, trial.pair, trial.lines, trial.turn]
    asking = gr.on(
        [trial.ask.click, trial.text.submit, trial.pair.submit], ask, inputs, trial.emptied, **CLICK
    )
    pictured = [session.run, column, which, trial.picture, trial.turn]
    seeing = trial.picture.change(ask_picture, pictured, trial.emptied, **CLICK)
    chosen = gr.on(
        [trial.answer.click, trial.why.click],
        choose,
        [trial.asked, trial.turn],
        [trial.answer, trial.asked],
        **QUIET,
    )
    for event in (asking, seeing, chosen):
        event.then(look, [trial.asked, trial.turn], trial.why, trigger_mode="multiple", **QUIET)
    correct.wire(trial.correct, session, column, find, trial.asked, right)
    whole_file.wire(trial.file, session, column, which, find)
