"""The test rows of a result: which label was taken for which, and the surest mistakes."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from core.evaluation.test_rows import rows_of
from core.modalities import by_key
from core.report.html import clip, esc, table
from core.report.thumbs import of_run
from core.runs.result import Result
from core.runs.run import LabelColumn
from core.words import apart, percent, say

CLASSES = 40  # up to which the confusion matrix is drawn
ANY = "any"
SIDE = 120  # pixels of a picture
TOP = 3  # labels whose probability is shown
COLUMNS = ("line", "text", "true", "predicted", "probabilities")


def confusion(result: Result, language: str) -> str:
    counts, labels = result.test.confusion, result.labels
    if counts is None or len(labels) > CLASSES:
        return ""
    head = "".join(f'<th dir="auto">{esc(clip(label, 40))}</th>' for label in labels)
    rows = ""
    for label, row in zip(labels, counts, strict=True):
        cells = "".join(
            f'<td style="background:rgba(67,56,202,{0.8 * n / max(1, sum(row)):.2f});'
            f'color:{"#fff" if n > 0.6 * sum(row) else "#1e293b"}">{n or ""}</td>'
            for n in row
        )
        rows += f'<tr><th dir="auto">{esc(clip(label, 40))}</th>{cells}</tr>'
    sentence = say("report.confusion", language)
    return (
        f"<h3>{esc(say('report.confusion.title', language))}</h3><p>{esc(sentence)}</p>"
        f'<div class="tt-scroll"><table class="matrix"><tr><th></th>{head}</tr>{rows}</table></div>'
    )


def rows_html(
    column: LabelColumn, labels: Sequence[str], language: str, true: str = ANY, predicted: str = ANY
) -> str:
    """The test rows of one field of the confusion matrix, or the mistakes of one label or all, the surest
    first.

    `true` and `predicted` may come from a browser: an index of `labels` as text, or `ANY`.
    """
    frame = rows_of(column)
    if ANY in (true, predicted):
        frame = frame[frame["label"] != frame["predicted"]]
    places = {str(place): label for place, label in enumerate(labels)}
    for name, wanted in (("label", true), ("predicted", predicted)):
        if wanted in places:
            frame = frame[frame[name] == places[wanted]]
    frame = frame.sort_values("confidence", ascending=False, kind="stable")
    if frame.empty:
        key = "result.rows.none" if true == predicted == ANY else "result.rows.empty"
        return f'<p class="tt-empty">{say(key, language)}</p>'
    kind = by_key(column.recipe().data.modality)
    shown = frame.head(kind.mistakes)
    count = say("result.rows.count", language, shown=len(shown), rows=len(frame))
    drawn = (
        _gallery(column, shown, labels, language)
        if kind.thumbnails
        else _table(shown, labels, language)
    )
    return f'<p class="tt-note">{count}</p>' + drawn


def _table(rows: pd.DataFrame, labels: Sequence[str], language: str) -> str:
    head = [say(f"result.column.{name}", language) for name in COLUMNS]
    cells = [
        [f"{row.line}", row.text, row.label, row.predicted, _shares(row.probabilities, labels)]
        for row in rows.itertuples()
    ]
    return table(head, cells, say("result.mistakes", language), numeric=(0,), wide=1)


def _gallery(column: LabelColumn, rows: pd.DataFrame, labels: Sequence[str], language: str) -> str:
    """The pictures side by side, each with its name, its label, what the model said, and its line."""
    pictures = of_run(column.run, list(rows["text"]), SIDE)
    line = say("ui.data.line.image", language)
    items = "".join(
        f'<li>{image}<bdi class="tt-name">{esc(clip(row.text, 80)).replace("/", "/<wbr>")}</bdi>'
        f"<strong><bdi>{esc(clip(row.label, 60))}</bdi> → "
        f"<bdi>{esc(clip(row.predicted, 60))}</bdi></strong>"
        f'<span class="tt-note">{esc(_shares(row.probabilities, labels))}</span>'
        f'<span class="tt-note">{esc(line)} {row.line}</span></li>'
        for row, image in zip(rows.itertuples(), pictures, strict=True)
    )
    title = esc(say("result.mistakes", language))
    return (
        f'<div class="tt-scroll" tabindex="0" role="region" aria-label="{title}">'
        f'<ul class="tt-gallery">{items}</ul></div>'
    )


def _shares(probabilities: Sequence[float], labels: Sequence[str]) -> str:
    """The likeliest labels with their probabilities."""
    ranked = sorted(zip(probabilities, labels, strict=True), key=lambda pair: -pair[0])
    return " · ".join(f"{apart(clip(label, 24))} {percent(p)}" for p, label in ranked[:TOP])
