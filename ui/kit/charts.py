"""What a run says -> plotly figures: pure functions.

Colours are names of CSS variables, which live_plot.js looks up: one figure fits light and dark.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go

from core.runs.progress import Progress, Rival, running_mean, thin
from core.words import message, say

# Loaded now, not by the first chart: it wants narwhals, and so does what the background loads just then. Two
# threads that import it at once fail.
go.Figure  # noqa: B018

TEXT, GRID = "var(--tt-text-soft)", "var(--tt-grid)"
TRAIN, VALIDATION = "var(--tt-train)", "var(--tt-validation)"
ACCURACY, MACRO_F1 = "var(--tt-accuracy)", "var(--tt-train)"
DASHES = ("dash", "dashdot", "longdash", "dot")
SYMBOLS = ("square", "diamond", "triangle-up", "cross")  # the same of a single point
MAX_CELLS_WITH_TEXT = 15  # classes up to which a confusion matrix has room for its numbers
LIVE_HEIGHT = 440
LABEL_ROOM = 0.13  # of the scores' axis: the height of a line of text
BETWEEN = 5  # parts of a line between two evaluations
LABEL_WIDTH = 0.45  # of the chart: the longest name of one line, on a phone
RING = 0.08  # of the scores' axis: from the middle of the ring around what is kept to its edge
LOSSES, SCORES = (0.5, 0.93), (0.0, 0.34)  # where the two panels stand, as shares of the height
LABEL_TOP = 1.1  # of the scores' axis: up to here there is room below the legend


def live(progress: Progress, run_id: str, language: str) -> go.Figure:
    """Loss above, scores below, over epochs; the x range is fixed to the whole run from the start.

    `uirevision` is the run's id: a person's zoom survives every update and ends with the run.
    """
    figure = go.Figure(layout=_live_layout(progress, run_id, language))

    def trace(x: Sequence[float], y: Sequence[float], name: str, axis: str, **drawn: Any) -> None:
        figure.add_scatter(
            x=x,
            y=[_number(value) for value in y],
            name=name,
            yaxis=axis,
            legend="legend" if axis == "y" else "legend2",
            **{"hovertemplate": "%{y:.3f}", **drawn},
        )

    steps = thin(progress.train)
    at, losses = [epoch for _, epoch, _ in steps], [loss for _, _, loss in steps]
    name, line = say("train.chart.train_loss", language), {"color": TRAIN, "width": 1.5}
    trace(at, losses, name, "y", mode="lines" if at[1:] else "markers", line=line, opacity=0.35)
    name, line = say("train.chart.mean_loss", language), {"color": TRAIN, "width": 2.5}
    trace(at, running_mean(losses), name, "y", mode="lines", line=line)
    evaluations = progress.evaluations
    epochs = [evaluation.epoch for evaluation in evaluations]
    scored = (
        ("validation_loss", [e.loss for e in evaluations], VALIDATION, "dot", "y"),
        ("macro_f1", [e.macro_f1 for e in evaluations], MACRO_F1, "solid", "y2"),
        ("accuracy", [e.accuracy for e in evaluations], ACCURACY, "dot", "y2"),
    )
    tasks = evaluations[-1].tasks if evaluations else []
    for number, (column, *_) in enumerate(tasks):
        trace(
            epochs,
            [e.tasks[number][2] for e in evaluations],
            html.escape(_short(column)),
            "y2",
            mode="lines" if len(epochs) > 1 else "markers",
            line={"color": ACCURACY, "width": 1.5, "dash": DASHES[number % len(DASHES)]},
            marker={"size": 9, "symbol": SYMBOLS[number % len(SYMBOLS)]},
            cliponaxis=False,
        )
    # The mean over several columns says enough.
    for key, values, colour, dash, axis in scored[:2] if tasks else scored:
        mean = ".mean" if tasks and axis == "y2" else ""
        trace(
            epochs,
            values,
            say(f"train.chart.{key}{mean}", language),
            axis,
            mode="lines+markers",
            line={"color": colour, "width": 2.5, "dash": dash},
            marker={"size": 7},
            cliponaxis=False,  # the last point lies on the edge
        )
    best = [progress.best] if progress.best else []
    trace(
        [evaluation.epoch for evaluation in best],
        [evaluation.macro_f1 for evaluation in best],
        say("train.chart.kept", language),
        "y2",
        mode="markers",
        marker={"size": 16, "symbol": "circle-open", "color": MACRO_F1, "line": {"width": 2.5}},
        cliponaxis=False,
        hovertemplate=None,
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
    begun = bool(progress.train or progress.evaluations)
    # What has nothing to measure yet has no scale.
    losses = {"domain": LOSSES, "rangemode": "tozero", "visible": begun}
    seen = begun or bool(progress.rivals)
    scores = {
        "domain": SCORES,
        "range": [0, 1.04],
        "tickvals": [0.25, 0.5, 0.75, 1],
        "visible": seen,
    }
    return layout(
        LIVE_HEIGHT,
        _live_label(progress, language),
        margin={"l": 52, "r": 16, "t": 8, "b": 44},
        uirevision=run_id,
        hovermode="x unified",
        xaxis={**x, "visible": seen},
        yaxis={**y, **losses},
        yaxis2={**y, **scores},
        showlegend=begun,
        legend=_legend(1.0),
        legend2=_legend(0.41),
        shapes=[_rival_line(rival) for rival in progress.rivals],
        annotations=[*_rival_names(progress, language), *_awaited(progress, language)],
    )


def _awaited(progress: Progress, language: str) -> list[dict[str, Any]]:
    """Words in place of curves without a point: when the first comes, or that none came."""
    empty: list[tuple[str, float]] = []
    if not progress.train and not progress.evaluations:
        empty.append(("loss", sum(LOSSES) / 2))
    if not progress.evaluations:
        levels = [rival.macro_f1 for rival in progress.rivals]
        # Where the lines of the simple models are farthest.
        free = max((0.5, 0.25, 0.75), key=lambda y: min((abs(y - at) for at in levels), default=0))
        empty.append(("score", SCORES[0] + free * (SCORES[1] - SCORES[0])))
    when = "never" if progress.done else "awaited"
    return [
        {
            "name": "awaited",
            "text": say(f"train.chart.{when}.{curve}", language),
            "xref": "paper",
            "yref": "paper",
            "x": 0.5,
            "y": y,
            "showarrow": False,
            "bgcolor": "var(--tt-card)",  # above the lines of the epochs
            "font": {"size": 12, "color": TEXT},
        }
        for curve, y in empty
    ]


def _rival_line(rival: Rival) -> dict[str, Any]:
    """What a simple model scored, across the whole width whatever part of it is zoomed into.

    With several label columns it is the mean over them, as the curve is.
    """
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
    """At an end of the lines, above or below, where the fewest curves are. Lines that are close share a
    name."""
    ranked = sorted(progress.rivals, key=lambda baseline: -baseline.macro_f1)
    groups: list[list[Rival]] = []
    for rival in ranked:
        if groups and groups[-1][-1].macro_f1 - rival.macro_f1 < LABEL_ROOM:
            groups[-1].append(rival)
        else:
            groups.append([rival])
    points, taken = _scores(progress), list[tuple[float, float]]()
    names = []
    for group in groups:
        x, y, below = _free_place(group, points, taken)
        taken.append((x, y - LABEL_ROOM if below else y))
        text = (
            say(
                "train.chart.rival.mean" if baseline.by_column else "train.chart.rival",
                language,
                name=message(f"train.chart.{baseline.name}"),
                score=baseline.macro_f1,
            )
            for baseline in group
        )
        names.append(
            {
                "text": " · ".join(text),
                "xref": "paper",
                "yref": "y2",
                "x": x,
                "xanchor": "right" if x else "left",
                "y": y,
                "yanchor": "top" if below else "bottom",
                "showarrow": False,
                "borderpad": 0,
                "font": {"size": 11, "color": TEXT},
            }
        )
    return names


def _free_place(
    group: Sequence[Rival],
    points: Sequence[tuple[float, float]],
    taken: Sequence[tuple[float, float]],
) -> tuple[float, float, bool]:
    """The end of the lines, 0 or 1, the height, and whether the name stands below that."""
    top, foot = group[0].macro_f1, group[-1].macro_f1

    def in_the_way(place: tuple[float, float, bool]) -> int:
        x, y, below = place
        low = y - LABEL_ROOM if below else y
        if low < 0 or low + LABEL_ROOM > LABEL_TOP:
            return 2 * len(points) + 2
        if any(at == x and abs(other - low) < LABEL_ROOM for at, other in taken):
            return 2 * len(points) + 1
        width = LABEL_WIDTH * len(group)
        return sum(
            abs(at - x) <= width and low <= score <= low + LABEL_ROOM for at, score in points
        )

    places = [(1.0, foot, True), (1.0, top, False), (0.0, top, False), (0.0, foot, True)]
    return min(places, key=in_the_way)


def _scores(progress: Progress) -> list[tuple[float, float]]:
    """Points of all score curves, also between two evaluations, and of the ring: the share of the chart's
    width, the score."""
    across = max(progress.epochs, progress.epoch, 0.1)
    points = []
    if best := progress.best:
        points += [(best.epoch / across, best.macro_f1 + edge) for edge in (-RING, 0, RING)]
    for one, next_one in pairwise(progress.evaluations):
        curves = [(one.macro_f1, next_one.macro_f1), (one.accuracy, next_one.accuracy)]
        if one.tasks:
            curves[1:] = [(a[2], b[2]) for a, b in zip(one.tasks, next_one.tasks, strict=False)]
        for part in range(BETWEEN + 1):
            share = part / BETWEEN
            epoch = one.epoch + share * (next_one.epoch - one.epoch)
            points += [(epoch / across, a + share * (b - a)) for a, b in curves]
    return points


def _legend(y: float) -> dict[str, Any]:
    return {"orientation": "h", "x": 0, "y": y, "yanchor": "middle", "itemclick": False}


def _live_label(progress: Progress, language: str) -> str:
    """What a screen reader says instead of the picture."""
    last = progress.evaluations[-1] if progress.evaluations else None
    said = say(
        "train.chart.label",
        language,
        loss=_shown(progress.loss),
        validation=_shown(last.loss if last else math.nan),
        score=_shown(last.macro_f1 if last else math.nan),
    )
    rivals = [name["text"] for name in _rival_names(progress, language)]
    awaited = [words["text"] for words in _awaited(progress, language)]
    return "; ".join([said, *rivals, *awaited])


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


def _number(value: float) -> float | None:
    return round(value, 5) if math.isfinite(value) else None


def _shown(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "–"


def _short(label: str) -> str:
    return label if len(label) <= 18 else label[:17] + "…"
