"""The whole result of a run as one web page."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.cli.arguments import add_run
from core.cli.out import print_json, write
from core.words import LANGUAGES, say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    parser.add_argument("-o", "--output", type=Path, required=True, help=say("cli.report_out"))
    parser.add_argument("--language", choices=LANGUAGES, default="en", help=say("cli.language"))


def handle(options: argparse.Namespace) -> int:
    from core.report.run import run_report

    run = options.store.get(options.run)
    write(options.output, run_report(run, options.language))
    print_json({"run": run.id, "output": str(options.output)})
    return 0
