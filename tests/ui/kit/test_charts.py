"""Figures are made of what the run said, and of nothing else."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from core.runs import events
from core.runs.progress import Progress, running_mean, thin
from core.runs.store import RunStore
from tests.ui.fake import HOSTILE, make_run
from ui.kit import charts


def traces(progress: Progress) -> dict[str, dict[str, Any]]:
    drawn = json.loads(charts.live(progress, "r", "en").to_json())["data"]
    return {trace["name"]: trace for trace in drawn}


def test_the_live_chart_draws_every_event(store: RunStore) -> None:
    run = make_run(store, upto=0.5, end="")
    progress = run.progress()
    drawn = traces(progress)
    assert drawn["training loss"]["x"] == [epoch for _, epoch, _ in progress.train]
    assert drawn["training loss"]["y"] == [round(loss, 5) for _, _, loss in progress.train]
    assert drawn["validation loss"]["x"] == [0.5, 1.0, 1.5]
    assert drawn["validation macro-F1"]["y"] == [round(e.macro_f1, 5) for e in progress.evaluations]
    best = progress.best
    assert best is not None
    assert drawn["is kept"]["x"] == [best.epoch]
    whole = [name for name, trace in drawn.items() if trace.get("cliponaxis") is False]
    assert whole == ["validation loss", "validation macro-F1", "validation accuracy", "is kept"]


def test_the_x_range_is_the_whole_run_and_the_zoom_is_tied_to_it(store: RunStore) -> None:
    run = make_run(store, upto=0.2, end="")
    layout = json.loads(charts.live(run.progress(), run.id, "en").to_json())["layout"]
    assert layout["xaxis"]["range"] == [0, 3.0]
    assert layout["uirevision"] == run.id


def rivals(*scores: float) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    progress = Progress()
    for name, value in zip(("tfidf", "embedding"), scores, strict=False):
        progress.add(events.Baseline(name=name, accuracy=value, macro_f1=value, seconds=1))
    layout = json.loads(charts.live(progress, "r", "en").to_json())["layout"]
    names = [words for words in layout.get("annotations", []) if words.get("name") != "awaited"]
    return layout.get("shapes", []), names


def awaited(progress: Progress) -> list[str]:
    layout = json.loads(charts.live(progress, "r", "en").to_json())["layout"]
    words = [
        each["text"] for each in layout.get("annotations", []) if each.get("name") == "awaited"
    ]
    assert all(text in layout["meta"]["label"] for text in words)
    return words


def test_before_the_first_point_it_says_what_is_awaited() -> None:
    progress, loss = Progress(), "The loss begins with the first step."
    score = "Scores begin with the first evaluation."
    assert awaited(progress) == [loss, score]
    layout = json.loads(charts.live(progress, "r", "en").to_json())["layout"]
    axes = [layout[name]["visible"] for name in ("xaxis", "yaxis", "yaxis2")]
    assert axes == [False, False, False]
    assert layout["showlegend"] is False
    progress.add(events.Baseline(name="tfidf", accuracy=0.5, macro_f1=0.5, seconds=1))
    assert awaited(progress) == [loss, score]
    progress.add(events.Step(step=1, epoch=0.1, loss=0.7, learning_rate=1e-4))
    assert awaited(progress) == [score]
    layout = json.loads(charts.live(progress, "r", "en").to_json())["layout"]
    assert layout["yaxis"]["visible"]
    assert layout["showlegend"]
    scored = events.Evaluated(step=5, epoch=0.5, loss=0.6, accuracy=0.5, macro_f1=0.4, best=True)
    progress.add(scored)
    assert awaited(progress) == []


def test_of_a_run_without_a_point_it_says_that_none_comes() -> None:
    progress = Progress()
    progress.add(events.RunStopped(step=None, seconds=1))
    assert awaited(progress) == [
        "It ended before the first step.",
        "It ended before the first evaluation.",
    ]


def test_the_awaited_score_keeps_off_the_lines_of_the_simple_models() -> None:
    progress = Progress()
    for name, macro_f1 in (("tfidf", 0.5), ("embedding", 0.8)):
        progress.add(events.Baseline(name=name, accuracy=0.5, macro_f1=macro_f1, seconds=1))
    figure = charts.live(progress, "r", "en")
    low, high = figure.layout.yaxis2.domain
    (y,) = (words.y for words in figure.layout.annotations if words.text.startswith("Scores"))
    assert (y - low) / (high - low) == pytest.approx(0.25)


def test_what_there_is_to_beat_is_a_line_across_the_scores() -> None:
    lines, names = rivals(0.7, 0.9)
    assert [(line["yref"], line["y0"], line["y1"]) for line in lines] == [
        ("y2", 0.7, 0.7),
        ("y2", 0.9, 0.9),
    ]
    assert {(line["xref"], line["x0"], line["x1"]) for line in lines} == {("paper", 0, 1)}
    assert [name["text"] for name in names] == ["frozen embedding 0.90", "word counts 0.70"]
    assert rivals() == ([], [])


def test_of_several_label_columns_the_line_is_the_mean_like_the_curve() -> None:
    progress = Progress()
    for column, value in (("mood", 0.5), ("topic", 0.9)):
        progress.add(
            events.Baseline(
                name="tfidf", accuracy=value, macro_f1=value, seconds=1, column=column, columns=2
            )
        )
    layout = json.loads(charts.live(progress, "r", "en").to_json())["layout"]
    assert [line["y0"] for line in layout["shapes"]] == [0.7]
    assert layout["annotations"][0]["text"] == "word counts, mean 0.70"


def test_a_single_evaluation_of_several_label_columns_is_seen() -> None:
    progress = Progress()
    modes = []
    for number in (1, 2):
        progress.add(
            events.Evaluated(
                step=number,
                epoch=number,
                loss=1.0,
                accuracy=0.5,
                macro_f1=0.5,
                best=True,
                tasks=[("mood", 0.4, 0.4), ("topic", 0.6, 0.6)],
            )
        )
        drawn = traces(progress)
        modes.append((drawn["mood"]["mode"], drawn["topic"]["mode"]))
    assert modes == [("markers", "markers"), ("lines", "lines")]
    assert len({drawn[name]["marker"]["symbol"] for name in ("mood", "topic")}) == 2


def test_lines_that_are_close_share_a_name_and_low_ones_have_it_above() -> None:
    ((shared,), (low,)) = (rivals(0.84, 0.86)[1], rivals(0.05)[1])
    assert shared["text"] == "frozen embedding 0.86 · word counts 0.84"
    assert (shared["y"], shared["yanchor"]) == (0.84, "top")
    assert low["yanchor"] == "bottom"


@pytest.mark.parametrize("scores", [(0.3, 0.6, 0.68), (0.9, 0.92, 0.93), (0.5, 0.7, 0.74)])
@pytest.mark.parametrize("rival", [0.72, 0.95])
def test_the_names_of_what_there_is_to_beat_stand_where_no_curve_is(
    scores: tuple[float, ...], rival: float
) -> None:
    progress = Progress()
    progress.add(events.StageStarted(stage="train", total_steps=90, epochs=3.0, rows=9))
    progress.add(events.Baseline(name="tfidf", accuracy=rival, macro_f1=rival, seconds=1))
    for epoch, score in enumerate(scores, start=1):
        progress.add(
            events.Evaluated(
                step=30 * epoch, epoch=epoch, loss=0.5, accuracy=score, macro_f1=score, best=True
            )
        )
    drawn = json.loads(charts.live(progress, "r", "en").to_json())
    (name,) = drawn["layout"]["annotations"]
    low = name["y"] - (charts.LABEL_ROOM if name["yanchor"] == "top" else 0)
    (curve,) = (each for each in drawn["data"] if each["name"] == "validation macro-F1")
    crossed = [
        score
        for epoch, score in zip(curve["x"], curve["y"], strict=True)
        if abs(epoch / 3 - name["x"]) < charts.LABEL_WIDTH and low < score < low + charts.LABEL_ROOM
    ]
    assert crossed == []


@pytest.mark.parametrize("score", [0.66, 0.78, 0.8])
@pytest.mark.parametrize("scores", [("tfidf",), ("tfidf", "embedding")])
def test_no_name_lies_under_the_ring_of_the_last_point(
    score: float, scores: tuple[str, ...]
) -> None:
    """On a phone, where a name is the widest part of the chart; the first evaluation may be the last."""
    progress = Progress()
    progress.add(events.StageStarted(stage="train", total_steps=90, epochs=3.0, rows=9))
    for name in scores:
        progress.add(events.Baseline(name=name, accuracy=0.72, macro_f1=0.72, seconds=1))
    progress.add(
        events.Evaluated(step=90, epoch=3, loss=0.5, accuracy=score, macro_f1=score, best=True)
    )
    layout = json.loads(charts.live(progress, "r", "en").to_json())["layout"]
    (name,) = layout["annotations"]
    low = name["y"] - (charts.LABEL_ROOM if name["yanchor"] == "top" else 0)
    apart = low > score + charts.RING or low + charts.LABEL_ROOM < score - charts.RING
    assert apart or name["x"] == 0


def test_nothing_yet_is_a_chart_too() -> None:
    drawn = traces(Progress())
    assert all(not list(trace["x"]) for trace in drawn.values())


def test_a_loss_that_is_no_number_leaves_a_gap() -> None:
    progress = Progress()
    for step, loss in enumerate((0.5, math.nan, 0.4), start=1):
        progress.add(events.Step(step=step, epoch=step / 3, loss=loss, learning_rate=0.1))
    assert traces(progress)["training loss"]["y"] == [0.5, None, 0.4]


def test_the_running_mean_is_calm_and_honest() -> None:
    assert running_mean([2.0, 2.0, 2.0]) == pytest.approx([2.0, 2.0, 2.0])
    jagged = [1.0 + (-1) ** n for n in range(200)]
    mean = running_mean(jagged)
    assert all(abs(value - 1.0) < 0.2 for value in mean[20:])
    gap = running_mean([1.0, math.nan, 3.0])
    assert math.isnan(gap[1])
    assert 1.0 < gap[2] < 3.0


def test_long_curves_are_thinned_by_averaging() -> None:
    points = [(float(n), n / 10, float(n % 2)) for n in range(1000)]
    thinned = thin(points, 400)
    assert len(thinned) <= 400
    assert thinned[-1][0] == 999
    assert sum(loss for _, _, loss in thinned) / len(thinned) == pytest.approx(0.5, abs=0.1)


def test_the_figure_is_small_enough_to_be_sent_every_second() -> None:
    progress = Progress()
    for step in range(1, 5000):
        progress.add(events.Step(step=step, epoch=step / 100, loss=1 / step, learning_rate=0.1))
    assert len(charts.live(progress, "r", "en").to_json()) < 30_000


def test_the_confusion_matrix_shows_counts_and_no_markup() -> None:
    figure = charts.confusion(["a", HOSTILE], [[3, 1], [0, 4]], "en")
    drawn = json.loads(figure.to_json())
    heatmap = drawn["data"][0]
    assert [[cell[0] for cell in row] for row in heatmap["customdata"]] == [[3, 1], [0, 4]]
    assert heatmap["z"] == [[0.75, 0.25], [0.0, 1.0]]
    assert "<img" not in figure.to_json()
