"""The list of earlier runs."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from core.cli.arguments import add_json
from core.cli.out import print_json, tell
from core.errors import UserError
from core.words import say

if TYPE_CHECKING:
    from core.runs.run import Run
    from core.runs.store import RunStore


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_json(parser)
    parser.add_argument(
        "--delete", action="append", default=[], metavar="ID", help=say("cli.runs.delete")
    )
    parser.add_argument("--yes", action="store_true", help=say("cli.runs.yes"))


def handle(options: argparse.Namespace) -> int:
    from core.io import temporary
    from core.jobs.deletion import clean

    if options.delete:
        _delete(options.store, list(dict.fromkeys(options.delete)), options.yes)
        return 0
    store = options.store
    clean(store)
    temporary.clean()
    rows = [row for run in store.all() if (row := _row(run))]
    if options.json:
        print_json(rows)
        return 0
    if not rows:
        print(say("cli.no_runs"))
    for row in rows:
        if row["damaged"]:
            print(f"{row['id']}  {row['status']:<11}  {', '.join(row['damaged'])}")
            continue
        scores = "" if row["accuracy"] is None else f"{row['accuracy']:.3f}  {row['macro_f1']:.3f}"
        columns = len(row["label_columns"])
        mean = f"  ({say('runs.mean', columns=columns)})" if columns > 1 else ""
        print(
            f"{row['id']}  {row['status']:<11}  {scores:<13}  {row['model_name']}  {row['name']}{mean}"
        )
    return 0


def _delete(store: RunStore, ids: list[str], sure: bool) -> None:
    """Delete runs for good, all or none, once the person has said so. Raises UserError."""
    from core.jobs.deletion import delete_run

    for run_id in ids:
        store.get(run_id)
    if not sure:
        if sys.stdin is None or not sys.stdin.isatty():
            raise UserError("cli_delete_unsure")
        tell(say("cli.runs.sure", runs=", ".join(ids)))
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):  # "" where the input ends
            tell(say("cli.runs.kept"))
            return
    for run_id in ids:
        delete_run(store, run_id)
        tell(say("cli.runs.deleted", run=run_id))


def _row(run: Run) -> dict[str, Any] | None:
    """The row of a run in the list; None where it has just been deleted. Of a damaged one, which files
    are."""
    from core.evaluation.test_rows import outcome
    from core.models.bundled.multilingual_e5 import named
    from core.runs.integrity import damaged_files
    from core.runs.run import when

    row: dict[str, Any] = dict.fromkeys(("name", "status", "when", "model", "model_name"))
    row |= {"id": run.id, "label_columns": [], "accuracy": None, "macro_f1": None}
    row["damaged"] = list(damaged_files(run))
    if row["damaged"]:
        return row | {"status": "damaged"}
    try:
        recipe, measured = run.recipe(), outcome(run)
        return row | {
            "name": recipe.title,
            "status": run.status(),
            "when": when(run.id),
            "model": recipe.model.key,
            "model_name": named(recipe.model),
            # The means over the label columns.
            "label_columns": [task.column for task in recipe.tasks],
            "accuracy": measured and measured.accuracy,
            "macro_f1": measured and measured.macro_f1,
        }
    except UserError:
        return None
