"""Batch prediction: the rows of a file with the answers behind them, in a file of the same kind."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from core.data.spreadsheet import harmless
from core.data.table import Table
from core.errors import UserError
from core.evaluation.abstention import answers as answers_of
from core.evaluation.abstention import placeholder
from core.modalities.base import join_cells

if TYPE_CHECKING:
    from core.export.predictor import Predictor

CHUNK = 256  # rows that are in work at a time
REVIEW_BELOW = 0.7  # confidence under which a person should look, where nobody has chosen one
LOOK = "yes"  # in the column of rows that a person should look at
Answer = tuple[str, str, str]  # label, confidence, LOOK or nothing


class Written(TypedDict):
    """Summary of `predict_file`: `empty` rows had no text; `review` ones were less sure than `review_below`;
    of `abstained` ones the label was withheld; `neutralised` counts cells."""

    rows: int
    empty: int
    review: int
    abstained: int
    neutralised: int
    label_column: str
    confidence_column: str
    review_column: str
    review_below: float
    delimiter: str
    encoding: str
    stopped: bool


def missing(table: Table, text: Sequence[str]) -> list[str]:
    """Columns to read that the table does not have."""
    columns = set(map(str, table.frame.columns))
    return [name for name in text if name not in columns]


def review_below(predictor: Predictor) -> float:
    """The confidence that was chosen for the model (`abstain_below`), else REVIEW_BELOW."""
    return predictor.abstain_below or REVIEW_BELOW


def predict_file(
    predictor: Predictor,
    table: Table,
    text: Sequence[str],
    out: Path,
    on_progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Written:
    """Write every row of `table` with its label, the probability of that label (0 to 1), and whether a
    person should look at it. Where the answer is less sure than `predictor.abstain_below`, "unsure" stands in
    place of the label.

    The columns are called "label", "confidence" and "needs_review", or "label_2" and so on where that name is
    taken. A row without text gets none of them and is counted. Between the cells is what was between those of
    the file; a comma where it had none. The file is UTF-8 with a byte order mark, without which Excel takes
    it for the system's old encoding, or UTF-16 if the input was. A cell that a spreadsheet would run as a
    formula gets an apostrophe (`core.data.spreadsheet`) and is counted. A few rows are in memory at a time.

    `on_progress` is told rows done and rows in all. When `should_stop` says so, the file holds the
    rows done so far. Raises UserError for a column that is missing or a file that cannot be
    written.
    """
    frame = table.frame
    columns = [str(name) for name in frame.columns]
    if not text:
        raise UserError("no_text_column")
    for name in missing(table, text):
        raise UserError("predict_no_column", column=name[:60], columns=", ".join(columns)[:300])
    where = [columns.index(name) for name in text]
    # Of pictures what tells them apart is in no file of a person's.
    visible = [at for at, name in enumerate(columns) if name not in table.hidden]
    done = _nothing_yet([columns[at] for at in visible], table, review_below(predictor))
    instead = placeholder(predictor.labels)
    part = out.with_name(f"{out.name}.part")
    try:
        with part.open("w", encoding=done["encoding"], newline="") as file:
            writer = csv.writer(file, delimiter=done["delimiter"])
            added = [done["label_column"], done["confidence_column"], done["review_column"]]
            writer.writerow(_harmless([*(columns[at] for at in visible), *added], done))
            while done["rows"] < len(frame) and not done["stopped"]:
                start = done["rows"]
                rows = frame.iloc[start : start + CHUNK].to_numpy().tolist()
                answers = _answers(
                    predictor, [[row[i] for i in where] for row in rows], done["review_below"]
                )
                for row, answer in zip(rows, answers, strict=True):
                    writer.writerow(_harmless([*(row[at] for at in visible), *answer], done))
                done["empty"] += answers.count(("", "", ""))
                done["abstained"] += sum(label == instead for label, _, _ in answers)
                done["review"] += sum(look == LOOK for _, _, look in answers)
                done["rows"] += len(rows)
                if on_progress:
                    on_progress(done["rows"], len(frame))
                done["stopped"] = done["rows"] < len(frame) and should_stop()
        os.replace(part, out)
    except OSError as error:
        raise UserError(
            "predict_write", name=out.name, reason=error.strerror or type(error).__name__
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return done


def _nothing_yet(columns: Sequence[str], table: Table, below: float) -> Written:
    return Written(
        rows=0,
        empty=0,
        review=0,
        abstained=0,
        neutralised=0,
        label_column=_free("label", columns),
        confidence_column=_free("confidence", columns),
        review_column=_free("needs_review", columns),
        review_below=below,
        delimiter=table.delimiter if len(table.delimiter) == 1 else ",",
        encoding="utf-16" if table.encoding.startswith("utf-16") else "utf-8-sig",
        stopped=False,
    )


def _answers(predictor: Predictor, rows: Sequence[Sequence[str]], below: float) -> list[Answer]:
    """The answer to each row's texts; three empty cells where there is no text."""
    answers: list[Answer] = [("", "", "")] * len(rows)
    asked = [i for i, cells in enumerate(rows) if any(cell.strip() for cell in cells)]
    probabilities = predictor.probabilities([join_cells(rows[i]) for i in asked])
    labels, sure = answers_of(
        predictor.task, probabilities, predictor.threshold, predictor.abstain_below
    )
    for i, label, confidence in zip(asked, labels, sure, strict=True):
        answers[i] = label, f"{confidence:.4f}", LOOK if confidence < below else ""
    return answers


def _free(name: str, taken: Sequence[str]) -> str:
    number, free = 2, name
    while free in taken:
        free = f"{name}_{number}"
        number += 1
    return free


def _harmless(cells: Sequence[str], done: Written) -> list[str]:
    """The cells with an apostrophe wherever a spreadsheet would begin a formula; counts them in `done`."""
    safe = [harmless(cell, done["delimiter"]) for cell in cells]
    done["neutralised"] += sum(one != other for one, other in zip(cells, safe, strict=True))
    return safe
