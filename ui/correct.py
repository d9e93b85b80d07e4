"""Put a wrong answer right: the right label is kept as a new labelled row, and trained on when asked for."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from core.corrections import Corrections, corrected
from core.errors import UserError
from core.modalities.base import Modality, join
from core.runs import Run
from core.words import say
from ui import html
from ui.html import actions, data_of
from ui.session import CLICK, QUIET, TECHNIQUES, Find, Session, go, problem
from ui.thumbs import of_kept
from ui.words import esc, i18n, language

if TYPE_CHECKING:
    from ui.attach import Attach

SHOWN = 50  # corrections in the list, the latest first


@dataclass(frozen=True)
class About:
    """What was asked last: one of a run's label columns, the text, what the model said, and what has the
    picture that the text names."""

    run: Run
    text: tuple[str, str | None]
    said: str
    given: Modality | None = None


Right = Callable[[Any], About | None]


@dataclass(frozen=True)
class Correct:
    box: gr.Column  # hidden until there is an answer
    label: gr.Dropdown
    save: gr.Button
    note: gr.HTML
    list: gr.HTML
    again: gr.Button

    @property
    def offered(self) -> list[Any]:
        """What `offer` and `hidden` fill."""
        return [self.box, self.label, self.note]

    @property
    def view(self) -> list[Any]:
        """What `show` fills."""
        return [*self.offered, self.list, self.again]


VIEW = 5


def build() -> Correct:
    """Draw it."""
    with gr.Column(visible=False, elem_id="correct") as box, gr.Row(elem_classes="tt-fields"):
        label = gr.Dropdown(
            [],
            label=i18n("correct.label"),
            info=i18n("correct.label.help"),
            interactive=True,
            min_width=240,
            elem_id="correct-label",
        )
        save = gr.Button(i18n("correct.save"), size="sm", scale=0, elem_id="correct-save")
    note = html.piece(elem_id="correct-note")
    kept = actions("", elem_id="corrections")
    again = gr.Button(i18n("correct.again"), visible=False, elem_id="correct-again")
    return Correct(box, label, save, note, kept, again)


def hidden() -> tuple[Any, ...]:
    """Nothing to put right yet."""
    return gr.Column(visible=False), gr.skip(), ""


def offer(run: Run, lang: str) -> tuple[Any, ...]:
    """The labels to choose from, none chosen; several may be where a text may have several."""
    metrics = run.metrics() or {}
    several = bool(metrics.get("separator"))
    return (
        gr.Column(visible=True),
        gr.Dropdown(list(metrics["labels"]), value=[] if several else None, multiselect=several),
        "",
    )


def show(run: Run, lang: str) -> tuple[Any, ...]:
    """What was kept for this run, in the order of `view`."""
    return *hidden(), *_kept(run, lang)


def _kept(run: Run, lang: str) -> tuple[str, gr.Button]:
    corrections = Corrections(run)
    kept = corrections.all()
    if not kept:
        return "", gr.Button(visible=False)
    several = len({each.column for each in kept}) > 1
    rows = []
    for each in reversed(kept[-SHOWN:]):
        lines = corrections.kind.shown(join(each.texts)).split("\n")
        text = html.clip(" · ".join(" ".join(line.split()) for line in lines if line), 160)
        image = of_kept(corrections.picture(each), text)
        label = f"{each.column}: {each.label}" if several else each.label
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(each.time))
        rows.append(
            f'<td class="tt-wide" dir="auto">{image}{esc(text)}</td>'
            f'<td dir="auto">{esc(html.clip(each.said, 60) or "–")}</td>'
            f'<td dir="auto">{esc(html.clip(label, 80))}</td><td>{esc(when)}</td>'
            f'<td><button type="button" class="tt-small" data-do="forget" data-id="{esc(each.id)}">'
            f"{esc(say('correct.delete', lang))}</button></td>"
        )
    head = [
        f'<th scope="col">{esc(say(f"result.column.{name}", lang))}</th>'
        for name in (corrections.kind.key, "predicted", "right", "when")
    ] + [f'<th scope="col">{esc(say("runs.actions", lang))}</th>']
    title = say("correct.kept", lang, n=len(kept))
    more = len(kept) - len(rows)
    note = f'<p class="tt-note">{esc(say("correct.more", lang, n=more))}</p>' if more > 0 else ""
    table = html.raw_table(head, rows, title)
    texts = len(corrections.latest())
    button = gr.Button(say("correct.again.rows", lang, n=texts), visible=True)
    return f'<h4 class="tt-heading">{esc(title)}</h4>{table}{note}', button


def cells_of(text: tuple[str, str | None], columns: int) -> tuple[str, ...]:
    """The cells of the text columns that a text in the box stands for. Of more than two columns each has a
    line, as the model was given them."""
    if columns == 2:
        return text[0], text[1] or ""
    lines = text[0].split("\n") if columns > 2 else [text[0]]
    return tuple(lines) if len(lines) == columns else (text[0], *[""] * (columns - 1))


def wire(
    part: Correct, session: Session, column: gr.Radio, find: Find, asked: gr.State, right: Right
) -> None:
    """The buttons that keep a correction and forget one. `right` knows what was `asked` last."""

    def save(last: object, given: object, request: gr.Request) -> tuple[Any, ...]:
        lang, about = language(request), right(last)
        nothing = (gr.skip(),) * 4
        if about is None:
            return nothing
        run = about.run
        labels = [str(each) for each in given] if isinstance(given, list) else [str(given or "")]
        try:
            if not any(labels):
                return gr.skip(), html.notice([say("correct.choose", lang)], "info"), *nothing[:2]
            columns = len(run.recipe().data.text)
            cells, kind = cells_of(about.text, columns), run.recipe().data.modality
            kept = Corrections(run).add(cells, labels, about.said, about.given)
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            return gr.skip(), problem(error, lang), *nothing[:2]
        note = html.notice([say(f"correct.saved.{kind}", lang, label=kept.label)], "good")
        return gr.update(value=[] if isinstance(given, list) else None), note, *_kept(run, lang)

    def forget(
        run_id: object, column: object, event: gr.EventData, request: gr.Request
    ) -> tuple[Any, ...]:
        lang, run = language(request), find(session, run_id, column)
        if run is None or data_of(event, "do") != "forget":
            return gr.skip(), gr.skip(), gr.skip()
        try:
            Corrections(run).delete(data_of(event, "id"))
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            return problem(error, lang), gr.skip(), gr.skip()
        return "", *_kept(run, lang)

    part.save.click(
        save, [asked, part.label], [part.label, part.note, part.list, part.again], **CLICK
    )
    part.list.click(forget, [session.run, column], [part.note, part.list, part.again], **QUIET)


def wire_again(part: Correct, session: Session, attach: Attach) -> None:
    """The button brings the run's data with the corrections, and its settings, to the first steps."""

    def again(run_id: object, request: gr.Request) -> tuple[Any, ...]:
        lang = language(request)
        try:
            run = session.find(run_id)
            if run is None:
                raise UserError("run_unknown")
            table, _, _ = corrected(run)
            return go(TECHNIQUES), "", *attach.made_of(run, table, lang)
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            return gr.skip(), problem(error, lang), *[gr.skip()] * len(attach.first_steps)

    part.again.click(again, session.run, [session.walk, part.note, *attach.first_steps], **CLICK)
