"""Scores in HTML: whether the model is any good, how sure that is, and what it was compared with."""

from __future__ import annotations

from collections.abc import Sequence

from core.report.evidence import table_of
from core.report.html import bars, card, clip, notice, tiles
from core.report.result import PERCENT, judgement, leads, rivals, score_name, shown
from core.runs.result import Result, Scores
from core.words import percent, say

TILES = ("accuracy", "macro_f1", "balanced_accuracy", "roc_auc")


def good(result: Result, language: str) -> str:
    """The verdict: against always guessing and against counting words, on the same rows."""
    kind, lines = judgement(result)
    return notice([say(line, language) for line in lines], kind, say("good.title", language))


def measured(result: Result, language: str) -> str:
    """The scores on the test rows, each with what it means and how sure it is."""
    test, scores = result.test, []
    for name in TILES:
        value = getattr(test, name)
        if value is None:
            continue
        key, ends = score_name(name, result.separator), test.intervals[name]
        note = say(f"{key}.help", language, rows=test.rows)
        more = f"{note} · {between(ends, name, language)}" if ends else note
        scores.append((say(key, language), shown(value, name), more))
    return tiles(scores) + left_out(test, language)


def left_out(test: Scores, language: str) -> str:
    """A sentence on labels that ROC-AUC could not judge."""
    names = test.roc_auc_left_out
    if not names:
        return ""
    key = "result.roc_auc.none" if test.roc_auc is None else "result.roc_auc.left_out"
    named = ", ".join(clip(name, 30) for name in names[:10])
    return notice([say(key, language, labels=named)], "info")


def between(ends: Sequence[float], name: str, language: str) -> str:
    """An interval in words."""
    low, high = (percent(end, 0) if name in PERCENT else f"{end:.2f}" for end in ends)
    return say("result.between", language, low=low, high=high)


def beside_rivals(result: Result, language: str) -> str:
    """Bars of the model and of what it was compared with, for each of two scores."""
    models = {"this": result.test, **{name: result.baselines[name] for name in rivals(result)}}
    cards = ""
    for score in ("accuracy", "macro_f1"):
        rows = [
            (
                say(f"result.{name}", language),
                getattr(scores, score),
                shown(getattr(scores, score), score),
            )
            for name, scores in models.items()
        ]
        cards += card(say(score_name(score, result.separator), language), bars(rows, highlight=0))
    return f'<div class="tt-pair">{cards}</div>'


def ahead(result: Result, language: str) -> str:
    """Leads of the model over each rival, with intervals."""
    what, note = leads(result.against), say("good.how.help", language, rows=result.test.rows)
    return card(say(what.title, language), table_of(what, language), note)
