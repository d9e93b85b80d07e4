"""Cross-validation: a recipe is trained once for each part of the rows, which is tested then."""

from __future__ import annotations

import argparse
import dataclasses
from typing import TYPE_CHECKING

from core.cli.arguments import add_json, add_recipe
from core.cli.forecast import print_cost, tell_cost
from core.cli.out import print_json, tell
from core.cli.recipe import read_recipe
from core.cli.train import work_on_all
from core.words import message, say

if TYPE_CHECKING:
    from core.evaluation.cross_validation import Summary


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_recipe(parser)
    parser.add_argument("--folds", default="5", metavar="N", help=say("cli.folds.folds"))
    parser.add_argument("--repeats", default="1", metavar="N", help=say("cli.folds.repeats"))
    parser.add_argument("--dry-run", action="store_true", help=say("cli.dry_run.series"))
    add_json(parser)


def handle(options: argparse.Namespace) -> int:
    from core.evaluation import cross_validation
    from core.jobs.forecast import parts
    from core.jobs.queue import new_folds
    from core.options import parse

    wanted = parse(
        cross_validation.Asked, {"folds": options.folds, "repeats": options.repeats}, "folds"
    )
    table, recipe, extra = read_recipe(options)
    store = options.store
    planned = parts(store, table, cross_validation.recipes(recipe, wanted))
    every = tell_cost(store, table, planned, extra)
    if options.dry_run:
        print_cost(planned, every, lambda part: dataclasses.asdict(part.key))
        return 0
    group, runs = new_folds(store, table, recipe, wanted, extra)
    tell(say("cli.folds", id=group.id, runs=len(runs)))
    work_on_all(runs, "cli.folds.run")
    groups, columns = cross_validation.FoldStore(store), [task.column for task in recipe.tasks]
    results = [(groups.lines(group, k), groups.summary(group, k)) for k in range(len(columns))]
    if options.json:
        reports = [cross_validation.to_json(*one) for one in results]
        more = {"tasks": dict(zip(columns, reports, strict=True))} if len(columns) > 1 else {}
        answer = {"cross_validation": group.id, "label": columns[0], **reports[0], **more}
        print_json(answer)
    else:
        for column, (_, summary) in zip(columns, results, strict=True):
            _print_folds(summary, column if len(columns) > 1 else "")
    whole = all(summary and summary.parts == len(group.members) for _, summary in results)
    return 0 if whole else 1


def _print_folds(summary: Summary | None, column: str) -> None:
    """The scores of all parts together; of one of several label columns with its name."""
    from core.evaluation.cross_validation import SCORES

    if column:
        print(f"{column}:")
    if summary is None:
        return
    for name in SCORES:
        score = dataclasses.asdict(getattr(summary, name))
        print(say("cli.folds.score", name=message(f"result.{name}"), **score))
    print(say("cli.folds.rows", rows=summary.rows, parts=summary.parts))
