"""The zip of one of a run's models; by default of the recommended one."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.cli.arguments import WHICH, add_run
from core.cli.out import print_json, unwritable, write
from core.export.formats import BY_KEY, choose
from core.words import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    parser.add_argument("--which", choices=WHICH, help=say("cli.which"))
    parser.add_argument("--format", choices=BY_KEY, help=say("cli.format"))
    parser.add_argument("-o", "--out", type=Path, required=True, help=say("cli.out"))


def handle(options: argparse.Namespace) -> int:

    column = options.store.get(options.run).main
    which = options.which or column.recommended()
    chosen = choose(column, which, options.format)
    try:
        if archive := chosen.stored(column, which):
            write(options.out, archive)
        else:
            chosen.write(column, which, options.out)
    except OSError as error:
        raise unwritable(options.out, error) from error
    answer = {
        "run": column.run.id,
        "which": which,
        "format": chosen.key,
        "output": str(options.out),
    }
    print_json(answer)
    return 0
