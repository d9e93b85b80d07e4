"""Answers put right: keep them, list them, forget them, and train again with them."""

from __future__ import annotations

import argparse
import dataclasses
import json

from core.cli.out import tell, unwritable
from core.cli.train import start
from core.errors import UserError
from core.words import say


def correct(options: argparse.Namespace) -> int:
    """Keep what is true of a text or a picture."""
    from core.corrections import FILE, Corrections
    from core.modalities import by_key
    from core.runs import RunStore

    run = RunStore(options.runs).get(options.run)
    tasks = {task.recipe().task.column: task for task in run.tasks()}
    column = options.column or next(iter(tasks))
    if column not in tasks:
        raise UserError("predict_no_label", column=column[:60], columns=", ".join(tasks)[:300])
    try:
        given, cells = by_key(run.recipe().data.modality).given(options.text)
        made = Corrections(tasks[column]).add(cells, options.label, given=given)
    except OSError as error:
        raise unwritable(run.path / FILE, error) from error
    print(json.dumps(dataclasses.asdict(made), ensure_ascii=False))
    return 0


def corrections(options: argparse.Namespace) -> int:
    """What is kept, a line of JSON for each."""
    from core.corrections import FILE, Corrections
    from core.runs import RunStore

    run = RunStore(options.runs).get(options.run)
    try:
        if options.delete:
            Corrections(run).delete(options.delete)
    except OSError as error:
        raise unwritable(run.path / FILE, error) from error
    for each in Corrections(run).all():
        print(json.dumps(dataclasses.asdict(each), ensure_ascii=False))
    return 0


def retrain(options: argparse.Namespace) -> int:
    """The run's data with its corrections as further rows, trained with the run's recipe."""
    from core.corrections import corrected
    from core.jobs import new_run
    from core.runs import RunStore

    store = RunStore(options.runs)
    run = store.get(options.run)
    table, recipe, rows = corrected(run)
    recipe = dataclasses.replace(recipe, name=options.name or recipe.name)
    tell(say("cli.retrain.rows", rows=rows))
    return start(new_run(store, table, recipe, run.extra()))
