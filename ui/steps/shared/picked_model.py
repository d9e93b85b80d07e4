"""The model that is picked in step 2, for every step that names one or takes another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from core.data.checkup.finding import CheckupInput
from core.errors import UserError
from core.modalities.model_fit import check_model_fit
from core.models.catalog import hub_id
from core.models.reader import reader_of
from core.runs.store import RunStore
from ui.kit.answer import Answer, Part, fill
from ui.session import Loaded
from ui.steps.shared.checkup import findings_html

OTHER = "other"  # the card "another model from the hub"
PREFIX = "run:"  # before the id of an earlier run whose model is picked


@dataclass(frozen=True)
class PickedModel(Part):
    """`cards` holds the key of the model that is picked: what is marked and what is used are one value, which
    lives in the browser (assets/picks.js)."""

    cards: gr.HTML
    chosen: gr.State  # `ui.steps.model.step.Chosen`, or None where the person picked by hand
    other: gr.Textbox
    fit: gr.HTML

    def key(self, data: Mapping[Any, Any]) -> str:
        """The key of the recipe, from the values of `cards` and `other`. Raises UserError."""
        return checked_key(data[self.cards], data[self.other])

    def take(self, key: str, loaded: Loaded, store: RunStore, lang: str) -> Answer:
        """The step after the person took another model of the catalogue elsewhere on the page."""
        fit = fit_html(loaded, key, store, lang)
        return fill(self.view, (gr.HTML(value=key), None, gr.Textbox(visible=False), fit))


def checked_key(picked: object, other: str | None) -> str:
    """The key to write into the recipe; what was picked comes from a browser. Raises UserError when nothing
    usable is."""
    key = str(picked or "")
    if key == OTHER:
        key = (other or "").strip().removeprefix("https://huggingface.co/").strip("/")
        if not key:
            raise UserError("no_model")
    if not key.startswith(PREFIX) and hub_id(key) is None:
        raise UserError("model_id", name=key[:100])
    return key


def fit_html(loaded: Loaded, key: str, store: RunStore, lang: str) -> str:
    """What is known of how well the model reads the texts; empty where nothing is amiss."""
    if loaded.table.inputs:  # there are no texts
        return ""
    reader = reader_of(key, loaded.profile, store)
    seen = CheckupInput.of(loaded.table, loaded.profile)
    return findings_html(tuple(check_model_fit(seen, reader)), lang)
