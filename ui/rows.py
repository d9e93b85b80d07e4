"""The test rows with what the model said of them, the surest mistakes first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.runs import Run
from core.words import say
from ui import html
from ui.thumbs import Shown

ANY = "any"
SHOWN = 100
TOP = 3  # labels whose probability is shown


def rows_html(run: Run, labels: Sequence[str], true: str, predicted: str, lang: str) -> str:
    """A table of the test rows of one cell of the confusion matrix, or of the mistakes of one label or all.

    `true` and `predicted` come from the browser: an index of `labels` as text, or `ANY`.
    """
    frame = run.test_rows()
    if frame is None:
        return ""
    if ANY in (true, predicted):
        frame = frame[frame["label"] != frame["predicted"]]
    places = {str(place): label for place, label in enumerate(labels)}
    for column, wanted in (("label", true), ("predicted", predicted)):
        if wanted in places:
            frame = frame[frame[column] == places[wanted]]
    frame = frame.sort_values("confidence", ascending=False, kind="stable")
    if frame.empty:
        key = "result.rows.none" if true == predicted == ANY else "result.rows.empty"
        return f'<p class="tt-empty">{say(key, lang)}</p>'
    shown = frame.head(SHOWN)
    head = [say(f"result.column.{name}", lang) for name in _COLUMNS]
    rows = [
        [f"{row.line}", row.text, row.label, row.predicted, _shares(row.probabilities, labels)]
        for row in shown.itertuples()
    ]
    pictures = Shown(run)
    count = say("result.rows.count", lang, shown=len(shown), rows=len(frame))
    return f'<p class="tt-note">{count}</p>' + html.table(
        head,
        rows,
        say("result.mistakes", lang),
        numeric=(0,),
        wide=1,
        before=[pictures.html(str(name)) for name in shown["text"]],
    )


def _shares(probabilities: Sequence[float], labels: Sequence[str]) -> str:
    """The likeliest labels with their probabilities."""
    ranked = sorted(zip(probabilities, labels, strict=True), key=lambda each: -each[0])
    return " · ".join(f"{html.clip(label, 24)} {p:.1%}" for p, label in ranked[:TOP])


_COLUMNS: tuple[Any, ...] = ("line", "text", "true", "predicted", "probabilities")
