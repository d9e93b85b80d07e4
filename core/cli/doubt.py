"""What to think of the data and of the scores: suspect labels, the learning curve, cross-validation, the
report."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli.asked import asked
from core.cli.out import tell, unwritable
from core.cli.train import work
from core.words import message, say

if TYPE_CHECKING:
    from core.study import Subject

SHOWN = 20  # suspect labels that are printed; the file has all


def suspects(options: argparse.Namespace) -> int:
    from core.evaluation.suspects import to_csv
    from core.runs import ID, RunStore
    from core.study import answer
    from core.study import suspects as look

    store = RunStore(options.runs)
    name = str(options.file)
    run = store.get(name) if ID.fullmatch(name) and not options.file.exists() else None
    found = answer(run, "suspects", _count) if run else look(_of_file(options, store), _count)
    tell("")
    if options.output:
        _write(options.output, to_csv(found["suspects"]))
    if options.json:
        print(json.dumps(found, ensure_ascii=False))
        return 0
    print(say("cli.suspects.found", n=len(found["suspects"]), rows=found["rows"]))
    for each in found["suspects"][:SHOWN]:
        print(
            f"{each['line']:>6}  {each['given']} -> {each['suggested']}  {each['wrong']:.0%}  "
            f"{' '.join(each['text'].split())[:80]}"
        )
    return 0


def learning_curve(options: argparse.Namespace) -> int:
    from core.evaluation import learning_curve as curves
    from core.runs import RunStore
    from core.study import answer

    found = answer(RunStore(options.runs).get(options.run), "learning_curve", _count)
    tell("")
    sentence = str(curves.said(curves.from_json(found)))
    if options.json:
        print(json.dumps({**found, "sentence": sentence}, ensure_ascii=False))
        return 0
    print(say("cli.curve.model", model=message(f"cli.which.{found['model']}")))
    for point in found["points"]:
        print(
            f"{point['rows']:>8,}  {point['macro_f1']:.3f} ± {point['macro_f1_spread']:.3f}  "
            f"{point['accuracy']:.3f} ± {point['accuracy_spread']:.3f}"
        )
    print(sentence)
    return 0


def cross_validate(options: argparse.Namespace) -> int:
    from core import folds
    from core.jobs import new_folds
    from core.options import parse
    from core.runs import RunStore

    wanted = parse(folds.Asked, {"folds": options.folds, "repeats": options.repeats}, "folds")
    table, recipe, extra = asked(options)
    store = RunStore(options.runs)
    series, made = new_folds(store, table, recipe, wanted, extra)
    tell(say("cli.folds", id=series.id, runs=len(made)))
    for number, run in enumerate(made, 1):
        tell(say("cli.folds.run", number=number, runs=len(made), run=run.id))
        with run.lock():
            work(run)
        if run.status() == "stopped":  # by Ctrl-C: what comes after it is not wanted either
            break
    kept = folds.FoldStore(store)
    lines, summary = kept.lines(series), kept.summary(series)
    answer = {"cross_validation": series.id, **folds.to_json(lines, summary)}
    if options.json:
        print(json.dumps(answer, ensure_ascii=False))
    elif summary:
        for name in folds.SCORES:
            score = dataclasses.asdict(getattr(summary, name))
            print(say("cli.folds.score", name=message(f"result.{name}"), **score))
        print(say("cli.folds.rows", rows=summary.rows, parts=summary.parts))
    return 0 if summary and summary.parts == len(series.members) else 1


def report(options: argparse.Namespace) -> int:
    from core.export.run_report import run_report
    from core.runs import RunStore

    run = RunStore(options.runs).get(options.run)
    _write(options.output, run_report(run, options.language))
    print(json.dumps({"run": run.id, "output": str(options.output)}))
    return 0


def _of_file(options: argparse.Namespace, store: Any) -> Subject:
    """A table that nobody has trained on yet."""
    from core.data.profile import check, profile
    from core.models.locate import resolve
    from core.study import Subject
    from core.training.rows import Rows

    table, recipe, _ = asked(options)
    data = recipe.data
    check(profile(table, data.text, recipe.task.column, data.split or "", recipe.task.separator))
    recipe = dataclasses.replace(recipe, model=resolve(recipe.model, store))
    return Subject(Rows.of(table, recipe, store), recipe, store)


def _count(share: float) -> None:
    if sys.stderr.isatty():
        print(f"\r{share:4.0%}", end="", file=sys.stderr, flush=True)


def _write(file: Path, content: str) -> None:
    try:
        # A table with a BOM, for spreadsheets.
        encoding = "utf-8-sig" if file.suffix == ".csv" else "utf-8"
        file.write_text(content, encoding=encoding, newline="")
    except OSError as error:
        raise unwritable(file, error) from error
