"""Step 3: what to do differently from the defaults. A new technique needs no line here."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component

from core import techniques
from core.data.profile.profile import other_labels, profile
from core.data.read.unlabelled import read_unlabelled, text_columns
from core.errors import UserError
from core.io.temporary import claim, drop
from core.models.catalog import BY_KEY
from core.options import fields_of
from core.recipe import MAX_NAME, Recipe, TrainSpec
from core.runs.store import RunStore
from core.technique import GROUPS, Technique
from core.words import say
from core.workflow.model_choice import better, instead, unread
from ui.kit import html
from ui.kit.answer import Answer, fill
from ui.kit.errors import errors_to
from ui.kit.html import actions, data_of
from ui.kit.upload import UploadFileButton, given_name
from ui.kit.words import esc, fragment, i18n, language
from ui.open_run import OpenRun, Settings
from ui.session import CLICK, QUIET, TECHNIQUES, TRAIN, Loaded, Session, go
from ui.steps.shared import comparison_offer, read_options
from ui.steps.shared.picked_model import PickedModel
from ui.steps.shared.unreadable import unreadable_html
from ui.steps.techniques import absent, form, plan

PRESELECTED = 3  # further label columns that are chosen for whoever ticks multi-task learning


@dataclass(frozen=True)
class TechniquesStep:
    choices: form.Choices
    plan: plan.PlanCard
    problem: gr.HTML
    unlabelled: Unlabelled
    suggested: gr.State  # the data for which techniques were ticked without being asked
    unread: gr.HTML  # that the model does not read the texts
    offer: comparison_offer.Offer  # what a comparison of techniques would cost
    back: gr.Button
    compare: gr.Button
    start: gr.Button

    @property
    def entered(self) -> list[Any]:
        """What `enter` fills."""
        return [
            *self.plan.view,
            self.unread,
            self.problem,
            self.suggested,
            *self.choices.components(),
        ]

    @property
    def view(self) -> list[Any]:
        """What `restore` fills."""
        return [*self.entered, *self.unlabelled.view]


@dataclass(frozen=True)
class Unlabelled:
    """The further file of texts without labels, on the card of the technique that reads it."""

    extra: gr.State  # Extra or None
    note: gr.HTML
    add: gr.UploadButton
    remove: gr.Button
    reading: read_options.Reading

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
        UploadFileButton(i18n("ui.extra.add"), size="sm", elem_id="extra-add", render=False),
        gr.Button(
            i18n("ui.extra.remove"), size="sm", visible=False, elem_id="extra-remove", render=False
        ),
        read_options.ask("extra-reading"),
    )
    extra: list[Component | read_options.Reading]
    extra = [further.note, further.add, further.remove, further.reading]
    ticks: dict[str, gr.Checkbox] = {}
    options: dict[str, form.Form] = {}
    for group in GROUPS:
        html.piece(fragment(functools.partial(_heading, group)))
        with gr.Row(elem_classes="tt-cards"):
            for technique in techniques.ALL:
                if technique.group == group:
                    more = [also] if technique.joint else extra if technique.unlabelled else []
                    key = technique.key
                    ticks[key], options[key] = _card(technique, more)
    with gr.Accordion(i18n("ui.advanced"), open=False, elem_id="advanced"):
        html.piece(fragment(lambda lang: html.small(say("ui.advanced.lead", lang))))
        with gr.Row(elem_classes="tt-fields"):
            settings = form.draw(TrainSpec, "train", "train")
    name = gr.Textbox(
        label=i18n("ui.name"),
        info=i18n("ui.name.help"),
        max_length=MAX_NAME,
        max_lines=1,
        elem_id="run-name",
    )
    unreadable = actions("", elem_id="start-unread")
    offered = comparison_offer.build("compare-offer", "compare-start")
    trouble = actions("", elem_id="start-problem")
    with gr.Row(elem_classes="tt-foot"):
        back = gr.Button(i18n("ui.back"), elem_id=f"back-{TECHNIQUES}", min_width=120)
        compare = gr.Button(i18n("compare.start"), elem_id="compare-start", min_width=180)
        start = gr.Button(
            i18n("ui.start"), variant="primary", elem_id=f"next-{TECHNIQUES}", min_width=180
        )
    choices = form.Choices(ticks, also, further.extra, options, settings, name)
    return TechniquesStep(
        choices, card, trouble, further, gr.State(None), unreadable, offered, back, compare, start
    )


def _heading(group: str, lang: str) -> str:
    title, note = (esc(say(f"ui.group.{group}{end}", lang)) for end in ("", ".help"))
    return f'<h3 class="tt-group">{title}</h3><p class="tt-note">{note}</p>'


def _card(
    technique: type[Technique], more: Sequence[Component | read_options.Reading]
) -> tuple[gr.Checkbox, form.Form]:
    key = f"technique.{technique.key}"
    with gr.Column(elem_classes="tt-tick", min_width=280, elem_id=f"card-{technique.key}"):
        tick = gr.Checkbox(
            label=i18n(f"{key}.title"),
            info=i18n(f"{key}.info"),
            container=False,
            interactive=True,
            elem_id=f"tick-{technique.key}",
        )
        for component in more:
            component.render()
        if not fields_of(technique.Options):
            return tick, form.Form({})
        with gr.Accordion(i18n("ui.options"), open=False):
            return tick, form.draw(technique.Options, key, technique.key)


def restore(step: TechniquesStep, store: RunStore, settings: Settings, lang: str) -> Answer:
    """What the step shows for what a run was made of."""
    loaded, recipe, further = settings.loaded, settings.recipe, settings.recipe.data.extra
    entered = enter(step, store, loaded, recipe.model.key, lang, None, recipe.techniques)
    also = [task.column for task in recipe.also]
    read = None
    if settings.extra is not None and further:
        read = form.Extra(settings.extra, further.text)
    done = html.notice(settings.done, "good", say("data.changed", lang)) if settings.done else ""
    return {
        **step.choices.show(recipe),
        **entered,
        **step.choices.settings(recipe),
        step.choices.also: gr.Dropdown(other_labels(loaded.profile), value=also or None),
        step.plan.changed: done,
        **fill(step.unlabelled.view, unlabelled(read, lang)),
    }


def listen(step: TechniquesStep, session: Session, opened: OpenRun) -> None:
    """Show the techniques and settings of a run that is opened."""
    opened.settings.add(step.view, functools.partial(restore, step, session.store))


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
    note = html.small(said) + read_options.notes(extra.table.read_with, lang)
    note += "".join(html.small(say(each, lang)) for each in extra.table.notes)
    note += unreadable_html(extra.table.bad_rows, "ui.extra.unreadable", lang)
    return extra, note, gr.Button(visible=True)


def _wire_unlabelled(step: TechniquesStep, session: Session) -> Any:
    """The buttons that add and remove the further file. Returns the events after which another one counts."""
    further = step.unlabelled
    outputs = [step.problem, *further.view]

    def shown(extra: form.Extra | None, lang: str) -> Answer:
        return {step.problem: "", **fill(further.view, unlabelled(extra, lang))}

    @errors_to(step.problem)
    def add(
        file: str | None,
        loaded: Loaded | None,
        encoding: str | None,
        delimiter: str | None,
        header: str | None,
        request: gr.Request,
    ) -> Answer:
        if file is None:
            return {}
        options = read_options.said_of(encoding, delimiter, header)
        own = claim(Path(file))
        try:
            table = dataclasses.replace(read_unlabelled(own, options), name=given_name(file))
        finally:
            drop(own, Path(file))
        columns = text_columns(table, loaded.profile.text if loaded else ())
        return shown(form.Extra(table, columns), language(request))

    asked = [further.add, session.loaded, *further.reading.fields]
    added = further.add.upload(add, asked, outputs, **CLICK)
    removed = further.remove.click(lambda: shown(None, ""), None, outputs, **QUIET)
    return [added, removed]


def unread_html(loaded: Loaded, model: str, store: RunStore, lang: str) -> str:
    """That a model was not made for the language of the texts, and which one was; empty where it was."""
    warning = unread(model, loaded.profile, store)
    if warning is None:
        return ""
    lines = [say(warning, lang), say(instead(loaded.profile, store), lang)]
    button = absent.use_button(better(loaded.profile), lang)
    said = html.notice(lines, "warning", say("advice.unread.title", lang))
    return f'{said}<p class="tt-choices">{button}</p>'


def enter(
    step: TechniquesStep,
    store: RunStore,
    loaded: Loaded | None,
    model: str,
    lang: str,
    suggested: tuple[Any, ...] | None,
    ticked: Container[str] | None = None,
) -> Answer:
    """What the step shows for this data: the plan, whether the model reads the texts, no error, and which
    techniques apply.

    `ticked` are the techniques to tick. Without it they are those that suit the data, unless it is the data
    for which they were `suggested` already: then the ticks stay as the person left them. With another file
    settings and name start afresh too: most of them are folded away.
    """
    choices = step.choices
    if loaded is None:
        return dict.fromkeys([*step.plan.view, step.unread, step.problem], "")
    seen = loaded.profile
    data = (
        loaded.origin,
        seen.text,
        seen.label or "",
        seen.split or "",
        seen.separator,
    )
    shown: Answer = {
        **fill(step.plan.view, plan.first(loaded, model, lang)),
        step.unread: unread_html(loaded, model, store, lang),
        step.problem: "",
        step.suggested: data,
    }
    if suggested is None or suggested[0] is not loaded.origin:
        shown |= choices.settings()
    if ticked is None and suggested != data:
        able = other_labels(seen)
        shown[choices.also] = gr.Dropdown(able, value=able[:PRESELECTED] or None)
        ticked = techniques.suggested(seen)
    for technique in techniques.ALL:
        reason = techniques.unavailable(technique, seen)
        info = say(f"technique.{technique.key}.info", lang)
        if reason:
            why = say("ui.unavailable", lang, reason=say(reason, lang))
            tick = gr.Checkbox(value=False, interactive=False, info=f"{info}\n{why}")
        else:
            advice = technique.advice(seen)
            info += f"\n{say(advice, lang)}" if advice else ""
            value = {} if ticked is None else {"value": technique.key in ticked}
            tick = gr.Checkbox(interactive=True, info=info, **value)
        shown[choices.ticks[technique.key]] = tick
    return shown


def _wire_instead(step: TechniquesStep, picked: PickedModel, session: Session) -> list[Any]:
    """The buttons that take another model: one that is here in place of one that cannot be fetched, or that
    reads the texts. Returns the events after which that one counts."""
    outputs = [*picked.view, step.unread, step.problem]

    @errors_to(step.problem)
    def use(event: gr.EventData, loaded: Loaded | None, request: gr.Request) -> Answer:
        lang, key = language(request), data_of(event, "key")
        if data_of(event, "do") != "use" or key not in BY_KEY or loaded is None:
            return {}
        warning = unread_html(loaded, key, session.store, lang)
        shown = picked.take(key, loaded, session.store, lang)
        return {**shown, step.unread: warning, step.problem: ""}

    cards = (step.plan.cost, step.problem, step.unread)
    return [card.click(use, session.loaded, outputs, **QUIET) for card in cards]


def wire(
    step: TechniquesStep,
    session: Session,
    picked: PickedModel,
    entered: Any,
    opener: comparison_offer.Opener,
    opened: OpenRun,
) -> Any:
    """Connect the step. `entered` happens when it is shown. Returns the event that starts a run, which is
    shown at once: the next step may still hold an earlier one."""
    step.back.click(lambda: go(TECHNIQUES - 1), None, session.walk, **QUIET)
    inputs = {
        session.loaded,
        session.model,
        picked.other,
        step.plan.desk,
        step.choices.extra,
        *step.choices.components(),
    }

    def recipe_of(data: dict[Any, Any]) -> Recipe:
        return step.choices.recipe(data, data[session.loaded], picked.key(data))

    changed = [*_wire_unlabelled(step, session), *_wire_instead(step, picked, session)]
    acted = plan.wire(step.plan, step.choices, session, entered, changed, inputs, recipe_of)

    started = [session.run, session.walk, *opened.course.components]

    def start(data: dict[Any, Any], request: gr.Request) -> Answer:
        lang = language(request)
        loaded: Loaded | None = data[session.loaded]
        if loaded is None:
            return {step.problem: html.notice([say("ui.no_data", lang)], "warning")}
        key = ""
        try:
            data[step.plan.desk].begin()  # whatever is being measured is no longer wanted
            recipe, extra = recipe_of(data), step.choices.extra_table(data)
            key = recipe.model.key
            run = session.jobs.start(loaded.table, recipe, extra)
            shown = opened.course(session.live.shot(run, lang), lang)
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            return {step.problem: absent.refused(error, key, loaded, session.store, lang)}
        return {step.problem: "", session.run: run.id, session.walk: go(TRAIN), **shown}

    def wanted(data: dict[Any, Any]) -> comparison_offer.Wanted:
        loaded: Loaded | None = data[session.loaded]
        if loaded is None:
            raise UserError("no_data")
        return loaded.table, recipe_of(data), step.choices.extra_table(data)

    def refused(error: Exception, ours: comparison_offer.Wanted, lang: str) -> str:
        """As Start beside it says it."""
        table, recipe, _ = ours
        task, split = recipe.task, recipe.data.split or ""
        seen = profile(table, recipe.data.text, task.column, split, task.separator)
        key = recipe.model.key
        return absent.refused(error, key, Loaded(table, seen), session.store, lang)

    comparison_offer.wire(
        step.offer, step.compare, inputs, wanted, step.problem, session, opener, refused
    )
    set_anew = [entered, *step.choices.changed()]
    comparison_offer.forget(step.offer, set_anew, [*changed, acted], inputs, wanted)
    return step.start.click(start, inputs, [step.problem, *started], **CLICK)
