"""Settings -> widgets, and widgets -> Recipe. A new option of a technique needs no line here."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from core import techniques
from core.data.edits import edits_of
from core.data.profile import separator_of
from core.data.read import Table
from core.options import Field, fields_of, parse
from core.recipe import DataSpec, ExtraSpec, ModelSpec, Recipe, TaskSpec, TrainSpec
from core.techniques.continued_pretraining import ContinuedPretraining
from core.techniques.multitask import Multitask
from core.words import has
from ui.session import Loaded
from ui.words import i18n

SLIDER_STEPS = 50  # a range of up to this many steps is a slider, a wider one a number box


@dataclass(frozen=True)
class Form:
    """The widgets of one settings dataclass, by field."""

    widgets: Mapping[str, Component]

    def read(self, data: Mapping[Component, Any]) -> dict[str, Any]:
        """The values as the browser sent them: not checked yet, core does."""
        return {name: data[widget] for name, widget in self.widgets.items()}


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
        """All widgets, in the order of `show`."""
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
        widgets: list[Any] = [each for each in self.components() if each is not self.name]
        return [
            event
            for widget in widgets
            for event in (
                [widget.blur, widget.submit] if isinstance(widget, typed) else [widget.input]
            )
        ]

    def change(self, settings: Mapping[str, Any], technique: str = "") -> list[Any]:
        """The values of `components` that set some training settings and tick a technique."""
        new: dict[Component, Any] = {
            self.train.widgets[name]: f"{value}" if name in self.open_boxes() else value
            for name, value in settings.items()
        }
        if technique:
            new[self.ticks[technique]] = True
        return [new.get(widget, gr.skip()) for widget in self.components()]

    def show(self, recipe: Recipe) -> list[Any]:
        """The values of `components` that a recipe stands for; what it leaves open is the default."""
        chosen = recipe.techniques
        values: list[Any] = [key in chosen for key in self.ticks]
        values.append([each.column for each in recipe.also])
        for technique in techniques.ALL:
            options: Any = parse(technique.Options, chosen.get(technique.key, {}), technique.key)
            values += [_shown(options, name) for name in self.options[technique.key].widgets]
        return [*values, *(_shown(recipe.train, name) for name in self.train.widgets), recipe.name]

    def recipe(self, data: Mapping[Component, Any], loaded: Loaded, model: str) -> Recipe:
        """All that the person chose. Raises UserError for a value that is not what it should be."""
        table, seen = loaded.table, loaded.profile
        # Checked here, so that a bad value is named before anything is made of it.
        chosen = techniques.resolve(
            {key: self.options[key].read(data) for key, tick in self.ticks.items() if data[tick]}
        )
        chosen_keys = {each.key for each in chosen}
        return Recipe(
            data=DataSpec(
                table.name,
                table.fingerprint,
                seen.text,
                seen.split,
                self._extra(data) if ContinuedPretraining.key in chosen_keys else None,
                edits_of(table),
                modality=table.modality,
            ),
            task=TaskSpec(seen.label or "", seen.separator),
            model=ModelSpec(model),
            train=parse(TrainSpec, self.train.read(data), "train"),
            techniques={each.key: dataclasses.asdict(each.options) for each in chosen},
            also=tuple(
                TaskSpec(str(name), separator_of(seen, str(name))) for name in data[self.also] or ()
            )
            if Multitask.key in chosen_keys
            else (),
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
