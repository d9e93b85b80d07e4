"""Cross-validation of a run, on the result page: few test rows say little."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.errors import UserError
from core.evaluation.cross_validation import (
    SMALL_TEST,
    Asked,
    CrossValidation,
    FoldStore,
    Line,
    Summary,
)
from core.options import parse
from core.report.cross_validation import scores_html
from core.runs.run import BUSY, RESUMABLE, LabelColumn, Run
from core.words import percent, say
from ui.kit import html
from ui.kit.answer import Answer
from ui.kit.html import data_of
from ui.kit.progress import bar
from ui.kit.ticker import OFF, ticks
from ui.kit.words import duration
from ui.session import Session
from ui.steps.result.question import Card, button, heading

FOLDS = 5
REPEATS = (1, 3)  # that are offered


class FoldsCard(Card):
    """The card, which is drawn when it is made."""

    def __init__(self) -> None:
        super().__init__("folds")

    def show(self, column: LabelColumn, lang: str, chosen: Any = None) -> Answer:
        if column.result() is None:  # nothing was measured that could be measured better
            return {self.body: "", self.timer: OFF, self.problem: ""}
        store, whole = FoldStore(column.run.store), column.run
        group = store.about(whole)
        busy = bool(group and store.busy(group))
        if group is None:
            body = _offer(column, lang)
        else:
            lines = store.lines(group, column.number)
            body = _part(whole, lines, lang) + (
                _busy(store, group, lines, lang)
                if busy
                else _done(store.summary(group, column.number), group, lines, column, lang)
            )
        card = f'<div class="tt-card">{heading("folds", lang)}{_damaged(store, lang)}{body}</div>'
        return {self.body: card, self.timer: ticks(busy), self.problem: ""}

    def act(
        self, session: Session, column: LabelColumn, event: gr.EventData, chosen: Any, lang: str
    ) -> None:
        what, store, whole = data_of(event, "do"), FoldStore(session.store), column.run
        if what == "start":
            wanted = {"folds": FOLDS, "repeats": data_of(event, "repeats")}
            session.jobs.cross_validate(whole, parse(Asked, wanted, "folds"))
            return
        if what == "forget" and (damaged := data_of(event, "group")) in store.damaged():
            store.delete(damaged)
            return
        group = store.about(whole)
        if group is None:
            raise UserError("folds_unknown")
        if what == "stop":
            for waiting in store.busy(group):
                session.jobs.stop(waiting.id)
        elif what == "resume":
            for line in store.lines(group):
                if line.status in RESUMABLE:
                    session.jobs.resume(line.run)
        elif what == "forget":
            store.delete(group.id)


def _damaged(store: FoldStore, lang: str) -> str:
    """Measurements that cannot be read. Which run they are about nobody knows: so each run has them."""
    parts = ""
    for group in store.damaged():
        try:
            store.get(group)
        except UserError as error:
            forget = button("forget", "folds.forget", lang, group=group)
            parts += html.trouble(error, lang) + f'<p class="tt-choices">{forget}</p>'
    return parts


def _offer(column: LabelColumn, lang: str) -> str:
    """What it would cost, and the buttons that start it."""
    result = column.measured()
    rows, seconds = result.test.rows, result.seconds
    few = ""
    if rows < SMALL_TEST:
        few = html.notice([say("folds.few", lang, rows=rows)], "warning")
    offers = ""
    for repeats in REPEATS:
        key = "folds.offer" if repeats == 1 else "folds.offer.repeats"
        time = duration(FOLDS * repeats * seconds, lang)
        text = say(key, lang, folds=FOLDS, repeats=repeats, time=time)
        offers += html.button("start", text, repeats=repeats) + " "
    return few + f'<p class="tt-choices">{offers}</p>'


def _part(run: Run, lines: list[Line], lang: str) -> str:
    """Said where the run that is shown is one of the parts."""
    for line in lines:
        if line.run == run.id:
            number = line.fold.number + 1
            return html.notice([say("folds.is_part", lang, number=number, of=line.fold.of)], "info")
    return ""


def _busy(store: FoldStore, group: CrossValidation, lines: list[Line], lang: str) -> str:
    share, left = store.share(group)
    done = sum(line.status not in BUSY for line in lines)
    text = say("compare.done", lang, done=done, runs=len(lines))
    stop = button("stop", "compare.stop", lang)
    return bar(share, text, left, lang) + stop + _table(lines, lang)


def _done(
    summary: Summary | None,
    group: CrossValidation,
    lines: list[Line],
    column: LabelColumn,
    lang: str,
) -> str:
    parts = ""
    if summary is None:
        parts = html.notice([say("folds.too_few", lang)], "warning")
    else:
        parts = scores_html(summary, column.measured(), lang)
    if any(line.status in RESUMABLE for line in lines):
        left = sum(line.status in RESUMABLE for line in lines)
        parts += html.notice([say("folds.unfinished", lang, n=left, of=len(lines))], "warning")
        parts += button("resume", "folds.resume", lang) + " "
    again = button("forget", "folds.forget", lang)
    return parts + _table(lines, lang) + f'<p class="tt-choices">{again}</p>'


def _table(lines: list[Line], lang: str) -> str:
    names = ("part", "status", "rows", "accuracy", "macro_f1")
    several = any(line.fold.repeat for line in lines)
    rows = []
    for line in lines:
        number, repeat = line.fold.number + 1, line.fold.repeat + 1
        part = say("folds.part", lang, number=number, repeat=repeat) if several else f"{number}"
        numbers = ["–"] * 3
        if line.rows is not None and line.accuracy is not None and line.macro_f1 is not None:
            numbers = [f"{line.rows:,}", percent(line.accuracy), f"{line.macro_f1:.3f}"]
        rows.append([part, say(f"compare.status.{line.status}", lang), *numbers])
    head = [say(f"folds.head.{name}", lang) for name in names]
    return html.table(head, rows, say("question.folds.title", lang), numeric=(2, 3, 4))
