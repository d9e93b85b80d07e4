"""Recipe from the command line: the table that a person names, and what is asked for."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.cli.out import tell
from core.errors import UserError
from core.words import say

if TYPE_CHECKING:
    from core.data.checkup.fix import Reread
    from core.data.profile.profile import Profile
    from core.data.read.options import ReadOptions
    from core.data.table import Table
    from core.recipe import Recipe
    from core.runs.store import RunStore
    from core.workflow.model_choice import Choice


# Parts of `ReadOptions` that are said of a file of texts without labels too.
OF_TEXTS = ("sheet", "encoding", "delimiter", "header")


def read_options(options: argparse.Namespace) -> ReadOptions:
    """Options on how a file is to be read."""
    from core.data.read.options import ReadOptions

    names = (field.name for field in dataclasses.fields(ReadOptions))
    return ReadOptions(**{name: getattr(options, name) for name in names})


def extra_options(options: argparse.Namespace) -> ReadOptions:
    """Options on how the file of texts without labels is to be read."""
    from core.data.read.options import ReadOptions

    return ReadOptions(**{name: getattr(options, f"unlabelled_{name}") for name in OF_TEXTS})


def read_table(options: argparse.Namespace) -> tuple[Table, Reread]:
    """The table that was asked for, and how it is read again with other options."""
    from core.data.any_file import read_any

    def reread(with_options: ReadOptions) -> Table:
        return read_any(options.file, with_options, options.pictures)

    return reread(read_options(options)), reread


def with_names(table: Table, seen: Profile, given: str | None) -> tuple[Table, Profile]:
    """The table and its profile after the places of label cells of 0 and 1 got their names, if any were
    given. Raises UserError as `core.data.checkup.label_edits.name_places` does."""
    from core.data.checkup.fix import apply_fix
    from core.data.checkup.label_edits import name_places

    if given is None or seen.label is None:
        return table, seen
    return apply_fix(name_places(table.frame, seen.label, seen.separator, given), table, seen)


def read_recipe(options: argparse.Namespace) -> tuple[Table, Recipe, Table | None]:
    """The table, the recipe, and the file of texts without labels if one is given.

    Raises UserError for a file that cannot be read and for settings that are no settings.
    """
    from core.data.profile.profile import profile
    from core.data.read.unlabelled import read_unlabelled, text_columns
    from core.modalities.checkup import mend
    from core.options import parse
    from core.recipe import ExtraSpec, ModelSpec, TrainSpec
    from core.workflow.new_recipe import recipe_of

    settings = {"epochs": options.epochs, "seed": options.seed, **_pairs(options.set)}
    table, reread = read_table(options)
    label, *others = options.label or [None]
    seen = profile(table, options.text, label, options.split, options.separator)
    table, seen = mend(*with_names(table, seen, options.label_names), options.fix, reread)
    extra, named = None, None
    for name, value in extra_options(options).asked():
        if not options.unlabelled:
            raise UserError("cli_unlabelled_alone", option=f"--unlabelled-{name}", value=value)
    if options.unlabelled:
        extra = read_unlabelled(options.unlabelled, extra_options(options))
        columns = text_columns(extra, seen.text)
        named = ExtraSpec(extra.name, extra.fingerprint, columns)
    store = options.store
    choice = choice_of(options.model, seen, store)
    _tell_of_the_model(choice, options.model, seen, store)
    recipe = recipe_of(
        table,
        seen,
        ModelSpec(choice.model),
        _in_mode(
            options.mode,
            _techniques(options.technique, seen, bool(others)),
            seen,
            open_to_us=not options.technique,
        ),
        train=parse(TrainSpec, settings, "train"),
        also=others,
        extra=named,
        name=options.name,
    )
    return table, recipe, extra


def choice_of(named: str | None, seen: Profile, store: RunStore) -> Choice:
    """The model that was `named`, else what `core.workflow.model_choice` takes for the data."""
    from core.workflow.model_choice import choose

    choice = choose(seen, accelerated(), store)
    return dataclasses.replace(choice, model=named) if named else choice


def _tell_of_the_model(choice: Choice, named: str | None, seen: Profile, store: RunStore) -> None:
    """Tell which model is taken where none was `named`; and, named or not, that it does not read the
    texts."""
    from core.modalities import by_key
    from core.workflow.model_choice import better, instead, unread

    wanted, why = choice.advice.model, " ".join(map(str, choice.advice.why))
    if not named and choice.model == wanted != by_key(seen.modality).models[0].key:
        tell(say("cli.suggested.taken", model=wanted, why=why))
    elif not named and choice.model != wanted:
        tell(say("cli.suggested", model=wanted, taken=choice.model, why=why))
    if (trouble := unread(choice.model, seen, store)) is not None:
        other = instead(seen, store)
        tell(say("cli.unread", trouble=trouble, instead=other, model=better(seen)))


def _techniques(given: Sequence[str], seen: Profile, several: bool) -> dict[str, dict[str, str]]:
    """Techniques that were asked for; nothing asked for is what the page ticks for this data; `none` is none.

    With `several` label columns they are learned together, whether or not that was asked for.
    """
    from core import techniques

    joint = [technique.key for technique in techniques.ALL if technique.joint] if several else []
    chosen: dict[str, dict[str, str]] = {key: {} for key in joint}
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
    from core.techniques import ALL, unavailable

    fast = [
        technique.key for technique in ALL if technique.frozen and not unavailable(technique, seen)
    ]
    if mode is None:
        mode = "full" if fast and open_to_us and accelerated() else None
    elif not fast:
        raise UserError("cli_mode", mode=mode)
    others = {key: value for key, value in chosen.items() if key not in fast}
    own = {key: chosen.get(key, {}) for key in fast}
    return {"fast": {**others, **own}, "full": others}.get(mode or "", chosen)


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
