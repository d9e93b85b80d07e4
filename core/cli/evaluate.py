"""How good a model is: on the test rows of its run, or on the rows of another file."""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli.out import tell
from core.errors import UserError
from core.words import Message, message, say

if TYPE_CHECKING:
    import pandas as pd

    from core.runs import Run
    from core.tasks import Task


def evaluate(options: argparse.Namespace) -> int:
    from core.evaluation.verdict import often_wrong
    from core.runs import RunStore

    run = RunStore(options.runs).get(options.run).task(options.label)
    if run.metrics() is None:
        raise UserError("predict_no_model", name=run.id)
    which = options.which or "model"
    if which not in run.kept():
        raise UserError("simple_missing", name=run.id, which=which, known=", ".join(run.kept()))
    found = (
        _of_file(run, which, options.file, options.pictures, options.sheet)
        if options.file
        else _of_run(run, which)
    )
    wrong = often_wrong(found["scores"], run.recipe().task.separator)
    found["often_wrong"] = None if wrong is None else str(wrong)
    if options.json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        _show(found)
    return 0


def _of_run(run: Run, which: str) -> dict[str, Any]:
    from core.evaluation import tested

    rows = tested.rows_of(run, which)
    return {
        "run": run.id,
        "which": which,
        "file": None,
        "scores": tested.scores_of(run, which),
        "calibration": tested.calibration_of(run, which),
        "unsure": _unsure(run, which, rows),
        **_of_rows(run, rows),
    }


def _of_file(
    run: Run, which: str, file: Path, pictures: Path | None, sheet: str | None
) -> dict[str, Any]:
    """Score the labelled rows of a file; those that cannot be are counted and told."""
    import pandas as pd

    from core.data.columns import parts
    from core.data.edits import MergeLabels, change, from_plain
    from core.data.picture_table import read_any
    from core.data.profile import usable_rows
    from core.evaluation import slices, tested
    from core.evaluation.calibrate import reliability
    from core.evaluation.intervals import measure
    from core.modalities import modality_of
    from core.predict import open_model

    table, recipe, task = read_any(file, sheet, pictures), run.recipe(), tested.task(run)
    label, separator = recipe.task.column, recipe.task.separator
    given = table.inputs or recipe.data.text
    for name in (*given, label):
        if name not in table.frame.columns:
            columns = ", ".join(
                each for each in table.frame.columns if each not in table.inputs[1:]
            )
            key = "evaluate_no_label" if name == label else "predict_no_column"
            raise UserError(key, column=name, columns=columns[:300])
    # Spellings that were made one for the training are one here.
    merged = [edit for edit in map(from_plain, recipe.data.edits) if isinstance(edit, MergeLabels)]
    table = change(table, merged) if merged else table
    frame, dropped = usable_rows(table, given, [label])
    cells = frame[label].map(lambda cell: parts(cell, separator) if separator else [cell])
    known = cells.map(lambda names: set(names) <= set(task.names))
    strange = sorted({name for names in cells[~known] for name in names} - set(task.names))
    left_out = {
        "without_text_or_label": len(dropped),
        "unreadable": len(table.bad_rows),
        "unknown_label": int((~known).sum()),
        "unknown_labels": strange[:20],
    }
    frame = frame[known]
    if frame.empty:
        raise UserError("evaluate_nothing", file=table.name, labels=", ".join(task.names)[:300])
    modality = modality_of(table)
    texts = modality.inputs(frame, given)
    truth = task.encode(frame[label].tolist())

    def answered(name: str) -> tuple[Any, float | None]:
        model = open_model(run.folder(name)).over(table)
        return model.probabilities(texts), model.threshold

    probabilities, threshold = answered(which)
    made = {
        "line": frame.index,
        "text": [modality.shown(each) for each in texts],
        "label": task.spoken(truth),
        "predicted": task.said(probabilities, threshold),
        "confidence": task.sure(probabilities, threshold),
        **slices.columns(frame, [*given, label]),
    }
    for name in run.kept():
        if name not in ("model", which):
            made[f"predicted:{name}"] = task.said(*answered(name))
    before = run.test_rows()
    if before is not None and "predicted:majority" in before:
        made["predicted:majority"] = [before["predicted:majority"].iloc[0]] * len(frame)
    rows = pd.DataFrame(made)
    return {
        "run": run.id,
        "which": which,
        "file": table.name,
        "left_out": left_out,
        "also_trained": _also_trained(run, [modality.identity(each) for each in texts]),
        "scores": measure(task, probabilities, truth, threshold),
        "calibration": {"after": reliability(task, probabilities, truth)},
        "unsure": _unsure(run, which, rows),
        **_of_rows(run, rows),
    }


def _also_trained(run: Run, identities: list[str]) -> int:
    """How many of some rows were in the run's table and not among its test rows."""
    from core.data.split import fold
    from core.modalities import modality_of

    table, tests = run.table(), run.test_rows()
    modality = modality_of(table)
    texts = modality.inputs(table.frame, run.recipe().data.text)
    tested = set() if tests is None else {fold(each) for each in tests["text"]}
    learned = {
        fold(modality.identity(each)) for each in texts if fold(modality.shown(each)) not in tested
    }
    return sum(fold(each) in learned for each in identities)


def _unsure(run: Run, which: str, rows: pd.DataFrame | None) -> dict[str, Any] | None:
    """The limit that is kept, the one suggested, and what the former (or none) is worth on the rows."""
    from core.evaluation.tested import curve_of
    from core.evaluation.unsure import at
    from core.export.bundle import unsure_of

    kept, curve = unsure_of(run.folder(which)), curve_of(run, which)
    if rows is None:
        return None
    right = rows["label"] == rows["predicted"]
    return {
        "suggested": curve and curve["suggested"],
        "kept": kept,
        **at(rows["confidence"], right, kept or 0.0),
    }


def _of_rows(run: Run, rows: pd.DataFrame | None) -> dict[str, Any]:
    """What follows from the answers alone."""
    from core.evaluation import slices, tested, verdict
    from core.modalities import by_key

    if rows is None or rows.empty:
        return {"against": {}, "verdict": None, "slices": {}}
    task: Task = tested.task(run)
    against = tested.against_rivals(task, rows)
    found = verdict.verdict(against)
    return {
        "against": against,
        "verdict": None if found is None else str(found[1]),
        "slices": {
            by: [
                {**dataclasses.asdict(each), "name": str(each.name)}
                for each in slices.slices(rows, by, task.names, task.separator)
            ]
            for by in slices.ways(rows, by_key(run.recipe().data.modality).words)
        },
    }


def _show(found: Mapping[str, Any]) -> None:
    from core.evaluation.intervals import SCORES
    from core.evaluation.slices import named

    scores = found["scores"]
    where = (
        message("evaluate.file", file=found["file"]) if found["file"] else message("evaluate.test")
    )
    print(say("evaluate.head", rows=int(scores["rows"]), where=where))
    if found["verdict"]:
        print(found["verdict"])
    if found["often_wrong"]:
        print(found["often_wrong"])
    left_out = found.get("left_out", {})
    gone = sum(count for count in left_out.values() if isinstance(count, int))
    if gone:
        strange = ", ".join(left_out["unknown_labels"]) or "-"
        tell(say("evaluate.left_out", rows=gone, labels=strange))
    if found.get("also_trained"):
        tell(say("evaluate.also_trained", rows=int(found["also_trained"])))
    intervals = scores.get("intervals", {})
    for name in SCORES:
        if scores.get(name) is not None:
            print(f"{say(f'score.{name}'):<24}{scores[name]:.3f}  {_between(intervals.get(name))}")
    for each in scores["per_class"]:
        ends = each.get("intervals", {})
        shown = "  ".join(
            f"{say(f'score.{name}')} {each[name]:.2f} {_between(ends.get(name), 2)}"
            for name in ("precision", "recall", "f1")
        )
        print(f"  {each['label']}: {shown}  {say('score.rows')} {each['rows']:,}")
    for rival, scored in found["against"].items():
        shown = "  ".join(
            f"{say(f'score.{name}')} {each['value']:+.3f} ({each['low']:+.3f} .. {each['high']:+.3f})"
            for name, each in scored.items()
        )
        print(say("evaluate.against", rival=message(f"result.{rival}"), change=shown))
    _show_sure(found)
    for by, parts in found["slices"].items():
        print(f"{named(by)}:")
        for part in parts:
            mark = f"  {say('slices.below')}" if part["below"] else ""
            accuracy = f"{part['accuracy']:.3f} {_between(part['interval'])}"
            print(f"  {part['name']}: {accuracy}  {say('score.rows')} {part['rows']:,}{mark}")


def _show_sure(found: Mapping[str, Any]) -> None:
    calibration, unsure = found["calibration"], found["unsure"]
    if calibration:
        after = calibration["after"]["ece"]
        before = calibration.get("before", {}).get("ece")
        print(
            f"{say('score.ece'):<24}{after:.3f}" + ("" if before is None else f"  ({before:.3f})")
        )
        if "temperature" in calibration:
            print(f"{say('score.temperature'):<24}{calibration['temperature']:.2f}")
        if calibration.get("skipped"):
            print(Message.from_json(calibration["skipped"]))
    if unsure:
        right = "-" if unsure["right"] is None else f"{unsure['right']:.3f}"
        print(
            say(
                "evaluate.unsure",
                below=unsure["below"],
                answered=unsure["answered"],
                rows=unsure["rows"],
                right=right,
            )
        )
        if unsure["suggested"]:
            print(say("unsure.suggested", below=unsure["suggested"]))


def _between(ends: Any, digits: int = 3) -> str:
    return f"[{ends[0]:.{digits}f}, {ends[1]:.{digits}f}]" if ends else ""
