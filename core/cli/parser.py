"""The parser of the whole command line, made of one module a command.

A command's module is called like it, with _ for -, and has `add_arguments(parser)` and `handle(options)`,
which returns the exit code; `options.store` is the RunStore. It imports libraries inside of `handle`, so that
`--help` is quick.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from core.cli import (
    abstention,
    check,
    compare_techniques,
    correct,
    corrections,
    cross_validate,
    evaluate,
    export,
    learning_curve,
    predict,
    report,
    retrain,
    runs,
    suspects,
    techniques,
    train,
)
from core.installed import own_version
from core.runs.store import RunStore
from core.words import say

# In the order in which they are of use.
COMMANDS = (
    check,
    train,
    compare_techniques,
    cross_validate,
    suspects,
    learning_curve,
    techniques,
    runs,
    evaluate,
    report,
    predict,
    abstention,
    correct,
    corrections,
    retrain,
    export,
)
PROGRAM = "python -m core"


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=PROGRAM, description=say("cli.about"))
    parser.add_argument(
        "--version", action="version", version=f"TickTune {own_version()}", help=say("cli.version")
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in COMMANDS:
        name = module.__name__.rpartition(".")[2].replace("_", "-")
        about = say(f"cli.{name}")
        command = subparsers.add_parser(name, help=about, description=about)
        command.add_argument(
            "--runs",
            dest="store",
            type=lambda folder: RunStore(Path(folder)),
            default=RunStore(),
            metavar="DIR",
            help=say("cli.runs_dir"),
        )
        module.add_arguments(command)
        command.set_defaults(handle=module.handle)
    return parser
