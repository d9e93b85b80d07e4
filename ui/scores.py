"""Is the model any good? The sentence, the scores with their intervals, what it is ahead of the rivals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.evaluation.verdict import RIVALS, TO_BEAT, change, less_often_right, often_wrong, verdict
from core.words import Message, message, say
from ui import html

SHOWN = ("accuracy", "macro_f1", "balanced_accuracy", "roc_auc")
PERCENT = ("accuracy", "balanced_accuracy")  # shares of rows; the others are numbers from 0 to 1


def rivals(metrics: Mapping[str, Any]) -> list[str]:
    """What the model was compared with, the most able first; an earlier version knew fewer."""
    return [name for name in RIVALS if name in metrics["baselines"]]


def recommendation(metrics: Mapping[str, Any]) -> Message | None:
    """The sentence on a simple model that did at least as well on the validation rows."""
    name = metrics.get("recommended", "model")
    theirs = metrics["baselines"].get(name, {}).get("validation")
    if not theirs:
        return None
    ours = float(metrics["best"]["macro_f1"])
    which = "equal" if theirs["macro_f1"] == ours else "better"
    return message(
        f"result.recommended.{which}",
        rival=message(f"result.{name}.phrase"),
        theirs=float(theirs["macro_f1"]),
        ours=ours,
        rows=int(theirs["rows"]),
    )


def good(metrics: Mapping[str, Any], lang: str) -> str:
    """One sentence: against always guessing and against counting words, on the same rows."""
    found = metrics.get("against", {})
    said = verdict(found)
    if said is None:  # a run of an earlier version
        return html.notice([say("good.unknown", lang)], "info", say("good.title", lang))
    kind, sentence = said
    lines = [say(sentence, lang)]
    if any(change(found[name], "macro_f1").kind == "unclear" for name in TO_BEAT if name in found):
        lines.append(say("good.few", lang, rows=int(metrics["test"]["rows"])))
    beside = less_often_right(found), often_wrong(metrics["test"], metrics.get("separator", ""))
    lines += [say(each, lang) for each in beside if each is not None]
    return html.notice(lines, kind, say("good.title", lang))


def tiles(metrics: Mapping[str, Any], lang: str) -> str:
    """The scores on the test rows, each with what it means and how sure it is."""
    test, several = metrics["test"], bool(metrics.get("separator"))
    made = []
    for name in SHOWN:
        value = test.get(name)
        if value is None:
            continue
        key = "result.exact" if name == "accuracy" and several else f"result.{name}"
        ends = test.get("intervals", {}).get(name)
        note = say(f"{key}.help", lang, rows=int(test["rows"]))
        more = f"{note} · {between(ends, name, lang)}" if ends else note
        made.append((say(key, lang), shown(value, name), more))
    return html.tiles(made) + left_out(test, lang)


def left_out(test: Mapping[str, Any], lang: str) -> str:
    """Which labels ROC-AUC could not judge."""
    names = test.get("roc_auc_left_out", ())
    if not names:
        return ""
    key = "result.roc_auc.none" if test.get("roc_auc") is None else "result.roc_auc.left_out"
    named = ", ".join(html.clip(name, 30) for name in names[:10])
    return html.notice([say(key, lang, labels=named)], "info")


def shown(value: float, name: str) -> str:
    return f"{value:.1%}" if name in PERCENT else f"{value:.3f}"


def between(ends: Sequence[float], name: str, lang: str) -> str:
    """An interval in words."""
    low, high = (f"{end:.0%}" if name in PERCENT else f"{end:.2f}" for end in ends)
    return say("result.between", lang, low=low, high=high)


def ahead(metrics: Mapping[str, Any], lang: str) -> str:
    """What the model is ahead of each rival, with intervals: what the sentence was decided by."""
    found = metrics.get("against", {})
    rows = []
    for rival in (name for name in RIVALS if name in found):
        changes = [change(found[rival], score) for score in ("accuracy", "macro_f1")]
        points = [
            say(
                "compare.points",
                lang,
                value=100 * each.value,
                low=100 * each.low,
                high=100 * each.high,
            )
            for each in changes
        ]
        kind = say(f"good.{changes[1].kind}", lang)
        rows.append([say(f"result.{rival}", lang), *points, kind])
    if not rows:
        return ""
    head = [say(f"good.column.{name}", lang) for name in ("rival", "accuracy", "macro_f1", "kind")]
    title = say("good.how", lang)
    note = say("good.how.help", lang, rows=int(metrics["test"]["rows"]))
    return html.card(title, html.table(head, rows, title, numeric=(1, 2)), note)


def per_class(metrics: Mapping[str, Any], lang: str) -> str:
    """Precision, recall and F1 of every label, each with its interval."""
    names = ("precision", "recall", "f1")
    head = [say(f"result.column.{name}", lang) for name in ("label", "precision", "recall")]
    head += ["F1", say("result.column.rows", lang)]
    rows = [
        [each["label"], *(_with_ends(each, name) for name in names), f"{each['rows']:,}"]
        for each in metrics["test"]["per_class"]
    ]
    return html.table(head, rows, say("result.classes", lang), numeric=range(1, 5))


def _with_ends(each: Mapping[str, Any], name: str) -> str:
    ends = each.get("intervals", {}).get(name)
    value = f"{each[name]:.2f}"
    return f"{value} ({ends[0]:.2f}–{ends[1]:.2f})" if ends else value
