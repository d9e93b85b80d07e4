"""A label for every row of a table, with a trained model."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.cli.arguments import WHICH, add_reading, add_which
from core.cli.out import print_json, tell
from core.cli.recipe import read_options
from core.io.terminal import over
from core.words import message, say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="RUN_OR_FOLDER", help=say("cli.run_or_folder"))
    parser.add_argument("file", type=Path, nargs="+", metavar="file", help=say("cli.predict_file"))
    add_reading(parser)
    parser.add_argument("--text", action="append", metavar="COL", help=say("cli.text"))
    add_which(parser)
    parser.add_argument("--abstain-below", metavar="SHARE", help=say("cli.abstain_below"))
    parser.add_argument("-o", "--output", type=Path, required=True, help=say("cli.output"))


def handle(options: argparse.Namespace) -> int:
    from core.data.any_file import read_given
    from core.data.checkup.file import describe_bad_row
    from core.evaluation.abstention import checked
    from core.inference.label_file import predict_file
    from core.inference.predictor import folder_of, open_model

    folder = folder_of(options.model, options.store, options.which, options.label)
    table = read_given(options.file, read_options(options), options.pictures)
    predictor = open_model(folder).over(table)
    if folder.name in WHICH:
        tell(say("cli.uses", which=message(f"cli.which.{folder.name}")))
    if options.abstain_below is not None:
        predictor.abstain_below = checked(options.abstain_below)
    text = options.text or list(table.inputs or predictor.text_columns)

    def count(done: int, total: int) -> None:
        over(f"{done}/{total}")

    written = predict_file(predictor, table, text, options.output, count, lambda: False)
    tell("")
    # Rows that could not be read cannot be written in the columns of the others.
    unreadable = [row.line for row in table.bad_rows]
    for row in table.bad_rows[:20]:
        tell(str(describe_bad_row(row)))
    if unreadable:
        tell(
            say("cli.unreadable", rows=len(unreadable), lines=", ".join(map(str, unreadable[:20])))
        )
    answer = {"output": str(options.output), **written, "unreadable_lines": unreadable}
    print_json(answer)
    return 0
