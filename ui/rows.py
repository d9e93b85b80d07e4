"""The test rows with what the model said of them, the surest mistakes first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from core.runs import Run
from core.words import apart, say
from ui import html
from ui.thumbs import of_run
from ui.words import esc

ANY = "any"
SIDE = 120  # pixels of a picture
TOP = 3  # labels whose probability is shown


def rows_html(run: Run, labels: Sequence[str], true: str, predicted: str, lang: str) -> str:
    """The test rows of one cell of the confusion matrix, or the mistakes of one label or all.

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
    drawn = DRAWN[run.recipe().data.modality]
    shown = frame.head(drawn.most)
    count = say("result.rows.count", lang, shown=len(shown), rows=len(frame))
    return f'<p class="tt-note">{count}</p>' + drawn.html(run, shown, labels, lang)


def _table(run: Run, rows: pd.DataFrame, labels: Sequence[str], lang: str) -> str:
    head = [say(f"result.column.{name}", lang) for name in _COLUMNS]
    cells = [
        [f"{row.line}", row.text, row.label, row.predicted, _shares(row.probabilities, labels)]
        for row in rows.itertuples()
    ]
    return html.table(head, cells, say("result.mistakes", lang), numeric=(0,), wide=1)


def _gallery(run: Run, rows: pd.DataFrame, labels: Sequence[str], lang: str) -> str:
    """The pictures side by side, each with its name, its label, what the model said, and its line."""
    pictures = of_run(run, list(rows["text"]), SIDE)
    line = say("ui.data.line.image", lang)
    items = "".join(
        f'<li>{image}<bdi class="tt-name">{esc(html.clip(row.text, 80)).replace("/", "/<wbr>")}</bdi>'
        f"<strong><bdi>{esc(html.clip(row.label, 60))}</bdi> → "
        f"<bdi>{esc(html.clip(row.predicted, 60))}</bdi></strong>"
        f'<span class="tt-note">{esc(_shares(row.probabilities, labels))}</span>'
        f'<span class="tt-note">{esc(line)} {row.line}</span></li>'
        for row, image in zip(rows.itertuples(), pictures, strict=True)
    )
    title = esc(say("result.mistakes", lang))
    return (
        f'<div class="tt-scroll" tabindex="0" role="region" aria-label="{title}">'
        f'<ul class="tt-gallery">{items}</ul></div>'
    )


def _shares(probabilities: Sequence[float], labels: Sequence[str]) -> str:
    """The likeliest labels with their probabilities."""
    ranked = sorted(zip(probabilities, labels, strict=True), key=lambda each: -each[0])
    return " · ".join(f"{apart(html.clip(label, 24))} {p:.1%}" for p, label in ranked[:TOP])


_COLUMNS: tuple[Any, ...] = ("line", "text", "true", "predicted", "probabilities")


@dataclass(frozen=True)
class Drawn:
    """How rows of one kind of data are shown, and how many of them at once."""

    html: Callable[[Run, pd.DataFrame, Sequence[str], str], str]
    most: int


DRAWN = {"text": Drawn(_table, 100), "image": Drawn(_gallery, 48)}
