"""What a person asks for on the command line: a table, and a recipe for it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.cli.out import tell
from core.errors import UserError
from core.words import say

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
    from core.data.picture_table import read_any
    from core.data.profile import profile, separator_of
    from core.data.unlabelled import read_unlabelled, text_columns
    from core.models.catalog import BY_MODALITY
    from core.options import parse
    from core.recipe import DataSpec, ExtraSpec, ModelSpec, Recipe, TaskSpec, TrainSpec

    settings = {"epochs": options.epochs, "seed": options.seed, **_pairs(options.set)}
    table = read_any(options.file, options.sheet, options.pictures)
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
    model = options.model or BY_MODALITY[table.modality][0].key
    if not options.model:
        _tell_of_a_better(model, seen)
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
        model=ModelSpec(model),
        train=parse(TrainSpec, settings, "train"),
        techniques=_in_mode(
            options.mode,
            _techniques(options.technique, seen, bool(others)),
            seen,
            open_to_us=not options.technique,
        ),
        also=tuple(TaskSpec(name, separator_of(seen, name)) for name in others),
        name=options.name,
    )
    return table, recipe, extra


def _tell_of_a_better(model: str, seen: Profile) -> None:
    """Which model is suggested for the data, where it is not the one that is taken."""
    from core.models.advice import advise

    found = advise(seen, accelerated())
    if found.model != model:
        why = " ".join(map(str, found.why))
        tell(say("cli.suggested", model=found.model, taken=model, why=why))


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


def _in_mode(
    mode: str | None, chosen: dict[str, dict[str, str]], seen: Profile, open_to_us: bool
) -> dict[str, dict[str, str]]:
    """With fast mode or without; where nothing was said (`open_to_us`), as suits this machine.

    Raises UserError for a mode that this data does not have.
    """
    from core.techniques import unavailable
    from core.techniques.linear_probe import LinearProbe

    reason = unavailable(LinearProbe, seen)
    if mode is None:
        mode = "full" if reason is None and open_to_us and accelerated() else None
    elif reason:
        raise UserError("cli_mode", mode=mode)
    others = {key: value for key, value in chosen.items() if key != LinearProbe.key}
    own = chosen.get(LinearProbe.key, {})
    return {"fast": {**others, LinearProbe.key: own}, "full": others}.get(mode or "", chosen)


def accelerated() -> bool:
    """Is there a GPU? Then training all of a model is no matter of hours."""
    import torch

    return bool(torch.accelerator.is_available())


def _pairs(words: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise UserError("cli_pair", word=word)
        pairs[name.strip()] = value.strip()
    return pairs
