"""Step 3: what to do differently from the defaults. A new technique needs no line here."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Any

import gradio as gr

from core import techniques
from core.options import fields_of
from core.recipe import MAX_NAME, Recipe, TrainSpec
from core.techniques.base import Technique
from core.techniques.multitask import Multitask, others
from core.words import say
from ui import form, html, plan
from ui.session import CLICK, QUIET, TECHNIQUES, TRAIN, Loaded, Session, back_and_next, go, problem
from ui.steps.model import checked_key
from ui.words import esc, fragment, i18n, language

PRESELECTED = 3  # further label columns that are chosen for whoever ticks multi-task learning


@dataclass(frozen=True)
class TechniquesStep:
    choices: form.Choices
    plan: plan.PlanCard
    problem: gr.HTML
    suggested: gr.State  # the data for which techniques were ticked without being asked
    back: gr.Button
    start: gr.Button

    @property
    def entered(self) -> list[Any]:
        """What `enter` fills."""
        ticks = self.choices.ticks.values()
        return [*self.plan.view, self.problem, self.suggested, *ticks, self.choices.also]

    @property
    def view(self) -> list[Any]:
        """What `restore` fills."""
        return [*self.plan.view, self.problem, self.suggested, *self.choices.components()]


def build() -> TechniquesStep:
    """Draw the step from the registry of techniques."""
    html.piece(
        fragment(lambda lang: f'<p class="tt-lead">{esc(say("ui.techniques.lead", lang))}</p>')
    )
    card = plan.build()
    also = gr.Dropdown(
        [],
        multiselect=True,
        label=i18n("technique.multitask.also"),
        info=i18n("technique.multitask.also.help"),
        elem_id="multitask-also",
        interactive=True,
        render=False,
    )
    ticks: dict[str, gr.Checkbox] = {}
    options: dict[str, form.Form] = {}
    with gr.Row(elem_classes="tt-cards"):
        for technique in techniques.ALL:
            extra = also if technique is Multitask else None
            ticks[technique.key], options[technique.key] = _card(technique, extra)
    with gr.Accordion(i18n("ui.advanced"), open=False, elem_id="advanced"):
        html.piece(
            fragment(lambda lang: f'<p class="tt-note">{esc(say("ui.advanced.lead", lang))}</p>')
        )
        with gr.Row(elem_classes="tt-fields"):
            train = form.draw(TrainSpec, "train", "train")
    name = gr.Textbox(
        label=i18n("ui.name"),
        info=i18n("ui.name.help"),
        max_length=MAX_NAME,
        max_lines=1,
        elem_id="run-name",
    )
    trouble = html.piece(elem_id="start-problem")
    back, start = back_and_next(TECHNIQUES, "ui.start")
    choices = form.Choices(ticks, also, options, train, name)
    return TechniquesStep(choices, card, trouble, gr.State(None), back, start)


def _card(technique: type[Technique], extra: gr.Dropdown | None) -> tuple[gr.Checkbox, form.Form]:
    key = f"technique.{technique.key}"
    with gr.Column(elem_classes="tt-tick", min_width=280, elem_id=f"card-{technique.key}"):
        tick = gr.Checkbox(
            label=i18n(f"{key}.title"),
            info=i18n(f"{key}.info"),
            container=False,
            interactive=True,
            elem_id=f"tick-{technique.key}",
        )
        if extra:
            extra.render()
        if not fields_of(technique.Options):
            return tick, form.Form({})
        with gr.Accordion(i18n("ui.options"), open=False):
            return tick, form.draw(technique.Options, key, technique.key)


def restore(step: TechniquesStep, recipe: Recipe, loaded: Loaded, lang: str) -> tuple[Any, ...]:
    """What the step shows for a run's recipe, in the order of `view`."""
    *entered, _ = enter(loaded, recipe.model.key, lang, None, recipe.techniques)
    also = gr.Dropdown(others(loaded.profile), value=[each.column for each in recipe.also] or None)
    return *entered, also, *step.choices.show(recipe)[len(techniques.ALL) + 1 :]


def enter(
    loaded: Loaded | None,
    model: str,
    lang: str,
    suggested: tuple[str, ...] | None,
    ticked: Container[str] | None = None,
) -> tuple[Any, ...]:
    """What the step shows for this data: the plan, no error, and which techniques apply, as `entered`.

    `ticked` are the techniques to tick. Without it they are those that suit the data, unless it is the data
    for which they were `suggested` already: then the ticks stay as the person left them.
    """
    if loaded is None:
        return ("", "", "", "", *[gr.skip()] * (2 + len(techniques.ALL)))
    profile = loaded.profile
    data = (loaded.table.fingerprint, profile.label or "")
    also = gr.skip()
    if ticked is None and suggested != data:
        able = others(profile)
        also = gr.Dropdown(able, value=able[:PRESELECTED] or None)
        ticked = techniques.suggested(profile)
    ticks = []
    for technique in techniques.ALL:
        reason = technique.unavailable(profile)
        info = say(f"technique.{technique.key}.info", lang)
        if reason:
            why = say("ui.unavailable", lang, reason=say(reason, lang))
            ticks.append(gr.Checkbox(value=False, interactive=False, info=f"{info} {why}"))
        else:
            advice = technique.advice(profile)
            info += f" {say(advice, lang)}" if advice else ""
            value = {} if ticked is None else {"value": technique.key in ticked}
            ticks.append(gr.Checkbox(interactive=True, info=info, **value))
    return *plan.first(loaded, model, lang), "", data, *ticks, also


def wire(step: TechniquesStep, session: Session, other: gr.Textbox, entered: Any) -> Any:
    """Connect the step. `entered` happens when it is shown. Returns the event that starts a run."""
    step.back.click(lambda: go(TECHNIQUES - 1), None, session.walk, **QUIET)
    inputs = {session.loaded, session.model, other, step.plan.desk, *step.choices.components()}

    def recipe_of(data: dict[Any, Any]) -> Recipe:
        model = checked_key(data[session.model], data[other])
        return step.choices.recipe(data, data[session.loaded], model)

    plan.wire(step.plan, step.choices, session, entered, inputs, recipe_of)

    def start(data: dict[Any, Any], request: gr.Request) -> tuple[Any, ...]:
        lang = language(request)
        loaded: Loaded | None = data[session.loaded]
        if loaded is None:
            return gr.skip(), gr.skip(), html.notice([say("ui.no_data", lang)], "warning")
        try:
            data[step.plan.desk].turn += 1  # whatever is being measured is no longer wanted
            run = session.jobs.start(loaded.table, recipe_of(data))
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            return gr.skip(), gr.skip(), problem(error, lang)
        return run.id, go(TRAIN), ""

    return step.start.click(start, inputs, [session.run, session.walk, step.problem], **CLICK)
