"""The list of earlier runs."""

from __future__ import annotations

import argparse
import json
import time

from core.cli.out import tell
from core.errors import UserError
from core.words import say


def runs(options: argparse.Namespace) -> int:
    from core.models.packaged import named
    from core.runs import RunStore

    rows = []
    for run in RunStore(options.runs).all():
        try:
            recipe, metrics = run.recipe(), run.metrics()
        except (UserError, OSError):
            tell(say("cli.run_unreadable", run=run.id))
            continue
        rows.append(
            {
                "id": run.id,
                "name": recipe.name or recipe.data.file,
                "status": run.status(),
                "when": time.strftime(
                    "%Y-%m-%d %H:%M:%S", time.strptime(run.id[:15], "%Y%m%d-%H%M%S")
                ),
                "model": recipe.model.key,
                "model_name": named(recipe.model),
                "accuracy": metrics["test"]["accuracy"] if metrics else None,
                "macro_f1": metrics["test"]["macro_f1"] if metrics else None,
            }
        )
    if options.json:
        print(json.dumps(rows, ensure_ascii=False))
        return 0
    if not rows:
        print(say("cli.no_runs"))
    for row in rows:
        scores = "" if row["accuracy"] is None else f"{row['accuracy']:.3f}  {row['macro_f1']:.3f}"
        print(f"{row['id']}  {row['status']:<11}  {scores:<13}  {row['model_name']}  {row['name']}")
    return 0
