"""Step 5: is it any good? The parts of the page that say so, in their order, and what stands at its head."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from core.comparisons import ComparisonStore
from core.modalities import by_key
from core.models.packaged import named
from core.runs import Run, RunStore
from core.words import Message, has, message, say
from ui import calibration, doubt, html, mistakes, question, scores, slices, take, trial, unsure
from ui.compare import Opener
from ui.evidence import evidence
from ui.session import CLICK, DATA, QUIET, SHOW_ADDRESS, TECHNIQUES, Session, go, problem
from ui.words import esc, i18n, language


@dataclass(frozen=True)
class ResultStep:
    column: gr.Radio  # which label column is shown, where the run has learned several
    headline: gr.HTML
    brought: gr.HTML  # what the techniques brought, where a comparison tells
    compare: gr.Button
    evidence: gr.HTML
    classes: gr.HTML
    mistakes: mistakes.Mistakes
    calibration: calibration.Calibration
    slices: slices.Slices
    unsure: unsure.Unsure
    which: gr.Radio
    trial: trial.Trial
    take: take.Take
    doubt: doubt.Doubt
    settings: gr.HTML
    again: gr.Button
    new: gr.Button

    @property
    def view(self) -> list[Any]:
        """What `show` fills."""
        return [
            self.column,
            self.headline,
            self.brought,
            self.compare,
            self.evidence,
            self.classes,
            *self.mistakes.view,
            *self.calibration.view,
            *self.slices.view,
            *self.unsure.view,
            self.which,
            *self.trial.view,
            *self.take.view,
            *self.doubt.view,
            self.settings,
        ]


VIEW = 27 + trial.VIEW + doubt.VIEW  # components that `show` fills


def build() -> ResultStep:
    """Draw the step."""
    column = gr.Radio(
        [],
        label=i18n("result.column_shown"),
        visible=False,
        interactive=True,
        elem_id="result-column",
    )
    headline = html.piece(elem_id="headline")
    brought = html.piece(elem_id="brought")
    compare = gr.Button(i18n("result.compare"), visible=False, elem_id="result-compare", size="sm")
    folded = question.build("folds")
    which = gr.Radio(
        [],
        label=i18n("result.which"),
        info=i18n("result.which.help"),
        visible=False,
        interactive=True,
        elem_id="which",
    )
    with gr.Column(elem_classes="tt-card"):
        html.heading("result.try")
        attempt = trial.build()
    limit = unsure.build()
    taken = take.build()
    found = html.piece(elem_id="evidence")
    with gr.Column(elem_classes="tt-card"):
        html.heading("result.classes", "result.classes.help")
        classes = html.piece(elem_id="per-class")
    wrong = mistakes.build()
    groups = slices.build()
    sure = calibration.build()
    doubts = doubt.build(folded)
    with gr.Accordion(i18n("result.settings"), open=False, elem_id="settings"):
        settings = html.piece()
    with gr.Row(elem_classes="tt-foot"):
        again = gr.Button(i18n("train.again"), elem_id="result-again", min_width=140)
        new = gr.Button(i18n("result.new"), elem_id="result-new", min_width=140)
    return ResultStep(
        column=column,
        headline=headline,
        brought=brought,
        compare=compare,
        evidence=found,
        classes=classes,
        mistakes=wrong,
        calibration=sure,
        slices=groups,
        unsure=limit,
        which=which,
        trial=attempt,
        take=taken,
        doubt=doubts,
        settings=settings,
        again=again,
        new=new,
    )


def show(run: Run, lang: str) -> tuple[Any, ...]:
    """Everything that the step shows for a run that was measured, in the order of `view`."""
    metrics = run.metrics()
    if metrics is None:
        empty = html.notice([say("result.none", lang)], "warning")
        return empty, *[gr.skip()] * (VIEW - 1)
    return (
        columns(run, lang),
        headline(run, metrics, lang),
        *brought(run, lang),
        evidence(metrics.get("techniques", {}), lang),
        scores.per_class(metrics, lang),
        *mistakes.show(run, metrics, lang),
        *calibration.show(run, lang),
        *slices.show(run, lang),
        *unsure.show(run, run.recommended(), lang),
        choice(run, lang),
        *trial.prepare(run, lang),
        *take.show(run, lang),
        *doubt.show(run, lang),
        settings_html(run, metrics, lang),
    )


def columns(run: Run, lang: str) -> gr.Radio:
    """The label columns of a run that has learned several; `run` may be what was measured of one."""
    tasks = run.whole().tasks()
    names = [(task.recipe().task.column, str(number)) for number, task in enumerate(tasks)]
    at = next(number for number, task in enumerate(tasks) if task == run)
    return gr.Radio(names, value=str(at), visible=len(tasks) > 1)


def find(session: Session, run_id: object, column: object) -> Run | None:
    """What was measured of the label column that is shown; both come from a browser."""
    run = session.find(run_id)
    if run is None:
        return None
    tasks = run.tasks()
    number = int(str(column)) if str(column).isdecimal() else 0
    return tasks[number] if number < len(tasks) else run


def choice(run: Run, lang: str) -> gr.Radio:
    """The run's models to choose from, the recommended one chosen; hidden where there is but one."""
    kept, best = run.kept(), run.recommended()
    names = [(say(f"result.which.{name}", lang), name) for name in kept]
    marked = [
        (say("result.which.best", lang, name=title) if name == best else title, name)
        for title, name in names
    ]
    return gr.Radio(marked, value=best, visible=len(kept) > 1)


def headline(run: Run, metrics: Mapping[str, Any], lang: str) -> str:
    """Whether it is any good, the scores, and the bars beside the simple rivals."""
    test, recipe = metrics["test"], run.recipe()
    advice = scores.recommendation(metrics)
    rivals = [
        (say("result.this", lang), test),
        *(
            (say(f"result.{name}", lang), metrics["baselines"][name])
            for name in scores.rivals(metrics)
        ),
    ]
    right = "result.exact" if metrics.get("separator") else "result.accuracy"
    bars = "".join(
        html.card(
            say(title, lang),
            html.bars([(who, s[name], shown.format(s[name])) for who, s in rivals], highlight=0),
        )
        for title, name, shown in (
            (right, "accuracy", "{:.1%}"),
            ("result.macro_f1", "macro_f1", "{:.3f}"),
        )
    )
    stopped = (
        html.notice([say("result.stopped", lang)], "info")
        if run.whole().status() == "stopped"
        else ""
    )
    return (
        f'<div class="tt-run-head"><h2>{esc(recipe.name or recipe.data.file)}</h2></div>'
        + scores.good(metrics, lang)
        + scores.tiles(metrics, lang)
        + html.notice([say(advice, lang)] if advice else [], "info")
        + stopped
        + f'<div class="tt-pair">{bars}</div>'
        + scores.ahead(metrics, lang)
    )


def brought(run: Run, lang: str) -> tuple[str, gr.Button]:
    """What the techniques of a run brought, from the newest comparison that it is part of; or the button that
    finds out. Nothing for a run without techniques."""
    if not run.recipe().techniques or run != run.whole():
        return "", gr.Button(visible=False)
    store = ComparisonStore(RunStore(run.root))
    for each in store.all():
        if any(member.run == run.id for member in each.members):
            said = [say(line.said, lang) for line in store.lines(each) if line.said]
            if said:
                title = say("result.brought", lang)
                return html.notice(said, "info", title), gr.Button(visible=False)
    return "", gr.Button(visible=True)


def settings_html(run: Run, metrics: Mapping[str, Any], lang: str) -> str:
    """What was asked for, and what came of it."""
    recipe, rows = run.recipe(), metrics["rows"]
    kind = by_key(recipe.data.modality)
    settings = metrics.get("settings") or dataclasses.asdict(recipe.train)
    techniques = [
        say(f"technique.{key}.title", lang) if has(f"technique.{key}.title") else key
        for key in recipe.techniques
    ]
    facts: list[tuple[str | Message, str]] = [
        (message("ui.file"), recipe.data.file),
        (message(f"ui.{kind.key}_columns"), ", ".join(kind.named(recipe.data.text))),
        (message("ui.label_column"), recipe.task.column),
        (message("step.model"), named(recipe.model, lang)),
        (message("result.revision"), recipe.model.revision or ""),
        (message("step.techniques"), ", ".join(techniques) or "–"),
        (
            message("result.rows"),
            " / ".join(f"{rows[part]:,}" for part in ("train", "validation", "test")),
        ),
        (message("train.epochs"), f"{metrics['epochs']:.1f}"),
        *[
            (message(f"train.{name}"), _setting(settings[name]))
            for name in ("learning_rate", "head_learning_rate", "batch_size", "seed")
        ],
        (message("result.run"), run.id),
    ]
    items = "".join(
        f"<div><dt>{esc(say(name, lang))}</dt><dd>{esc(value)}</dd></div>"
        for name, value in facts
        if value
    )
    return f'<dl class="tt-facts">{items}</dl>'


def _setting(value: float) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def wire(step: ResultStep, session: Session) -> Any:
    """Connect the step, each part by itself.

    Returns the event after which the person wants to start with other data.
    """

    def show_column(run_id: object, column: object, request: gr.Request) -> tuple[Any, ...]:
        run = find(session, run_id, column)
        return show(run, language(request)) if run else (gr.skip(),) * VIEW

    step.column.input(show_column, [session.run, step.column], step.view, **QUIET)

    mistakes.wire(step.mistakes, session, step.column, find)
    trial.wire(step.trial, step.which, session, step.column, find)
    slices.wire(step.slices, session, step.column, find)
    unsure.wire(step.unsure, step.which, session, step.column, find, step.take.buttons)
    take.wire(step.take, step.which, step.trial, session, step.column, find)
    doubt.wire(step.doubt, session, step.column, find)
    step.again.click(lambda: go(TECHNIQUES), None, session.walk, **QUIET)
    new = step.new.click(lambda: (go(DATA), ""), None, [session.walk, session.run], **QUIET)
    new.then(None, session.run, None, js=SHOW_ADDRESS)
    return new


def wire_compare(step: ResultStep, session: Session, opener: Opener) -> None:
    """The button that trains the same with and without each technique."""

    def start(run_id: object, request: gr.Request) -> tuple[Any, ...]:
        lang = language(request)
        try:
            run = session.store.get(str(run_id))
            return "", *opener.start(run.table(), run.recipe(), run.extra(), lang)
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            return problem(error, lang), *opener.nothing()

    step.compare.click(start, session.run, [step.brought, *opener.outputs], **CLICK)
