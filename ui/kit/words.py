"""Every sentence of the page, in the language of the person's browser.

Fixed texts reach the browser once, in every language, and are chosen there (`i18n`, `fragment`).
What is made in Python later is rendered in the language that the request asks for (`language`).
Both follow the browser's first language, so they agree.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import gradio as gr
from gradio.i18n import I18nData

from core.errors import UserError
from core.report.html import esc as esc
from core.runs.run import when as made
from core.words import LANGUAGES, Message, has, message, say

# What the page asks the browser to choose from: language -> key -> text.
_FIXED: dict[str, dict[str, str]] = {code: {} for code in LANGUAGES}


def info(text: str) -> str:
    """Text from anywhere for a widget's `info`: gradio escapes it, but would make links of it."""
    return text.replace("](", "]\u2060(")


def language(request: gr.Request | None) -> str:
    """The language that a request's browser prefers: "zh" for any Chinese, otherwise "en"."""
    return preferred("" if request is None else str(request.headers.get("accept-language", "")))


def preferred(accepted: str) -> str:
    """The same of an Accept-Language header."""
    return "zh" if accepted.strip().lower().startswith("zh") else "en"


def i18n(key: str) -> I18nData:
    """A sentence of the locales for a label, chosen by the browser."""
    for lang in LANGUAGES:
        _FIXED[lang][key] = say(key, lang)
    return I18nData(key)


def fragment(render: Callable[[str], str]) -> I18nData:
    """A piece of HTML in every language, chosen by the browser: no request, no flicker."""
    texts = {lang: render(lang) for lang in LANGUAGES}
    key = "html." + hashlib.sha256(texts["en"].encode()).hexdigest()[:12]
    for code, text in texts.items():
        _FIXED[code][key] = text
    return I18nData(key)


def translations() -> gr.I18n:
    """All that `i18n` and `fragment` were asked for, to be handed to `launch`."""
    return gr.I18n(**_FIXED)


def explain(error: UserError, lang: str) -> tuple[str, str]:
    """What happened and what to do, in one language; plain text, not yet escaped."""
    what = _labelled(error.what)
    hint = error.hint_message
    return say(what, lang), say(_labelled(hint), lang) if hint else ""


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


def duration(seconds: float, lang: str) -> str:
    """A time span as people say it: "40 s", "3 min", "1 h 5 min"."""
    if seconds < 55:
        return say("ui.seconds", lang, n=max(1, round(seconds)))
    minutes = max(1, round(seconds / 60))
    if minutes < 60:
        return say("ui.minutes", lang, n=minutes)
    return say("ui.hours", lang, h=minutes // 60, m=minutes % 60)


def when(run_id: str) -> str:
    """The time at which a run was made, from its id: "2026-11-23 14:25"."""
    return made(run_id, "%Y-%m-%d %H:%M")
