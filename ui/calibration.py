"""Can its confidence be trusted? A sentence and the reliability diagram."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from core.evaluation.tested import calibration_of
from core.runs import Run
from core.words import Message, say
from ui import html, trust_charts
from ui.live_plot import live_plot

CLOSE = 0.01  # calibration errors that differ by less are called the same


@dataclass(frozen=True)
class Calibration:
    card: gr.Column
    said: gr.HTML
    plot: gr.HTML

    @property
    def view(self) -> list[Any]:
        """What `show` fills."""
        return [self.card, self.said, self.plot]


def build() -> Calibration:
    """Draw the card."""
    with gr.Column(elem_classes="tt-card", visible=False) as card:
        html.heading("calibration.title", "calibration.help")
        said = html.piece(elem_id="calibration")
        plot = live_plot(height=trust_charts.RELIABILITY_HEIGHT, elem_id="reliability")
    return Calibration(card, said, plot)


def show(run: Run, lang: str) -> tuple[Any, ...]:
    """The values of `view`; hidden for a run of an earlier version."""
    found = calibration_of(run)
    if found is None:
        return gr.update(visible=False), "", gr.skip()
    before, after = found["before"]["ece"], found["after"]["ece"]
    lines = [say("calibration.error", lang, points=100 * after)]
    if found["skipped"]:
        lines.append(say(Message.from_json(found["skipped"]), lang))
    else:
        closer = before - after
        kind = "same" if abs(closer) < CLOSE else "closer" if closer > 0 else "further"
        bolder = "bolder" if found["temperature"] < 1 else "modest"
        lines.append(say(f"calibration.{bolder}", lang, temperature=found["temperature"]))
        lines.append(say(f"calibration.{kind}", lang, points=100 * before))
    drawn = trust_charts.reliability(found, lang).to_json()
    return gr.update(visible=True), html.notice(lines, "info"), drawn
