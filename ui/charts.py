"""What a run says -> plotly figures: pure functions.

Colours are names of CSS variables, which live_plot.js looks up: one figure fits light and dark.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from core.training.events import Baseline
from core.training.progress import Progress
from core.words import say

# Loaded now, not by the first chart: it wants narwhals, and so does what the background loads just then. Two
# threads that import it at once fail.
go.Figure  # noqa: B018

TEXT, GRID = "var(--tt-text-soft)", "var(--tt-grid)"
TRAIN, VALIDATION = "var(--tt-train)", "var(--tt-validation)"
ACCURACY, MACRO_F1 = "var(--tt-accuracy)", "var(--tt-train)"
DASHES = ("dash", "dashdot", "longdash", "dot")
MAX_POINTS = 400  # of the train loss: more than a screen can tell apart
MAX_CELLS_WITH_TEXT = 15  # classes up to which a confusion matrix has room for its numbers
LIVE_HEIGHT = 440
LABEL_ROOM = 0.13  # of the scores' axis: the height of a line of text


def live(progress: Progress, run_id: str, language: str) -> go.Figure:
    """Loss above, scores below, over epochs; the x range is fixed to the whole run from the start.

    `uirevision` is the run's id: a person's zoom survives every update and ends with the run.
    """
    figure = go.Figure(layout=_live_layout(progress, run_id, language))
    steps = thin(progress.train, MAX_POINTS)
    figure.add_scatter(
        x=[epoch for _, epoch, _ in steps],
        y=[_number(loss) for _, _, loss in steps],
        name=say("train.chart.train_loss", language),
        mode="lines" if len(steps) > 1 else "markers",
        line={"color": TRAIN, "width": 1.5},
        opacity=0.35,
        hovertemplate="%{y:.3f}",
    )
    figure.add_scatter(
        x=[epoch for _, epoch, _ in steps],
        y=[_number(loss) for loss in running_mean([loss for _, _, loss in steps])],
        name=say("train.chart.mean_loss", language),
        mode="lines",
        line={"color": TRAIN, "width": 2.5},
        hovertemplate="%{y:.3f}",
    )
    epochs = [each.epoch for each in progress.evaluations]
    scored = (
        ("validation_loss", [e.loss for e in progress.evaluations], VALIDATION, "dot", "y"),
        ("macro_f1", [e.macro_f1 for e in progress.evaluations], MACRO_F1, "solid", "y2"),
        ("accuracy", [e.accuracy for e in progress.evaluations], ACCURACY, "dot", "y2"),
    )
    tasks = progress.evaluations[-1].tasks if progress.evaluations else []
    for number, (column, *_) in enumerate(tasks):
        figure.add_scatter(
            x=epochs,
            y=[_number(e.tasks[number][2]) for e in progress.evaluations],
            name=html.escape(_short(column)),
            mode="lines",
            line={"color": ACCURACY, "width": 1.5, "dash": DASHES[number % len(DASHES)]},
            yaxis="y2",
            legend="legend2",
            hovertemplate="%{y:.3f}",
        )
    # The mean over several columns says enough.
    for name, values, colour, dash, axis in scored[:2] if tasks else scored:
        figure.add_scatter(
            x=epochs,
            y=[_number(value) for value in values],
            name=say(f"train.chart.{name}", language),
            mode="lines+markers",
            line={"color": colour, "width": 2.5, "dash": dash},
            marker={"size": 7},
            yaxis=axis,
            legend="legend" if axis == "y" else "legend2",
            hovertemplate="%{y:.3f}",
        )
    best = progress.best
    figure.add_scatter(
        x=[best.epoch] if best else [],
        y=[_number(best.macro_f1)] if best else [],
        name=say("train.chart.kept", language),
        mode="markers",
        marker={"size": 16, "symbol": "circle-open", "color": MACRO_F1, "line": {"width": 2.5}},
        yaxis="y2",
        legend="legend2",
        hoverinfo="skip",
    )
    return figure


def _live_layout(progress: Progress, run_id: str, language: str) -> go.Layout:
    x = {
        "range": [0, max(progress.epochs, progress.epoch, 0.1)],
        "gridcolor": GRID,
        "zeroline": False,
        "title": {"text": say("train.chart.epoch", language), "standoff": 8},
        "anchor": "y2",
        "hoverformat": ".2f",
    }
    y = {"gridcolor": GRID, "zeroline": False, "fixedrange": True}
    return layout(
        LIVE_HEIGHT,
        _live_label(progress, language),
        margin={"l": 52, "r": 16, "t": 8, "b": 44},
        uirevision=run_id,
        hovermode="x unified",
        xaxis=x,
        yaxis={**y, "domain": [0.5, 0.93], "rangemode": "tozero"},
        yaxis2={**y, "domain": [0, 0.34], "range": [0, 1.04], "tickvals": [0.25, 0.5, 0.75, 1]},
        legend=_legend(1.0),
        legend2=_legend(0.41),
        shapes=[_rival_line(each) for each in progress.baselines.values()],
        annotations=_rival_names(progress, language),
    )


def _rival_line(rival: Baseline) -> dict[str, Any]:
    """What a simple model scored, across the whole width whatever part of it is zoomed into."""
    return {
        "type": "line",
        "xref": "paper",
        "yref": "y2",
        "x0": 0,
        "x1": 1,
        "y0": rival.macro_f1,
        "y1": rival.macro_f1,
        "layer": "below",
        "line": {"color": TEXT, "width": 1.25, "dash": "dash"},
    }


def _rival_names(progress: Progress, language: str) -> list[dict[str, Any]]:
    """At the right end, below the lines: the curves mostly end above. Lines that are close share a name."""
    ranked = sorted(progress.baselines.values(), key=lambda each: -each.macro_f1)
    groups: list[list[Baseline]] = []
    for rival in ranked:
        if groups and groups[-1][-1].macro_f1 - rival.macro_f1 < LABEL_ROOM:
            groups[-1].append(rival)
        else:
            groups.append([rival])
    return [
        {
            "text": " · ".join(
                f"{say(f'train.chart.{each.name}', language)} {each.macro_f1:.2f}" for each in group
            ),
            "xref": "paper",
            "yref": "y2",
            "x": 1,
            "xanchor": "right",
            # At the foot of the chart there is only room above.
            "y": group[-1 if _room_below(group) else 0].macro_f1,
            "yanchor": "top" if _room_below(group) else "bottom",
            "showarrow": False,
            "borderpad": 0,
            "font": {"size": 11, "color": TEXT},
        }
        for group in groups
    ]


def _room_below(group: Sequence[Baseline]) -> bool:
    return group[-1].macro_f1 > LABEL_ROOM


def _legend(y: float) -> dict[str, Any]:
    return {"orientation": "h", "x": 0, "y": y, "yanchor": "middle", "itemclick": False}


def _live_label(progress: Progress, language: str) -> str:
    """What a screen reader says instead of the picture."""
    loss = progress.train[-1][2] if progress.train else math.nan
    last = progress.evaluations[-1] if progress.evaluations else None
    said = say(
        "train.chart.label",
        language,
        loss=_shown(loss),
        validation=_shown(last.loss if last else math.nan),
        score=_shown(last.macro_f1 if last else math.nan),
    )
    rivals = [name["text"] for name in _rival_names(progress, language)]
    return "; ".join([said, *rivals])


def confusion(labels: Sequence[str], counts: Sequence[Sequence[int]], language: str) -> go.Figure:
    """Rows are what is true, columns what the model said; colours are shares of the row."""
    size = len(labels)
    totals = [max(1, sum(row)) for row in counts]
    places = list(range(size))
    names = [html.escape(_short(label)) for label in labels]
    axis = {
        "tickvals": places if size <= 40 else None,
        "ticktext": names if size <= 40 else None,
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "ticks": "",
    }
    titles = [say(f"result.{which}", language) for which in ("predicted", "true")]
    figure = go.Figure(
        layout=layout(
            110 + (58 if size <= 6 else 44) * size if size <= MAX_CELLS_WITH_TEXT else 760,
            say("result.confusion.label", language, classes=size),
            max_width=260 + 110 * size,
            margin={"l": 52, "r": 8, "t": 8, "b": 8},
            xaxis={**axis, "side": "top", "title": {"text": titles[0], "standoff": 10}},
            yaxis={**axis, "autorange": "reversed", "title": {"text": titles[1], "standoff": 14}},
        )
    )
    if max(map(len, names)) * size > 90:
        figure.layout.xaxis.tickangle = -40
    figure.layout.xaxis.automargin = figure.layout.yaxis.automargin = True
    figure.add_heatmap(
        z=[[n / totals[i] for n in row] for i, row in enumerate(counts)],
        zmin=0,
        zmax=1,
        x=places,
        y=places,
        customdata=[
            [[n, html.escape(labels[i]), html.escape(labels[j])] for j, n in enumerate(row)]
            for i, row in enumerate(counts)
        ],
        text=[[str(n) if n else "" for n in row] for row in counts],
        texttemplate="%{text}" if size <= MAX_CELLS_WITH_TEXT else None,
        xgap=2,
        ygap=2,
        showscale=False,
        colorscale=[[0, "var(--tt-heat-0)"], [1, "var(--tt-heat-1)"]],
        hovertemplate=say("result.confusion.hover", language) + "<extra></extra>",
    )
    return figure


def layout(height: int, label: str, max_width: int | None = None, **parts: Any) -> go.Layout:
    return go.Layout(
        template=go.layout.Template(),
        height=height,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": TEXT, "size": 13},
        hoverlabel={
            "bgcolor": "var(--tt-card)",
            "bordercolor": GRID,
            "font": {"color": "var(--tt-text)"},
        },
        dragmode="zoom" if "hovermode" in parts else False,
        meta={"label": label, "max_width": max_width},
        **parts,
    )


def thin(
    points: Sequence[tuple[float, float, float]], limit: int
) -> list[tuple[float, float, float]]:
    """At most `limit` points, each the mean loss of neighbours, at the last one's place."""
    size = -(-len(points) // limit)
    groups = [points[start : start + size] for start in range(0, len(points), max(1, size))]
    return [(g[-1][0], g[-1][1], sum(p[2] for p in g) / len(g)) for g in groups]


def running_mean(values: Sequence[float], memory: float = 0.9) -> list[float]:
    """The exponential moving average, without the pull towards 0 at its start (Kingma and Ba 2015).

    A batch's loss jumps with its rows; the eye wants the trend. What is no number leaves a gap.
    """
    means, total, weight = [], 0.0, 0.0
    for value in values:
        if math.isfinite(value):
            total, weight = memory * total + value, memory * weight + 1
        means.append(total / weight if weight and math.isfinite(value) else math.nan)
    return means


def _number(value: float) -> float | None:
    return round(value, 5) if math.isfinite(value) else None


def _shown(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "–"


def _short(label: str) -> str:
    return label if len(label) <= 18 else label[:17] + "…"
