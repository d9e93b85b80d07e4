"""Is a model any good? Sentences, from its answers and those of simple rivals to the same test rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from core.evaluation.intervals import Change, paired
from core.evaluation.metrics import Numbers
from core.tasks import Task
from core.words import Message, message

RIVALS = ("embedding", "colours", "tfidf", "majority")  # the most able first
PLAIN = ("tfidf", "colours")  # of which there is one
OFTEN = 0.3  # share of wrong answers from which on that is said whatever was beaten
TO_BEAT = ("majority", *PLAIN)  # which the sentence is about


def against(
    task: Task, truth: Numbers, given: Numbers, others: Mapping[str, Numbers]
) -> dict[str, Any]:
    """What answers are ahead of those of each rival, ready for JSON: "accuracy" and "macro_f1", each with
    "value", "low" and "high"."""
    return {
        name: {
            score: dataclasses.asdict(change)
            for score, change in paired(task, truth, given, theirs).items()
        }
        for name, theirs in others.items()
    }


def change(found: Mapping[str, Any], score: str) -> Change:
    """One entry of `against`."""
    return Change(**found[score])


def verdict(found: Mapping[str, Mapping[str, Any]]) -> tuple[str, Message] | None:
    """The kind of notice (good, info or warning) and the sentence; None where a rival was not asked.

    Macro-F1 decides: where most rows have the same label, whoever always gives that one is nearly always
    right, and of no use.
    """
    plain = next((name for name in PLAIN if name in found), None)
    if plain is None or "majority" not in found:
        return None
    beaten = {"majority": "majority", "tfidf": plain}  # as the sentence calls them
    kinds = [change(found[name], "macro_f1").kind for name in beaten.values()]
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
    return lead, message(f"verdict.{lead}", **parts)


def less_often_right(found: Mapping[str, Mapping[str, Any]]) -> Message | None:
    """A rival that is clearly more often right, though not better by macro-F1: to be said as well."""
    for name in TO_BEAT:
        if name not in found:
            continue
        hits, f1 = (change(found[name], score) for score in ("accuracy", "macro_f1"))
        if hits.kind == "worse" and f1.kind == "better":
            rival = message(f"result.{name}.phrase")
            return message("verdict.less_often", rival=rival, points=-100 * hits.value)
    return None


def often_wrong(scores: Mapping[str, Any], separator: str) -> Message | None:
    """What a person has to know who relies on the answers, be they better than others' or not. Of several
    labels ("separator") one that is missing makes an answer wrong, which would say too much."""
    rows, right = int(scores["rows"]), float(scores["accuracy"])
    if separator or right > 1 - OFTEN:
        return None
    return message("verdict.often_wrong", wrong=round(rows * (1 - right)), rows=rows)
