"""Step 2: what to start from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from core.data.profile.profile import ready
from core.errors import UserError
from core.evaluation.test_rows import outcome
from core.libraries import libraries_loaded, load_libraries
from core.modalities import by_key
from core.models.bundled import multilingual_e5
from core.models.catalog import BUNDLED, BY_KEY, Entry
from core.recipe import ModelSpec
from core.runs.integrity import damaged_files
from core.runs.store import RunStore
from core.words import ASSETS, Millions, say
from core.workflow.model_choice import choose
from ui.kit import html
from ui.kit.answer import Answer, fill
from ui.kit.errors import errors_to
from ui.kit.html import data_of
from ui.kit.words import esc, fragment, i18n, language, when
from ui.open_run import OpenRun, Settings
from ui.session import CLICK, LATEST, MODEL, QUIET, Loaded, Session, back_and_next, go
from ui.steps.model import advice
from ui.steps.shared.picked_model import OTHER, PREFIX, PickedModel, checked_key, fit_html

EARLIER = 12  # finished runs that are offered
_PICKS_JS = (ASSETS / "picks.js").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Chosen:
    """The model that was picked for somebody who has picked none: its key, and for which data."""

    key: str
    data: object


@dataclass(frozen=True)
class ModelStep:
    picked: PickedModel
    suggestion: advice.AdviceCard
    problem: gr.HTML
    back: gr.Button
    next: gr.Button


def show(key: str, loaded: Loaded, store: RunStore, lang: str) -> tuple[Any, ...]:
    """The values of `view` of what is picked, for the model of a recipe."""
    known = key in BY_KEY or key.startswith(PREFIX)
    picked = key if known else OTHER
    other = gr.Textbox(value="" if known else key, visible=not known)
    cards = picks(picked, loaded.profile.modality, store, lang)
    return cards, Chosen(picked, data_in(loaded)), other, fit_html(loaded, key, store, lang)


def data_in(loaded: Loaded) -> object:
    """What a model is chosen for: another file, or another column of it, may want another one."""
    return loaded.origin, loaded.profile.text


def picked_for(
    loaded: Loaded, key: str, chosen: Chosen | None, store: RunStore
) -> tuple[str, Chosen | None]:
    """The model to mark for this data, given the `key` that is marked, and what is `chosen` from now on.

    What a person picked stays where it is for such data. Otherwise `core.workflow.model_choice` takes one.
    """
    by_hand = chosen is None or chosen.key != key
    fits = fitting(key, loaded.profile.modality, store) == key
    if fits and (by_hand or (chosen and chosen.data == data_in(loaded))):
        return key, chosen
    load_libraries()
    from core.training.machine import this_machine

    key = choose(loaded.profile, this_machine().device != "cpu", store).model
    return key, Chosen(key, data_in(loaded))


def picks(key: str, modality: str, store: RunStore, lang: str) -> gr.HTML:
    """All cards for a kind of data, the one of `key` marked."""
    return gr.HTML(
        value=key, cards=catalogue(lang, modality), earlier=earlier_runs(store, lang, modality)
    )


def fitting(key: str, modality: str, store: RunStore) -> str:
    """The model that is picked, or the first in the catalogue where that one is for another kind of data."""
    others = set(BY_KEY) - {entry.key for entry in by_key(modality).models}
    if key.startswith(PREFIX):
        try:
            fits = store.get(key.removeprefix(PREFIX)).recipe().data.modality == modality
        except (UserError, OSError):
            fits = True  # that it is gone is said when it is wanted
    else:
        fits = key not in others
    return key if fits else by_key(modality).models[0].key


def build() -> ModelStep:
    """Draw the step."""
    html.piece(fragment(lambda lang: f'<p class="tt-lead">{esc(say("model.lead", lang))}</p>'))
    suggestion = advice.build()
    fit = html.piece(elem_id="model-fit")
    with html.piece(
        BUNDLED,
        html_template="${cards}@children${earlier}",
        js_on_load=_PICKS_JS,
        elem_id="model-cards",
        cards="",
        earlier="",
    ) as cards:
        other = gr.Textbox(
            label=i18n("model.other.label"),
            info=i18n("model.other.help"),
            placeholder="answerdotai/ModernBERT-base",
            max_length=200,
            visible=False,
            elem_id="model-other",
        )
    trouble = html.piece(elem_id="model-problem")
    back, following = back_and_next(MODEL, "ui.next")
    chosen = gr.State(Chosen(BUNDLED, None))
    picked = PickedModel(cards, chosen, other, fit)
    return ModelStep(picked, suggestion, trouble, back, following)


def catalogue(lang: str, modality: str = "text") -> str:
    """The cards of the catalogue for a kind of data, and one for any other model."""
    cards = [_card(entry, lang) for entry in by_key(modality).models]
    title, about = say("model.other.title", lang), say("model.other.info", lang)
    cards.append(radio_card(OTHER, title, "", about))
    return _group(say("model.group", lang), cards)


def _card(entry: Entry, lang: str) -> str:
    # `named` says of what is in a package that its weights are of 4 bits.
    spec = ModelSpec(entry.key)
    there = entry.bundled or multilingual_e5.pinned(spec) is not None
    badge = say("model.bundled" if there else "model.download", lang, size=entry.megabytes)
    licence = say("model.licence.other", lang) if entry.licence == "other" else entry.licence
    about = {"parameters": Millions(entry.parameters), "licence": licence}
    if entry.languages:
        facts = say(
            "model.facts", lang, languages=say(f"language.{entry.languages}", lang), **about
        )
    else:
        facts = say("model.facts.pictures", lang, **about)
    good = say(f"model.{entry.key}", lang)
    return radio_card(entry.key, multilingual_e5.named(spec, lang), facts, good, badge, there)


def radio_card(
    key: str,
    title: str,
    facts: str,
    about: str,
    badge: str = "",
    good: bool = False,
) -> str:
    """One card of the group: a radio button with a title, a badge, facts and a sentence. Which one is marked
    is not said here."""
    mark = f'<span class="tt-badge{" tt-badge-good" if good else ""}">{esc(badge)}</span>'
    return (
        f'<label class="tt-pick"><input type="radio" name="tt-model" value="{esc(key)}">'
        f'<span class="tt-pick-body"><span class="tt-pick-head"><b>{esc(title)}</b>'
        f"{mark if badge else ''}</span>"
        f'<span class="tt-pick-about">{esc(about)}</span>'
        + (f'<span class="tt-note">{esc(facts)}</span>' if facts else "")
        + "</span></label>"
    )


def _group(title: str, cards: list[str]) -> str:
    return (
        f'<fieldset class="tt-group"><legend>{esc(title)}</legend>'
        f'<div class="tt-picks">{"".join(cards)}</div></fieldset>'
    )


def earlier_runs(store: RunStore, lang: str, modality: str = "text") -> str:
    """Cards for the models of runs on such data that have ended well; empty when there are none."""
    cards: list[str] = []
    for run in store.all():
        if len(cards) == EARLIER:
            break
        if damaged_files(run):  # the list of runs says so
            continue
        try:
            recipe, result, score = run.recipe(), run.result(), outcome(run)
        except UserError:  # it was deleted meanwhile
            continue
        if not result or not score or not run.model.is_dir() or recipe.data.modality != modality:
            continue
        labels = ", ".join(result.labels[:4]) + ("…" if len(result.labels) > 4 else "")
        cards.append(
            radio_card(
                f"{PREFIX}{run.id}",
                recipe.title,
                say(
                    "model.earlier.facts",
                    lang,
                    labels=html.clip(labels, 80),
                    when=when(run.id),
                ),
                say("model.earlier.about", lang, score=score.macro_f1),
            )
        )
    return _group(say("model.earlier", lang), cards) if cards else ""


def enter_from(
    event: Any, step: ModelStep, session: Session, trouble: gr.HTML, hint: gr.HTML
) -> None:
    """Go to this step after an event, with what fits the data, unless there is nothing to learn from or the
    event left a card of an error in `trouble`. `hint` says meanwhile what is waited for."""

    @errors_to(trouble, lambda *_: {hint: ""})
    def enter(
        loaded: Loaded | None,
        picked: object,
        chosen: Chosen | None,
        error: str | None,
        request: gr.Request,
    ) -> Iterator[Answer]:
        lang = language(request)
        # Where it is shown is said why.
        if loaded is None or not ready(loaded.profile) or error:
            return
        if not libraries_loaded():
            yield {hint: html.small(say("model.loading", lang))}
        key, chosen = picked_for(loaded, str(picked), chosen, session.store)
        yield {
            hint: "",
            session.walk: go(MODEL),
            step.picked.cards: picks(key, loaded.profile.modality, session.store, lang),
            step.picked.chosen: chosen,
            step.picked.other: gr.Textbox(visible=key == OTHER),
            step.picked.fit: fit_html(loaded, key, session.store, lang),
            step.problem: "",
        }

    entered = event.then(
        enter,
        [session.loaded, session.model, step.picked.chosen, trouble],
        [session.walk, *step.picked.view, step.problem, trouble, hint],
        trigger_mode="multiple",
        **QUIET,
    )
    advice.wire(step.suggestion, session, entered, [step.next.click, step.back.click])


def listen(step: ModelStep, session: Session, opened: OpenRun) -> None:
    """Show the model of a run that is opened."""

    def shown(settings: Settings, lang: str) -> Answer:
        return fill(
            step.picked.view, show(settings.recipe.model.key, settings.loaded, session.store, lang)
        )

    opened.settings.add(step.picked.view, shown)


def wire(
    step: ModelStep, session: Session, suggested: gr.State, filled: list[Any], enter: Any
) -> None:
    """Connect the step. `enter` gives what fills the next one, which `suggested` for some data before."""

    @errors_to(step.problem)
    def pick(picked: object, loaded: Loaded | None, request: gr.Request) -> Answer:
        key = str(picked)
        warning = fit_html(loaded, key, session.store, language(request)) if loaded else ""
        return fill(shown, (None, gr.Textbox(visible=key == OTHER), warning, ""))

    shown = [step.picked.chosen, step.picked.other, step.picked.fit, step.problem]
    session.model.input(pick, [session.model, session.loaded], shown, **LATEST)

    @errors_to(step.problem)
    def take(event: gr.EventData, loaded: Loaded | None, request: gr.Request) -> Answer:
        key = data_of(event, "key")
        if key not in BY_KEY or loaded is None:
            return {}
        return {**step.picked.take(key, loaded, session.store, language(request)), step.problem: ""}

    step.suggestion.card.click(take, session.loaded, [*step.picked.view, step.problem], **QUIET)

    @errors_to(step.problem)
    def forward(
        loaded: Loaded | None, key: object, other: str | None, before: Any, request: gr.Request
    ) -> Answer:
        picked = checked_key(key, other)
        shown = enter(loaded, picked, language(request), before)
        return {session.walk: go(MODEL + 1), step.problem: "", **shown}

    step.next.click(
        forward,
        [session.loaded, session.model, step.picked.other, suggested],
        [session.walk, step.problem, *filled],
        **CLICK,
    )
    step.back.click(lambda: go(MODEL - 1), None, session.walk, **QUIET)
