"""Step 4: watch it learn. The page reads the run's folder; the worker knows nothing of the page."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import gradio as gr

from core.runs import Run
from core.training.progress import Progress
from core.words import Message, message, say
from ui import charts, evidence, html
from ui.live_plot import live_plot
from ui.session import CLICK, QUIET, RESULT, TRAIN, Session, go, problem
from ui.words import duration, esc, i18n, language

NOTES = 8  # the latest ones that are shown
RESUMABLE = ("stopped", "failed", "interrupted")


@dataclass(frozen=True)
class TrainStep:
    status: gr.HTML
    verdict: gr.HTML
    plot: gr.HTML
    stages: gr.HTML
    alert: gr.HTML
    notes: gr.HTML
    problem: gr.HTML
    stop: gr.Button
    resume: gr.Button
    again: gr.Button
    result: gr.Button

    @property
    def view(self) -> list[Any]:
        """What `look` fills."""
        return [
            self.status,
            self.verdict,
            self.alert,
            self.plot,
            self.stages,
            self.notes,
            self.stop,
            self.resume,
            self.again,
            self.result,
        ]


def build() -> TrainStep:
    """Draw the step."""
    status = html.piece(elem_id="run-status")
    verdict = html.piece(
        html_template='<p class="tt-verdict" role="status" aria-live="polite">${value}</p>',
        value="",
        elem_id="verdict",
    )
    alert = html.piece(elem_id="run-alert")
    plot = live_plot(height=charts.LIVE_HEIGHT, elem_id="live-plot")
    stages = html.piece(elem_id="run-stages")
    notes = html.piece(elem_id="run-notes")
    trouble = html.piece(elem_id="run-problem")
    with gr.Row(elem_classes="tt-foot"):
        again = gr.Button(i18n("train.again"), elem_id="run-again", min_width=140)
        stop = gr.Button(i18n("train.stop"), variant="stop", elem_id="run-stop", min_width=140)
        resume = gr.Button(i18n("train.resume"), visible=False, elem_id="run-resume", min_width=140)
        result = gr.Button(
            i18n("train.see"), variant="primary", visible=False, elem_id="see-result", min_width=180
        )
    return TrainStep(
        status, verdict, plot, stages, alert, notes, trouble, stop, resume, again, result
    )


def look(run: Run, session: Session, lang: str) -> tuple[Any, ...]:
    """Everything that the step shows for a run, in the order of `TrainStep.view`."""
    progress, status = run.progress(), run.status()
    stopping = status in ("running", "queued") and run.stop_requested()
    verdict = say(_verdict(progress, status, stopping), lang)
    has_model = run.metrics() is not None
    return (
        status_html(run, progress, status, session.jobs.position(run.id), lang),
        esc(verdict),
        alert_html(progress, status, lang),
        charts.live(progress, run.id, lang).to_json(),
        evidence.stages(progress, lang),
        notes_html(progress, lang),
        gr.Button(
            say("train.stopping" if stopping else "train.stop", lang),
            interactive=not stopping,
            visible=status in ("running", "queued"),
        ),
        gr.Button(
            visible=status in RESUMABLE,
            variant="secondary" if status == "stopped" and has_model else "primary",
        ),
        gr.Button(visible=status not in ("running", "queued")),
        gr.Button(visible=has_model and status in ("finished", "stopped")),
    )


def _verdict(progress: Progress, status: str, stopping: bool) -> Message:
    """One plain sentence; what a failure was stands in its own card."""
    if stopping:
        return message("train.stopping.line")
    if status == "interrupted":
        return message("train.verdict.interrupted")
    return message("verdict.failed") if status == "failed" else progress.verdict()


def status_html(run: Run, progress: Progress, status: str, ahead: int, lang: str) -> str:
    """Name, progress bar with the time left, and the four numbers."""
    recipe = run.recipe()
    share = progress.share
    left = progress.seconds_left
    if status == "queued":
        line = say("train.queued", lang, n=ahead) if ahead else say("train.next", lang)
    elif left is not None and status == "running":
        key = "train.left.stage" if progress.stage in progress.charts else "train.left"
        line = say(key, lang, left=duration(left, lang))
    elif status == "running":
        line = say("train.estimating", lang) if progress.stage in ("", "prepare") else ""
    else:
        line = say("train.took", lang, time=duration(progress.seconds, lang))
    percent = f"{share:.0%}"
    return (
        f'<div class="tt-run-head"><h2>{esc(recipe.name or recipe.data.file)}</h2>'
        f'<span class="tt-chip tt-chip-{status}">{esc(say(f"status.{status}", lang))}</span></div>'
        f'<div class="tt-progress tt-progress-{status}" role="progressbar" aria-valuemin="0" '
        f'aria-valuemax="100" aria-valuenow="{share * 100:.0f}" '
        f'aria-label="{esc(say("train.progress", lang))}"><span style="width:{percent}"></span>'
        f'</div><div class="tt-progress-line"><span>{percent}</span><span>{esc(line)}</span></div>'
        + _tiles(progress, lang)
    )


def _tiles(progress: Progress, lang: str) -> str:
    last = progress.evaluations[-1] if progress.evaluations else None
    best = progress.best
    epochs = say("train.of", lang, x=progress.epoch, y=progress.epochs) if progress.epochs else "–"
    return html.tiles(
        [
            (
                say("train.tile.loss", lang),
                _number(progress.train[-1][2] if progress.train else math.nan),
                say("train.tile.loss.help", lang),
            ),
            (
                say("train.tile.validation", lang),
                _number(last.loss if last else math.nan),
                say("train.tile.validation.help", lang),
            ),
            (
                say("train.tile.score", lang),
                _number(best.macro_f1 if best else math.nan),
                say("train.tile.score.help", lang),
            ),
            (say("train.tile.epoch", lang), epochs, say("train.tile.epoch.help", lang)),
        ]
    )


def _number(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "–"


def alert_html(progress: Progress, status: str, lang: str) -> str:
    """What went wrong, if it did."""
    if status == "failed":
        what = say(progress.error, lang) if progress.error else say("verdict.failed", lang)
        return html.notice([say(progress.hint, lang)] if progress.hint else [], "error", what)
    if status == "interrupted":
        return html.notice([say("train.interrupted", lang)], "warning")
    return ""


def notes_html(progress: Progress, lang: str) -> str:
    """What the run had to say, the latest last."""
    notes = progress.notes[-NOTES:]
    items = "".join(f"<li>{esc(say(note, lang))}</li>" for note in notes)
    label = esc(say("train.notes", lang))
    return f'<ul class="tt-notes" aria-label="{label}">{items}</ul>' if items else ""


def version(run: Run, lang: str) -> tuple[Any, ...]:
    """Changes whenever there is something new to show."""
    size = run.events.stat().st_size if run.events.exists() else 0
    return run.id, size, run.status(), run.stop_requested(), lang


def busy(run: Run) -> bool:
    return run.status() in ("queued", "running")


def wire(step: TrainStep, session: Session, open_result: Any, result_outputs: list[Any]) -> None:
    """Connect the step: the ticks, and its buttons."""
    outputs = [session.shown, session.timer, *step.view]

    def tick(run_id: object, shown: object, request: gr.Request) -> tuple[Any, ...]:
        return refresh(step, session, run_id, shown, language(request))

    session.timer.tick(tick, [session.run, session.shown], outputs, **QUIET)

    def act(run_id: object, what: str, lang: str) -> tuple[Any, ...]:
        try:
            (session.jobs.stop if what == "stop" else session.jobs.resume)(str(run_id))
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            return problem(error, lang), *[gr.skip()] * len(outputs)
        return "", *refresh(step, session, run_id, None, lang)

    def stop(run_id: object, request: gr.Request) -> tuple[Any, ...]:
        return act(run_id, "stop", language(request))

    def resume(run_id: object, request: gr.Request) -> tuple[Any, ...]:
        return act(run_id, "resume", language(request))

    step.stop.click(stop, session.run, [step.problem, *outputs], **CLICK)
    step.resume.click(resume, session.run, [step.problem, *outputs], **CLICK)
    step.again.click(lambda: go(TRAIN - 1), None, session.walk, **QUIET)

    def see(run_id: object, request: gr.Request) -> tuple[Any, ...]:
        run = session.find(run_id)
        if run is None:
            return gr.skip(), *[gr.skip()] * len(result_outputs)
        return go(RESULT), *open_result(run, language(request))

    step.result.click(see, session.run, [session.walk, *result_outputs], **CLICK)


def refresh(
    step: TrainStep, session: Session, run_id: object, shown: object, lang: str
) -> tuple[Any, ...]:
    """(shown, timer, *view) for the run of a browser; skips where nothing is new."""
    skipped = (gr.skip(),) * len(step.view)
    nothing = (gr.skip(), gr.skip(), *skipped)
    run = session.find(run_id)
    if run is None:  # deleted elsewhere: there is nothing to look at any more
        return gr.skip(), gr.Timer(active=False), *skipped
    now = version(run, lang)
    if now == shown:
        return nothing
    return now, gr.Timer(active=busy(run)), *look(run, session, lang)
