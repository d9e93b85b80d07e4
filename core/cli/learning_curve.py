"""Would more rows help? The learning curve of a simple model on a run's rows."""

from __future__ import annotations

import argparse
import dataclasses

from core.cli.arguments import add_json, add_run
from core.cli.out import print_json, tell, tell_share
from core.words import message, say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    add_json(parser)


def handle(options: argparse.Namespace) -> int:
    from core.evaluation import learning_curve
    from core.workflow.diagnostics import answer

    curve = answer(options.store.get(options.run).main, "learning_curve", tell_share)
    tell("")
    sentence = str(learning_curve.said(curve))
    if options.json:
        print_json({**dataclasses.asdict(curve), "sentence": sentence})
        return 0
    print(say("cli.curve.model", model=message(f"cli.which.{curve.model}")))
    for point in curve.points:
        print(
            f"{point.rows:>8,}  {point.macro_f1:.3f} ± {point.macro_f1_spread:.3f}  "
            f"{point.accuracy:.3f} ± {point.accuracy_spread:.3f}"
        )
    print(sentence)
    return 0
