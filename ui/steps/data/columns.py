"""Which sheet of a file, and which of its columns, to learn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from core.data.checkup.fix import keep_reasons
from core.data.labels.cells import separator_words
from core.data.labels.separators import OFFERED_SEPARATORS
from core.data.profile.profile import Profile, profile, separator_of
from core.words import say
from ui.kit.answer import Part
from ui.kit.words import i18n, info
from ui.session import Loaded
from ui.steps.data import label_names

ONE = ""  # of the separator dropdown: a label for each cell
NO_SPLIT = ""  # of the split dropdown: rows are shared out by chance


@dataclass(frozen=True)
class Columns(Part):
    sheet: gr.Dropdown  # of a workbook; hidden where there is nothing to choose
    text: gr.Dropdown
    label: gr.Dropdown
    split: gr.Dropdown
    separator: gr.Dropdown  # between the labels of a cell; any other one can be typed
    names: gr.Textbox  # of labels that the table has as zeros and ones; hidden where it has none

    @property
    def chosen(self) -> list[Any]:
        """What `profile_of` takes the values of."""
        return [self.text, self.label, self.split, self.separator]


def build() -> Columns:
    def field(name: str, label: str, **more: Any) -> gr.Dropdown:
        where = f"column-{name}"
        return gr.Dropdown(
            [], label=i18n(label), elem_id=where, interactive=True, min_width=240, info=" ", **more
        )

    with gr.Row(elem_classes="tt-fields"):
        return Columns(
            field("sheet", "ui.sheet", visible=False),
            field("text", "ui.text_columns", multiselect=True),
            field("label", "ui.label_column"),
            field("split", "ui.split_column"),
            field("separator", "ui.separator", allow_custom_value=True),
            label_names.build(),
        )


def show(loaded: Loaded, lang: str) -> tuple[Any, ...]:
    """What can be chosen for this table, and what is chosen, in the order of `view`."""
    # Of pictures there is nothing to choose.
    seen, fixed = loaded.profile, bool(loaded.table.inputs)
    names = [column.name for column in seen.columns]
    # A column that is chosen already is not offered for another part.
    text = [name for name in names if name not in (seen.label, seen.split)]
    label = [name for name in names if name not in (*seen.text, seen.split)]
    split = [name for name in names if name not in (*seen.text, seen.label)]
    return (
        sheets(loaded, lang),
        gr.Dropdown(
            text,
            multiselect=True,
            value=list(seen.text),
            info=info(say(seen.why_text, lang)),
            visible=not fixed,
        ),
        gr.Dropdown(
            label,
            value=seen.label,
            info=info(say(seen.why_label, lang)),
            visible=not fixed or label != [seen.label],  # folders leave no choice
        ),
        gr.Dropdown(
            [(say("ui.data.no_split", lang), NO_SPLIT), *split],
            value=seen.split or NO_SPLIT,
            info=info(say("ui.data.split" if seen.split else "ui.data.by_chance", lang)),
            visible=not fixed or bool(split),
        ),
        separator(loaded, lang),
        label_names.show(loaded, lang),
    )


def sheets(loaded: Loaded, lang: str) -> gr.Dropdown:
    """Which sheet was read, where another one can be."""
    table = loaded.table
    asked = loaded.reread is not None and len(table.sheets) > 1
    why = say("ui.sheet.why", lang, sheets=len(table.sheets))
    return gr.Dropdown(list(table.sheets), value=table.sheet or None, visible=asked, info=why)


def separator(loaded: Loaded, lang: str) -> gr.Dropdown:
    """Whether the label cells hold one label or several; folders of pictures leave no choice."""
    seen = loaded.profile
    guessed = separator_of(seen, seen.label or "")
    marks = dict.fromkeys(filter(None, (*OFFERED_SEPARATORS, guessed, seen.separator)))
    choices = [(say("ui.separator.one", lang), ONE)]
    choices += [
        (say("ui.separator.several", lang, how=separator_words(mark)), mark) for mark in marks
    ]
    why = say("ui.separator.why" if seen.separator else "ui.separator.off", lang)
    asked = seen.label is not None and not loaded.table.inputs
    return gr.Dropdown(
        choices,
        value=seen.separator,
        visible=asked or bool(guessed or seen.separator),
        allow_custom_value=True,
        info=info(why),
    )


def profile_of(
    loaded: Loaded,
    text: list[str] | None,
    label: str | None,
    split: str | None,
    mark: str | None,
) -> Profile:
    """The profile with the columns that the lists say; the same object where these are in use. Raises
    UserError as `profile` does."""
    before = loaded.profile
    used = (before.text, before.label or "", before.split or "", before.separator)
    if used == (tuple(text or ()), label or "", split or "", mark or ""):
        return before
    # Another label column has cells of its own.
    kept_separator = (mark or "") if label == before.label else None
    seen = profile(loaded.table, text, label or "", split or "", kept_separator)
    return keep_reasons(seen, before)  # the other columns nobody chose
