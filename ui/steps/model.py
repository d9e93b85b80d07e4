"""Step 2: what to start from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from core.data.checks import reading
from core.data.checks.finding import Seen
from core.errors import UserError
from core.models import packaged
from core.models.catalog import BUNDLED, BY_KEY, BY_MODALITY, Entry, hub_id
from core.models.reader import reader_of
from core.recipe import ModelSpec
from core.runs import RunStore
from core.words import say
from ui import advice, html
from ui.checkup import findings_html
from ui.html import actions, data_of
from ui.session import CLICK, MODEL, QUIET, Loaded, Session, back_and_next, go, problem
from ui.words import esc, fragment, i18n, language

OTHER = "other"  # the card "another model from the hub"
EARLIER = 12  # finished runs that are offered
PREFIX = "run:"


@dataclass(frozen=True)
class ModelStep:
    cards: gr.HTML
    earlier: gr.HTML
    other: gr.Textbox
    fit: gr.HTML
    suggestion: advice.AdviceCard
    problem: gr.HTML
    back: gr.Button
    next: gr.Button

    @property
    def view(self) -> list[Any]:
        """What `show` fills."""
        return [self.cards, self.other, self.earlier, self.fit]


def show(key: str, loaded: Loaded, store: RunStore, lang: str) -> tuple[Any, ...]:
    """(what is picked, *view) for the model of a recipe."""
    known = key in BY_KEY or key.startswith(PREFIX)
    picked = key if known else OTHER
    other = gr.Textbox(value="" if known else key, visible=not known)
    kind = loaded.profile.modality
    earlier = earlier_runs(store, key, lang, kind)
    cards = catalogue(lang, picked, kind)
    return picked, cards, other, earlier, fit_of(loaded, key, store, lang)


def fitting(key: str, modality: str, store: RunStore) -> str:
    """The model that is picked, or the first in the catalogue where that one is for another kind of data."""
    others = {entry.key for entries in BY_MODALITY.values() for entry in entries}
    others -= {entry.key for entry in BY_MODALITY[modality]}
    if key.startswith(PREFIX):
        try:
            fits = store.get(key.removeprefix(PREFIX)).recipe().data.modality == modality
        except (UserError, OSError):
            fits = True  # that it is gone is said when it is wanted
    else:
        fits = key not in others
    return key if fits else BY_MODALITY[modality][0].key


def build() -> ModelStep:
    """Draw the step."""
    html.piece(fragment(lambda lang: f'<p class="tt-lead">{esc(say("model.lead", lang))}</p>'))
    suggestion = advice.build()
    fit = html.piece(elem_id="model-fit")
    cards = actions(fragment(catalogue), elem_id="model-cards")
    other = gr.Textbox(
        label=i18n("model.other.label"),
        info=i18n("model.other.help"),
        placeholder="answerdotai/ModernBERT-base",
        max_length=200,
        visible=False,
        elem_id="model-other",
    )
    earlier = actions("", elem_id="model-earlier")
    trouble = html.piece(elem_id="model-problem")
    back, following = back_and_next(MODEL, "ui.next")
    return ModelStep(cards, earlier, other, fit, suggestion, trouble, back, following)


def catalogue(lang: str, picked: str = BUNDLED, modality: str = "text") -> str:
    """The cards of the catalogue for a kind of data, and one for any other model."""
    cards = [_card(entry, lang, entry.key == picked) for entry in BY_MODALITY[modality]]
    title, about = say("model.other.title", lang), say("model.other.info", lang)
    cards.append(radio_card(OTHER, title, "", about, checked=picked == OTHER))
    return _group(say("model.group", lang), cards)


def _card(entry: Entry, lang: str, checked: bool) -> str:
    # `named` says of what is in a package that its weights are of 4 bits.
    spec = ModelSpec(entry.key)
    there = entry.bundled or packaged.pinned(spec) is not None
    badge = say("model.bundled" if there else "model.download", lang, size=entry.megabytes)
    licence = say("model.licence.other", lang) if entry.licence == "other" else entry.licence
    about = {"parameters": entry.parameters, "licence": licence}
    if entry.languages:
        facts = say(
            "model.facts", lang, languages=say(f"language.{entry.languages}", lang), **about
        )
    else:
        facts = say("model.facts.pictures", lang, **about)
    good = say(f"model.{entry.key}", lang)
    return radio_card(entry.key, packaged.named(spec, lang), facts, good, badge, there, checked)


def radio_card(
    key: str,
    title: str,
    facts: str,
    about: str,
    badge: str = "",
    good: bool = False,
    checked: bool = False,
) -> str:
    """One card of the group: a radio button with a title, a badge, facts and a sentence."""
    mark = f'<span class="tt-badge{" tt-badge-good" if good else ""}">{esc(badge)}</span>'
    return (
        f'<label class="tt-pick"><input type="radio" name="tt-model" value="{esc(key)}" '
        f'data-do="pick" data-key="{esc(key)}"{" checked" if checked else ""}>'
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


def earlier_runs(store: RunStore, picked: str, lang: str, modality: str = "text") -> str:
    """Cards for the models of runs on such data that have ended well; empty when there are none."""
    cards: list[str] = []
    for run in store.all():
        if len(cards) == EARLIER:
            break
        try:
            recipe, metrics = run.recipe(), run.metrics()
        except UserError:
            continue
        if not metrics or not run.model.is_dir() or recipe.data.modality != modality:
            continue
        key = f"{PREFIX}{run.id}"
        labels = ", ".join(metrics["labels"][:4]) + ("…" if len(metrics["labels"]) > 4 else "")
        cards.append(
            radio_card(
                key,
                recipe.name or recipe.data.file,
                say("model.earlier.facts", lang, labels=html.clip(labels, 80)),
                say("model.earlier.about", lang, score=metrics["test"]["macro_f1"]),
                checked=key == picked,
            )
        )
    return _group(say("model.earlier", lang), cards) if cards else ""


def fit_of(loaded: Loaded, key: str, store: RunStore, lang: str) -> str:
    """What is known of how well the model reads the texts; empty where nothing is amiss."""
    if loaded.table.inputs:  # there are no texts
        return ""
    reader = reader_of(key, loaded.profile.script, store)
    seen = Seen.of(loaded.table, loaded.profile)
    return findings_html(tuple(reading.check(seen, reader)), lang)


def checked_key(key: str, other: str | None) -> str:
    """The key to write into the recipe. Raises UserError when nothing usable is picked."""
    if key == OTHER:
        key = (other or "").strip().removeprefix("https://huggingface.co/").strip("/")
        if not key:
            raise UserError("no_model")
    if not key.startswith(PREFIX) and hub_id(key) is None:
        raise UserError("model_id", name=key[:100])
    return key


def enter_from(button: gr.Button, step: ModelStep, session: Session) -> None:
    """Go to this step when `button` is pressed, with what fits the data."""

    def enter(loaded: Loaded | None, key: str, request: gr.Request) -> tuple[Any, ...]:
        lang = language(request)
        if loaded is None:
            return go(MODEL), key, gr.skip(), "", gr.skip(), ""
        kind = loaded.profile.modality
        key = fitting(key, kind, session.store)
        return (
            go(MODEL),
            key,
            catalogue(lang, key, kind),
            fit_of(loaded, key, session.store, lang),
            earlier_runs(session.store, key, lang, kind),
            "",
        )

    entered = button.click(
        enter,
        [session.loaded, session.model],
        [session.walk, session.model, step.cards, step.fit, step.earlier, step.problem],
        **QUIET,
    )
    advice.wire(step.suggestion, session, entered, step.next.click)


def wire(
    step: ModelStep, session: Session, suggested: gr.State, filled: list[Any], enter: Any
) -> None:
    """Connect the step. `enter` gives what fills the next one, which `suggested` for some data before."""

    def pick(event: gr.EventData, loaded: Loaded | None, request: gr.Request) -> tuple[Any, ...]:
        key = data_of(event, "key")
        warning = fit_of(loaded, key, session.store, language(request)) if loaded else ""
        return key, gr.Textbox(visible=key == OTHER), warning, ""

    for cards in (step.cards, step.earlier):
        cards.click(
            pick,
            session.loaded,
            [session.model, step.other, step.fit, step.problem],
            # Each pick counts: by default those made while one is under way are dropped.
            trigger_mode="multiple",
            **QUIET,
        )

    def take(event: gr.EventData, loaded: Loaded | None, request: gr.Request) -> tuple[Any, ...]:
        key, lang = data_of(event, "key"), language(request)
        if key not in BY_KEY or loaded is None:
            return (gr.skip(),) * 5
        cards = catalogue(lang, key, loaded.profile.modality)
        warning = fit_of(loaded, key, session.store, lang)
        return key, gr.Textbox(visible=False), cards, warning, ""

    step.suggestion.card.click(
        take,
        session.loaded,
        [session.model, step.other, step.cards, step.fit, step.problem],
        **QUIET,
    )

    def forward(
        loaded: Loaded | None, key: str, other: str | None, before: Any, request: gr.Request
    ) -> tuple[Any, ...]:
        lang = language(request)
        try:
            picked = checked_key(key, other)
            return go(MODEL + 1), "", *enter(loaded, picked, lang, before)
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            return gr.skip(), problem(error, lang), *[gr.skip()] * len(filled)

    step.next.click(
        forward,
        [session.loaded, session.model, step.other, suggested],
        [session.walk, step.problem, *filled],
        **CLICK,
    )
    step.back.click(lambda: go(MODEL - 1), None, session.walk, **QUIET)
