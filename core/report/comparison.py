"""The report card of techniques as files to hand on: a page that stands by itself, and a table."""

from __future__ import annotations

from collections.abc import Sequence

from core.data.spreadsheet import csv_text
from core.evaluation.technique_gain import Line, measured, named
from core.report.html import esc, interval, page, table
from core.runs.result import Change
from core.words import percent, say

LEAST = 0.02  # of macro-F1: the scale of the changes reaches at least so far to both sides
COLUMNS = ("technique", "accuracy", "macro_f1", "change", "time", "size", "latency")


def cells(line: Line, language: str) -> list[str]:
    """A row of the table, in the order of COLUMNS; "–" for what is not known yet."""
    name, got = say(named(line.techniques), language), line.got
    if got is None:
        state = say(f"compare.status.{line.status}", language)
        return [name, state, *["–"] * (len(COLUMNS) - 2)]
    return [
        name,
        percent(got.accuracy),
        f"{got.macro_f1:.3f}",
        "–" if line.macro_f1 is None else points(line.macro_f1, language),
        say("compare.seconds", language, n=got.seconds),
        "–" if got.size is None else f"{got.size / 1e6:.1f} MB",
        "–" if got.latency is None else f"{got.latency * 1000:.1f} ms",
    ]


def points(change: Change, language: str) -> str:
    """A change with its interval, in points."""
    low, value, high = (100 * end for end in (change.low, change.value, change.high))
    return say("compare.points", language, value=value, low=low, high=high)


def head(language: str) -> list[str]:
    return [say(f"compare.column.{name}", language) for name in COLUMNS]


def changes(lines: Sequence[Line], language: str) -> str:
    """A chart in HTML: the change of macro-F1 of each line as a dot on its interval, around 0."""
    drawn = [(line, line.macro_f1) for line in lines if line.macro_f1 is not None]
    bounds = [abs(end) for _, change in drawn for end in (change.low, change.high)]
    reach = max([LEAST, *bounds]) * 1.05

    def at(value: float) -> float:
        return 0.5 + 0.5 * value / reach

    items = "".join(
        interval(
            esc(say(named(line.techniques), language)),
            (at(change.low), at(change.value), at(change.high)),
            0.5,
            points(change, language),
        )
        for line, change in drawn
    )
    return f'<ul class="tt-changes">{items}</ul>' if items else ""


def card_html(name: str, lines: Sequence[Line], language: str = "en") -> str:
    title = say("compare.card", language, name=name)
    sentences = "".join(f"<li>{esc(say(line.said, language))}</li>" for line in lines if line.said)
    rows = [cells(line, language) for line in lines]
    body = (
        f"<p>{esc(say(measured(lines), language))}</p><ul>{sentences}</ul>"
        f"<h2>{esc(say('compare.chart', language))}</h2>{changes(lines, language)}"
        + table(head(language), rows, title, numeric=range(1, len(COLUMNS)))
    )
    return page(title, body, language)


def card_csv(lines: Sequence[Line]) -> str:
    """The report card for spreadsheets and programs: numbers as they are, scores from 0 to 1, seconds,
    bytes."""
    rows: list[list[object]] = [
        ["techniques", "run", "status", "accuracy", "macro_f1",
         *[f"{score}_change{end}" for score in ("accuracy", "macro_f1") for end in ("", "_low", "_high")],
         "test_rows", "seconds", "size", "latency"]
    ]  # fmt: skip
    for line in lines:
        got = line.got
        changed = [
            "" if change is None else getattr(change, end)
            for change in (line.accuracy, line.macro_f1)
            for end in ("value", "low", "high")
        ]
        known = ["", ""] if got is None else [got.accuracy, got.macro_f1]
        costs = ["", "", ""] if got is None else [got.seconds, got.size, got.latency]
        rows.append(
            [
                "+".join(line.techniques) or "none",
                line.run,
                line.status,
                *known,
                *changed,
                line.rows,
                *costs,
            ]
        )
    return csv_text(rows)
