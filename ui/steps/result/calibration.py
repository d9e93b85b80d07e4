"""Calibration: can the confidence be trusted? A sentence and the reliability diagram."""

from __future__ import annotations

import gradio as gr

from core.runs.result import Calibration
from core.words import say
from ui.kit import html, trust_charts
from ui.kit.answer import Answer, Part
from ui.kit.live_plot import live_plot

CLOSE = 0.01  # calibration errors that differ by less are called the same


class CalibrationCard(Part):
    """The card, which is drawn when it is made."""

    def __init__(self) -> None:
        with gr.Column(elem_classes="tt-card", visible=False) as self.card:
            html.heading("calibration.title", "calibration.help")
            self.said = html.piece(elem_id="calibration")
            self.plot = live_plot(height=trust_charts.RELIABILITY_HEIGHT, elem_id="reliability")

    def show(self, calibration: Calibration, lang: str) -> Answer:
        """What the temperature brought."""
        before, after = calibration.before.ece, calibration.after.ece
        lines = [say("calibration.error", lang, points=100 * after)]
        if calibration.skipped:
            lines.append(say(calibration.skipped, lang))
        else:
            closer = before - after
            kind = "same" if abs(closer) < CLOSE else "closer" if closer > 0 else "further"
            bolder = "bolder" if calibration.temperature < 1 else "modest"
            lines.append(say(f"calibration.{bolder}", lang, temperature=calibration.temperature))
            lines.append(say(f"calibration.{kind}", lang, points=100 * before))
        return {
            self.card: gr.update(visible=True),
            self.said: html.notice(lines, "info"),
            self.plot: trust_charts.reliability(calibration, lang).to_json(),
        }
