"""Is the model better than the simple rivals, and what did a technique cost? Honest sentences."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from core.words import Message, message


def rivals(metrics: Mapping[str, Any]) -> list[str]:
    """What the model was compared with, the most able first; an earlier version knew fewer."""
    return [name for name in ("embedding", "tfidf", "majority") if name in metrics["baselines"]]


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


def verdict(metrics: Mapping[str, Any]) -> tuple[str, Message]:
    """The kind of notice (good, info or warning) and the sentence.

    Accuracies are compared on the same test rows. A difference below 1.96 standard errors
    (binomial, taken as independent, which errs on the side of caution) may be luck.
    """
    test, baselines = metrics["test"], metrics["baselines"]
    name = max(rivals(metrics), key=lambda each: float(baselines[each]["accuracy"]))
    ours, theirs = float(test["accuracy"]), float(baselines[name]["accuracy"])
    rows = int(test["rows"])
    values = {
        "rival": message(f"result.{name}.phrase"),
        "points": abs(ours - theirs) * 100,
        "rows": rows,
    }
    luck = 1.96 * math.sqrt((ours * (1 - ours) + theirs * (1 - theirs)) / max(1, rows))
    if abs(ours - theirs) <= luck:
        if ours == theirs:
            return "warning", message("result.verdict.equal", **values)
        which = "ahead" if ours > theirs else "behind"
        return ("info" if ours > theirs else "warning"), message(
            f"result.verdict.{which}", **values
        )
    if ours > theirs:
        return "good", message("result.verdict.better", **values)
    return "warning", message("result.verdict.worse", **values)
