"""What a comparison of techniques would cost, said before it starts: how many runs, which, how long. A button
starts them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from core.data.table import Table
from core.errors import UserError
from core.evaluation.technique_gain import named
from core.jobs import forecast
from core.recipe import Recipe
from core.words import ASSETS, Message, say
from core.workflow.comparisons import variants
from ui.kit import html
from ui.kit.answer import Answer
from ui.kit.errors import errors_to, problem
from ui.kit.html import actions, data_of
from ui.kit.latest import Turn, latest, shown_while
from ui.kit.words import duration, esc, language
from ui.session import CLICK, LATEST, Session

Part = forecast.Part[tuple[str, ...]]
Wanted = tuple[Table, Recipe, Table | None]  # the data, the recipe, its file without labels
# The card of an error, in a language, where something is wanted that cannot be trained.
Refusal = Callable[[Exception, Wanted, str], str]
_OFFER_JS = (ASSETS / "offer.js").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Opener:
    """The tab of comparisons: `start` gives values for the `outputs`, in a language, once the runs are in the
    queue, and may raise UserError."""

    outputs: list[Any]
    start: Callable[[Table, Recipe, Table | None, str], Answer]


@dataclass
class Asked(Turn):
    """What is offered in one browser."""

    wanted: Wanted | None = None
    doubted: int = 0  # the turn that something was changed in: it may no longer be what is wanted


@dataclass(frozen=True)
class Offer:
    card: gr.HTML
    asked: gr.State


def build(elem_id: str, button: str) -> Offer:
    """Draw the place of the offer; it is empty until somebody asks with the `button` of an id."""
    script = _OFFER_JS.replace("{{button}}", button)
    return Offer(actions("", script, elem_id=elem_id), gr.State(Asked()))


def card_html(
    name: str,
    parts: Sequence[Part],
    times: Sequence[float | None],
    lang: str,
    absent: Message | None = None,
) -> str:
    """The runs of a comparison of this name with their `times` in seconds, as far as these are worked out.

    A time is None where nobody knows it; `absent` says that this is so because the model has to be fetched.
    """
    to_do, measured = sum(not part.done for part in parts), len(times) == len(parts)
    together = say(absent or "offer.measuring", lang)
    if absent is None and measured and None in times:
        together = say("offer.unknown", lang)
    elif absent is None and measured:
        together = say("offer.together", lang, time=duration(sum(t or 0.0 for t in times), lang))
    items = "".join(
        f"<li>{esc(say(named(part.key), lang))}: "
        f"{esc(_time(part.done, times[number] if number < len(times) else None, lang))}</li>"
        for number, part in enumerate(parts)
    )
    title = say(
        "offer.title" if to_do else "offer.title.done", lang, name=name, runs=to_do, all=len(parts)
    )
    start = html.button("start", say("offer.start" if to_do else "offer.show", lang, runs=to_do))
    leave = html.button("leave", say("offer.leave", lang))
    return (
        f'<div class="tt-notice tt-info" role="status"><strong>{esc(title)}</strong>'
        f"<p>{esc(together if to_do else '')}</p><ul>{items}</ul><p class='tt-choices'>"
        f"{start} {leave}</p></div>"
    )


def _time(done: bool, seconds: float | None, lang: str) -> str:
    if done:
        return say("offer.done", lang)
    return "…" if seconds is None else say("plan.about", lang, value=duration(seconds, lang))


def _plain(error: Exception, _: Wanted, lang: str) -> str:
    return problem(error, lang)


def wire(
    offer: Offer,
    button: gr.Button,
    inputs: set[Any],
    wanted: Callable[[dict[Any, Any]], Wanted],
    trouble: gr.HTML,
    session: Session,
    opener: Opener,
    refused: Refusal = _plain,
) -> None:
    """A press of `button` offers what `wanted` makes of the `inputs`. `trouble` shows what went wrong, as
    `refused` says it where it is known what is wanted."""

    def none(*_: Any) -> Answer:
        return {trouble: "", offer.card: ""}

    @latest(Asked)
    @errors_to(trouble, none)
    def ask(data: dict[Any, Any], request: gr.Request) -> Iterator[Answer]:
        lang, asked = language(request), data[offer.asked]
        still, asked.wanted = asked.goes_on(), None
        table, recipe, extra = ours = wanted(data)
        try:
            parts = forecast.parts(session.store, table, variants(recipe))
        except UserError as error:
            yield {**none(), trouble: refused(error, ours, lang)}
            return
        absent = forecast.absent(session.store, parts)
        if not still():
            return
        asked.wanted = ours
        name, times = recipe.title, list[float | None]()
        yield {trouble: "", offer.card: card_html(name, parts, times, lang, absent)}
        for seconds in forecast.seconds(
            session.store,
            table,
            parts,
            extra,
            lambda work: session.jobs.measure(work, still),
        ):
            times.append(seconds)
            yield {trouble: "", offer.card: card_html(name, parts, times, lang, absent)}

    # One that was begun before says nothing any more, but may still be at its last step.
    button.click(
        ask,
        {*inputs, offer.asked},
        [trouble, offer.card],
        **{**CLICK, "trigger_mode": "multiple"},
    )

    @errors_to(trouble, none)
    def act(event: gr.EventData, asked: Asked, request: gr.Request) -> Answer:
        still = asked.begin()
        ours, asked.wanted = asked.wanted, None
        if data_of(event, "do") != "start" or ours is None:
            shown_while(still)
            return none()
        lang = language(request)
        try:
            return {**none(), **opener.start(*ours, lang)}
        except UserError as error:
            return {**none(), trouble: refused(error, ours, lang)}

    offer.card.click(act, offer.asked, [trouble, offer.card, *opener.outputs], **CLICK)


def forget(
    offer: Offer,
    events: Sequence[Any],
    after: Sequence[Any],
    inputs: set[Any],
    wanted: Callable[[dict[Any, Any]], Wanted],
) -> None:
    """At these events, and `after` those that Python answers first, an offer that is not about what is
    `wanted` now goes away.

    Leaving a field is such an event, and pressing the button leaves one: what was offered may well be wanted.
    An event that was sent before the press may be answered after it. So what is set is looked at by a second
    event, which only counts where the first was answered after the press: then it was sent after it too.
    """

    def notice(asked: Asked) -> None:
        asked.doubted = asked.number

    def gone(data: dict[Any, Any]) -> Any:
        asked = data[offer.asked]
        still, ours = asked.goes_on(), asked.wanted
        if ours is None or asked.doubted != asked.number:
            return {}
        try:
            now = wanted(data)
        except UserError:
            now = None
        if now and (now[0].fingerprint, now[1]) == (ours[0].fingerprint, ours[1]):
            return {}
        if not still():  # another press
            return {}
        shown_while(asked.begin())
        asked.wanted = None
        return ""

    noticed = [gr.on(events, notice, offer.asked, None, **LATEST)]
    noticed += [event.then(notice, offer.asked, None, **LATEST) for event in after]
    for listener in noticed:
        listener.then(gone, {*inputs, offer.asked}, offer.card, **LATEST)
