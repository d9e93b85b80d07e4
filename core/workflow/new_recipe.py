"""The recipe for a table: what was chosen, by whichever way, and what follows from the table for the rest."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from core import techniques
from core.data.checkup.edits import edits_to_json
from core.data.profile.profile import Profile, separator_of
from core.data.table import Table
from core.recipe import DataSpec, ExtraSpec, ModelSpec, Recipe, TaskSpec, TrainSpec


def recipe_of(
    table: Table,
    profile: Profile,
    model: ModelSpec,
    chosen: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    train: TrainSpec | None = None,
    also: Sequence[str] = (),
    extra: ExtraSpec | None = None,
    name: str = "",
) -> Recipe:
    """A recipe for a table with the columns of its `profile`.

    `chosen` are the techniques with their options; None for those that are suggested for the data. `also` are
    further label columns, `extra` a file without labels. Raises UserError for techniques that cannot be used.
    """
    if chosen is None:
        chosen = techniques.suggested(profile)
    return Recipe(
        data=DataSpec(
            table.name,
            table.fingerprint,
            profile.text,
            profile.split,
            extra,
            edits_to_json(table),
            modality=table.modality,
        ),
        task=TaskSpec(profile.label or "", profile.separator),
        model=model,
        train=train or TrainSpec(),
        techniques={
            technique.key: dataclasses.asdict(technique.options)
            for technique in techniques.resolve(chosen, profile)
        },
        also=tuple(TaskSpec(column, separator_of(profile, column)) for column in also),
        name=name,
    )
