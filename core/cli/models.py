"""Use the models of a run, or take one away."""

from __future__ import annotations

import argparse
import json
import shutil
import sys

from core.cli.out import tell, unwritable
from core.errors import UserError
from core.words import message, say

WHICH = ("model", "tfidf", "colours", "embedding")


def predict(options: argparse.Namespace) -> int:
    from core.data.checks.file import named
    from core.data.picture_table import read_given
    from core.evaluation.unsure import checked
    from core.predict import folder_of, open_model
    from core.runs import RunStore
    from core.whole_file import predict_file

    folder = folder_of(options.model, RunStore(options.runs), options.which, options.label)
    table = read_given(options.file, options.sheet, options.pictures)
    predictor = open_model(folder).over(table)
    if folder.name in WHICH:
        tell(say("cli.uses", which=message(f"cli.which.{folder.name}")))
    if options.unsure_below is not None:
        predictor.unsure_below = checked(options.unsure_below)
    text = options.text or list(table.inputs or predictor.text_columns)

    def count(done: int, total: int) -> None:
        print(f"\r{done}/{total}", end="", file=sys.stderr, flush=True)

    written = predict_file(predictor, table, text, options.output, count, lambda: False)
    tell("")
    # Rows that could not be read cannot be written in the columns of the others.
    unreadable = [row.line for row in table.bad_rows]
    for row in table.bad_rows[:20]:
        tell(str(named(row)))
    if unreadable:
        tell(
            say("cli.unreadable", rows=len(unreadable), lines=", ".join(map(str, unreadable[:20])))
        )
    answer = {"output": str(options.output), **written, "unreadable_lines": unreadable}
    print(json.dumps(answer, ensure_ascii=False))
    return 0


def unsure(options: argparse.Namespace) -> int:
    """Keep below which certainty a model of a run gives no label; without a number, say what is kept."""
    from core.evaluation.tested import curve_of, rows_of
    from core.evaluation.unsure import at
    from core.export.bundle import unsure_of
    from core.export.unsure import save
    from core.runs import RunStore

    run = RunStore(options.runs).get(options.run).task(options.label)
    which = options.which or run.recommended()
    try:
        if options.off or options.below is not None:
            save(run, which, None if options.off else options.below)
    except OSError as error:
        raise unwritable(run.folder(which), error) from error
    kept, curve, rows = unsure_of(run.folder(which)), curve_of(run, which), rows_of(run, which)
    right = None if rows is None else rows["label"] == rows["predicted"]
    worth = None if rows is None else at(rows["confidence"], right, kept or 0.0)
    answer = {
        "run": run.id,
        "which": which,
        "unsure_below": kept,
        "suggested": curve and curve["suggested"],
        "test": worth,
    }
    print(json.dumps(answer, ensure_ascii=False))
    return 0


def export(options: argparse.Namespace) -> int:
    """The zip of one of a run's models; by default of the recommended one."""
    from core.export.simple import pack
    from core.runs import RunStore

    run = RunStore(options.runs).get(options.run)
    which = options.which or run.recommended()
    try:
        if which == "model":
            archive = run.archive()
            if archive is None:
                raise UserError("predict_no_model", name=run.id)
            shutil.copyfile(archive, options.out)
        else:
            pack(run, which, options.out)
    except OSError as error:
        raise unwritable(options.out, error) from error
    print(json.dumps({"run": run.id, "which": which, "output": str(options.out)}))
    return 0
