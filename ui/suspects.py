"""Labels that look wrong: each can be kept, changed or dropped, and the corrected data trained on again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import gradio as gr

from core import questions
from core.data.edits import DropLines, Edit, Relabel, change
from core.errors import UserError
from core.evaluation.suspects import to_csv
from core.runs import Run
from core.words import say
from ui import html, question
from ui.download import written
from ui.html import data_of
from ui.question import Card
from ui.session import CLICK, QUIET, TECHNIQUES, Find, Session, go, problem
from ui.thumbs import of_run
from ui.words import esc, i18n, language

if TYPE_CHECKING:
    from ui.attach import Attach

QUESTION = "suspects"
PAGE = 20  # rows that are shown, and as many more each time
# What can be chosen, besides the number of a label.
KEEP, DROP, SUGGESTED = "keep", "drop", "suggested"
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Chosen:
    """What one browser said of the suspects of a run: line -> choice. The run and the lines are checked
    again."""

    run: str = ""
    shown: int = PAGE
    choices: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Suspects:
    card: Card
    chosen: gr.State
    apply: gr.Button
    table: gr.DownloadButton
    problem: gr.HTML

    @property
    def view(self) -> list[Any]:
        """What `show` fills."""
        return [*self.card.view, self.chosen, self.apply, self.table, self.problem]


def build() -> Suspects:
    """Draw the section."""
    with gr.Column(elem_classes="tt-card"):
        card = question.build("suspects")
        trouble = html.piece(elem_id="suspects-problem")
        with gr.Row(elem_classes="tt-foot"):
            table = gr.DownloadButton(i18n("suspects.csv"), visible=False, elem_id="suspects-csv")
            apply = gr.Button(
                i18n("suspects.apply"), variant="primary", visible=False, elem_id="suspects-apply"
            )
    return Suspects(card, gr.State(Chosen()), apply, table, trouble)


def show(run: Run, lang: str, chosen: Chosen | None = None) -> tuple[Any, ...]:
    """The section for a run, in the order of `view`; what was chosen for another run is forgotten."""
    if chosen is None or chosen.run != str(run.path):
        chosen = Chosen(str(run.path))
    body, timer = question.show(
        run, QUESTION, lambda found: answer_html(run, found, chosen, lang), lang
    )
    found = run.answer(QUESTION) if not timer.active else None
    return (
        question.heading("suspects", lang) + body,
        timer,
        chosen,
        _apply(found, chosen, lang),
        _file(run, found),
        "",
    )


def _apply(found: Mapping[str, Any] | None, chosen: Chosen, lang: str) -> gr.Button:
    n = len(corrections(found, chosen)) if found else 0
    label = say("suspects.apply", lang) if not n else say("suspects.apply.n", lang, n=n)
    return gr.Button(label, visible=bool(found and found["suspects"]), interactive=n > 0)


def _file(run: Run, found: Mapping[str, Any] | None) -> gr.DownloadButton:
    if not found or not found["suspects"]:
        return gr.DownloadButton(visible=False)
    name = f"{run.recipe().data.file}-suspects"
    return gr.DownloadButton(value=written(name, to_csv(found["suspects"])), visible=True)


def answer_html(run: Run, found: Mapping[str, Any], chosen: Chosen, lang: str) -> str:
    """How many there are, who says so, and a row for each with what is to become of it."""
    rows: Rows = found["suspects"]
    if not rows:
        return html.notice([say("suspects.none", lang, rows=found["rows"])], "good")
    tested = sum(row["side"] == "test" for row in rows)
    said = [say("suspects.found", lang, n=len(rows), rows=found["rows"])]
    if tested:
        said.append(say("suspects.test", lang, n=tested))
    models = [say(f"result.{name}.phrase", lang) for name in found["models"]]
    notes = [say("suspects.who", lang, models=" + ".join(models))]
    if found["unjudged"]:
        notes.append(say("suspects.unjudged", lang, n=found["unjudged"]))
    shown = rows[: chosen.shown]
    buttons = question.button("all", "suspects.all", lang) + " "
    if chosen.choices:
        buttons += question.button("none", "suspects.clear", lang) + " "
    if len(rows) > len(shown):
        buttons += question.button("more", "suspects.more", lang)
    count = say("suspects.count", lang, shown=len(shown), rows=len(rows))
    return (
        html.notice(said, "info")
        + "".join(f'<p class="tt-note">{esc(note)}</p>' for note in [*notes, count])
        + _table(run, found, shown, chosen, lang)
        + f'<p class="tt-choices">{buttons}</p>'
    )


def _table(run: Run, found: Mapping[str, Any], shown: Rows, chosen: Chosen, lang: str) -> str:
    kind = run.recipe().data.modality
    words = [say(f"ui.data.line.{kind}", lang)]
    words += [say(f"suspects.column.{name}", lang) for name in (kind, "given", "suggested", "what")]
    head = [f'<th scope="col">{esc(word)}</th>' for word in words]
    lines = []
    images = of_run(run, [row["text"] for row in shown])
    for row, image in zip(shown, images, strict=True):
        sure = say("suspects.sure", lang, wrong=float(row["wrong"]))
        side = say("suspects.side", lang) if row["side"] == "test" else ""
        mark = f' <span class="tt-chip">{esc(side)}</span>' if side else ""
        suggested = row["suggested"] or say("suspects.no_label", lang)
        lines.append(
            f'<td class="tt-num">{row["line"]}</td>'
            f'<td class="tt-wide" dir="auto">{image}{esc(html.clip(row["text"]))}{mark}</td>'
            f"<td dir='auto'>{esc(html.clip(row['given'], 60))}</td>"
            f"<td><b><bdi>{esc(html.clip(suggested, 60))}</bdi></b>"
            f"<span class='tt-note'>{esc(sure)}</span></td>"
            f"<td>{_choice(found, row, chosen, lang)}</td>"
        )
    return html.raw_table(head, lines, say("question.suspects.title", lang))


def _choice(found: Mapping[str, Any], row: Mapping[str, Any], chosen: Chosen, lang: str) -> str:
    """The list of what can become of a row. A row cannot be left without a label: it would be no row to
    learn."""
    now = chosen.choices.get(int(row["line"]), KEEP)
    offered = [(KEEP, say("suspects.keep", lang))]
    if row["suggested"]:
        to = html.clip(row["suggested"], 60)
        offered.append((SUGGESTED, say("suspects.to", lang, label=to)))
    offered.append((DROP, say("suspects.drop", lang)))
    offered += [
        (str(number), say("suspects.to", lang, label=html.clip(label, 60)))
        for number, label in enumerate(found["labels"])
        if label not in (row["given"], row["suggested"])
    ]
    options = "".join(
        f'<option value="{value}"{" selected" if value == now else ""}>{esc(text)}</option>'
        for value, text in offered
    )
    label = esc(say("suspects.choice", lang, line=row["line"]))
    return (
        f'<select class="tt-select" data-do="choose" data-line="{row["line"]}" aria-label="{label}">'
        f"{options}</select>"
    )


def corrections(found: Mapping[str, Any] | None, chosen: Chosen) -> dict[int, str | None]:
    """Line -> the new label, or None where the row goes; of what was chosen, what the answer knows."""
    known = {int(row["line"]): row for row in (found or {}).get("suspects", ())}
    labels = (found or {}).get("labels", ())
    wanted: dict[int, str | None] = {}
    for line, choice in chosen.choices.items():
        row = known.get(line)
        if row is None:
            continue
        if choice == DROP:
            wanted[line] = None
        elif choice == SUGGESTED and row["suggested"]:
            wanted[line] = row["suggested"]
        elif choice.isdecimal() and int(choice) < len(labels):
            wanted[line] = labels[int(choice)]
    return wanted


def edits_of(column: str, wanted: Mapping[int, str | None]) -> list[Edit]:
    """The same as changes of the table."""
    labels = {line: label for line, label in sorted(wanted.items()) if label is not None}
    gone = tuple(sorted(line for line, label in wanted.items() if label is None))
    found: list[Any] = []
    if labels:
        found.append(Relabel(column, labels))
    if gone:
        found.append(DropLines(gone))
    return found


def wire(part: Suspects, session: Session, column: gr.Radio, find: Find) -> None:
    """Connect the list; `wire_apply` connects the button below it."""
    asked = [session.run, column, part.chosen]

    def tick(
        run_id: object, column: object, chosen: Chosen, request: gr.Request
    ) -> tuple[Any, ...]:
        run = find(session, run_id, column)
        if run is None:
            return gr.skip(), gr.Timer(active=False), *[gr.skip()] * 4
        return show(run, language(request), chosen)

    def click(
        run_id: object, column: object, chosen: Chosen, event: gr.EventData, request: gr.Request
    ) -> tuple[Any, ...]:
        run, lang, what = find(session, run_id, column), language(request), data_of(event, "do")
        if run is None or not what:
            return (gr.skip(),) * len(part.view)
        if what == "start":
            questions.ask(session.jobs, run, QUESTION)
        elif what == "stop":
            questions.stop(run, QUESTION)
        else:
            return _choose(run, chosen, event, lang)
        return show(run, lang, chosen)

    part.card.timer.tick(tick, asked, part.view, **QUIET)
    part.card.body.click(click, asked, part.view, **QUIET)


def _choose(run: Run, chosen: Chosen, event: gr.EventData, lang: str) -> tuple[Any, ...]:
    """What the section shows after a choice; the list itself stays as it is where it shows that already."""
    if chosen.run != str(run.path):
        chosen = Chosen(str(run.path))
    found, what = run.answer(QUESTION), data_of(event, "do")
    choices, shown = dict(chosen.choices), chosen.shown
    if what == "choose" and data_of(event, "line").isdecimal():
        choices[int(data_of(event, "line")[:12])] = data_of(event, "value")
    elif what == "all":
        for row in (found or {}).get("suspects", [])[:shown]:
            if row["suggested"]:
                choices.setdefault(int(row["line"]), SUGGESTED)
    elif what == "none":
        choices = {}
    elif what == "more":
        shown += PAGE
    chosen = Chosen(chosen.run, shown, {k: v for k, v in choices.items() if v != KEEP})
    if what == "choose":
        skip = gr.skip()
        return skip, skip, chosen, _apply(found, chosen, lang), skip, ""
    return show(run, lang, chosen)


def wire_apply(
    part: Suspects, session: Session, column: gr.Radio, find: Find, attach: Attach
) -> None:
    """The button brings the corrected data to the first steps, with the settings of the run."""

    def apply(
        run_id: object, column: object, chosen: Chosen, request: gr.Request
    ) -> tuple[Any, ...]:
        run, lang = find(session, run_id, column), language(request)
        try:
            if run is None:
                raise UserError("run_unknown")
            found = run.answer(QUESTION)
            wanted = corrections(found, chosen) if chosen.run == str(run.path) else {}
            if found is None or not wanted:
                raise UserError("suspects_nothing")
            table = change(run.whole().table(), edits_of(found["column"], wanted))
            return go(TECHNIQUES), "", *attach.made_of(run.whole(), table, lang)
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            return gr.skip(), problem(error, lang), *[gr.skip()] * len(attach.first_steps)

    part.apply.click(
        apply,
        [session.run, column, part.chosen],
        [session.walk, part.problem, *attach.first_steps],
        **CLICK,
    )
