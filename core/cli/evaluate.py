"""Evaluation, how good a model is: on the test rows of its run, or on the rows of another file."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli.arguments import WHICH, add_json, add_reading, add_run
from core.cli.out import print_json, tell
from core.cli.recipe import read_table
from core.errors import UserError
from core.words import message, say

if TYPE_CHECKING:
    import pandas as pd

    from core.data.checkup.edit import Edit
    from core.data.checkup.label_edits import MergeLabels
    from core.data.table import Table
    from core.recipe import TaskSpec
    from core.runs.result import Scores
    from core.runs.run import LabelColumn
    from core.tasks import Task


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    parser.add_argument("--file", type=Path, metavar="NEW.csv", help=say("cli.evaluate_file"))
    add_reading(parser)
    parser.add_argument("--which", choices=WHICH, help=say("cli.evaluate_which"))
    parser.add_argument("--label", metavar="COL", help=say("cli.predict_label"))
    add_json(parser)


def handle(options: argparse.Namespace) -> int:
    from core.report.result import beside

    column = options.store.get(options.run).column(options.label)
    result, which, models = column.measured(), options.which or "model", column.models()
    if which not in models:
        known = ", ".join(models)
        raise UserError("simple_missing", name=column.run.id, which=which, known=known)
    answer = (
        _of_file(column, which, read_table(options)[0]) if options.file else _of_run(column, which)
    )
    said = beside(answer["against"], answer["scores"], answer.pop("kind"), result)
    if which != "model":
        said["unread"] = None
    answer |= {name: sentence and str(sentence) for name, sentence in said.items()}
    if options.json:
        print_json(answer)
    else:
        _show(answer)
    return 0


def _of_run(column: LabelColumn, which: str) -> dict[str, Any]:
    from core.evaluation import test_rows

    return {
        "run": column.run.id,
        "which": which,
        "file": None,
        "scores": test_rows.scores_of(column, which),
        "calibration": vars(test_rows.result_of(column, which).calibration),
        **_of_rows(column, which, test_rows.rows_of(column, which)),
    }


def _of_file(column: LabelColumn, which: str, table: Table) -> dict[str, Any]:
    """Score the labelled rows of a file; those that cannot be are counted and told."""
    import pandas as pd

    from core.data.checkup.edits import apply_edits, edit_from_json
    from core.data.labels.cells import split_labels
    from core.data.profile.profile import usable_rows
    from core.evaluation import slices, test_rows
    from core.evaluation.calibrate import reliability
    from core.evaluation.intervals import measure
    from core.inference.predictor import open_model
    from core.modalities import modality_of

    recipe, task = column.recipe(), test_rows.task(column)
    label, separator = recipe.task.column, recipe.task.separator
    given = table.inputs or recipe.data.text
    table = _as_trained(table, map(edit_from_json, recipe.data.edits))
    for name in (*given, label):
        if name not in table.frame.columns:
            columns = ", ".join(name for name in table.frame.columns if name not in table.hidden)
            key = "evaluate_no_label" if name == label else "predict_no_column"
            raise UserError(key, column=name, columns=columns[:300])
    if merged := _spelled_alike(table, recipe.task, task.names):
        table = apply_edits(table, [merged])
    frame, dropped = usable_rows(table, given, {label: separator})
    cells = frame[label].map(lambda cell: split_labels(cell, separator) if separator else [cell])
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
        model = open_model(column.folder(name)).over(table)
        return model.probabilities(texts), model.threshold

    probabilities, threshold = answered(which)
    predictions = {
        "line": frame.index,
        "text": [modality.shown(text) for text in texts],
        "label": task.spoken(truth),
        "predicted": task.said(probabilities, threshold),
        "confidence": task.sure(probabilities, threshold),
        **slices.columns(frame, [*given, label]),
    }
    for name in column.models():
        if name not in ("model", which):
            predictions[f"predicted:{name}"] = task.said(*answered(name))
    before = test_rows.rows_of(column, "majority")
    predictions["predicted:majority"] = [before["predicted"].iloc[0]] * len(frame)
    return {
        "run": column.run.id,
        "which": which,
        "file": table.name,
        "left_out": left_out,
        "respelled": dict(merged.into) if merged else {},
        "also_trained": _also_trained(column, [modality.identity(text) for text in texts]),
        "scores": measure(task, probabilities, truth, threshold),
        "calibration": {"after": reliability(task, probabilities, truth)},
        **_of_rows(column, which, pd.DataFrame(predictions)),
    }


def _as_trained(table: Table, edits: Iterable[Edit]) -> Table:
    """The file after what was done to the labels of the run's table, as far as it has the columns."""
    from core.data.checkup.edits import apply_edits

    for edit in edits:
        if edit.lasting:
            with contextlib.suppress(UserError):
                table = apply_edits(table, [edit])
    return table


def _spelled_alike(table: Table, spec: TaskSpec, known: Sequence[str]) -> MergeLabels | None:
    """What makes one of spellings that differ from the model's only in case, spaces or width of characters;
    None where none does."""
    from core.data.checkup.label_edits import MergeLabels
    from core.data.labels.cells import canonical_cells, split_labels
    from core.data.normalize import normalize

    cells = canonical_cells(table.frame[spec.column], spec.separator).unique().tolist()
    names = {
        name
        for cell in cells
        for name in (split_labels(cell, spec.separator) if spec.separator else [cell])
    }
    alike: dict[str, list[str]] = {}
    for name in known:
        alike.setdefault(normalize(name), []).append(name)
    into = {
        name: one[0]
        for name in sorted(names - set(known))
        if len(one := alike.get(normalize(name), [])) == 1
    }
    return MergeLabels(spec.column, into, spec.separator) if into else None


def _also_trained(column: LabelColumn, identities: list[str]) -> int:
    """The number of rows that were in the run's table and not among its test rows."""
    from core.data.normalize import normalize
    from core.evaluation.test_rows import rows_of
    from core.modalities import modality_of

    table, tests = column.run.table(), rows_of(column)
    modality = modality_of(table)
    texts = modality.inputs(table.frame, column.recipe().data.text)
    test_texts = {normalize(text) for text in tests["text"]}
    learned = {
        normalize(modality.identity(text))
        for text in texts
        if normalize(modality.shown(text)) not in test_texts
    }
    return sum(normalize(text) in learned for text in identities)


def _abstention(column: LabelColumn, which: str, rows: pd.DataFrame) -> dict[str, Any]:
    """The limit that is kept, the one suggested, and what the former (or none) is worth on the rows."""
    from core.evaluation.abstention import at
    from core.evaluation.test_rows import result_of
    from core.export.bundle import abstention_limit

    limit, curve = abstention_limit(column.folder(which)), result_of(column, which).abstention
    right = rows["label"] == rows["predicted"]
    return {
        "suggested": curve and curve.suggested,
        "kept": limit,
        **vars(at(rows["confidence"], right, limit or 0.0)),
    }


def _of_rows(column: LabelColumn, which: str, rows: pd.DataFrame) -> dict[str, Any]:
    """Scores that follow from the answers alone."""
    from core.evaluation import slices, test_rows, verdict
    from core.modalities import by_key
    from core.runs.result import PLAIN

    task: Task = test_rows.task(column)
    against = test_rows.against_rivals(task, rows)
    kind, sentence = "", None
    if against.keys() & set(PLAIN):  # none is a rival of itself
        kind, sentence = verdict.verdict(against)
    return {
        "abstention": _abstention(column, which, rows),
        "against": against,
        "kind": kind,
        "verdict": sentence and str(sentence),
        "slices": {
            by: [
                {**dataclasses.asdict(part), "name": str(part.name)}
                for part in slices.slices(rows, by, task.names, task.separator)
            ]
            for by in slices.ways(rows, by_key(column.recipe().data.modality).words)
        },
    }


def _show(answer: Mapping[str, Any]) -> None:
    from core.evaluation.slices import named
    from core.report.result import leads, per_class, scored
    from core.report.text import table

    scores: Scores = answer["scores"]
    where = (
        message("evaluate.file", file=answer["file"])
        if answer["file"]
        else message("evaluate.test")
    )
    print(say("evaluate.head", rows=scores.rows, where=where))
    for name in ("verdict", "few_rows", "unread", "less_often_right", "often_wrong"):
        if answer[name]:
            print(answer[name])
    left_out = answer.get("left_out", {})
    gone = sum(count for count in left_out.values() if isinstance(count, int))
    if gone:
        strange = ", ".join(left_out["unknown_labels"]) or "-"
        tell(say("evaluate.left_out", rows=gone, labels=strange))
    if answer.get("respelled"):
        pairs = "; ".join(f"“{old}” = “{new}”" for old, new in answer["respelled"].items())
        tell(say("evaluate.respelled", names=pairs[:300]))
    if answer.get("also_trained"):
        tell(say("evaluate.also_trained", rows=int(answer["also_trained"])))
    for what in (scored(scores), per_class(scores), leads(answer["against"])):
        print(table(what))
    _show_sure(answer)
    for by, parts in answer["slices"].items():
        print(f"{named(by)}:")
        for part in parts:
            mark = f"  {say('slices.below')}" if part["below"] else ""
            low, high = part["interval"]
            accuracy = f"{part['accuracy']:.3f} [{low:.3f}, {high:.3f}]"
            print(f"  {part['name']}: {accuracy}  {say('score.rows')} {part['rows']:,}{mark}")


def _show_sure(answer: Mapping[str, Any]) -> None:
    calibration, abstention = answer["calibration"], answer["abstention"]
    after, before = calibration["after"], calibration.get("before")
    print(f"{say('score.ece'):<24}{after.ece:.3f}" + (f"  ({before.ece:.3f})" if before else ""))
    if before:
        print(f"{say('score.temperature'):<24}{calibration['temperature']:.2f}")
        if calibration["skipped"]:
            print(calibration["skipped"])
    right = "-" if abstention["right"] is None else f"{abstention['right']:.3f}"
    figures = {name: abstention[name] for name in ("below", "answered", "rows")}
    print(say("evaluate.abstention", right=right, **figures))
    if abstention["suggested"]:
        print(say("abstention.suggested", below=abstention["suggested"]))
