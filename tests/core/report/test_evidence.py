"""What techniques have to show is drawn from its blocks, whatever is in them."""

from __future__ import annotations

import json
import math
from dataclasses import asdict

import pytest

from core.evidence import Block, Chart, Sentence, Table
from core.io.typed import decode
from core.report.evidence import evidence
from core.runs import events
from core.runs.progress import Progress
from core.words import message
from ui.steps.train.stages import stages_html

HOSTILE = "<img src=x onerror=alert(1)> ${alert(1)} {{x}}"


def kept(*blocks: Block) -> dict[str, tuple[Block, ...]]:
    """As metrics.json gives them back."""
    written = json.loads(json.dumps([asdict(block) for block in blocks]))
    return {"augment": tuple(decode(tuple[Block, ...], written))}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_sentences_and_tables_are_shown_and_harmless(lang: str) -> None:
    head = [message("evidence.before"), message("evidence.after")]
    shown = evidence(
        kept(
            Sentence(message("technique.augment.rows", rows=1200, made=2400)),
            Table(message("technique.augment.examples"), head, [[HOSTILE, message("ui.file")]]),
        ),
        lang,
    )
    assert "2,400" in shown
    assert "<img" not in shown
    assert "${" not in shown
    assert "&lt;img" in shown


def test_a_chart_has_its_line_and_its_mark() -> None:
    title, x, y = (message(f"stage.range_test.{part}") for part in ("title", "x", "y"))
    points = [(1e-6, 1.0), (1e-4, 0.5), (1e-2, 2.0)]
    mark = (1e-4, message("technique.adaptive_lr.mark"))
    shown = evidence(kept(Chart(title, x, y, points, log_x=True, mark=mark)), "en")
    line = shown.partition('points="')[2].partition('"')[0].split()
    assert len(line) == 3
    across = [float(point.split(",")[0]) for point in line]
    # On a logarithmic axis the middle one stands in the middle, and the mark with it.
    assert across[1] == pytest.approx((across[0] + across[2]) / 2, abs=0.2)
    assert f'x1="{across[1]:.1f}"' in shown
    assert "chosen" in shown


def test_what_cannot_be_drawn_is_left_out() -> None:
    title = message("ui.file")
    assert evidence({}, "en") == ""
    assert evidence({"augment": []}, "en") == ""
    assert evidence({"gone": [Sentence(title)]}, "en") == ""
    for points in ([], [(1.0, 1.0)], [(1.0, math.nan), (2.0, 1.0)]):
        assert "<svg" not in evidence({"augment": [Chart(title, title, title, points)]}, "en")
    assert "<svg" in evidence(kept(Chart(title, title, title, [(1.0, 1.0), (1.0, 1.0)])), "en")


def test_the_curve_of_a_stage_grows_while_it_works() -> None:
    progress = Progress()
    progress.add(events.RunStarted(time=0.0))
    progress.add(events.StageStarted(time=0.0, stage="pretrain"))
    assert stages_html(progress, "en") == ""
    for step in range(1, 5):
        progress.add(
            events.Point(
                time=float(step),
                stage="pretrain",
                x=step / 4,
                y=8.0 / step,
                step=step,
                total_steps=8,
            )
        )
    assert stages_html(progress, "en").count("<svg") == 1
    assert progress.share == 0.5
    assert progress.seconds_left == pytest.approx(4.0)
    assert str(progress.verdict()).startswith("Reading your texts")
    progress.add(events.StageStarted(time=5.0, stage="train", total_steps=10, epochs=1.0))
    assert progress.share == 0.0  # the training itself has yet to begin
    assert stages_html(progress, "en").count("<svg") == 1  # its curve stays
