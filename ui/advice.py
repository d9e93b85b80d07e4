"""Which model suits the data, why, and how long it would train here: above the models, with a button."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from core import techniques
from core.data.edits import edits_of
from core.errors import UserError
from core.libraries import load_libraries
from core.models.advice import Advice, advise, to_get
from core.models.locate import here
from core.models.packaged import named
from core.recipe import DataSpec, ModelSpec, Recipe, TaskSpec
from core.words import say
from ui.html import actions
from ui.overview import ready
from ui.session import QUIET, Loaded, Session
from ui.unpack import unpacking
from ui.words import duration, esc, language

log = logging.getLogger("ticktune")


@dataclass
class Asking:
    """What is being measured for one browser; its events share it and change it in place."""

    turn: int = 0  # grows when another measurement, or none, is wanted


@dataclass(frozen=True)
class AdviceCard:
    card: gr.HTML
    asking: gr.State


def build() -> AdviceCard:
    """Draw the card."""
    return AdviceCard(actions("", elem_id="model-advice"), gr.State(Asking()))


def card_html(advice: Advice, lang: str, time: str = "", progress: str = "") -> str:
    """`time` is a sentence on how long it takes, `progress` a bar."""
    name = named(ModelSpec(advice.model), lang)
    lines = [*(say(each, lang) for each in advice.why), time]
    button = (
        f'<button type="button" class="tt-small" data-do="take" data-key="{esc(advice.model)}">'
        f"{esc(say('advice.take', lang))}</button>"
    )
    said = esc(" ".join(filter(None, lines)))
    title = esc(say("advice.title", lang, model=name))
    return (
        f'<div class="tt-notice tt-info tt-offer"><div><strong>{title}</strong><p>{said}</p>'
        f"{progress}</div>{button}</div>"
    )


def usual(loaded: Loaded, spec: ModelSpec) -> Recipe:
    """What a run of this data is that nobody has changed anything of."""
    table, seen = loaded.table, loaded.profile
    chosen = techniques.resolve(techniques.suggested(seen), seen)
    return Recipe(
        DataSpec(
            table.name,
            table.fingerprint,
            seen.text,
            seen.split,
            edits=edits_of(table),
            modality=table.modality,
        ),
        TaskSpec(seen.label or "", seen.separator),
        spec,
        techniques={each.key: dataclasses.asdict(each.options) for each in chosen},
    )


def wire(made: AdviceCard, session: Session, entered: Any, left: Any) -> None:
    """Fill the card when the step is `entered`; what is still being measured ends when it is `left`."""

    def tell(loaded: Loaded | None, asking: Asking, request: gr.Request) -> Iterator[Any]:
        lang = language(request)
        asking.turn += 1
        turn = asking.turn
        if loaded is None or not ready(loaded.profile):
            yield ""
            return
        try:
            yield from _told(loaded, session, lambda: asking.turn == turn, lang)
        except UserError as error:  # it is only advice: what is wrong is said where it matters
            log.info("no advice: %s", error)
        except Exception:
            log.exception("no advice")

    entered.then(tell, [session.loaded, made.asking], made.card, **QUIET)

    def leave(asking: Asking) -> None:
        asking.turn += 1

    left(leave, made.asking, None, **QUIET)


def _told(loaded: Loaded, session: Session, wanted: Any, lang: str) -> Iterator[str]:
    load_libraries()
    from core.training.machine import machine
    from core.training.preflight import Preflight

    advice = advise(loaded.profile, machine().device != "cpu")
    spec = here(ModelSpec(advice.model), session.store)
    if spec is None:
        yield card_html(advice, lang, say(to_get(advice.model), lang))
        return
    yield card_html(advice, lang, say("advice.measuring", lang))
    for progress in unpacking(spec, lang):
        yield card_html(advice, lang, progress=progress)
    preflight = Preflight(usual(loaded, spec), loaded.table, session.store)
    estimate = session.jobs.measure(preflight, wanted)
    if estimate is not None and estimate.seconds is not None:
        time = say("advice.time", lang, time=duration(estimate.seconds, lang))
        yield card_html(advice, lang, time)
    elif wanted():
        yield card_html(advice, lang)
