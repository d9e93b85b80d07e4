"""The card above Start: what the run will do, with which settings and why, and what it will take here."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from core.errors import UserError
from core.libraries import load_libraries
from core.modalities import by_key
from core.models.bundled.multilingual_e5 import named
from core.models.catalog import BY_KEY, Entry
from core.models.locate import downloaded, resolve
from core.recipe import ModelSpec, Recipe
from core.techniques import resolve as chosen_of
from core.words import Message, message, of_kind, say
from ui.kit import html
from ui.kit.answer import Answer
from ui.kit.errors import errors_to, log
from ui.kit.html import actions, data_of
from ui.kit.latest import Turn, following, latest
from ui.kit.words import duration, esc, i18n, language
from ui.session import LATEST, MODEL, QUIET, Loaded, Session, go
from ui.steps.shared.unpack import unpacking
from ui.steps.techniques import absent

if TYPE_CHECKING:
    from core.data.table import Table
    from core.training.plan import Plan
    from core.workflow.preflight import Estimate, Preflight
    from core.workflow.remedies import Remedy
    from ui.steps.techniques.form import Choices

GB = 2**30


@dataclass
class Desk(Turn):
    """What is being worked out for one browser."""

    preflight: Preflight | None = None
    remedies: Sequence[Remedy] = ()
    download: bool = False  # may the model be fetched?
    # A model that is not here, and what is offered: then `preflight` is that of the one in the box.
    absent: Entry | None = None
    offer: str = ""


@dataclass(frozen=True)
class PlanCard:
    changed: gr.HTML  # what was done to the data of the run that it is about
    line: gr.HTML
    cost: gr.HTML
    settings: gr.HTML
    desk: gr.State

    @property
    def view(self) -> list[Any]:
        """What `first` fills."""
        return [self.changed, self.line, self.cost, self.settings]


def build() -> PlanCard:
    """Draw the card."""
    with gr.Column(elem_id="plan", elem_classes="tt-card"):
        changed = html.piece(elem_id="plan-changed")
        line = html.piece(elem_id="plan-line")
        cost = actions("", elem_id="cost")
        with gr.Accordion(i18n("plan.settings"), open=False, elem_id="plan-settings"):
            settings = html.piece()
    return PlanCard(changed, line, cost, settings, gr.State(Desk()))


def first(loaded: Loaded, model: str, lang: str) -> tuple[str, str, str, str]:
    """The card on entering the step, in the order of `view`: the rest follows by itself."""
    return "", line_html(loaded, model, lang), waiting("plan.preparing", lang), later(lang)


def line_html(loaded: Loaded, model: str, lang: str, also: Sequence[str] = ()) -> str:
    """What Start does; `also` are further label columns that are learned."""
    profile = loaded.profile
    text = say(
        f"ui.plan.{profile.modality}",
        lang,
        model=named(ModelSpec(model), lang),
        rows=profile.usable,
        file=loaded.table.name,
        classes=len(profile.classes),
    )
    said = [text, *([say("ui.plan.also", lang, columns=", ".join(also))] if also else [])]
    return "".join(f'<p class="tt-plan-line">{esc(sentence)}</p>' for sentence in said)


def later(lang: str) -> str:
    """In place of the settings until they are known."""
    return html.small(say("plan.settings.later", lang))


def settings_table(plan: Plan, recipe: Recipe, lang: str) -> str:
    """Setting, value and where it came from."""
    spec, why, kind = plan.spec, plan.why, recipe.data.modality
    steps = message("plan.steps", epochs=spec.epochs, steps=plan.total_steps)
    cut = message("plan.cut", share=plan.cut, why=why["max_length"])
    rows: list[tuple[str, Message | str, Message]] = [
        ("train.epochs", steps, why["epochs"]),
        ("train.learning_rate", f"{spec.learning_rate:g}", why["learning_rate"]),
        ("train.head_learning_rate", f"{spec.head_learning_rate:g}", why["head_learning_rate"]),
        ("train.weight_decay", f"{spec.weight_decay:g}", why["weight_decay"]),
        ("train.batch_size", f"{spec.batch_size:,}", why["batch_size"]),
        (
            of_kind("train.max_length", kind),
            f"{spec.max_length:,}",
            cut if plan.cut else why["max_length"],
        ),
        ("train.evaluations", f"{spec.evaluations:g}", why["evaluations"]),
    ]
    for technique in chosen_of(recipe.techniques):
        if said := technique.planned(plan):
            rows.append((f"technique.{technique.key}.title", *said))
    table = html.table(
        [say(f"plan.head.{name}", lang) for name in ("setting", "value", "why")],
        [
            [say(name, lang), value if isinstance(value, str) else say(value, lang), say(why, lang)]
            for name, value, why in rows
        ],
        say("plan.settings", lang),
        wide=2,
    )
    return f'<div class="tt-settings">{table}</div>'


def automatic(plan: Plan, recipe: Recipe, name: str, lang: str) -> Any:
    """The text box of a setting that may be left open: it shows what it then is. Where there is nothing to
    choose, it is not there."""
    visible = not (name == "max_length" and plan.facts.one_length)
    if getattr(recipe.train, name) is not None:
        return gr.Textbox(visible=visible)
    value = f"{getattr(plan.spec, name):g}"
    return gr.Textbox(placeholder=say("ui.automatic.value", lang, value=value), visible=visible)


def waiting(key: str, lang: str, **values: Any) -> str:
    """The place of the figures while they are worked out."""
    tiles = html.tiles([(say("plan.time", lang), "…", ""), (say("plan.memory", lang), "…", "")])
    return (
        f'<div class="tt-waiting">{tiles}<p class="tt-note" role="status">'
        f"{esc(say(key, lang, **values))}</p></div>"
    )


def busy(lang: str) -> str:
    """Another run trains: nothing can be measured."""
    return absent.offer(say("plan.busy", lang), say("plan.measure", lang), "measure")


def figures(
    estimate: Estimate,
    recipe: Recipe,
    remedies: Sequence[Remedy],
    lang: str,
    beside: Entry | None = None,
) -> str:
    """Time and memory; when they are too much, what would help. They are measured, or estimated for a model
    that is not here from how long the one in the box takes, `beside` which it is known to be slower."""
    if estimate.seconds is None:
        spent, note = "–", say("plan.time.unknown", lang)
    else:
        spent = say("plan.about", lang, value=duration(estimate.seconds, lang))
        early = any(technique.early for technique in chosen_of(recipe.techniques))
        note = say("plan.time.early" if early else "plan.time.last", lang)
    memory = "plan.memory.free"
    if beside is not None:
        times, memory = BY_KEY[recipe.model.key].slowdown, "plan.absent.memory"
        note = say("plan.absent.time", lang, times=times, model=beside.title)
    need, free = estimate.memory / GB, estimate.available / GB
    tiles = html.tiles(
        [
            (say("plan.time", lang), spent, note),
            (say("plan.memory", lang), say("plan.gb", lang, n=need), say(memory, lang, n=free)),
        ]
    )
    if estimate.fits and not remedies:
        return tiles
    said = say("plan.long", lang)
    if not estimate.fits:
        said = say("plan.unfit", lang, need=need, more=need - free)
    items = "".join(_remedy(number, remedy, lang) for number, remedy in enumerate(remedies))
    helps = f"<p>{esc(say('plan.helps', lang))}</p><ul>{items}</ul>" if items else ""
    return (
        f'{tiles}<div class="tt-notice tt-warning tt-remedies"><strong>{esc(said)}</strong>'
        f"{helps}</div>"
    )


def _remedy(number: int, remedy: Remedy, lang: str) -> str:
    text = say("plan.models" if remedy.model else "plan.apply", lang)
    button = html.button("apply", text, number=number)
    return f"<li><span>{esc(say(remedy.what, lang))}</span>{button}</li>"


def wire(
    card: PlanCard,
    choices: Choices,
    session: Session,
    entered: Any,
    after: Sequence[Any],
    read: set[Any],
    recipe_of: Callable[[Any], Recipe],
) -> Any:
    """Keep the card true: when the step is `entered`, `after` these events, and whenever something on it is
    changed. Returns the event after which a click on the card may have changed the settings.

    `recipe_of` makes a recipe of the values of the components `read`.
    """
    boxes = choices.open_boxes()

    @latest(Desk)
    def plan(data: dict[Any, Any], request: gr.Request) -> Iterator[Answer]:
        lang, desk = language(request), data[card.desk]
        wanted = desk.goes_on()
        desk.absent, download, desk.download = None, desk.download, False
        loaded: Loaded | None = data[session.loaded]
        if loaded is None:
            desk.preflight = None
            yield dict.fromkeys((card.line, card.cost, card.settings), "")
            return
        key, line = "", Answer()
        try:
            recipe = recipe_of(data)
            key = recipe.model.key
            further = [task.column for task in recipe.also]
            line = {card.line: line_html(loaded, key, lang, further)}
            local = downloaded(recipe.model, session.store)
            if local is None and not download:
                desk.offer = absent.card_html(key, loaded, session.store, lang)
                stand_in(desk, recipe, loaded, choices.extra_table(data))
                more = waiting("plan.absent.measure", lang) if desk.absent else ""
                yield {**line, card.cost: desk.offer + more, card.settings: later(lang)}
                return
            recipe = dataclasses.replace(
                recipe, model=local or resolve(recipe.model, session.store)
            )
            for progress in unpacking(recipe.model, lang):
                yield {**line, card.cost: progress}
            load_libraries()
            from core.workflow.preflight import Preflight

            preflight = Preflight(
                recipe, loaded.table, session.store, desk.preflight, choices.extra_table(data)
            )
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            if wanted():
                desk.preflight = None
                shown = absent.refused(error, key, loaded, session.store, lang, again="download")
                yield {**line, card.cost: shown}
            return
        if not wanted():
            return
        desk.preflight = preflight
        planned = preflight.plan
        measuring = {} if preflight.known() else {card.cost: waiting("plan.measuring", lang)}
        yield {
            **line,
            **measuring,
            card.settings: settings_table(planned, recipe, lang),
            **{box: automatic(planned, recipe, name, lang) for name, box in boxes.items()},
        }

    def stand_in(desk: Desk, recipe: Recipe, loaded: Loaded, extra: Table | None) -> None:
        """Put the model in the box in place of one that is not here, where the two can be compared."""
        desk.preflight = None
        if not absent.comparable(recipe.model.key):
            return
        load_libraries()
        from core.workflow.preflight import Preflight

        box = ModelSpec(by_key(loaded.profile.modality).models[0].key)
        try:
            desk.preflight = Preflight(
                dataclasses.replace(recipe, model=box), loaded.table, session.store, None, extra
            )
            desk.absent = BY_KEY[recipe.model.key]
        except UserError as error:  # it may be a setting that only the other model can do
            log.info("no estimate: %s", error)

    @following(Desk)  # a measurement that is no longer wanted ends by itself
    @errors_to(card.cost)
    def measure(desk: Desk, request: gr.Request) -> Answer:
        lang, wanted, preflight = language(request), desk.goes_on(), desk.preflight
        if preflight is None:
            return {}
        entry, offered = desk.absent, desk.offer
        estimate = session.jobs.measure(preflight, wanted)
        if not wanted():
            return {}
        recipe = preflight.recipe
        if entry is not None:
            if estimate is None:
                return {card.cost: offered + html.notice([say("plan.absent.busy", lang)])}
            estimate = preflight.beside(entry)
            recipe = dataclasses.replace(recipe, model=ModelSpec(entry.key))
            if estimate is None:
                return {card.cost: offered}
        if estimate is None:
            return {card.cost: busy(lang)}
        from core.workflow.remedies import remedies

        desk.remedies = remedies(estimate, recipe, preflight.rows.profile)
        box = BY_KEY[preflight.recipe.model.key] if entry else None
        said = figures(estimate, recipe, desk.remedies, lang, box)
        return {card.cost: offered + said if entry else said}

    def act(event: gr.EventData, desk: Desk, request: gr.Request) -> Answer:
        lang, what, number = language(request), data_of(event, "do"), data_of(event, "number")
        if what == "use":  # another model: see `after`
            return {}
        desk.download = what == "download"
        if what != "apply":
            key = "plan.downloading" if desk.download else "plan.measuring"
            return {card.cost: waiting(key, lang)}
        if not number.isdecimal() or int(number) >= len(desk.remedies):
            return {}
        remedy = desk.remedies[int(number)]
        if remedy.model:
            return {session.walk: go(MODEL)}
        changed = choices.change(remedy.settings, remedy.technique)
        return {card.cost: waiting("plan.measuring", lang), **changed}

    outputs = [card.line, card.cost, card.settings, *boxes.values()]
    # One after the other, and the last state of the widgets counts.
    acted = card.cost.click(
        act, card.desk, [card.cost, session.walk, *choices.components()], **QUIET
    )
    changed = gr.on([entered, *choices.changed()], plan, read, outputs, **LATEST)
    others = [event.then(plan, read, outputs, **LATEST) for event in (acted, *after)]
    for planned in (changed, *others):
        planned.then(measure, card.desk, card.cost, trigger_mode="multiple", **QUIET)
    return acted
