"""Verdict: is a model any good? Sentences, from its answers and those of simple rivals to the same rows."""

from __future__ import annotations

from collections.abc import Mapping

from core.evaluation.intervals import paired
from core.runs.result import PLAIN, SIMPLE, Lead, Result, Scores
from core.tasks import Task
from core.tasks.metrics import Numbers
from core.words import Message, message

RIVALS = (*reversed(SIMPLE), "majority")  # the most able first
OFTEN = 0.3  # share of wrong answers from which on that is said whatever was beaten
TO_BEAT = ("majority", *PLAIN)  # which the sentence is about


def against(
    task: Task, truth: Numbers, given: Numbers, others: Mapping[str, Numbers]
) -> dict[str, Lead]:
    """The lead of answers over those of each rival."""
    return {name: paired(task, truth, given, theirs) for name, theirs in others.items()}


def verdict(leads: Mapping[str, Lead]) -> tuple[str, Message]:
    """The kind of notice (good, info or warning) and the sentence.

    Macro-F1 decides: where most rows have the same label, whoever always gives that one is nearly always
    right, and of no use.
    """
    plain = next(name for name in PLAIN if name in leads)
    beaten = {"majority": "majority", "tfidf": plain}  # as the sentence calls them
    kinds = [leads[name].macro_f1.kind for name in beaten.values()]
    lead = (
        "good"
        if kinds == ["better", "better"]
        else "info"
        if kinds == ["better", "unclear"]
        else "warning"
    )
    parts = {
        name: message(f"verdict.{rival}.{kind}")
        for (name, rival), kind in zip(beaten.items(), kinds, strict=True)
    }
    # What is better stands apart from what is not.
    join = message(
        "verdict.and" if len({kind == "better" for kind in kinds}) == 1 else "verdict.but"
    )
    return lead, message(f"verdict.{lead}", **parts, join=join)


def few_rows(leads: Mapping[str, Lead], rows: int) -> Message | None:
    """A message that so many test rows do not tell, where the difference to a rival is not clear."""
    known = [leads[name].macro_f1.kind for name in TO_BEAT if name in leads]
    return message("good.few", rows=rows) if "unclear" in known else None


def less_often_right(leads: Mapping[str, Lead]) -> Message | None:
    """A message on a rival that is clearly more often right, though not better by macro-F1."""
    for name in TO_BEAT:
        if name not in leads:
            continue
        hits, f1 = leads[name].accuracy, leads[name].macro_f1
        if hits.kind == "worse" and f1.kind == "better":
            rival = message(f"result.{name}.phrase")
            return message("verdict.less_often", rival=rival, points=-100 * hits.value)
    return None


def unread(kind: str, result: Result) -> Message | None:
    """A message why a model that is not `good` may be none: it does not read the language of the texts, as
    was found before the training."""
    if kind == "good" or result.unread is None:
        return None
    return message("verdict.unread", why=result.unread)


def often_wrong(scores: Scores, separator: str) -> Message | None:
    """A message on the share of wrong answers, be they better than others' or not. Of several
    labels ("separator") one that is missing makes an answer wrong, which would say too much."""
    rows, right = scores.rows, scores.accuracy
    if separator or right > 1 - OFTEN:
        return None
    return message("verdict.often_wrong", wrong=round(rows * (1 - right)), rows=rows)
