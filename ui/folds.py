"""Few test rows say little: cross-validation of a run, on the result page."""

from __future__ import annotations

import gradio as gr

from core.errors import UserError
from core.folds import SMALL_TEST, Asked, CrossValidation, FoldStore, Line, Summary
from core.options import parse
from core.runs import Run, RunStore
from core.series import BUSY
from core.words import say
from ui import html, question
from ui.html import data_of
from ui.question import Card
from ui.session import Find, Session
from ui.words import duration, esc

FOLDS = 5
REPEATS = (1, 3)  # that are offered
UNFINISHED = ("stopped", "failed", "interrupted")


def show(run: Run, lang: str) -> tuple[str, gr.Timer]:
    """The card for a run that was measured, in the order of `Card.view`."""
    store, whole = FoldStore(RunStore(run.root)), run.whole()
    series = store.about(whole)
    busy = bool(series and store.busy(series))
    if series is None:
        body = _offer(run, lang)
    else:
        column = 0 if run == whole else int(run.path.name)
        lines = store.lines(series, column)
        body = _part(whole, lines, lang) + (
            _busy(store, series, lines, lang)
            if busy
            else _done(store.summary(series, column), series, lines, run, lang)
        )
    return f'<div class="tt-card">{question.heading("folds", lang)}{body}</div>', gr.Timer(
        active=busy
    )


def _offer(run: Run, lang: str) -> str:
    """What it would cost, and the buttons that start it."""
    metrics = run.metrics() or {}
    rows, seconds = int(metrics["test"]["rows"]), float(metrics["seconds"])
    few = ""
    if rows < SMALL_TEST:
        few = html.notice([say("folds.few", lang, rows=rows)], "warning")
    offers = ""
    for repeats in REPEATS:
        runs = FOLDS * repeats
        text = say(
            "folds.offer" if repeats == 1 else "folds.offer.repeats",
            lang,
            folds=FOLDS,
            repeats=repeats,
            time=duration(runs * seconds, lang),
        )
        offers += (
            f'<button type="button" class="tt-small" data-do="start" data-repeats="{repeats}">'
            f"{esc(text)}</button> "
        )
    return few + f'<p class="tt-choices">{offers}</p>'


def _part(run: Run, lines: list[Line], lang: str) -> str:
    """Said where the run that is shown is one of the parts."""
    for line in lines:
        if line.run == run.id:
            number = line.fold.number + 1
            return html.notice([say("folds.is_part", lang, number=number, of=line.fold.of)], "info")
    return ""


def _busy(store: FoldStore, series: CrossValidation, lines: list[Line], lang: str) -> str:
    share, left = store.share(series)
    done = sum(line.status not in BUSY for line in lines)
    text = say("compare.done", lang, done=done, runs=len(lines))
    stop = question.button("stop", "compare.stop", lang)
    return question.bar(share, text, left, lang) + stop + _table(lines, lang)


def _done(
    summary: Summary | None, series: CrossValidation, lines: list[Line], run: Run, lang: str
) -> str:
    parts = ""
    if summary is None:
        parts = html.notice([say("folds.too_few", lang)], "warning")
    else:
        parts = scores_html(summary, run, lang)
    if any(line.status in UNFINISHED for line in lines):
        left = sum(line.status in UNFINISHED for line in lines)
        parts += html.notice([say("folds.unfinished", lang, n=left, of=len(lines))], "warning")
        parts += question.button("resume", "folds.resume", lang) + " "
    again = question.button("forget", "folds.forget", lang)
    return parts + _table(lines, lang) + f'<p class="tt-choices">{again}</p>'


def scores_html(summary: Summary, run: Run, lang: str) -> str:
    """The scores of all parts together, and what they mean."""
    metrics = run.metrics() or {}
    test, right = metrics["test"], "result.exact" if metrics.get("separator") else "result.accuracy"
    tiles, said = [], []
    for name, title, shown in (
        ("accuracy", right, "{:.1%}"),
        ("macro_f1", "result.macro_f1", "{:.3f}"),
    ):
        score = getattr(summary, name)
        low, high, spread = (shown.format(v) for v in (score.low, score.high, score.spread))
        note = say("folds.note", lang, low=low, high=high, spread=spread)
        tiles.append((say(title, lang), shown.format(score.value), note))
    said.append(say("folds.said", lang, parts=summary.parts, rows=summary.rows))
    said.append(
        say(
            "folds.beside",
            lang,
            rows=test["rows"],
            one=float(test["macro_f1"]),
            all=summary.macro_f1.value,
        )
    )
    means = {"this": summary.macro_f1.mean}
    means |= {name: scores["macro_f1"] for name, scores in summary.rivals.items()}
    bars = html.bars(
        [(say(f"result.{name}", lang), f1, f"{f1:.3f}") for name, f1 in means.items()], highlight=0
    )
    return (
        html.tiles(tiles)
        + html.notice(said, "info")
        + f'<p class="tt-note">{esc(say("folds.rivals", lang))}</p>{bars}'
    )


def _table(lines: list[Line], lang: str) -> str:
    names = ("part", "status", "rows", "accuracy", "macro_f1")
    several = any(line.fold.repeat for line in lines)
    rows = []
    for line in lines:
        number, repeat = line.fold.number + 1, line.fold.repeat + 1
        part = say("folds.part", lang, number=number, repeat=repeat) if several else f"{number}"
        numbers = ["–"] * 3
        if line.rows is not None and line.accuracy is not None and line.macro_f1 is not None:
            numbers = [f"{line.rows:,}", f"{line.accuracy:.1%}", f"{line.macro_f1:.3f}"]
        rows.append([part, say(f"compare.status.{line.status}", lang), *numbers])
    head = [say(f"folds.head.{name}", lang) for name in names]
    return html.table(head, rows, say("question.folds.title", lang), numeric=(2, 3, 4))


def wire(card: Card, session: Session, column: gr.Radio, find: Find) -> None:
    """Connect the card."""

    def act(run: Run, event: gr.EventData) -> None:
        what, store, whole = data_of(event, "do"), FoldStore(session.store), run.whole()
        if what == "start":
            wanted = {"folds": FOLDS, "repeats": data_of(event, "repeats")}
            session.jobs.cross_validate(whole, parse(Asked, wanted, "folds"))
            return
        series = store.about(whole)
        if series is None:
            raise UserError("folds_unknown")
        if what == "stop":
            for each in store.busy(series):
                session.jobs.stop(each.id)
        elif what == "resume":
            for line in store.lines(series):
                if line.status in UNFINISHED:
                    session.jobs.resume(line.run)
        elif what == "forget":
            store.delete(series.id)

    question.wire(card, session, column, find, show, act)
