"""Which model suits the data, why, and how long it would train here: above the models, with a button."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from core.data.profile.profile import ready
from core.errors import UserError
from core.libraries import load_libraries
from core.modalities import by_key
from core.models.advice import Advice, to_get
from core.models.bundled.multilingual_e5 import named
from core.models.locate import downloaded
from core.recipe import ModelSpec, Recipe
from core.words import say
from core.workflow.new_recipe import recipe_of
from ui.kit import html
from ui.kit.answer import Answer
from ui.kit.html import actions
from ui.kit.latest import Turn, latest, shown_while
from ui.kit.words import duration, esc, language
from ui.session import QUIET, Loaded, Session
from ui.steps.shared.unpack import unpacking

log = logging.getLogger("ticktune")


@dataclass
class Asking(Turn):
    """What is being measured for one browser."""

    untimed: Advice | None = None  # what is suggested, while its time is being measured


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
    lines = [*(say(reason, lang) for reason in advice.why), time]
    button = html.button("take", say("advice.take", lang), key=advice.model)
    said = esc(" ".join(filter(None, lines)))
    title = esc(say("advice.title", lang, model=name))
    return (
        f'<div class="tt-notice tt-info tt-offer"><div><strong>{title}</strong><p>{said}</p>'
        f"{progress}</div>{button}</div>"
    )


def usual(loaded: Loaded, spec: ModelSpec) -> Recipe:
    """What a run of this data is that nobody has changed anything of."""
    return recipe_of(loaded.table, loaded.profile, spec)


def wire(card: AdviceCard, session: Session, entered: Any, left: Sequence[Any]) -> None:
    """Fill the card when the step is `entered`; what is still being measured ends when it is `left`."""

    @latest(Asking)  # other data are asked about, or nobody looks any more
    def tell(loaded: Loaded | None, asking: Asking, request: gr.Request) -> Iterator[Any]:
        lang, wanted, asking.untimed = language(request), asking.goes_on(), None
        if loaded is None or not ready(loaded.profile):
            yield ""
            return
        try:
            yield from _told(loaded, session, asking, wanted, lang)
        except Exception as error:
            if isinstance(error, UserError):  # what is wrong is said where it matters
                log.info("no advice: %s", error)
            else:
                log.exception("no advice")
            if wanted():
                untimed, asking.untimed = asking.untimed, None
                yield card_html(untimed, lang) if untimed else ""

    entered.then(tell, [session.loaded, card.asking], card.card, trigger_mode="multiple", **QUIET)

    def leave(asking: Asking, request: gr.Request) -> Answer:
        """Whoever comes back finds the suggestion, and no bar that stands still."""
        shown_while(asking.begin())
        untimed = asking.untimed
        return {card.card: card_html(untimed, language(request))} if untimed else {}

    for event in left:
        event(leave, card.asking, card.card, **QUIET)


def _told(
    loaded: Loaded, session: Session, asking: Asking, wanted: Callable[[], bool], lang: str
) -> Iterator[str]:
    load_libraries()
    from core.training.machine import this_machine
    from core.workflow.preflight import Preflight

    advice = by_key(loaded.profile.modality).advise(loaded.profile, this_machine().device != "cpu")
    spec = downloaded(ModelSpec(advice.model), session.store)
    if spec is None:
        yield card_html(advice, lang, say(to_get(advice.model), lang))
        return
    asking.untimed = advice
    yield card_html(advice, lang, say("advice.measuring", lang))
    for progress in unpacking(spec, lang):
        yield card_html(advice, lang, progress=progress)
    preflight = Preflight(usual(loaded, spec), loaded.table, session.store)
    estimate = session.jobs.measure(preflight, wanted)
    if not wanted():
        return
    asking.untimed = None
    if estimate is not None and estimate.seconds is not None:
        time = say("advice.time", lang, time=duration(estimate.seconds, lang))
        yield card_html(advice, lang, time)
    else:
        yield card_html(advice, lang)
