"""Charts on how far a model can be trusted: plotly figures, made by pure functions as in charts.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from core.runs.result import AbstentionCurve, Bin, Calibration
from core.words import say
from ui.kit.charts import ACCURACY, GRID, TEXT, TRAIN, VALIDATION, layout

RELIABILITY_HEIGHT, ABSTENTION_HEIGHT = 360, 320
SIZE = 460  # pixels that a square chart is wide, at most
AXIS: dict[str, Any] = {
    "gridcolor": GRID,
    "zeroline": False,
    "fixedrange": True,
    "tickformat": ".0%",
    "hoverformat": ".1%",
    "automargin": True,
}
# Above the chart: on a phone its names stand below one another, and the chart makes room.
LEGEND = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "itemclick": False}


def reliability(calibration: Calibration, language: str) -> go.Figure:
    """How sure the model said it was, against how often it was right, before and after the calibration."""
    before, after = calibration.before, calibration.after
    points = [point for diagram in (before, after) for point in diagram.bins]
    low = min(0.5, *(min(point.confidence, point.interval[0]) for point in points))
    low = max(0.0, low - 0.03)
    titles = [say(f"calibration.{axis}", language) for axis in ("sure", "right")]
    figure = go.Figure(
        layout=layout(
            RELIABILITY_HEIGHT,
            say("calibration.label", language, before=before.ece, after=after.ece),
            max_width=SIZE,
            margin={"l": 60, "r": 12, "t": 8, "b": 48},
            xaxis={**AXIS, "range": [low, 1.02], "title": {"text": titles[0], "standoff": 8}},
            yaxis={**AXIS, "range": [low, 1.02], "title": {"text": titles[1], "standoff": 8}},
            legend=LEGEND,
        )
    )
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        name=say("calibration.honest", language),
        line={"color": TEXT, "width": 1.25, "dash": "dash"},
        hoverinfo="skip",
    )
    changed = calibration.temperature != 1
    for name, curve, colour in (("before", before, VALIDATION), ("after", after, TRAIN)):
        if name == "after" or changed:
            figure.add_scatter(**_bins(curve.bins, name, colour, language))
    return figure


def _bins(bins: Sequence[Bin], name: str, colour: str, language: str) -> dict[str, Any]:
    """A trace: a point for each group of answers; the interval is drawn for what the model says now."""
    now = name == "after"
    return {
        "x": [point.confidence for point in bins],
        "y": [point.right for point in bins],
        "customdata": [point.rows for point in bins],
        "name": say(f"calibration.{name}", language),
        "mode": "lines+markers",
        "line": {"color": colour, "width": 2.5 if now else 1.5, "dash": "solid" if now else "dot"},
        "marker": {"size": 8 if now else 6},
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [max(0.0, point.interval[1] - point.right) for point in bins],
            "arrayminus": [max(0.0, point.right - point.interval[0]) for point in bins],
            "thickness": 1,
            "width": 3,
            "visible": now,
        },
        "hovertemplate": say("calibration.hover", language) + "<extra></extra>",
    }


def abstention(
    curve: AbstentionCurve, steps: tuple[float, ...], limit: float, language: str
) -> go.Figure:
    """Over the limit: the share of validation rows that are answered, and of the answers that are right.

    `steps` are the limits that `curve` was measured at; a line stands at `limit`.
    """
    falls = next((s for s, n in zip(steps, curve.answered, strict=True) if n < 1), steps[-1])
    suggested = curve.suggested
    figure = go.Figure(
        layout=layout(
            ABSTENTION_HEIGHT,
            say("abstention.label", language),
            margin={"l": 52, "r": 12, "t": 8, "b": 48},
            hovermode="x unified",
            xaxis={
                **AXIS,
                "range": [max(0.0, min(falls, limit or 1, suggested or 1) - 0.05), 1],
                "title": {"text": say("abstention.axis", language), "standoff": 8},
            },
            yaxis={**AXIS, "range": [0, 1.04]},
            legend=LEGEND,
        )
    )
    if limit:
        figure.add_vline(limit, line={"color": TEXT, "width": 1.5, "dash": "solid"})
    if suggested:
        figure.add_vline(suggested, line={"color": ACCURACY, "width": 1.5, "dash": "dash"})
        figure.add_annotation(
            text=say("abstention.suggested", language, below=suggested),
            x=suggested,
            y=0.02,
            yanchor="bottom",
            xanchor="right" if suggested > 0.75 else "left",
            showarrow=False,
            font={"size": 11, "color": TEXT},
        )
    for name, colour, dash in (("right", TRAIN, "solid"), ("answered", VALIDATION, "dot")):
        figure.add_scatter(
            x=list(steps),
            y=getattr(curve, name),
            name=say(f"abstention.{name}", language),
            mode="lines",
            line={"color": colour, "width": 2.5, "dash": dash},
            hovertemplate="%{y:.1%}",
        )
    return figure
