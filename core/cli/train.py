"""Train without a page, or say what a training would be and take."""

from __future__ import annotations

import argparse
import dataclasses
import signal
import sys
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.cli.arguments import add_recipe
from core.cli.out import print_json, tell
from core.cli.recipe import read_recipe
from core.io.terminal import over
from core.words import of_kind, say

if TYPE_CHECKING:
    from core.runs.result import Result
    from core.runs.run import Run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_recipe(parser)
    parser.add_argument("--dry-run", action="store_true", help=say("cli.dry_run"))
    parser.add_argument("--json", action="store_true", help=say("cli.dry_run_json"))


def handle(options: argparse.Namespace) -> int:
    from core.jobs.queue import new_run

    table, recipe, extra = read_recipe(options)
    store = options.store
    if options.dry_run:
        return _dry_run(table, recipe, extra, store, options.json)
    return start(new_run(store, table, recipe, extra))


def start(run: Run) -> int:
    """Train a run that was just made, and tell what came of it."""
    from core.evaluation import verdict
    from core.modalities import by_key
    from core.report.result import corrected

    recipe = run.recipe()
    columns = ", ".join(task.column for task in recipe.tasks)
    given = ", ".join(by_key(recipe.data.modality).named(recipe.data.text))
    tell(f"{run.id}  {recipe.data.file}: {given} -> {columns}")
    tell(say("cli.ticked", names=", ".join(recipe.techniques) or "-"))
    work(run)
    progress = run.progress()
    result = run.result()
    if result is None or progress.status == "failed":
        tell(str(progress.verdict()))
        if progress.hint:
            tell(str(progress.hint))
        return 1
    kind, sentence = verdict.verdict(result.against)
    tell(str(sentence))
    if why := verdict.unread(kind, result):
        tell(str(why))
    measured = run.columns()
    for label_column in measured:
        for line in corrected(label_column):
            name = f"{label_column.recipe().task.column}: " if len(measured) > 1 else ""
            tell(f"{name}{line}")
    answer = {
        "run": run.id,
        "folder": str(run.path),
        "status": progress.status,
        "label": recipe.task.column,  # which the scores are of; "tasks" has those of each, if several
        **_scores(result),
        "train_rows": result.train_rows,
        "epochs": result.epochs,
        "seconds": round(progress.seconds, 1),
        "verdict": str(sentence),
        # That the model was not made for the language of the texts.
        "unread": str(result.unread) if result.unread else None,
    }
    if len(measured) > 1:
        answer["tasks"] = {
            label_column.recipe().task.column: _scores(label_column.measured())
            for label_column in measured
        }
    print_json(answer)
    return 0


def _scores(result: Result) -> dict[str, Any]:
    """The figures of one label column."""
    return {
        "test": {name: getattr(result.test, name) for name in ("rows", "accuracy", "macro_f1")},
        "baselines": {
            kind: {name: getattr(scores, name) for name in ("accuracy", "macro_f1")}
            for kind, scores in result.baselines.items()
        },
        "recommended": result.recommended,
    }


def _dry_run(table: Any, recipe: Any, extra: Any, store: Any, as_json: bool) -> int:
    """The plan of `train`: every chosen setting with its reason, and what it would take here."""
    from core.models.locate import resolve
    from core.workflow.preflight import Preflight
    from core.workflow.remedies import remedies

    pinned = dataclasses.replace(recipe, model=resolve(recipe.model, store))
    preflight = Preflight(pinned, table, store, extra=extra)
    plan = preflight.plan
    values = {name: getattr(plan.spec, name) for name in plan.why}
    if not preflight.known():
        tell(say("cli.measuring"))
    estimate = preflight.estimate()
    helps = [str(remedy.what) for remedy in remedies(estimate, pinned, preflight.rows.profile)]
    if as_json:
        answer = {
            "settings": {
                name: {"value": values[name], "why": str(why)} for name, why in plan.why.items()
            },
            "steps": plan.total_steps,
            "patience": plan.patience,
            "cut": plan.cut,
            "seconds": estimate.seconds,
            "memory": estimate.memory,
            "available": estimate.available,
            "fits": estimate.fits,
            "remedies": helps,
        }
        print_json(answer)
        return 0
    kind = pinned.data.modality
    for name, why in plan.why.items():
        print(f"{say(of_kind(f'train.{name}', kind)):<33}{values[name]:<7g} {why}")
    minutes = None if estimate.seconds is None else estimate.seconds / 60
    if minutes is not None:
        print(say("cli.time", minutes=minutes, steps=plan.total_steps))
    memory, available = estimate.memory / 2**30, estimate.available / 2**30
    print(say("cli.memory" if estimate.fits else "cli.unfit", need=memory, free=available))
    for what in helps:
        print(f"- {what}")
    return 0


def work_on_all(runs: Sequence[Run], key: str) -> None:
    """Train one run after the other; the sentence of the key announces each."""
    for number, run in enumerate(runs, 1):
        names = ", ".join(run.recipe().techniques) or "-"
        tell(say(key, number=number, runs=len(runs), run=run.id, names=names))
        work(run)
        if run.status() == "stopped":  # by Ctrl-C: what comes after it is not wanted either
            break


def work(run: Run) -> None:
    """Train in a thread of its own, and tell how it goes on stderr. The first Ctrl-C stops in good order."""
    from core.workflow.train import train

    def stop(*_: Any) -> None:
        tell(say("cli.stopping"))
        run.request_stop()
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    worker = threading.Thread(target=train, args=(run,), name="training")
    with run.lock():
        before = signal.signal(signal.SIGINT, stop)
        worker.start()
        try:
            _follow(run, worker)
        finally:
            signal.signal(signal.SIGINT, before)


def _follow(run: Run, worker: threading.Thread) -> None:
    live, shown = sys.stderr.isatty(), ""
    notes = 0
    while worker.is_alive():
        worker.join(0.5)
        progress = run.progress()
        for note in progress.notes[notes:]:
            tell(f"note: {note}")
        notes = len(progress.notes)
        line = _line(progress)
        # A terminal gets a line that moves; a file gets one line for each new score.
        now = line if live else f"{progress.stage} {len(progress.evaluations)}"
        if now != shown:
            shown = now
            (over if live else tell)(line)
    if live:
        tell("")
    tell(str(run.progress().verdict()))


def _line(progress: Any) -> str:
    parts = [f"{progress.share:4.0%}", progress.stage]
    if progress.total_steps:
        parts.append(f"step {progress.step}/{progress.total_steps}")
    if progress.train:
        parts.append(f"loss {progress.loss:.3f}")
    if progress.evaluations:
        last = progress.evaluations[-1]
        mean = "mean " if progress.columns > 1 else ""
        parts.append(f"validation loss {last.loss:.3f} {mean}macro-F1 {last.macro_f1:.3f}")
    if progress.seconds_left:
        parts.append(f"{progress.seconds_left:.0f} s left")
    return "  ".join(parts)
