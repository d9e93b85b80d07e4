"""What a person asks for on the command line: a table, and a recipe for it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.errors import UserError

if TYPE_CHECKING:
    from core.data.profile import Profile
    from core.data.read import Table
    from core.recipe import Recipe


def asked(options: argparse.Namespace) -> tuple[Table, Recipe, Table | None]:
    """The table, the recipe, and the file of texts without labels if one is given.

    Raises UserError for a file that cannot be read and for settings that are no settings.
    """
    from core.data.checkup import again, mend
    from core.data.edits import edits_of
    from core.data.profile import profile, separator_of
    from core.data.read import read
    from core.data.unlabelled import read_unlabelled, text_columns
    from core.options import parse
    from core.recipe import DataSpec, ExtraSpec, ModelSpec, Recipe, TaskSpec, TrainSpec

    settings = {"epochs": options.epochs, "seed": options.seed, **_pairs(options.set)}
    table = read(options.file, sheet=options.sheet)
    label, *others = options.label or [None]
    seen = profile(table, options.text, label, options.split, options.separator)
    table = mend(table, seen, options.fix)
    seen = again(table, seen)
    extra, named = None, None
    if options.unlabelled_sheet is not None and not options.unlabelled:
        raise UserError("cli_sheet_alone", sheet=options.unlabelled_sheet)
    if options.unlabelled:
        extra = read_unlabelled(options.unlabelled, options.unlabelled_sheet)
        columns = text_columns(extra, seen.text)
        named = ExtraSpec(extra.name, extra.fingerprint, columns)
    recipe = Recipe(
        data=DataSpec(
            table.name,
            table.fingerprint,
            seen.text,
            seen.split,
            named,
            edits_of(table),
            modality=table.modality,
        ),
        task=TaskSpec(seen.label or "", seen.separator),
        model=ModelSpec(options.model),
        train=parse(TrainSpec, settings, "train"),
        techniques=_techniques(options.technique, seen, bool(others)),
        also=tuple(TaskSpec(name, separator_of(seen, name)) for name in others),
        name=options.name,
    )
    return table, recipe, extra


def _techniques(given: Sequence[str], seen: Profile, several: bool) -> dict[str, dict[str, str]]:
    """What was asked for; nothing asked for is what the page ticks for this data; `none` is none.

    With `several` label columns they are learned together, whether or not that was asked for.
    """
    from core import techniques

    chosen: dict[str, dict[str, str]] = {"multitask": {}} if several else {}
    if not given:
        return {**techniques.suggested(seen), **chosen}
    if list(given) == ["none"]:
        return chosen
    for word in given:
        key, _, settings = word.partition(":")
        chosen[key] = _pairs(settings.split(",")) if settings else {}
    return chosen


def _pairs(words: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise UserError("cli_pair", word=word)
        pairs[name.strip()] = value.strip()
    return pairs
