"""The curves of the stages of a run that have their own, as far as they have come."""

from __future__ import annotations

from core.evidence import Chart
from core.report.evidence import block
from core.runs.progress import Progress
from core.words import message


def stages_html(progress: Progress, lang: str) -> str:
    """A card with all of them; empty where there are none."""
    drawn = ""
    for stage, points in progress.charts.items():
        title, x, y = (message(f"stage.{stage}.{part}") for part in ("title", "x", "y"))
        first, places = points[0], [(point.x, point.y) for point in points]
        drawn += block(Chart(title, x, y, places, log_x=first.log_x, dots=first.dots), lang)
    return f'<div class="tt-card">{drawn}</div>' if drawn else ""
