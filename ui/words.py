"""Every sentence of the page, in the language of the person's browser.

Fixed texts reach the browser once, in every language, and are chosen there (`i18n`, `fragment`).
What is made in Python later is rendered in the language that the request asks for (`language`).
Both follow the browser's first language, so they agree.
"""

from __future__ import annotations

import hashlib
import html
import time
from collections.abc import Callable

import gradio as gr
from gradio.i18n import I18nData

from core.errors import UserError
from core.words import LANGUAGES, Message, has, message, say

# What the page asks the browser to choose from: language -> key -> text.
_FIXED: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}

# Templates of gr.HTML evaluate `${...}` and `{{...}}` in whatever they show.
_TEMPLATE = str.maketrans({"{": "&#123;", "}": "&#125;", "$": "&#36;", "`": "&#96;"})


def esc(text: object) -> str:
    """Text from anywhere, made harmless inside HTML and inside the templates of gr.HTML."""
    return html.escape(str(text)).translate(_TEMPLATE)


def info(text: str) -> str:
    """Text from anywhere for a widget's `info`: gradio escapes it, but would make links of it."""
    return text.replace("](", "]\u2060(")


def language(request: gr.Request | None) -> str:
    """The language that a request's browser prefers: "zh" for any Chinese, otherwise "en"."""
    accepted = "" if request is None else str(request.headers.get("accept-language", ""))
    return "zh" if accepted.strip().lower().startswith("zh") else "en"


def i18n(key: str) -> I18nData:
    """A sentence of the locales for a label, chosen by the browser."""
    for each in LANGUAGES:
        _FIXED[each][key] = say(key, each)
    return I18nData(key)


def fragment(render: Callable[[str], str]) -> I18nData:
    """A piece of HTML in every language, chosen by the browser: no request, no flicker."""
    texts = {each: render(each) for each in LANGUAGES}
    key = "html." + hashlib.sha256(texts["en"].encode()).hexdigest()[:12]
    for each, text in texts.items():
        _FIXED[each][key] = text
    return I18nData(key)


def translations() -> gr.I18n:
    """All that `i18n` and `fragment` were asked for, to be handed to `launch`."""
    return gr.I18n(**_FIXED)


def explain(error: UserError, language: str) -> tuple[str, str]:
    """What happened and what to do, in one language; plain text, not yet escaped."""
    what = _labelled(error.what)
    hint = error.hint_message
    return say(what, language), say(_labelled(hint), language) if hint else ""


def _labelled(what: Message) -> Message:
    """The same message with a setting's or a technique's label in place of its key."""
    values = dict(what.values)
    owner, name = values.get("owner"), values.get("name")
    if has(f"{owner}.{name}"):
        values["name"] = message(f"{owner}.{name}")
    elif has(f"technique.{owner}.{name}"):
        values["name"] = message(f"technique.{owner}.{name}")
    elif has(f"technique.{name}.title"):
        values["name"] = message(f"technique.{name}.title")
    if has(f"technique.{owner}.title"):
        values["owner"] = message(f"technique.{owner}.title")
    elif owner == "train":
        values["owner"] = message("ui.advanced")
    return Message(what.key, values)


def duration(seconds: float, language: str) -> str:
    """A time span as people say it: "40 s", "3 min", "1 h 5 min"."""
    if seconds < 55:
        return say("ui.seconds", language, n=max(1, round(seconds)))
    minutes = max(1, round(seconds / 60))
    if minutes < 60:
        return say("ui.minutes", language, n=minutes)
    return say("ui.hours", language, h=minutes // 60, m=minutes % 60)


def when(run_id: str) -> str:
    """The time at which a run was made, from its id: "2026-11-23 14:25"."""
    return time.strftime("%Y-%m-%d %H:%M", time.strptime(run_id[:15], "%Y%m%d-%H%M%S"))
