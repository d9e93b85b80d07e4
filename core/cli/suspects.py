"""The labels of a table, or of a run's data, that look wrong."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli.arguments import add_data, add_json
from core.cli.out import print_json, tell, tell_share, write
from core.cli.recipe import OF_TEXTS, read_recipe
from core.words import percent, say

if TYPE_CHECKING:
    from core.workflow.diagnostics import Subject

SHOWN = 20  # suspect labels that are printed; the file has all


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_data(parser, "FILE_OR_RUN")
    # The recipe without techniques: nothing is trained but simple models.
    parser.set_defaults(epochs=None, set=[], technique=["none"], name="", mode=None)
    parser.set_defaults(unlabelled=None, **{f"unlabelled_{name}": None for name in OF_TEXTS})
    add_json(parser)
    parser.add_argument(
        "-o", "--output", type=Path, metavar="OUT.csv", help=say("cli.suspects_out")
    )


def handle(options: argparse.Namespace) -> int:
    from core.evaluation.suspects import to_csv
    from core.runs.run import ID
    from core.workflow import diagnostics

    store = options.store
    name = str(options.file)
    run = store.get(name) if ID.fullmatch(name) and not options.file.exists() else None
    answer = (
        diagnostics.answer(run.main, "suspects", tell_share)
        if run
        else diagnostics.suspects(_of_file(options, store), tell_share)
    )
    tell("")
    if options.output:
        encoding = "utf-8-sig" if options.output.suffix == ".csv" else "utf-8"  # for spreadsheets
        write(options.output, to_csv(answer.suspects), encoding)
    if options.json:
        print_json(answer)
        return 0
    print(say("cli.suspects.found", n=len(answer.suspects), rows=answer.rows))
    for suspect in answer.suspects[:SHOWN]:
        print(
            f"{suspect.line:>6}  {suspect.given} -> {suspect.suggested}  {percent(suspect.wrong, 0)}  "
            f"{' '.join(suspect.text.split())[:80]}"
        )
    return 0


def _of_file(options: argparse.Namespace, store: Any) -> Subject:
    """A table that nobody has trained on yet."""
    from core.data.profile.profile import profile, raise_if_unlearnable
    from core.models.locate import resolve
    from core.training.rows import Rows
    from core.workflow.diagnostics import Subject

    table, recipe, _ = read_recipe(options)
    data = recipe.data
    raise_if_unlearnable(
        profile(table, data.text, recipe.task.column, data.split or "", recipe.task.separator)
    )
    recipe = dataclasses.replace(recipe, model=resolve(recipe.model, store))
    return Subject(Rows.of(table, recipe, store), recipe, store)
