"""Learning curve: whether more rows would help, in a sentence and a chart."""

from __future__ import annotations

from core.evaluation.learning_curve import said
from core.report.html import esc, notice
from core.report.svg import Line, chart
from core.runs.answers import LearningCurve
from core.words import message, say


def answer_html(curve: LearningCurve, language: str) -> str:
    """The sentence, macro-F1 by the rows that were learned from with its spread over the draws, and whose
    curve it is."""
    points = [(point.rows, point.macro_f1) for point in curve.points]
    spread = [point.macro_f1_spread for point in curve.points]
    lines = [Line(say("result.macro_f1", language), points, spread, dots=True)]
    label = say("curve.chart", language, first=points[0][0], last=points[-1][0])
    model = message(f"result.{curve.model}.phrase")
    notes = [say("curve.whose", language, model=model, draws=curve.draws)]
    if curve.used != curve.rows:
        notes.append(say("curve.used", language, used=curve.used, rows=curve.rows))
    return (
        notice([say(said(curve), language)], "good" if curve.clear else "info")
        + chart(lines, label, say("curve.x", language))
        + "".join(f'<p class="tt-note">{esc(note)}</p>' for note in notes)
    )
