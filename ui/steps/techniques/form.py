"""Settings -> widgets, and widgets -> Recipe. A new option of a technique needs no line here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from core import techniques
from core.data.table import Table
from core.options import Field, fields_of, parse
from core.recipe import ExtraSpec, ModelSpec, Recipe, TrainSpec
from core.words import has
from core.workflow.new_recipe import recipe_of
from ui.kit.words import i18n
from ui.session import Loaded

SLIDER_STEPS = 50  # a range of up to this many steps is a slider, a wider one a number box


@dataclass(frozen=True)
class Form:
    """The widgets of one settings dataclass, by field."""

    widgets: Mapping[str, Component]

    def read(self, data: Mapping[Component, Any]) -> dict[str, Any]:
        """The values as the browser sent them: not checked yet, core does."""
        return {name: data[widget] for name, widget in self.widgets.items()}

    def show(self, options: Any) -> dict[Component, Any]:
        """The values of the widgets."""
        return {widget: _shown(options, name) for name, widget in self.widgets.items()}


def draw(cls: type, prefix: str, elem_id: str) -> Form:
    """One widget for each field of `cls`; its words are `prefix.FIELD` and `prefix.FIELD.help`."""
    return Form(
        {field.name: _widget(field, f"{prefix}.{field.name}", elem_id) for field in fields_of(cls)}
    )


def _widget(field: Field, key: str, elem_id: str) -> Component:
    common: dict[str, Any] = {
        "label": i18n(key),
        "info": i18n(f"{key}.help") if has(f"{key}.help") else None,
        "elem_id": f"{elem_id}-{field.name}",
        "min_width": 240,
        "interactive": True,
    }
    limits = field.range
    if field.type is bool:
        return gr.Checkbox(value=bool(field.default), **common)
    if limits.choices:
        choices = [(i18n(f"{key}.{choice}"), choice) for choice in limits.choices]
        return gr.Dropdown(choices, value=field.default, **common)
    if field.type is str and not field.optional:
        return gr.Textbox(value=field.default, **common)
    if _slides(field):
        step = limits.step or 1
        return gr.Slider(
            limits.minimum, limits.maximum, value=field.default, step=step, buttons=[], **common
        )
    if field.optional:
        # gr.Number cannot be empty; core reads numbers from text as well.
        open_as = None if field.type is str else i18n("ui.automatic")
        return gr.Textbox(placeholder=open_as, max_length=60, max_lines=1, **common)
    return gr.Number(
        value=field.default,
        minimum=limits.minimum,
        maximum=limits.maximum,
        precision=0 if field.type is int else None,
        **common,
    )


def _slides(field: Field) -> bool:
    low, high, step = field.range.minimum, field.range.maximum, field.range.step
    if field.optional or low is None or high is None or step is None:
        return False
    return (high - low) / step <= SLIDER_STEPS


def _shown(options: Any, name: str) -> Any:
    """A setting's value for its widget; an optional one is a text box (see `_widget`)."""
    value = getattr(options, name)
    optional = next(field.optional for field in fields_of(type(options)) if field.name == name)
    if not optional or isinstance(value, str):
        return value
    return "" if value is None else f"{value:g}"


@dataclass(frozen=True)
class Extra:
    """A further file of texts without labels, and its columns that hold them. Stays on the server."""

    table: Table
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Choices:
    """What the Techniques step holds: a tick and a form for each technique, and the settings."""

    ticks: Mapping[str, gr.Checkbox]
    also: gr.Dropdown  # further label columns, for the technique that learns several
    extra: gr.State  # Extra or None, for the technique that reads texts without labels
    options: Mapping[str, Form]
    train: Form
    name: gr.Textbox

    def components(self) -> list[Component]:
        """All widgets."""
        forms = [*self.options.values(), self.train]
        widgets = [widget for form in forms for widget in form.widgets.values()]
        return [*self.ticks.values(), self.also, *widgets, self.name]

    def open_boxes(self) -> dict[str, Component]:
        """The training settings that may be left open, by name."""
        names = [field.name for field in fields_of(TrainSpec) if field.optional]
        return {name: self.train.widgets[name] for name in names}

    def changed(self) -> list[Any]:
        """What happens when the person has changed something: not at every key that is pressed."""
        typed = (gr.Textbox, gr.Number)
        widgets: list[Any] = [widget for widget in self.components() if widget is not self.name]
        return [
            event
            for widget in widgets
            for event in (
                [widget.blur, widget.submit] if isinstance(widget, typed) else [widget.input]
            )
        ]

    def change(self, settings: Mapping[str, Any], technique: str = "") -> dict[Component, Any]:
        """The values of the widgets that set some training settings and tick a technique."""
        new: dict[Component, Any] = {
            self.train.widgets[name]: f"{value}" if name in self.open_boxes() else value
            for name, value in settings.items()
        }
        if technique:
            new[self.ticks[technique]] = True
        return new

    def show(self, recipe: Recipe) -> dict[Component, Any]:
        """The values of all widgets that a recipe stands for."""
        ticks = {tick: key in recipe.techniques for key, tick in self.ticks.items()}
        also = [task.column for task in recipe.also]
        return {**ticks, self.also: also, **self.settings(recipe)}

    def settings(self, recipe: Recipe | None = None) -> dict[Component, Any]:
        """The same of the forms and the name; what the recipe leaves open, or all without one, is the
        default."""
        chosen = recipe.techniques if recipe else {}
        values: dict[Component, Any] = {}
        for key, technique in techniques.BY_KEY.items():
            options: Any = parse(technique.Options, chosen.get(key, {}), key)
            values |= self.options[key].show(options)
        train, name = (recipe.train, recipe.name) if recipe else (TrainSpec(), "")
        return {**values, **self.train.show(train), self.name: name}

    def recipe(self, data: Mapping[Component, Any], loaded: Loaded, model: str) -> Recipe:
        """All that the person chose. Raises UserError for a value that is not what it should be."""
        chosen = {
            key: self.options[key].read(data) for key, tick in self.ticks.items() if data[tick]
        }
        ticked = [techniques.BY_KEY[key] for key in chosen]
        return recipe_of(
            loaded.table,
            loaded.profile,
            ModelSpec(model),
            chosen,
            train=parse(TrainSpec, self.train.read(data), "train"),
            also=[str(name) for name in data[self.also] or ()]
            if any(technique.joint for technique in ticked)
            else (),
            extra=self._extra(data) if any(technique.unlabelled for technique in ticked) else None,
            name=str(data[self.name] or "").strip(),
        )

    def _extra(self, data: Mapping[Component, Any]) -> ExtraSpec | None:
        extra: Extra | None = data[self.extra]
        if extra is None:
            return None
        return ExtraSpec(extra.table.name, extra.table.fingerprint, extra.columns)

    def extra_table(self, data: Mapping[Component, Any]) -> Table | None:
        """The further file itself."""
        extra: Extra | None = data[self.extra]
        return extra.table if extra else None
