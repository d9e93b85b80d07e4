"""Abstention limit, below which a model of a run gives no label; without a number, the one that is kept."""

from __future__ import annotations

import argparse
import dataclasses

from core.cli.arguments import add_run, add_which
from core.cli.out import print_json
from core.words import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    limit = parser.add_mutually_exclusive_group()
    limit.add_argument("--below", metavar="SHARE", help=say("cli.abstain_below"))
    limit.add_argument("--off", action="store_true", help=say("cli.abstention_off"))
    add_which(parser)


def handle(options: argparse.Namespace) -> int:
    from core.evaluation.abstention import at
    from core.evaluation.test_rows import result_of, rows_of
    from core.export.abstention import save
    from core.export.bundle import abstention_limit

    column = options.store.get(options.run).column(options.label)
    which = options.which or column.recommended()
    if options.off or options.below is not None:
        save(column, which, None if options.off else options.below)
    limit, curve = abstention_limit(column.folder(which)), result_of(column, which).abstention
    rows = rows_of(column, which)
    worth = at(rows["confidence"], rows["label"] == rows["predicted"], limit or 0.0)
    answer = {
        "run": column.run.id,
        "which": which,
        "abstain_below": limit,
        "suggested": curve and curve.suggested,
        "test": dataclasses.asdict(worth),
    }
    print_json(answer)
    return 0
