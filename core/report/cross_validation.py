"""Cross-validation: the scores of all parts together, and what they mean."""

from __future__ import annotations

from core.evaluation.cross_validation import SCORES, Summary
from core.report.html import bars, esc, notice, tiles
from core.report.result import score_name, shown
from core.runs.result import Result
from core.words import say


def scores_html(summary: Summary, result: Result, language: str) -> str:
    """Scores of all folds, beside the `result` of the run that was measured on its own test rows."""
    boxes = []
    for name in SCORES:
        score = getattr(summary, name)
        value, *ends = (
            shown(number, name) for number in (score.value, score.low, score.high, score.spread)
        )
        note = say(
            "folds.note", language, **dict(zip(("low", "high", "spread"), ends, strict=True))
        )
        boxes.append((say(score_name(name, result.separator), language), value, note))
    test = result.test
    lines = [
        say("folds.said", language, parts=summary.parts, rows=summary.rows),
        say(
            "folds.beside", language, rows=test.rows, one=test.macro_f1, all=summary.macro_f1.value
        ),
    ]
    means = {"this": summary.macro_f1.mean}
    means |= {name: scores["macro_f1"] for name, scores in summary.rivals.items()}
    beside = [(say(f"result.{name}", language), f1, f"{f1:.3f}") for name, f1 in means.items()]
    return (
        tiles(boxes)
        + notice(lines, "info")
        + f'<p class="tt-note">{esc(say("folds.rivals", language))}</p>{bars(beside, highlight=0)}'
    )
