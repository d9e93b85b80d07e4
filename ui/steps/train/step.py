"""Step 4: watch it learn. The page reads the run's folder; the worker knows nothing of the page."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from core.errors import UserError
from core.runs.integrity import check
from core.runs.progress import Progress
from core.runs.run import RESUMABLE, LabelColumn, Run
from core.words import ASSETS, Message, message, of_kind, say
from ui.kit import charts, html
from ui.kit.answer import Answer, fill
from ui.kit.errors import errors_to, problem
from ui.kit.live_plot import live_plot
from ui.kit.progress import caption, track
from ui.kit.words import duration, esc, i18n, language
from ui.open_run import OpenRun
from ui.server.live import Look, Shot
from ui.session import CLICK, QUIET, RESULT, TRAIN, Session, go
from ui.steps.train.stages import stages_html

NOTES = 8  # the latest ones that are shown
_WATCH_JS = (ASSETS / "watch.js").read_text(encoding="utf-8")
_PART_JS = '(window.ticktuneParts ??= {})["{{name}}"] = (value) => { props.value = value; };'


@dataclass(frozen=True)
class TrainStep:
    watch: gr.HTML  # asks what is new, and reports a click when the step is to be drawn by gradio
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
        """What `show` fills."""
        return [
            self.watch,
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
    watch = html.piece("", html_template="<span hidden></span>", js_on_load=_WATCH_JS)
    status = _part("run-status")
    verdict = _part(
        "verdict",
        html_template='<p class="tt-verdict" role="status" aria-live="polite">${value}</p>',
        value="",
    )
    alert = _part("run-alert")
    plot = live_plot(height=charts.LIVE_HEIGHT, elem_id="live-plot")
    stages = _part("run-stages")
    notes = _part("run-notes")
    trouble = html.piece(elem_id="run-problem")
    with gr.Row(elem_classes="tt-foot"):
        again = gr.Button(i18n("train.again"), elem_id="run-again", min_width=140)
        stop = gr.Button(i18n("train.stop"), variant="stop", elem_id="run-stop", min_width=140)
        resume = gr.Button(i18n("train.resume"), visible=False, elem_id="run-resume", min_width=140)
        result = gr.Button(
            i18n("train.see"), variant="primary", visible=False, elem_id="see-result", min_width=180
        )
    return TrainStep(
        watch, status, verdict, plot, stages, alert, notes, trouble, stop, resume, again, result
    )


def _part(elem_id: str, **kwargs: Any) -> gr.HTML:
    """One of the keys of `draw`, which the script of `watch` sets."""
    return html.piece(elem_id=elem_id, js_on_load=_PART_JS.replace("{{name}}", elem_id), **kwargs)


def draw(look: Look, lang: str) -> dict[str, str]:
    """What changes while a run is at work, by the id of its element."""
    progress, status = look.progress, look.status
    return {
        "run-status": status_html(look.run, progress, status, look.before, lang),
        "verdict": esc(say(_verdict(look), lang)),
        "run-alert": alert_html(progress, status, lang),
        "live-plot": charts.live(progress, look.run.id, lang).to_json(),
        "run-stages": stages_html(progress, lang),
        "run-notes": notes_html(progress, lang),
    }


def show(shot: Shot, lang: str) -> tuple[Any, ...]:
    """Everything that the step shows for a run, in the order of `TrainStep.view`."""
    look = shot.look
    return (
        shot.watching(),
        *shot.parts.values(),
        gr.Button(
            say("train.stopping" if look.stopping else "train.stop", lang),
            interactive=not look.stopping,
            visible=look.busy,
        ),
        gr.Button(
            visible=look.status in RESUMABLE,
            variant="secondary" if look.status == "stopped" and look.has_model else "primary",
        ),
        gr.Button(visible=not look.busy),
        gr.Button(visible=look.has_model and look.status in ("finished", "stopped")),
    )


def _verdict(look: Look) -> Message:
    """One plain sentence; what a failure was stands in its own card."""
    if look.stopping:
        return message("train.stopping.line")
    if look.status == "interrupted":
        return message("train.verdict.interrupted")
    if look.status == "failed":
        return message("verdict.failed")
    said = look.progress.verdict()
    return Message(of_kind(said.key, look.run.recipe().data.modality), said.values)


def status_html(run: Run, progress: Progress, status: str, before: Sequence[Run], lang: str) -> str:
    """Name, progress bar with the time left, and the four numbers."""
    recipe = run.recipe()
    share = progress.share
    left = progress.seconds_left
    if status == "queued":
        line = waits_for(before, lang)
    elif left is not None and status == "running":
        key = "train.left.stage" if progress.in_stage else "train.left"
        line = say(key, lang, left=duration(left, lang))
    elif status == "running":
        line = say("train.estimating", lang) if progress.stage in ("", "prepare") else ""
    else:
        line = say("train.took", lang, time=duration(progress.seconds, lang))
    return (
        f'<div class="tt-run-head"><h2>{esc(recipe.title)}</h2>'
        f'<span class="tt-chip tt-chip-{status}">{esc(say(f"status.{status}", lang))}</span></div>'
        + track(share, say("train.progress", lang), status)
        + caption(f"{share:.0%}", line)
        + _tiles(progress, lang)
    )


def waits_for(before: Sequence[Run], lang: str) -> str:
    """What a run in the queue waits for, and how long that takes as far as anybody knows."""
    if not before:
        return say("train.next", lang)
    first, more = before[0], len(before) - 1
    recipe, left = first.recipe(), first.progress().seconds_left
    name = html.clip(recipe.title, 40)
    key = "train.waits" if left is None else "train.waits.left"
    line = say(key, lang, name=name, left="" if left is None else duration(left, lang))
    return say("train.waits.more", lang, first=line, n=more) if more else line


def _tiles(progress: Progress, lang: str) -> str:
    last = progress.evaluations[-1] if progress.evaluations else None
    best = progress.best
    epochs = say("train.of", lang, x=progress.epoch, y=progress.epochs) if progress.epochs else "–"
    return html.tiles(
        [
            (
                say("train.tile.loss", lang),
                _number(progress.loss),
                say("train.tile.loss.help", lang),
            ),
            (
                say("train.tile.validation", lang),
                _number(last.loss if last else math.nan),
                say("train.tile.validation.help", lang),
            ),
            (
                say(f"train.tile.{'average' if progress.averaged else 'score'}", lang),
                _number(best.macro_f1 if best else math.nan),
                say(
                    "train.tile.score.help.mean"
                    if progress.columns > 1
                    else "train.tile.score.help",
                    lang,
                    columns=progress.columns,
                ),
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


def wire(
    step: TrainStep,
    session: Session,
    show_result: Callable[[LabelColumn, str], Answer],
    result_view: list[Any],
) -> None:
    """Connect the step: what its script reports, and its buttons."""

    @errors_to(step.alert)
    def tick(run_id: object, request: gr.Request) -> Answer:
        run, lang = session.find(run_id), language(request)
        if run is not None:
            return fill(step.view, show(session.live.shot(run, lang), lang))
        if not run_id:
            return {step.watch: ""}
        # Deleted elsewhere: there is nothing to look at any more.
        hidden = dict.fromkeys((step.stop, step.resume, step.result), gr.Button(visible=False))
        return {step.watch: "", step.alert: problem(UserError("run_unknown"), lang), **hidden}

    def anew(run_id: object, request: gr.Request) -> Answer:
        return {step.problem: "", **tick(run_id, request)}

    @errors_to(step.problem)
    def stop(run_id: object, request: gr.Request) -> Answer:
        session.jobs.stop(str(run_id))
        return anew(run_id, request)

    @errors_to(step.problem)
    def resume(run_id: object, request: gr.Request) -> Answer:
        session.jobs.resume(str(run_id))
        return anew(run_id, request)

    shown = [step.problem, *step.view]
    step.watch.click(tick, session.run, step.view, **QUIET)
    step.stop.click(stop, session.run, shown, **CLICK)
    step.resume.click(resume, session.run, shown, **CLICK)
    step.again.click(lambda: go(TRAIN - 1), None, session.walk, **QUIET)

    @errors_to(step.problem)
    def see(run_id: object, request: gr.Request) -> Answer:
        run = session.get(run_id)
        check(run)
        shown = show_result(run.main, language(request))
        return {step.problem: "", session.walk: go(RESULT), **shown}

    step.result.click(see, session.run, [step.problem, session.walk, *result_view], **CLICK)


def listen(step: TrainStep, opened: OpenRun) -> None:
    """Show the course of a run that is opened, and none once it was deleted."""

    def shown(shot: Shot | None, lang: str) -> Answer:
        drawn = fill(step.view, show(shot, lang)) if shot else {step.watch: ""}
        return {step.problem: "", **drawn}

    opened.course.add([step.problem, *step.view], shown)
