"""Corrections of a run, a line of JSON for each; and delete one."""

from __future__ import annotations

import argparse

from core.cli.arguments import add_run
from core.cli.out import print_json
from core.words import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    parser.add_argument("--delete", metavar="ID", help=say("cli.correct.delete"))


def handle(options: argparse.Namespace) -> int:
    from core.workflow.corrections import Corrections

    corrections = Corrections(options.store.get(options.run).main)
    if options.delete:
        corrections.delete(options.delete)
    for correction in corrections.all():
        print_json(correction)
    return 0
