"""A model that is not on this computer: the offer to download it, and what can be done where there is no
network."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import UserError
from core.models.bundled.multilingual_e5 import named
from core.models.catalog import BY_KEY
from core.models.locate import NO_NETWORK, offline
from core.recipe import ModelSpec
from core.runs.store import RunStore
from core.words import say
from core.workflow.model_choice import here_instead
from ui.kit import html
from ui.kit.errors import problem
from ui.kit.words import esc
from ui.session import Loaded

OFFERED = 3  # models that are here


def comparable(key: str) -> bool:
    """Is it known how a model of the catalogue compares with the one in the box?"""
    return key in BY_KEY and not BY_KEY[key].bundled


def offer(text: str, button: str, do: str) -> str:
    """A sentence and the button that acts on it."""
    pressed = html.button(do, button)
    return f'<div class="tt-notice tt-info tt-offer"><p>{esc(text)}</p>{pressed}</div>'


def card_html(key: str, loaded: Loaded, store: RunStore, lang: str) -> str:
    """What to do about a model that has yet to be downloaded, which nobody has agreed to."""
    if offline():
        return _offline(key, "plan.offline.told", _others(key, loaded, store), "", lang)
    size = BY_KEY[key].megabytes if key in BY_KEY else None
    text = say(
        "plan.absent.size" if size else "plan.absent",
        lang,
        model=named(ModelSpec(key), lang),
        size=size,
    )
    return offer(text, say("plan.download", lang), "download")


def refused(
    error: Exception, key: str, loaded: Loaded, store: RunStore, lang: str, again: str = ""
) -> str:
    """The card of an error. Where a model cannot be fetched it offers those that are here, and to try again
    where `again` is the `data-do` of that."""
    if not isinstance(error, UserError) or error.args[0] not in NO_NETWORK:
        return problem(error, lang)
    line = "plan.offline.size" if key in BY_KEY else "plan.offline"
    if offline():
        line, again = "plan.offline.told", ""
    card = _offline(key, line, _others(key, loaded, store), again, lang)
    return f'<div role="alert">{card}</div>'


def use_button(key: str, lang: str) -> str:
    """Takes another model of the catalogue."""
    return html.button("use", say("plan.use", lang, model=named(ModelSpec(key), lang)), key=key)


def _others(key: str, loaded: Loaded, store: RunStore) -> Sequence[str]:
    return here_instead(key, loaded.profile, store)[:OFFERED]


def _offline(key: str, line: str, others: Sequence[str], again: str, lang: str) -> str:
    size = BY_KEY[key].megabytes if key in BY_KEY else None
    buttons = [use_button(other, lang) for other in others]
    if again:
        buttons.append(html.button(again, say("plan.offline.again", lang)))
    do = "plan.offline.told.do" if line == "plan.offline.told" else "plan.offline.do"
    title = say(line, lang, model=named(ModelSpec(key), lang), size=size)
    said = html.notice([say(do, lang)], "warning", title)
    return f'{said}<p class="tt-choices">{" ".join(buttons)}</p>'
