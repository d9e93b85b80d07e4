"""Train without a page, or say what a training would be and take."""

from __future__ import annotations

import argparse
import dataclasses
import json
import signal
import sys
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.cli.asked import asked
from core.cli.out import tell
from core.words import of_kind, say

if TYPE_CHECKING:
    from core.runs import Run


def train(options: argparse.Namespace) -> int:
    from core.jobs import new_run
    from core.runs import RunStore

    table, recipe, extra = asked(options)
    store = RunStore(options.runs)
    if options.dry_run:
        return _dry_run(table, recipe, extra, store, options.json)
    return start(new_run(store, table, recipe, extra))


def start(run: Run) -> int:
    """Train a run that was just made, and tell what came of it."""
    from core.modalities import by_key

    recipe = run.recipe()
    columns = ", ".join(each.column for each in recipe.tasks)
    given = ", ".join(by_key(recipe.data.modality).named(recipe.data.text))
    tell(f"{run.id}  {recipe.data.file}: {given} -> {columns}")
    tell(say("cli.ticked", names=", ".join(recipe.techniques) or "-"))
    with run.lock():
        work(run)
    progress = run.progress()
    metrics = run.metrics()
    if metrics is None or progress.status == "failed":
        tell(str(progress.verdict()))
        if progress.hint:
            tell(str(progress.hint))
        return 1
    answer = {
        "run": run.id,
        "folder": str(run.path),
        "status": progress.status,
        **_scores(metrics),
        "train_rows": metrics["train_rows"],
        "epochs": metrics["epochs"],
        "seconds": round(progress.seconds, 1),
    }
    tasks = run.tasks()
    if len(tasks) > 1:
        answer["tasks"] = {
            task.recipe().task.column: _scores(task.metrics() or {}) for task in tasks
        }
    print(json.dumps(answer, ensure_ascii=False))
    return 0


def _scores(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of one label column."""
    return {
        "test": {name: metrics["test"][name] for name in ("rows", "accuracy", "macro_f1")},
        "baselines": {
            kind: {name: scores[name] for name in ("accuracy", "macro_f1")}
            for kind, scores in metrics["baselines"].items()
        },
        "recommended": metrics["recommended"],
    }


def _dry_run(table: Any, recipe: Any, extra: Any, store: Any, as_json: bool) -> int:
    """What `train` would do: every chosen setting with its reason, and what it would take here."""
    from core.models.locate import resolve
    from core.training.preflight import Preflight
    from core.training.remedies import remedies

    pinned = dataclasses.replace(recipe, model=resolve(recipe.model, store))
    preflight = Preflight(pinned, table, store, extra=extra)
    plan = preflight.plan
    values = {name: getattr(plan.spec, name) for name in plan.why}
    if not preflight.known():
        tell(say("cli.measuring"))
    estimate = preflight.estimate()
    helps = [str(each.what) for each in remedies(estimate, pinned, preflight.rows.profile)]
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
        print(json.dumps(answer, ensure_ascii=False))
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


def work(run: Any) -> None:
    """Train in a thread of its own, and tell how it goes on stderr. The first Ctrl-C stops in good order."""
    from core.training.train import train as work_on

    def stop(*_: Any) -> None:
        tell(say("cli.stopping"))
        run.request_stop()
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    signal.signal(signal.SIGINT, stop)
    worker = threading.Thread(target=work_on, args=(run,), name="training")
    worker.start()
    live, told = sys.stderr.isatty(), ""
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
        if now != told:
            told = now
            print(f"\r\x1b[K{line}" if live else line, end="" if live else "\n", file=sys.stderr)
            sys.stderr.flush()
    if live:
        tell("")
    tell(str(run.progress().verdict()))


def _line(progress: Any) -> str:
    parts = [f"{progress.share:4.0%}", progress.stage]
    if progress.total_steps:
        parts.append(f"step {progress.step}/{progress.total_steps}")
    if progress.train:
        parts.append(f"loss {progress.train[-1][2]:.3f}")
    if progress.evaluations:
        last = progress.evaluations[-1]
        parts.append(f"validation loss {last.loss:.3f} macro-F1 {last.macro_f1:.3f}")
    if progress.seconds_left:
        parts.append(f"{progress.seconds_left:.0f} s left")
    return "  ".join(parts)
