"""The same work without a page: python -m core train|predict|check|export|runs."""

from __future__ import annotations

import argparse
import io
import json
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.errors import UserError
from core.words import message, say

WHICH = ("model", "tfidf", "embedding")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: 0 there is a result, 1 there is none, 2 something that the person can mend."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # terminals that know no Chinese
    options = _parser().parse_args(arguments)
    try:
        return int(options.work(options))
    except KeyboardInterrupt:
        return 130
    except UserError as error:
        print(f"error: {error.message}", file=sys.stderr)
        if error.hint:
            print(f"hint: {error.hint}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core", description=say("cli.about"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, work: Any) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=say(f"cli.{name}"), description=say(f"cli.{name}"))
        sub.set_defaults(work=work)
        sub.add_argument("--runs", type=Path, metavar="DIR", help=say("cli.runs_dir"))
        return sub

    sub = command("train", _train)
    sub.add_argument("file", type=Path, help=say("cli.file"))
    sub.add_argument("--text", action="append", metavar="COL", help=say("cli.text"))
    sub.add_argument("--label", metavar="COL", help=say("cli.label"))
    sub.add_argument("--split", metavar="COL", help=say("cli.split"))
    sub.add_argument("--model", default="minilm", metavar="KEY", help=say("cli.model"))
    sub.add_argument(
        "--technique", action="append", default=[], metavar="KEY[:option=value,...]",
        help=say("cli.technique"),
    )  # fmt: skip
    sub.add_argument("--epochs", metavar="N", help=say("cli.epochs"))
    sub.add_argument("--seed", default="42", metavar="N", help=say("cli.seed"))
    sub.add_argument(
        "--set", action="append", default=[], metavar="SETTING=VALUE", help=say("cli.set")
    )
    sub.add_argument("--name", default="", help=say("cli.name"))
    sub.add_argument("--dry-run", action="store_true", help=say("cli.dry_run"))
    sub.add_argument("--json", action="store_true", help=say("cli.dry_run_json"))

    sub = command("predict", _predict)
    sub.add_argument("model", metavar="RUN_OR_FOLDER", help=say("cli.run_or_folder"))
    sub.add_argument("file", type=Path, help=say("cli.file"))
    sub.add_argument("--text", action="append", metavar="COL", help=say("cli.text"))
    sub.add_argument("--which", choices=WHICH, help=say("cli.which"))
    sub.add_argument("-o", "--output", type=Path, required=True, help=say("cli.output"))

    sub = command("export", _export)
    sub.add_argument("run", metavar="RUN", help=say("cli.run"))
    sub.add_argument("--which", choices=WHICH, help=say("cli.which"))
    sub.add_argument("-o", "--out", type=Path, required=True, help=say("cli.out"))

    sub = command("check", _check)
    sub.add_argument("file", type=Path, help=say("cli.file"))
    sub.add_argument("--text", action="append", metavar="COL", help=say("cli.text"))
    sub.add_argument("--label", metavar="COL", help=say("cli.label"))
    sub.add_argument("--split", metavar="COL", help=say("cli.split"))
    sub.add_argument("--json", action="store_true", help=say("cli.json"))
    sub.add_argument("--left-out", type=Path, metavar="OUT.csv", help=say("cli.left_out"))

    sub = command("runs", _runs)
    sub.add_argument("--json", action="store_true", help=say("cli.json"))
    return parser


def _techniques(given: Sequence[str]) -> dict[str, dict[str, str]]:
    """What was asked for; nothing asked for is what the page ticks for a newcomer; `none` is none."""
    from core import techniques

    if not given:
        return {technique.key: {} for technique in techniques.ALL if technique.default}
    chosen: dict[str, dict[str, str]] = {}
    if list(given) == ["none"]:
        return chosen
    for word in given:
        key, _, settings = word.partition(":")
        chosen[key] = _pairs(settings.split(",")) if settings else {}
    return chosen


def _pairs(words: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise UserError("cli_pair", word=word)
        pairs[name.strip()] = value.strip()
    return pairs


def _train(options: argparse.Namespace) -> int:
    from core.data.profile import profile
    from core.data.read import read
    from core.jobs import new_run
    from core.options import parse
    from core.recipe import DataSpec, ModelSpec, Recipe, TaskSpec, TrainSpec
    from core.runs import RunStore

    settings = {"epochs": options.epochs, "seed": options.seed, **_pairs(options.set)}
    table = read(options.file)
    seen = profile(table, options.text, options.label, options.split)
    recipe = Recipe(
        data=DataSpec(table.name, table.fingerprint, seen.text, seen.split),
        task=TaskSpec(seen.label or ""),
        model=ModelSpec(options.model),
        train=parse(TrainSpec, settings, "train"),
        techniques=_techniques(options.technique),
        name=options.name,
    )
    store = RunStore(options.runs)
    if options.dry_run:
        return _dry_run(table, recipe, store, options.json)
    run = new_run(store, table, recipe)
    _say(f"{run.id}  {table.name}: {', '.join(seen.text)} -> {seen.label}")
    with run.lock():
        _work(run)
    progress = run.progress()
    metrics = run.metrics()
    if metrics is None or progress.status == "failed":
        _say(str(progress.verdict()))
        if progress.hint:
            _say(str(progress.hint))
        return 1
    answer = {
        "run": run.id,
        "folder": str(run.path),
        "status": progress.status,
        "test": {name: metrics["test"][name] for name in ("rows", "accuracy", "macro_f1")},
        "baselines": {
            kind: {name: scores[name] for name in ("accuracy", "macro_f1")}
            for kind, scores in metrics["baselines"].items()
        },
        "recommended": metrics["recommended"],
        "train_rows": metrics["train_rows"],
        "epochs": metrics["epochs"],
        "seconds": round(progress.seconds, 1),
    }
    print(json.dumps(answer, ensure_ascii=False))
    return 0


def _dry_run(table: Any, recipe: Any, store: Any, as_json: bool) -> int:
    """What `train` would do: every chosen setting with its reason, and what it would take here."""
    import dataclasses

    from core.models.load import resolve
    from core.training.preflight import Preflight
    from core.training.remedies import remedies

    pinned = dataclasses.replace(recipe, model=resolve(recipe.model, store))
    preflight = Preflight(pinned, table, store)
    plan = preflight.plan
    values = {name: getattr(plan.spec, name) for name in plan.why}
    if not preflight.known():
        _say(say("cli.measuring"))
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
    for name, why in plan.why.items():
        print(f"{say(f'train.{name}'):<24}{values[name]:<8g} {why}")
    minutes = None if estimate.seconds is None else estimate.seconds / 60
    if minutes is not None:
        print(say("cli.time", minutes=minutes, steps=plan.total_steps))
    memory, available = estimate.memory / 2**30, estimate.available / 2**30
    print(say("cli.memory" if estimate.fits else "cli.unfit", need=memory, free=available))
    for what in helps:
        print(f"- {what}")
    return 0


def _work(run: Any) -> None:
    """Train in a thread of its own, and tell how it goes on stderr. The first Ctrl-C stops in good order."""
    from core.training.train import train

    def stop(*_: Any) -> None:
        _say(say("cli.stopping"))
        run.request_stop()
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    signal.signal(signal.SIGINT, stop)
    worker = threading.Thread(target=train, args=(run,), name="training")
    worker.start()
    live, told = sys.stderr.isatty(), ""
    notes = 0
    while worker.is_alive():
        worker.join(0.5)
        progress = run.progress()
        for note in progress.notes[notes:]:
            _say(f"note: {note}")
        notes = len(progress.notes)
        line = _line(progress)
        # A terminal gets a line that moves; a file gets one line for each new score.
        now = line if live else f"{progress.stage} {len(progress.evaluations)}"
        if now != told:
            told = now
            print(f"\r\x1b[K{line}" if live else line, end="" if live else "\n", file=sys.stderr)
            sys.stderr.flush()
    if live:
        _say("")
    _say(str(run.progress().verdict()))


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


def _predict(options: argparse.Namespace) -> int:
    from core.data.read import read
    from core.predict import folder_of, open_model, predict_file
    from core.runs import RunStore

    folder = folder_of(options.model, RunStore(options.runs), options.which)
    table = read(options.file)
    predictor = open_model(folder)
    if folder.name in WHICH:
        _say(say("cli.uses", which=message(f"cli.which.{folder.name}")))
    text = options.text or list(predictor.text_columns)

    def tell(done: int, total: int) -> None:
        print(f"\r{done}/{total}", end="", file=sys.stderr, flush=True)

    written = predict_file(predictor, table, text, options.output, tell, lambda: False)
    _say("")
    # Rows that could not be read cannot be written in the columns of the others.
    unreadable = [row.line for row in table.bad_rows]
    if unreadable:
        _say(
            say("cli.unreadable", rows=len(unreadable), lines=", ".join(map(str, unreadable[:20])))
        )
    answer = {"output": str(options.output), **written, "unreadable_lines": unreadable}
    print(json.dumps(answer, ensure_ascii=False))
    return 0


def _export(options: argparse.Namespace) -> int:
    """The zip of one of a run's models; by default of the recommended one."""
    import shutil

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
        raise UserError(
            "predict_write", name=options.out.name, reason=error.strerror or "?"
        ) from error
    print(json.dumps({"run": run.id, "which": which, "output": str(options.out)}))
    return 0


def _check(options: argparse.Namespace) -> int:
    from core.data.profile import check, dropped_csv, profile
    from core.data.read import read

    table = read(options.file)
    seen = profile(table, options.text, options.label, options.split)
    if options.left_out:
        try:
            options.left_out.write_text(dropped_csv(seen), encoding="utf-8-sig", newline="")
        except OSError as error:
            raise UserError(
                "predict_write", name=options.left_out.name, reason=error.strerror or "?"
            ) from error
    problem = None
    try:
        check(seen)
    except UserError as error:
        problem = error
    if options.json:
        print(json.dumps(_profile_json(table, seen, problem), ensure_ascii=False))
    else:
        _print_profile(table, seen)
    if problem:
        raise problem
    return 0


def _profile_json(table: Any, seen: Any, problem: UserError | None) -> dict[str, Any]:
    return {
        "file": table.name,
        "encoding": table.encoding,
        "delimiter": table.delimiter,
        "rows": seen.rows,
        "usable": seen.usable,
        "text": list(seen.text),
        "why_text": str(seen.why_text),
        "label": seen.label,
        "why_label": str(seen.why_label),
        "split": seen.split,
        "classes": dict(seen.classes),
        "columns": [
            {"name": c.name, "role": c.role, "reason": str(c.reason), "unique": c.unique}
            for c in seen.columns
        ],
        "notes": [str(note) for note in table.notes],
        "warnings": [str(warning) for warning in seen.warnings],
        "dropped": [{"line": d.line, "reason": str(d.reason)} for d in seen.dropped],
        "error": {"message": problem.message, "hint": problem.hint} if problem else None,
    }


def _print_profile(table: Any, seen: Any) -> None:
    print(f"{table.name}: {table.encoding}, delimiter {table.delimiter!r}, {seen.rows:,} rows")
    print(f"text:  {', '.join(seen.text)}  ({seen.why_text})")
    print(f"label: {seen.label}  ({seen.why_label})")
    if seen.split:
        print(f"split: {seen.split}")
    print(f"usable rows: {seen.usable:,}; left out: {len(seen.dropped):,}")
    for label, count in seen.classes[:20]:
        print(f"  {count:>8,}  {label}")
    for what in (*table.notes, *seen.warnings):
        print(f"! {what}")
    for row in seen.dropped[:10]:
        print(f"- line {row.line:,}: {row.reason}")
    if len(seen.dropped) > 10:
        print(f"- … {len(seen.dropped) - 10:,} more (--left-out OUT.csv writes them all)")


def _runs(options: argparse.Namespace) -> int:
    from core.runs import RunStore

    rows = []
    for run in RunStore(options.runs).all():
        try:
            recipe, metrics = run.recipe(), run.metrics()
        except (UserError, OSError):
            _say(say("cli.run_unreadable", run=run.id))
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
        print(f"{row['id']}  {row['status']:<11}  {scores:<13}  {row['model']}  {row['name']}")
    return 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
