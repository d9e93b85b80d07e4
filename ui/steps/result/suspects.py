"""Label errors: each can be kept, changed or dropped, and the corrected data trained on again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import gradio as gr

from core.data.checkup.edit import Edit
from core.data.checkup.edits import apply_edits
from core.data.checkup.label_edits import Relabel
from core.data.checkup.row_edits import DropLines
from core.errors import UserError
from core.evaluation.suspects import to_csv
from core.report.thumbs import of_run
from core.runs import answers
from core.runs.run import LabelColumn
from core.words import say
from ui.kit import html
from ui.kit.answer import Answer
from ui.kit.download import written
from ui.kit.errors import errors_to
from ui.kit.html import data_of
from ui.kit.words import esc, i18n, language
from ui.open_run import OpenRun
from ui.session import CLICK, QUIET, TECHNIQUES, Session, go
from ui.steps.result.question import Card, answer_or_ask, ask_or_stop, button, heading

QUESTION = "suspects"
PAGE = 20  # rows that are shown, and as many more each time
# What can be chosen, besides the number of a label.
KEEP, DROP, SUGGESTED = "keep", "drop", "suggested"
Rows = Sequence[answers.Suspect]


@dataclass(frozen=True)
class Chosen:
    """What one browser said of the suspects of a run: line -> choice. The run and the lines are checked
    again. Choices that come quickly after one another are answered side by side: they share the dict."""

    run: str = ""
    shown: int = PAGE
    choices: dict[int, str] = field(default_factory=dict)


class SuspectsCard(Card):
    """The section, which is drawn when it is made: a card, and what is done with what was chosen in it."""

    # Each choice counts: by default those made while one is under way are dropped.
    clicks: ClassVar[Mapping[str, Any]] = {**QUIET, "trigger_mode": "multiple"}

    def __init__(self) -> None:
        with gr.Column(elem_classes="tt-card"):
            super().__init__("suspects")
            with gr.Row(elem_classes="tt-foot"):
                self.table = gr.DownloadButton(
                    i18n("suspects.csv"), visible=False, elem_id="suspects-csv"
                )
                label = i18n("suspects.apply")
                self.apply = gr.Button(
                    label, variant="primary", visible=False, elem_id="suspects-apply"
                )

    def show(self, column: LabelColumn, lang: str, chosen: Chosen | None = None) -> Answer:
        """What was chosen for another run is forgotten."""
        now = chosen_for(column, chosen)
        body, timer = answer_or_ask(
            column, QUESTION, lambda answer: answer_html(column, answer, now, lang), lang
        )
        answer = column.answer(QUESTION) if not timer else None
        return {
            self.body: heading(QUESTION, lang) + body,
            self.timer: timer,
            self.chosen: now,
            self.apply: _apply(answer, now, lang),
            self.table: _file(column, answer),
            self.problem: "",
        }

    def act(
        self,
        session: Session,
        column: LabelColumn,
        event: gr.EventData,
        chosen: Chosen | None,
        lang: str,
    ) -> Answer | None:
        """After a choice the list itself stays as it is where it shows that already."""
        do = data_of(event, "do")
        if do in ("start", "stop"):
            ask_or_stop(session, column, QUESTION, do)
            return None
        now, answer = chosen_for(column, chosen), column.answer(QUESTION)
        choices, shown = now.choices, now.shown
        if do == "choose" and data_of(event, "line").isdecimal():
            line, value = int(data_of(event, "line")[:12]), data_of(event, "value")
            choices.pop(line, None)
            if value != KEEP:
                choices[line] = value
        elif do == "all":
            for row in (answer.suspects if answer else ())[:shown]:
                if row.suggested:
                    choices.setdefault(row.line, SUGGESTED)
        elif do == "none":
            choices = {}
        elif do == "more":
            shown += PAGE
        now = Chosen(now.run, shown, choices)
        if do == "choose":
            return {self.chosen: now, self.apply: _apply(answer, now, lang), self.problem: ""}
        return self.show(column, lang, now)

    def wire_apply(self, session: Session, number: gr.Radio, opened: OpenRun) -> None:
        """The button brings the corrected data to the first steps, with the settings of the run."""

        @errors_to(self.problem)
        def apply(run_id: object, number: object, chosen: Any, request: gr.Request) -> Answer:
            column = session.get_column(run_id, number)
            answer = column.answer(QUESTION)
            wanted = corrections(answer, chosen_for(column, chosen))
            if answer is None or not wanted:
                raise UserError("suspects_nothing")
            table = apply_edits(column.run.table(), edits_of(answer.column, wanted))
            shown = opened.changed(column.run, table, language(request))
            return {session.walk: go(TECHNIQUES), self.problem: "", **shown}

        @errors_to(self.problem)
        def still_there(run_id: object, number: object, request: gr.Request) -> Answer:
            """The browser takes the file by itself, and says next to nothing where that is gone."""
            session.get_column(run_id, number)
            return {self.problem: ""}

        self.table.click(still_there, [session.run, number], self.problem, **QUIET)
        pressed = [session.run, number, self.chosen]
        filled = [session.walk, self.problem, *opened.first_steps]
        self.apply.click(apply, pressed, filled, **CLICK)


def chosen_for(column: LabelColumn, chosen: Chosen | None) -> Chosen:
    """What was chosen, if it was for this column of this run."""
    return chosen if chosen and chosen.run == str(column.path) else Chosen(str(column.path))


def _apply(answer: answers.Suspects | None, chosen: Chosen, lang: str) -> gr.Button:
    n = len(corrections(answer, chosen)) if answer else 0
    label = say("suspects.apply", lang) if not n else say("suspects.apply.n", lang, n=n)
    return gr.Button(label, visible=bool(answer and answer.suspects), interactive=n > 0)


def _file(column: LabelColumn, answer: answers.Suspects | None) -> gr.DownloadButton:
    if not answer or not answer.suspects:
        return gr.DownloadButton(visible=False)
    name = f"{column.recipe().data.file}-suspects"
    file = written(column.run.store.root, column.run.id, name, to_csv(answer.suspects))
    return gr.DownloadButton(value=file, visible=True)


def answer_html(column: LabelColumn, answer: answers.Suspects, chosen: Chosen, lang: str) -> str:
    """How many there are, who says so, and a row for each with what is to become of it."""
    rows: Rows = answer.suspects
    if not rows:
        return html.notice([say("suspects.none", lang, rows=answer.rows)], "good")
    tested = sum(row.side == "test" for row in rows)
    said = [say("suspects.found", lang, n=len(rows), rows=answer.rows)]
    if tested:
        said.append(say("suspects.test", lang, n=tested))
    models = [say(f"result.{name}.phrase", lang) for name in answer.models]
    notes = [say("suspects.who", lang, models=" + ".join(models))]
    if answer.unjudged:
        notes.append(say("suspects.unjudged", lang, n=answer.unjudged))
    shown = rows[: chosen.shown]
    buttons = button("all", "suspects.all", lang) + " "
    if chosen.choices:
        buttons += button("none", "suspects.clear", lang) + " "
    if len(rows) > len(shown):
        buttons += button("more", "suspects.more", lang)
    count = say("suspects.count", lang, shown=len(shown), rows=len(rows))
    return (
        html.notice(said, "info")
        + "".join(map(html.small, [*notes, count]))
        + _table(column, answer, shown, chosen, lang)
        + f'<p class="tt-choices">{buttons}</p>'
    )


def _table(
    column: LabelColumn, answer: answers.Suspects, shown: Rows, chosen: Chosen, lang: str
) -> str:
    kind = column.recipe().data.modality
    words = [say(f"ui.data.line.{kind}", lang)]
    words += [say(f"suspects.column.{name}", lang) for name in (kind, "given", "suggested", "what")]
    head = list(map(html.th, words))
    lines = []
    images = of_run(column.run, [row.text for row in shown])
    for row, image in zip(shown, images, strict=True):
        sure = say("suspects.sure", lang, wrong=float(row.wrong))
        side = say("suspects.side", lang) if row.side == "test" else ""
        mark = f' <span class="tt-chip">{esc(side)}</span>' if side else ""
        suggested = row.suggested or say("suspects.no_label", lang)
        lines.append(
            f'<td class="tt-num">{row.line}</td>'
            f'<td class="tt-wide" dir="auto">{image}{esc(html.clip(row.text))}{mark}</td>'
            f"<td dir='auto'>{esc(html.clip(row.given, 60))}</td>"
            f"<td><b><bdi>{esc(html.clip(suggested, 60))}</bdi></b>"
            f"<span class='tt-note'>{esc(sure)}</span></td>"
            f"<td>{_choice(answer, row, chosen, lang)}</td>"
        )
    return html.raw_table(head, lines, say("question.suspects.title", lang))


def _choice(answer: answers.Suspects, row: answers.Suspect, chosen: Chosen, lang: str) -> str:
    """The list of what can become of a row. A row cannot be left without a label: it would be no row to
    learn."""
    now = chosen.choices.get(row.line, KEEP)
    offered = [(KEEP, say("suspects.keep", lang))]
    if row.suggested:
        to = html.clip(row.suggested, 60)
        offered.append((SUGGESTED, say("suspects.to", lang, label=to)))
    offered.append((DROP, say("suspects.drop", lang)))
    offered += [
        (str(number), say("suspects.to", lang, label=html.clip(label, 60)))
        for number, label in enumerate(answer.labels)
        if label not in (row.given, row.suggested)
    ]
    options = "".join(
        f'<option value="{value}"{" selected" if value == now else ""}>{esc(text)}</option>'
        for value, text in offered
    )
    label = esc(say("suspects.choice", lang, line=row.line))
    return (
        f'<select class="tt-select" data-do="choose" data-line="{row.line}" aria-label="{label}">'
        f"{options}</select>"
    )


def corrections(answer: answers.Suspects | None, chosen: Chosen) -> dict[int, str | None]:
    """Line -> the new label, or None where the row goes; of what was chosen, what the answer knows."""
    known = {row.line: row for row in (answer.suspects if answer else ())}
    labels = answer.labels if answer else ()
    wanted: dict[int, str | None] = {}
    for line, choice in chosen.choices.items():
        row = known.get(line)
        if row is None:
            continue
        if choice == DROP:
            wanted[line] = None
        elif choice == SUGGESTED and row.suggested:
            wanted[line] = row.suggested
        elif choice.isdecimal() and int(choice) < len(labels):
            wanted[line] = labels[int(choice)]
    return wanted


def edits_of(column: str, wanted: Mapping[int, str | None]) -> list[Edit]:
    """The same as changes of the table."""
    labels = {line: label for line, label in sorted(wanted.items()) if label is not None}
    gone = tuple(sorted(line for line, label in wanted.items() if label is None))
    edits: list[Edit] = [Relabel(column, labels)] if labels else []
    return [*edits, DropLines(gone)] if gone else edits
