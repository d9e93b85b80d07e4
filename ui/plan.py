"""The card above Start: what the run will do, with which settings and why, and what it will take here."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from core.libraries import load_libraries
from core.models.catalog import BY_KEY
from core.models.locate import here, resolve
from core.models.packaged import named
from core.recipe import ModelSpec, Recipe
from core.words import Message, message, of_kind, say
from ui import html
from ui.html import actions, data_of
from ui.session import MODEL, QUIET, Loaded, Session, go, problem
from ui.unpack import unpacking
from ui.words import duration, esc, i18n, language

if TYPE_CHECKING:
    from core.training.auto import Plan
    from core.training.preflight import Estimate, Preflight
    from core.training.remedies import Remedy
    from ui.form import Choices

GB = 2**30
EARLY = "adaptive_epochs"


@dataclass
class Desk:
    """What is being worked out for one browser; its events share it and change it in place."""

    turn: int = 0  # grows with every change: what was begun before is no longer wanted
    preflight: Preflight | None = None
    remedies: Sequence[Remedy] = ()
    download: bool = False  # may the model be fetched?


@dataclass(frozen=True)
class PlanCard:
    line: gr.HTML
    cost: gr.HTML
    settings: gr.HTML
    desk: gr.State

    @property
    def view(self) -> list[Any]:
        """What `first` fills."""
        return [self.line, self.cost, self.settings]


def build() -> PlanCard:
    """Draw the card."""
    with gr.Column(elem_id="plan", elem_classes="tt-card"):
        line = html.piece(elem_id="plan-line")
        cost = actions("", elem_id="cost")
        with gr.Accordion(i18n("plan.settings"), open=False, elem_id="plan-settings"):
            settings = html.piece()
    return PlanCard(line, cost, settings, gr.State(Desk()))


def first(loaded: Loaded, model: str, lang: str) -> tuple[str, str, str]:
    """The card on entering the step, in the order of `view`: the rest follows by itself."""
    profile = loaded.profile
    text = say(
        f"ui.plan.{profile.modality}",
        lang,
        model=named(ModelSpec(model), lang),
        rows=profile.usable,
        file=loaded.table.name,
        classes=len(profile.classes),
    )
    line = f'<p class="tt-plan-line">{esc(text)}</p>'
    return line, waiting("plan.preparing", lang), later(lang)


def later(lang: str) -> str:
    """In place of the settings until they are known."""
    return f'<p class="tt-note">{esc(say("plan.settings.later", lang))}</p>'


def settings_table(plan: Plan, recipe: Recipe, lang: str) -> str:
    """Setting, value and where it came from."""
    spec, why, kind = plan.spec, plan.why, recipe.data.modality
    steps = message("plan.steps", epochs=float(spec.epochs or 0), steps=plan.total_steps)
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
    if EARLY in recipe.techniques:
        chosen = recipe.techniques[EARLY].get("patience")
        after = message("plan.patience.epochs", n=float(chosen)) if chosen else None
        rows.append(
            (
                f"technique.{EARLY}.title",
                after or message("plan.patience.checks", n=plan.patience),
                message("recipe.yours" if chosen else "plan.patience"),
            )
        )
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


def offer(text: str, button: str, do: str) -> str:
    """A sentence and the button that acts on it."""
    return (
        f'<div class="tt-notice tt-info tt-offer"><p>{esc(text)}</p>'
        f'<button type="button" class="tt-small" data-do="{do}">{esc(button)}</button></div>'
    )


def absent(model: str, lang: str) -> str:
    """The model has yet to be downloaded, which nobody has agreed to."""
    size = BY_KEY[model].megabytes if model in BY_KEY else None
    key = "plan.absent.size" if size else "plan.absent"
    text = say(key, lang, model=named(ModelSpec(model), lang), size=size)
    return offer(text, say("plan.download", lang), "download")


def busy(lang: str) -> str:
    """Another run trains: nothing can be measured."""
    return offer(say("plan.busy", lang), say("plan.measure", lang), "measure")


def figures(estimate: Estimate, recipe: Recipe, remedies: Sequence[Remedy], lang: str) -> str:
    """Time and memory; when they are too much, what would help."""
    if estimate.seconds is None:
        spent, note = "–", "plan.time.unknown"
    else:
        spent = say("plan.about", lang, value=duration(estimate.seconds, lang))
        note = "plan.time.early" if EARLY in recipe.techniques else "plan.time.last"
    need, free = estimate.memory / GB, estimate.available / GB
    tiles = html.tiles(
        [
            (say("plan.time", lang), spent, say(note, lang)),
            (
                say("plan.memory", lang),
                say("plan.gb", lang, n=need),
                say("plan.memory.free", lang, n=free),
            ),
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
    button = say("plan.models" if remedy.model else "plan.apply", lang)
    return (
        f"<li><span>{esc(say(remedy.what, lang))}</span><button type='button' class='tt-small' "
        f"data-do='apply' data-number='{number}'>{esc(button)}</button></li>"
    )


def wire(
    card: PlanCard,
    choices: Choices,
    session: Session,
    entered: Any,
    after: Sequence[Any],
    read: set[Any],
    recipe_of: Callable[[Any], Recipe],
) -> None:
    """Keep the card true: when the step is `entered`, `after` these events, and whenever something on it is
    changed.

    `recipe_of` makes a recipe of the values of the components `read`.
    """
    boxes = choices.open_boxes()

    def plan(data: dict[Any, Any], request: gr.Request) -> Iterator[tuple[Any, ...]]:
        lang, desk = language(request), data[card.desk]
        desk.turn += 1
        unchanged = (gr.skip(),) * len(boxes)
        loaded: Loaded | None = data[session.loaded]
        if loaded is None:
            yield "", "", *unchanged
            return
        try:
            recipe = recipe_of(data)
            found = here(recipe.model, session.store)
            if found is None and not desk.download:
                desk.preflight = None
                yield absent(recipe.model.key, lang), later(lang), *unchanged
                return
            recipe = dataclasses.replace(
                recipe, model=found or resolve(recipe.model, session.store)
            )
            for progress in unpacking(recipe.model, lang):
                yield progress, gr.skip(), *unchanged
            load_libraries()
            from core.training.preflight import Preflight

            desk.preflight = Preflight(
                recipe, loaded.table, session.store, desk.preflight, choices.extra_table(data)
            )
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            desk.preflight = None
            yield problem(error, lang), gr.skip(), *unchanged
            return
        finally:
            desk.download = False
        planned = desk.preflight.plan
        yield (
            gr.skip() if desk.preflight.known() else waiting("plan.measuring", lang),
            settings_table(planned, recipe, lang),
            *(automatic(planned, recipe, name, lang) for name in boxes),
        )

    def measure(desk: Desk, request: gr.Request) -> Any:
        lang, turn, preflight = language(request), desk.turn, desk.preflight
        if preflight is None:
            return gr.skip()
        try:
            estimate = session.jobs.measure(preflight, lambda: desk.turn == turn)
            if desk.turn != turn:
                return gr.skip()
            if estimate is None:
                return busy(lang)
            from core.training.remedies import remedies

            desk.remedies = remedies(estimate, preflight.recipe, preflight.rows.profile)
            return figures(estimate, preflight.recipe, desk.remedies, lang)
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            return problem(error, lang)

    def act(event: gr.EventData, desk: Desk, request: gr.Request) -> tuple[Any, ...]:
        lang, what, number = language(request), data_of(event, "do"), data_of(event, "number")
        left = (gr.skip(),) * len(choices.components())
        desk.download = what == "download"
        if what != "apply":
            key = "plan.downloading" if desk.download else "plan.measuring"
            return waiting(key, lang), gr.skip(), *left
        if not number.isdecimal() or int(number) >= len(desk.remedies):
            return gr.skip(), gr.skip(), *left
        remedy = desk.remedies[int(number)]
        if remedy.model:
            return gr.skip(), go(MODEL), *left
        changed = choices.change(remedy.settings, remedy.technique)
        return waiting("plan.measuring", lang), gr.skip(), *changed

    outputs = [card.cost, card.settings, *boxes.values()]
    # One after the other, and the last state of the widgets counts.
    last: dict[str, Any] = {"trigger_mode": "always_last", **QUIET}
    acted = card.cost.click(
        act, card.desk, [card.cost, session.walk, *choices.components()], **QUIET
    )
    changed = gr.on([entered, *choices.changed()], plan, read, outputs, **last)
    later = [event.then(plan, read, outputs, **last) for event in (acted, *after)]
    for planned in (changed, *later):
        # A measurement that is no longer wanted ends by itself and says nothing.
        planned.then(measure, card.desk, card.cost, trigger_mode="multiple", **QUIET)
