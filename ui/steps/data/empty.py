"""What the data step shows while there is no table: what one looks like, a box to paste one into, samples."""

from __future__ import annotations

import re

import gradio as gr

from core.data.samples import SAMPLES
from core.words import say
from ui.kit import html
from ui.kit.words import esc, i18n


def paste_box() -> tuple[gr.Textbox, gr.Button]:
    """The field for a table that was copied: folded away, so that it is not in the way of a file."""
    with gr.Accordion(i18n("ui.paste"), open=False, elem_id="paste"):
        box = gr.Textbox(
            label=i18n("ui.paste.label"),
            info=i18n("ui.paste.help"),
            lines=6,
            max_lines=12,
            elem_id="paste-box",
        )
        with gr.Row(elem_classes="tt-foot"):
            button = gr.Button(i18n("ui.paste.use"), elem_id="paste-use", min_width=160)
    return box, button


def example(lang: str) -> str:
    """What a file should look like, in three rows."""
    head = [say(f"ui.example.{name}", lang) for name in ("text", "label")]
    rows = [[say(f"ui.example.{n}.{name}", lang) for name in ("text", "label")] for n in "123"]
    pictures = html.small(say("ui.example.pictures", lang))
    return html.card(
        say("ui.example.title", lang),
        html.table(head, rows, say("ui.example.title", lang), wide=0) + pictures,
        say("ui.example.note", lang),
    )


def sample_cards(lang: str) -> str:
    """One button for each sample: its question, and what the table holds."""
    cards = ""
    for sample in SAMPLES:
        question, mark, rest = re.split("([?？])", say(sample.title, lang), maxsplit=1)
        cards += (
            f'<button type="button" class="tt-sample" data-do="sample" '
            f'data-key="{esc(sample.key)}"><b>{esc(question + mark)}</b>'
            f"<span>{esc(rest)}</span></button>"
        )
    title = esc(say("ui.data.samples", lang))
    return f'<h3 class="tt-heading">{title}</h3><div class="tt-samples">{cards}</div>'
