"""Where does it do worse? The accuracy of groups of test rows, each with its interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from core.evaluation import tested
from core.evaluation.slices import Slice, named, slices, ways
from core.modalities import by_key
from core.runs import Run
from core.words import Message, say
from ui import html
from ui.session import QUIET, Find, Session
from ui.words import esc, i18n, language


@dataclass(frozen=True)
class Slices:
    by: gr.Dropdown
    groups: gr.HTML

    @property
    def view(self) -> list[Any]:
        """What `show` fills."""
        return [self.by, self.groups]


def build() -> Slices:
    """Draw the card."""
    with gr.Column(elem_classes="tt-card"):
        html.heading("slices.title", "slices.help")
        by = gr.Dropdown([], label=i18n("slices.choose"), interactive=True, elem_id="slices-by")
        groups = html.piece(elem_id="slices")
    return Slices(by, groups)


def show(run: Run, lang: str) -> tuple[Any, ...]:
    """The values of `view`: by the first way, until something else is chosen."""
    rows = run.test_rows()
    if rows is None:
        return gr.Dropdown(visible=False), ""
    offered = ways(rows, by_key(run.recipe().data.modality).words)
    choices = [(_say(named(by), lang), by) for by in offered]
    return (
        gr.Dropdown(choices, value=offered[0], visible=True),
        groups_html(run, offered[0], lang),
    )


def _say(name: Message | str, lang: str) -> str:
    return say(name, lang) if isinstance(name, Message) else name


def groups_html(run: Run, by: str, lang: str) -> str:
    """A line for each group: its interval as a bar around a dot, and a line at the score of all rows."""
    rows = run.test_rows()
    if rows is None or rows.empty:
        return ""
    task = tested.task(run)
    found = slices(rows, by, task.names, task.separator)
    whole = float((rows["label"] == rows["predicted"]).mean())
    items = "".join(_item(each, whole, lang) for each in found)
    note = esc(say("slices.whole", lang, accuracy=whole))
    return f'<p class="tt-note">{note}</p><ul class="tt-changes tt-slices">{items}</ul>'


def _item(each: Slice, whole: float, lang: str) -> str:
    low, high = each.interval
    name = _say(each.name, lang)
    value = say(
        "slices.value", lang, accuracy=each.accuracy, low=low, high=high, rows=int(each.rows)
    )
    mark = f'<strong class="tt-below">{esc(say("slices.below", lang))}</strong>'
    return (
        f'<li class="{"tt-worse" if each.below else ""}">'
        f'<span class="tt-bar-label"><bdi>{esc(html.clip(name, 60))}</bdi>{mark if each.below else ""}</span>'
        f'<span class="tt-interval-track"><i class="tt-zero" style="left:{whole:.2%}"></i>'
        f'<i class="tt-interval" style="left:{low:.2%};width:{high - low:.2%}"></i>'
        f'<i class="tt-dot" style="left:{each.accuracy:.2%}"></i></span>'
        f'<span class="tt-bar-value">{esc(value)}</span></li>'
    )


def wire(
    part: Slices,
    session: Session,
    column: gr.Radio,
    find: Find,
) -> None:
    """Another way to divide is another list; what is chosen comes from a browser."""

    def choose(run_id: object, column: object, by: object, request: gr.Request) -> Any:
        run = find(session, run_id, column)
        return groups_html(run, str(by), language(request)) if run else gr.skip()

    part.by.input(
        choose, [session.run, column, part.by], part.groups, trigger_mode="always_last", **QUIET
    )
