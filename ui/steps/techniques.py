"""Step 3: what to do differently from the defaults. A new technique needs no line here."""

from __future__ import annotations

import functools
from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component

from core import techniques
from core.data.read import Table
from core.data.unlabelled import read_unlabelled, text_columns
from core.options import fields_of
from core.recipe import MAX_NAME, Recipe, TrainSpec
from core.techniques.base import GROUPS, Technique
from core.techniques.continued_pretraining import ContinuedPretraining
from core.techniques.multitask import Multitask, others
from core.words import say
from ui import form, html, plan
from ui.compare import Opener
from ui.session import CLICK, QUIET, TECHNIQUES, TRAIN, Loaded, Session, go, problem
from ui.steps.model import checked_key
from ui.words import esc, fragment, i18n, language

PRESELECTED = 3  # further label columns that are chosen for whoever ticks multi-task learning


@dataclass(frozen=True)
class TechniquesStep:
    choices: form.Choices
    plan: plan.PlanCard
    problem: gr.HTML
    unlabelled: Unlabelled
    suggested: gr.State  # the data for which techniques were ticked without being asked
    back: gr.Button
    compare: gr.Button
    start: gr.Button

    @property
    def entered(self) -> list[Any]:
        """What `enter` fills."""
        ticks = self.choices.ticks.values()
        return [*self.plan.view, self.problem, self.suggested, *ticks, self.choices.also]

    @property
    def view(self) -> list[Any]:
        """What `restore` fills."""
        return [
            *self.plan.view,
            self.problem,
            self.suggested,
            *self.choices.components(),
            *self.unlabelled.view,
        ]


@dataclass(frozen=True)
class Unlabelled:
    """The further file of texts without labels, on the card of the technique that reads it."""

    extra: gr.State  # Extra or None
    note: gr.HTML
    add: gr.UploadButton
    remove: gr.Button

    @property
    def view(self) -> list[Any]:
        """What `unlabelled` fills."""
        return [self.extra, self.note, self.remove]


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
    further = Unlabelled(
        gr.State(None),
        html.piece(elem_id="extra-note", render=False),
        gr.UploadButton(i18n("ui.extra.add"), size="sm", elem_id="extra-add", render=False),
        gr.Button(
            i18n("ui.extra.remove"), size="sm", visible=False, elem_id="extra-remove", render=False
        ),
    )
    more = {
        Multitask.key: [also],
        ContinuedPretraining.key: [further.note, further.add, further.remove],
    }
    ticks: dict[str, gr.Checkbox] = {}
    options: dict[str, form.Form] = {}
    for group in GROUPS:
        html.piece(fragment(functools.partial(_heading, group)))
        with gr.Row(elem_classes="tt-cards"):
            for technique in techniques.ALL:
                if technique.group == group:
                    key = technique.key
                    ticks[key], options[key] = _card(technique, more.get(key, []))
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
    with gr.Row(elem_classes="tt-foot"):
        back = gr.Button(i18n("ui.back"), elem_id=f"back-{TECHNIQUES}", min_width=120)
        compare = gr.Button(i18n("compare.start"), elem_id="compare-start", min_width=180)
        start = gr.Button(
            i18n("ui.start"), variant="primary", elem_id=f"next-{TECHNIQUES}", min_width=180
        )
    choices = form.Choices(ticks, also, further.extra, options, train, name)
    return TechniquesStep(choices, card, trouble, further, gr.State(None), back, compare, start)


def _heading(group: str, lang: str) -> str:
    title, note = (esc(say(f"ui.group.{group}{end}", lang)) for end in ("", ".help"))
    return f'<h3 class="tt-group">{title}</h3><p class="tt-note">{note}</p>'


def _card(technique: type[Technique], more: Sequence[Component]) -> tuple[gr.Checkbox, form.Form]:
    key = f"technique.{technique.key}"
    with gr.Column(elem_classes="tt-tick", min_width=280, elem_id=f"card-{technique.key}"):
        tick = gr.Checkbox(
            label=i18n(f"{key}.title"),
            info=i18n(f"{key}.info"),
            container=False,
            interactive=True,
            elem_id=f"tick-{technique.key}",
        )
        for each in more:
            each.render()
        if not fields_of(technique.Options):
            return tick, form.Form({})
        with gr.Accordion(i18n("ui.options"), open=False):
            return tick, form.draw(technique.Options, key, technique.key)


def restore(
    step: TechniquesStep, recipe: Recipe, loaded: Loaded, extra: Table | None, lang: str
) -> tuple[Any, ...]:
    """What the step shows for a run's recipe, in the order of `view`. `extra` is its file without labels."""
    *entered, _ = enter(loaded, recipe.model.key, lang, None, recipe.techniques)
    also = gr.Dropdown(others(loaded.profile), value=[each.column for each in recipe.also] or None)
    further = recipe.data.extra
    read = form.Extra(extra, further.text) if extra is not None and further else None
    choices = step.choices.show(recipe)[len(techniques.ALL) + 1 :]
    return *entered, also, *choices, *unlabelled(read, lang)


def unlabelled(extra: form.Extra | None, lang: str) -> tuple[Any, ...]:
    """What the card says of the further file, in the order of `Unlabelled.view`."""
    if extra is None:
        return None, "", gr.Button(visible=False)
    said = say(
        "ui.extra.has",
        lang,
        rows=len(extra.table.frame),
        file=" · ".join(filter(None, (extra.table.name, extra.table.sheet))),
        columns=", ".join(extra.columns),
    )
    return extra, f'<p class="tt-note">{esc(said)}</p>', gr.Button(visible=True)


def _wire_unlabelled(step: TechniquesStep, session: Session) -> Any:
    """The buttons that add and remove the further file. Returns the events after which another one counts."""
    further = step.unlabelled
    outputs = [step.problem, *further.view]

    def add(file: str, loaded: Loaded | None, request: gr.Request) -> tuple[Any, ...]:
        lang = language(request)
        try:
            table = read_unlabelled(Path(file))
            wanted = loaded.profile.text if loaded else ()
            return "", *unlabelled(form.Extra(table, text_columns(table, wanted)), lang)
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            return problem(error, lang), *[gr.skip()] * len(further.view)

    added = further.add.upload(add, [further.add, session.loaded], outputs, **CLICK)
    removed = further.remove.click(lambda: ("", *unlabelled(None, "")), None, outputs, **QUIET)
    return [added, removed]


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
        reason = techniques.unavailable(technique, profile)
        info = say(f"technique.{technique.key}.info", lang)
        if reason:
            why = say("ui.unavailable", lang, reason=say(reason, lang))
            ticks.append(gr.Checkbox(value=False, interactive=False, info=f"{info}\n{why}"))
        else:
            advice = technique.advice(profile)
            info += f"\n{say(advice, lang)}" if advice else ""
            value = {} if ticked is None else {"value": technique.key in ticked}
            ticks.append(gr.Checkbox(interactive=True, info=info, **value))
    return *plan.first(loaded, model, lang), "", data, *ticks, also


def wire(
    step: TechniquesStep, session: Session, other: gr.Textbox, entered: Any, opener: Opener
) -> Any:
    """Connect the step. `entered` happens when it is shown. Returns the event that starts a run."""
    step.back.click(lambda: go(TECHNIQUES - 1), None, session.walk, **QUIET)
    inputs = {
        session.loaded,
        session.model,
        other,
        step.plan.desk,
        step.choices.extra,
        *step.choices.components(),
    }

    def recipe_of(data: dict[Any, Any]) -> Recipe:
        model = checked_key(data[session.model], data[other])
        return step.choices.recipe(data, data[session.loaded], model)

    changed = _wire_unlabelled(step, session)
    plan.wire(step.plan, step.choices, session, entered, changed, inputs, recipe_of)

    def start(data: dict[Any, Any], request: gr.Request) -> tuple[Any, ...]:
        lang = language(request)
        loaded: Loaded | None = data[session.loaded]
        if loaded is None:
            return gr.skip(), gr.skip(), html.notice([say("ui.no_data", lang)], "warning")
        try:
            data[step.plan.desk].turn += 1  # whatever is being measured is no longer wanted
            recipe, extra = recipe_of(data), step.choices.extra_table(data)
            run = session.jobs.start(loaded.table, recipe, extra)
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            return gr.skip(), gr.skip(), problem(error, lang)
        return run.id, go(TRAIN), ""

    def compare(data: dict[Any, Any], request: gr.Request) -> tuple[Any, ...]:
        lang = language(request)
        loaded: Loaded | None = data[session.loaded]
        if loaded is None:
            return html.notice([say("ui.no_data", lang)], "warning"), *opener.nothing()
        try:
            data[step.plan.desk].turn += 1  # whatever is being measured is no longer wanted
            recipe, extra = recipe_of(data), step.choices.extra_table(data)
            return "", *opener.start(loaded.table, recipe, extra, lang)
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            return problem(error, lang), *opener.nothing()

    step.compare.click(compare, inputs, [step.problem, *opener.outputs], **CLICK)
    return step.start.click(start, inputs, [session.run, session.walk, step.problem], **CLICK)
