"""Arguments that several commands share. What is read of them: `core.cli.recipe`."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.runs.result import SIMPLE
from core.words import say

WHICH = ("model", *SIMPLE)  # the models of a run, as `--which` names them


def add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help=say("cli.run"))


def add_which(parser: argparse.ArgumentParser) -> None:
    """Arguments for one of a run's models, and for its label column."""
    parser.add_argument("--which", choices=WHICH, help=say("cli.which"))
    parser.add_argument("--label", metavar="COL", help=say("cli.predict_label"))


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help=say("cli.json"))


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Arguments on how a file is to be read: the fields of `core.data.read.options.ReadOptions`."""
    group = parser.add_argument_group(say("cli.group.reading"))
    group.add_argument("--sheet", metavar="NAME", help=say("cli.sheet"))
    group.add_argument("--pictures", type=Path, metavar="ZIP", help=say("cli.pictures"))
    group.add_argument("--names", choices=("exact",), help=say("cli.names"))
    group.add_argument("--folders", choices=("labels", "split"), help=say("cli.folders"))
    group.add_argument("--member", metavar="NAME", help=say("cli.member"))
    group.add_argument("--encoding", metavar="NAME", help=say("cli.encoding"))
    group.add_argument("--delimiter", metavar="CHAR", help=say("cli.delimiter"))
    group.add_argument("--header", metavar="LINE", help=say("cli.header"))
    group.add_argument("--every-row", action="store_const", const=True, help=say("cli.every_row"))


def add_columns(parser: argparse.ArgumentParser) -> None:
    """Arguments on what the columns of a table are, but for the label."""
    group = parser.add_argument_group(say("cli.group.table"))
    group.add_argument("--text", action="append", metavar="COL", help=say("cli.text"))
    group.add_argument("--split", metavar="COL", help=say("cli.split"))
    group.add_argument("--separator", metavar="CHAR", help=say("cli.separator"))
    group.add_argument("--label-names", metavar="A,B,...", help=say("cli.label_names"))
    group.add_argument("--fix", action="append", default=[], metavar="KEY", help=say("cli.fix"))
    group.add_argument("--model", metavar="KEY", help=say("cli.model"))


def add_data(parser: argparse.ArgumentParser, file: str = "file") -> None:
    """A table to learn from. `file` is how help calls its argument: `FILE_OR_RUN` where a run will do."""
    about = say("cli.file" if file == "file" else "cli.file_or_run")
    parser.add_argument("file", type=Path, metavar=file, help=about)
    add_reading(parser)
    add_columns(parser)
    parser.add_argument("--label", action="append", metavar="COL", help=say("cli.labels"))
    parser.add_argument("--seed", default="42", metavar="N", help=say("cli.seed"))


def add_recipe(parser: argparse.ArgumentParser) -> None:
    """A table and everything that a recipe says of it: what `core.cli.recipe.read_recipe` reads."""
    add_data(parser)
    group = parser.add_argument_group(say("cli.group.recipe"))
    group.add_argument(
        "--technique", action="append", default=[], metavar="KEY[:option=value,...]",
        help=say("cli.technique"),
    )  # fmt: skip
    group.add_argument("--mode", choices=("fast", "full"), help=say("cli.mode"))
    group.add_argument("--epochs", metavar="N", help=say("cli.epochs"))
    group.add_argument(
        "--set", action="append", default=[], metavar="SETTING=VALUE", help=say("cli.set")
    )
    group.add_argument("--unlabelled", type=Path, metavar="FILE", help=say("cli.unlabelled"))
    group.add_argument("--unlabelled-sheet", metavar="NAME", help=say("cli.unlabelled_sheet"))
    for name, metavar in (("encoding", "NAME"), ("delimiter", "CHAR"), ("header", "LINE")):
        about = say(f"cli.unlabelled_{name}")
        group.add_argument(f"--unlabelled-{name}", metavar=metavar, help=about)
    group.add_argument("--name", default="", help=say("cli.name"))
