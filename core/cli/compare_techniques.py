"""The report card of techniques: each is trained with and without, one run after the other."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.cli.arguments import add_recipe
from core.cli.forecast import print_cost, tell_cost
from core.cli.out import print_json, tell, write
from core.cli.recipe import read_recipe
from core.cli.train import work_on_all
from core.words import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_recipe(parser)
    parser.add_argument("--dry-run", action="store_true", help=say("cli.dry_run.series"))
    parser.add_argument("--html", type=Path, metavar="OUT.html", help=say("cli.card_html"))
    parser.add_argument("--csv", type=Path, metavar="OUT.csv", help=say("cli.card_csv"))


def handle(options: argparse.Namespace) -> int:
    from core.evaluation import technique_gain
    from core.jobs.forecast import parts
    from core.jobs.queue import new_comparison
    from core.report.comparison import card_csv, card_html
    from core.workflow import comparisons

    table, recipe, extra = read_recipe(options)
    store = options.store
    planned = parts(store, table, comparisons.variants(recipe))
    every = tell_cost(store, table, planned, extra, lambda part: technique_gain.named(part.key))
    if options.dry_run:
        print_cost(planned, every, lambda part: {"techniques": list(part.key)})
        return 0
    comparison, runs = new_comparison(store, table, recipe, extra)
    tell(say("cli.comparing", comparison=comparison.id, runs=len(runs)))
    work_on_all(runs, "cli.comparing.run")
    lines = comparisons.ComparisonStore(store).lines(comparison)
    for line in lines:
        if line.said:
            tell(str(line.said))
    for file, content in (
        (options.html, card_html(comparison.name, lines)),
        (options.csv, card_csv(lines)),
    ):
        if file:
            write(file, content)
    answer = {"comparison": comparison.id, "lines": technique_gain.to_json(lines)}
    print_json(answer)
    return 0 if all(line.got for line in lines) else 1
