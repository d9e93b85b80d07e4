"""A run's data with its corrections as further rows, trained with the run's recipe."""

from __future__ import annotations

import argparse
import dataclasses

from core.cli.arguments import add_run
from core.cli.out import tell
from core.cli.train import start
from core.words import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    parser.add_argument("--name", default="", help=say("cli.name"))


def handle(options: argparse.Namespace) -> int:
    from core.jobs.queue import new_run
    from core.workflow.corrections import corrected

    store = options.store
    run = store.get(options.run)
    table, recipe, rows = corrected(run)
    recipe = dataclasses.replace(recipe, name=options.name or recipe.name)
    tell(say("cli.retrain.rows", rows=rows))
    return start(new_run(store, table, recipe, run.extra()))
