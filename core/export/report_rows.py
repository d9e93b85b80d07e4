"""The test rows in a run's report: which label was taken for which, and the surest mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.export.pieces import clip, esc, heading, table
from core.runs import Run
from core.words import say

MISTAKES = {"text": 30, "image": 24}  # the surest ones that are shown, by the kind of data
CLASSES = 40  # up to which the confusion matrix is drawn
LONGEST = 400  # characters of a text
SIDE = 96  # pixels of a picture


def confusion(metrics: Mapping[str, Any], language: str) -> str:
    counts, labels = metrics["test"].get("confusion"), metrics["labels"]
    if counts is None or len(labels) > CLASSES:
        return ""
    head = "".join(f"<th dir=auto>{esc(clip(label, 40))}</th>" for label in labels)
    rows = ""
    for label, row in zip(labels, counts, strict=True):
        cells = "".join(
            f'<td style="background:rgba(67,56,202,{0.8 * n / max(1, sum(row)):.2f});'
            f'color:{"#fff" if n > 0.6 * sum(row) else "#1e293b"}">{n or ""}</td>'
            for n in row
        )
        rows += f"<tr><th dir=auto>{esc(clip(label, 40))}</th>{cells}</tr>"
    said = say("report.confusion", language)
    return (
        f"<h3>{esc(say('report.confusion.title', language))}</h3><p>{esc(said)}</p>"
        f'<div class="scroll"><table class="matrix"><tr><th></th>{head}</tr>{rows}</table></div>'
    )


def mistakes(run: Run, language: str) -> str:
    frame = run.test_rows()
    if frame is None:
        return ""
    wrong = frame[frame["label"] != frame["predicted"]]
    title_ = heading(say("report.mistakes", language))
    if wrong.empty:
        return title_ + f"<p>{esc(say('result.rows.none', language))}</p>"
    kind = run.recipe().data.modality
    shown = wrong.sort_values("confidence", ascending=False, kind="stable").head(MISTAKES[kind])
    count = say("result.rows.count", language, shown=len(shown), rows=len(wrong))
    names = ("line", kind, "true", "predicted")
    head = [say(f"result.column.{name}", language) for name in names] + [
        say("report.confidence", language)
    ]
    rows = [
        [f"{row.line}", clip(row.text, LONGEST), row.label, row.predicted, f"{row.confidence:.0%}"]
        for row in shown.itertuples()
    ]
    pictures = _pictures(run, list(shown["text"]))
    return title_ + f"<p>{esc(count)}</p>" + table(head, rows, text=1, before=pictures)


def _pictures(run: Run, names: Sequence[str]) -> list[str]:
    """Before each of these names its picture, where there is one."""
    return [
        f'<img alt="" src="{small.address}" width="{small.width}" height="{small.height}">'
        if small
        else ""
        for small in run.thumbnails(names, SIDE)
    ]
