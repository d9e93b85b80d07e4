"""The whole result of a run as one web page to hand on: no script, nothing from elsewhere.

Names, labels and texts are whatever a person typed: they are escaped wherever they appear.
"""

from __future__ import annotations

import platform
from importlib.metadata import version

from core.errors import UserError
from core.evaluation.cross_validation import SCORES, FoldStore
from core.models.bundled.multilingual_e5 import named
from core.report.cross_validation import scores_html
from core.report.evidence import evidence, table_of
from core.report.html import esc, facts, page
from core.report.learning_curve import answer_html
from core.report.result import calibration, corrected, data_facts, per_class, training_facts
from core.report.rows import confusion, rows_html
from core.report.scores import ahead, beside_rivals, good, measured
from core.report.svg import Line, chart
from core.runs.progress import thin
from core.runs.result import Result
from core.runs.run import LabelColumn, Run, when
from core.words import message, say

DRAWN = 200  # points of the training loss
PACKAGES = ("torch", "transformers", "scikit-learn", "tokenizers")


def run_report(run: Run, language: str = "en") -> str:
    """A page of all that was asked for and measured. Raises UserError where nothing was measured yet."""
    recipe = run.recipe()
    if run.result() is None:
        raise UserError("report_nothing")
    name = say("report.title", language, name=recipe.title)
    date = when(run.id, "%Y-%m-%d %H:%M")
    body = _data(run, language)
    columns = run.columns()
    for column in columns:
        above = f"<h2>{esc(column.recipe().task.column)}</h2>" if len(columns) > 1 else ""
        body += above + _result(column, language)
    body += _course(run, language) + _evidence(run, language) + _settings(run, language)
    lead = say("report.made", language, when=date, run=run.id)
    return page(name, f'<p class="lead">{esc(lead)}</p>{body}', language)


def _data(run: Run, language: str) -> str:
    changes = "".join(f"<li>{esc(say(change.said, language))}</li>" for change in run.changes())
    answer = run.answer("suspects")
    suspects = (
        say("report.suspects", language, n=len(answer.suspects))
        if answer and answer.suspects
        else ""
    )
    return (
        _heading("report.data", language)
        + facts(data_facts(run.recipe(), run.measured(), language))
        + (f"<p>{esc(say('report.changes', language))}</p><ul>{changes}</ul>" if changes else "")
        + (f"<p>{esc(suspects)}</p>" if suspects else "")
    )


def _heading(key: str, language: str) -> str:
    return f"<h2>{esc(say(key, language))}</h2>"


def _result(column: LabelColumn, language: str) -> str:
    """The result of one label column."""
    result = column.measured()
    return "".join(
        (
            _scores(result, language),
            "".join(f"<p>{esc(say(line, language))}</p>" for line in corrected(column)),
            _folds(column, language),
            _per_class(result, language),
            confusion(result, language),
            _heading("report.mistakes", language),
            rows_html(column, result.labels, language),
            _curve(column, language),
        )
    )


def _scores(result: Result, language: str) -> str:
    sentences = (message("report.measured", rows=result.test.rows), calibration(result.calibration))
    return (
        _heading("card.quality", language)
        + good(result, language)
        + measured(result, language)
        + beside_rivals(result, language)
        + ahead(result, language)
        + "".join(f"<p>{esc(say(sentence, language))}</p>" for sentence in sentences)
    )


def _folds(column: LabelColumn, language: str) -> str:
    """Cross-validation of the run, where there was one."""
    store = FoldStore(column.run.store)
    group = store.about(column.run)
    summary = store.summary(group, column.number) if group else None
    if summary is None:
        return ""
    title = esc(say("question.folds.title", language))
    return f"<h3>{title}</h3>{scores_html(summary, column.measured(), language)}"


def _per_class(result: Result, language: str) -> str:
    note = say("result.classes.help", language)
    table = table_of(per_class(result.test), language)
    return _heading("result.classes", language) + f"<p>{esc(note)}</p>" + table


def _curve(column: LabelColumn, language: str) -> str:
    """The learning curve, where somebody asked for it."""
    answer = column.answer("learning_curve")
    if answer is None:
        return ""
    return _heading("question.learning_curve.title", language) + answer_html(answer, language)


def _course(run: Run, language: str) -> str:
    """The curves of the training."""
    progress = run.progress()
    losses = [
        Line(
            say("train.chart.train_loss", language),
            [(epoch, loss) for _, epoch, loss in thin(progress.train, DRAWN)],
        ),
        Line(
            say("train.chart.validation_loss", language),
            [(evaluation.epoch, evaluation.loss) for evaluation in progress.evaluations],
            dots=True,
        ),
    ]
    scores = [
        Line(
            say(f"train.chart.{name}{'.mean' if progress.columns > 1 else ''}", language),
            [(evaluation.epoch, getattr(evaluation, name)) for evaluation in progress.evaluations],
            dots=True,
        )
        for name in SCORES[::-1]
    ]
    levels = [
        (say(f"train.chart.{rival.name}", language), rival.macro_f1) for rival in progress.rivals
    ]
    epoch = say("train.chart.epoch", language)
    drawn = chart(losses, say("report.losses", language), epoch)
    drawn += chart(scores, say("report.scores", language), epoch, levels=levels)
    return _heading("report.course", language) + drawn if drawn else ""


def _evidence(run: Run, language: str) -> str:
    """Evidence of the techniques."""
    cards = evidence(run.measured().techniques, language)
    return _heading("step.techniques", language) + cards if cards else ""


def _settings(run: Run, language: str) -> str:
    recipe = run.recipe()
    chosen = training_facts(recipe, run.measured(), named(recipe.model, language), language)
    packages = [
        ("Python", platform.python_version()),
        *((name, version(name)) for name in PACKAGES),
    ]
    return (
        _heading("report.settings", language)
        + facts(chosen)
        + _heading("report.versions", language)
        + f"<p>{esc(say('report.versions.note', language))}</p>"
        + facts(packages)
    )
