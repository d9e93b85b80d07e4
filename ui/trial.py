"""The box to try the model on a text of one's own."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from core.errors import UserError
from core.runs import Run
from core.words import say
from ui import html
from ui.session import CLICK, Session, problem
from ui.words import esc, i18n, language

if TYPE_CHECKING:
    from core.predict import Answering

TOP = 5  # labels that are shown
MAX_TEXT = 20_000  # characters of a text that is tried


@dataclass(frozen=True)
class Trial:
    text: gr.Textbox
    pair: gr.Textbox
    ask: gr.Button
    answer: gr.HTML

    @property
    def view(self) -> list[Any]:
        """What `prepare` fills."""
        return [self.text, self.pair, self.answer]


def build() -> Trial:
    """Draw the box; a second one appears for models that read two columns."""
    text = gr.Textbox(
        label=i18n("result.try.text"), lines=1, max_lines=8, max_length=MAX_TEXT, elem_id="try-text"
    )
    pair = gr.Textbox(
        label=i18n("result.try.text"),
        lines=1,
        max_lines=8,
        max_length=MAX_TEXT,
        visible=False,
        elem_id="try-pair",
    )
    ask = gr.Button(i18n("result.try.ask"), variant="secondary", elem_id="try-ask")
    answer = html.piece(
        html_template='<div role="status" aria-live="polite">${value}</div>',
        value="",
        elem_id="try-answer",
    )
    return Trial(text, pair, ask, answer)


def prepare(run: Run, lang: str) -> tuple[Any, ...]:
    """Empty boxes, named after the columns that the model reads."""
    columns = run.recipe().data.text
    two = len(columns) == 2
    label = columns[0] if two else say("result.try.text", lang)
    return (
        gr.Textbox(value="", label=label),
        gr.Textbox(value="", label=columns[1] if two else "", visible=two),
        "",
    )


@functools.lru_cache(maxsize=3)
def _predictor(folder: Path, written: int) -> Answering:
    """`written` is when the recipe in it was: a run that went on has other models."""
    from core.predict import open_model

    return open_model(folder)


def answer(run: Run, which: str, text: str, pair: str | None, lang: str) -> str:
    """The likeliest labels with their probabilities, as bars. `which` is one of `Run.kept`."""
    from core.export.bundle import unsure_of

    folder = run.folder(which)
    predictor = _predictor(folder, (folder / "recipe.json").stat().st_mtime_ns)
    below = unsure_of(folder)  # it may have been chosen since the model was opened
    probabilities = predictor.probabilities([(text, pair)])[0]
    ranked = sorted(
        zip(predictor.labels, probabilities, strict=True), key=lambda each: -float(each[1])
    )
    task, threshold = predictor.task, predictor.threshold
    [label], [sure] = (ask(probabilities[None], threshold) for ask in (task.said, task.sure))
    key = "result.try.answer" if label else "result.try.no_label"
    if below and float(sure) < below:
        key = "result.try.unsure" if label else "result.try.unsure_none"
    said = say(key, lang, label=label, sure=float(sure), below=below)
    rows = [(name, float(p), f"{float(p):.1%}") for name, p in ranked[:TOP]]
    more = len(ranked) - len(rows)
    notes = [say("result.try.more", lang, n=more)] if more > 0 else []
    if threshold is not None:
        notes.append(say("result.try.threshold", lang, threshold=threshold))
    rest = "".join(f'<p class="tt-note">{esc(note)}</p>' for note in notes)
    asked = esc(html.clip(" ".join(text.split()), 120))
    return (
        f'<p class="tt-note tt-asked">{asked}</p><p class="tt-said">{esc(said)}</p>'
        + html.bars(rows, highlight=0)
        + rest
    )


def picked(run: Run, which: object) -> str:
    """What a browser says was picked, if the run has it."""
    return str(which) if which in run.kept() else "model"


def wire(
    trial: Trial,
    which: gr.Radio,
    session: Session,
    column: gr.Radio,
    find: Callable[[Session, object, object], Run | None],
) -> None:
    """The button and the Enter key ask. `find` gives the run of an id, as that of a label `column`."""

    def ask(
        run_id: object, column: object, which: object, text: str, pair: str, request: gr.Request
    ) -> str:
        lang = language(request)
        run = find(session, run_id, column)
        if run is None:
            return problem(UserError("run_unknown"), lang)
        if not (text or "").strip():
            return html.notice([say("result.try.empty", lang)], "info")
        try:
            two = len(run.recipe().data.text) == 2
            second = (pair or "")[:MAX_TEXT] if two else None
            return answer(run, picked(run, which), text[:MAX_TEXT], second, lang)
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            return problem(error, lang)

    inputs = [session.run, column, which, trial.text, trial.pair]
    gr.on(
        [trial.ask.click, trial.text.submit, trial.pair.submit], ask, inputs, trial.answer, **CLICK
    )
