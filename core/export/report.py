"""The report card of techniques as files to hand on: a page that stands by itself, and a table."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Sequence

from core.comparisons import Comparison, Line, named
from core.evaluation.intervals import Change
from core.words import say

LEAST = 0.02  # of macro-F1: the scale of the changes reaches at least so far to both sides
COLUMNS = ("technique", "accuracy", "macro_f1", "change", "time", "size", "latency")
STYLE = """
body { font: 16px/1.5 system-ui, "Noto Sans CJK SC", sans-serif; max-width: 60rem; margin: 2rem auto; padding:
0 1rem;
  color: #1e293b; background: #fff; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .4rem .6rem; border-bottom: 1px solid #cbd5e1; }
th:first-child, td:first-child { text-align: left; }
.tt-changes { list-style: none; padding: 0; }
.tt-changes li { display: grid; grid-template-columns: 14rem 1fr 12rem; gap: .6rem; align-items: center; }
.tt-interval-track { position: relative; height: 1.4rem; }
.tt-interval-track i { position: absolute; top: 0; bottom: 0; }
.tt-zero { width: 1px; background: #94a3b8; }
.tt-interval { top: .55rem !important; height: .3rem; background: #a5b4fc; }
.tt-dot { width: .7rem; height: .7rem; margin: .35rem 0 0 -.35rem; border-radius: 50%; background: #4338ca; }
@media (max-width: 40rem) { .tt-changes li { grid-template-columns: 1fr; gap: 0; } }
"""
# Of all reports, after their other styles; on paper they stay light.
DARK = """
@media screen and (prefers-color-scheme: dark) {
  body { color: #e2e8f0; background: #0f172a; color-scheme: dark; }
  th, td, h2 { border-color: #334155; }
  .lead, dt { color: #94a3b8; }
  .tt-interval, .bar i { background: #475569; }
  .tt-dot, .bar.on i { background: #a5b4fc; }
  .matrix td { color: #e2e8f0 !important; border-color: #0f172a; }
  .tt-drawing text { fill: #94a3b8; } .tt-rule { stroke: #334155; }
  .tt-series { stroke: #a5b4fc; } .tt-series-1 { stroke: #fbbf24; } .tt-series-2 { stroke: #5eead4; }
  circle.tt-series { fill: #0f172a; }
}
"""


def cells(line: Line, language: str) -> list[str]:
    """A row of the table, in the order of COLUMNS; "–" for what is not known yet."""
    name, got = say(named(line.techniques), language), line.got
    if got is None:
        state = say(f"compare.status.{line.status}", language)
        return [name, state, *["–"] * (len(COLUMNS) - 2)]
    return [
        name,
        f"{got.accuracy:.1%}",
        f"{got.macro_f1:.3f}",
        "–" if line.macro_f1 is None else points(line.macro_f1, language),
        say("compare.seconds", language, n=got.seconds),
        "–" if got.size is None else f"{got.size / 1e6:.1f} MB",
        "–" if got.latency is None else f"{got.latency * 1000:.1f} ms",
    ]


def points(change: Change, language: str) -> str:
    """A change with its interval, in points."""
    low, value, high = (100 * each for each in (change.low, change.value, change.high))
    return say("compare.points", language, value=value, low=low, high=high)


def head(language: str) -> list[str]:
    return [say(f"compare.column.{name}", language) for name in COLUMNS]


def changes(lines: Sequence[Line], language: str) -> str:
    """A chart in HTML: the change of macro-F1 of each line as a dot on its interval, around 0."""
    drawn = [(line, line.macro_f1) for line in lines if line.macro_f1 is not None]
    bounds = [abs(end) for _, change in drawn for end in (change.low, change.high)]
    reach = max([LEAST, *bounds]) * 1.05

    def at(value: float) -> str:
        return f"{50 + 50 * value / reach:.2f}%"

    items = "".join(
        f'<li><span class="tt-bar-label">{_esc(say(named(line.techniques), language))}</span>'
        f'<span class="tt-interval-track"><i class="tt-zero" style="left:50%"></i>'
        f'<i class="tt-interval" style="left:{at(change.low)};'
        f'width:{50 * (change.high - change.low) / reach:.2f}%"></i>'
        f'<i class="tt-dot" style="left:{at(change.value)}"></i></span>'
        f'<span class="tt-bar-value">{_esc(points(change, language))}</span></li>'
        for line, change in drawn
    )
    return f'<ul class="tt-changes">{items}</ul>' if items else ""


def card_html(comparison: Comparison, lines: Sequence[Line], language: str = "en") -> str:
    """A whole page without scripts and without anything from elsewhere."""
    title = say("compare.card", language, name=comparison.name)
    rows = "".join(
        "<tr>" + "".join(f"<td>{_esc(cell)}</td>" for cell in cells(line, language)) + "</tr>"
        for line in lines
    )
    said = "".join(f"<li>{_esc(say(line.said, language))}</li>" for line in lines if line.said)
    heads = "".join(f"<th>{_esc(each)}</th>" for each in head(language))
    tested = max((line.rows for line in lines), default=0)
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{_esc(title)}</title><style>{STYLE}{DARK}</style><h1>{_esc(title)}</h1>"
        f"<p>{_esc(say('compare.how', language, rows=tested))}</p><ul>{said}</ul>"
        f"<h2>{_esc(say('compare.chart', language))}</h2>{changes(lines, language)}"
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></html>"
    )


def card_csv(lines: Sequence[Line]) -> str:
    """For spreadsheets and programs: numbers as they are, scores from 0 to 1, seconds, bytes."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        ["techniques", "run", "status", "accuracy", "macro_f1",
         *[f"{score}_change{end}" for score in ("accuracy", "macro_f1") for end in ("", "_low", "_high")],
         "test_rows", "seconds", "size", "latency"]
    )  # fmt: skip
    for line in lines:
        got = line.got
        changed = [
            "" if each is None else getattr(each, end)
            for each in (line.accuracy, line.macro_f1)
            for end in ("value", "low", "high")
        ]
        known = ["", ""] if got is None else [got.accuracy, got.macro_f1]
        costs = ["", "", ""] if got is None else [got.seconds, got.size, got.latency]
        writer.writerow(
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
    return out.getvalue()


def _esc(text: str) -> str:
    return html.escape(text)
