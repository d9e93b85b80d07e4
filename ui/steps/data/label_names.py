"""The field for the names of labels that a table only has as zeros and ones."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.data.checkup.fix import apply_fix
from core.data.checkup.label_edits import name_places
from core.data.labels.cells import unnamed_indicators
from core.data.profile.profile import Profile
from core.data.table import Table
from core.words import say
from ui.kit.words import i18n, info
from ui.session import Loaded

MAX_LENGTH = 10_000  # characters


def build() -> gr.Textbox:
    return gr.Textbox(
        label=i18n("ui.label_names"),
        info=" ",
        visible=False,
        max_lines=1,
        max_length=MAX_LENGTH,
        min_width=240,
        elem_id="label-names",
    )


def show(loaded: Loaded, lang: str) -> gr.Textbox:
    """Empty, and hidden where all labels have names."""
    label = loaded.profile.label
    places = unnamed_indicators(loaded.table.frame[label].unique().tolist()) if label else 0
    why = say("ui.label_names.why", lang, places=places)
    return gr.Textbox(value="", visible=places > 0, info=info(why))


def name_labels(loaded: Loaded, given: Any) -> tuple[Table, Profile]:
    """The table and its profile with the names that were typed. Raises UserError for another number."""
    seen = loaded.profile
    edit = name_places(
        loaded.table.frame, seen.label or "", seen.separator, str(given)[:MAX_LENGTH]
    )
    return apply_fix(edit, loaded.table, seen)
