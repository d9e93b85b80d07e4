"""Correct a label: keep the true one of a text or a picture that a run got wrong."""

from __future__ import annotations

import argparse

from core.cli.arguments import add_run
from core.cli.out import print_json
from core.words import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    parser.add_argument("text", nargs="+", metavar="TEXT", help=say("cli.correct.text"))
    parser.add_argument("--label", action="append", required=True, help=say("cli.correct.label"))
    parser.add_argument("--column", metavar="COL", help=say("cli.predict_label"))


def handle(options: argparse.Namespace) -> int:
    from core.modalities import by_key
    from core.workflow.corrections import Corrections

    run = options.store.get(options.run)
    given, cells = by_key(run.recipe().data.modality).given(options.text)
    correction = Corrections(run.column(options.column)).add(cells, options.label, given=given)
    print_json(correction)
    return 0
