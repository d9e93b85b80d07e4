"""Events of a run while it works: frozen dataclasses, one JSON line each in the run's events.jsonl.

The file is the only channel from the worker to the page and to the command line.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import time
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.io.json_files import MAX_BYTES, Damaged, append_line, left_out
from core.io.typed import decode
from core.words import Message, has


@dataclass(frozen=True, kw_only=True)
class Event:
    time: float = field(default_factory=time.time)  # seconds since the epoch


@dataclass(frozen=True, kw_only=True)
class RunQueued(Event):
    """Run queued: it waits for the worker."""


@dataclass(frozen=True, kw_only=True)
class RunStarted(Event):
    """Run started: the worker took it up; after an interruption, once more."""


@dataclass(frozen=True, kw_only=True)
class StageStarted(Event):
    """Stage started, one of: prepare, baselines, keep, train, test, export, or one that a technique adds.

    Stages that go on with the curve of the training count on where it ended: `total_steps` and `epochs` are
    those of the run so far and of the stage.
    """

    stage: str
    total_steps: int = 0  # 0 where steps are not counted
    epochs: float = 0
    rows: int = 0


@dataclass(frozen=True, kw_only=True)
class RowsDone(Event):
    """Rows done: of those of the present stage, which says how many it has, so many `rows` are done."""

    rows: int


@dataclass(frozen=True, kw_only=True)
class Baseline(Event):
    """Baseline: a simple model was scored on the validation rows. `name`: tfidf, colours or embedding."""

    name: str
    accuracy: float
    macro_f1: float
    seconds: float  # to learn and to answer
    column: str = ""  # what it answers, where several label columns are learned
    columns: int = 1  # how many are


@dataclass(frozen=True, kw_only=True)
class Step(Event):
    """Training step: `loss` is the mean over the optimizer steps since the last event."""

    step: int
    epoch: float
    loss: float
    learning_rate: float


@dataclass(frozen=True, kw_only=True)
class Evaluated(Event):
    """Evaluation: the validation rows were scored after `step` optimizer steps."""

    step: int
    epoch: float
    loss: float
    accuracy: float
    macro_f1: float
    best: bool  # the best so far, which is the one that is kept
    # Label column, accuracy and macro-F1 of each, where there are several.
    tasks: list[tuple[str, float, float]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Point(Event):
    """One more point of the chart of a stage that has its own; the stage is `step` of `total_steps` done."""

    stage: str
    x: float
    y: float
    step: int
    total_steps: int
    log_x: bool = False
    dots: bool = False  # points that no line connects


@dataclass(frozen=True, kw_only=True)
class Restarted(Event):
    """Restart: the loss left all bounds after `step` steps: the training begins anew, at a lower rate."""

    step: int
    learning_rate: float


@dataclass(frozen=True, kw_only=True)
class Checkpointed(Event):
    """Checkpoint: all that is needed to go on from `step` is on disk."""

    step: int


@dataclass(frozen=True, kw_only=True)
class Note(Event):
    """Note: a message that the person should know."""

    message: Message


@dataclass(frozen=True, kw_only=True)
class RunFinished(Event):
    """Run finished: its model is in its folder, was loaded again and gave the same answers."""

    seconds: float


@dataclass(frozen=True, kw_only=True)
class RunStopped(Event):
    """Run stopped by the person. `step` is that of the model that was kept, None if there is none."""

    step: int | None
    seconds: float


@dataclass(frozen=True, kw_only=True)
class RunFailed(Event):
    message: Message
    hint: Message | None = None


TYPES: dict[str, type[Event]] = {
    cls.__name__: cls
    for cls in (
        RunQueued,
        RunStarted,
        StageStarted,
        RowsDone,
        Baseline,
        Step,
        Evaluated,
        Point,
        Restarted,
        Checkpointed,
        Note,
        RunFinished,
        RunStopped,
        RunFailed,
    )
}


def to_line(event: Event) -> str:
    """One line of JSON, without the newline. A loss that is not a number is written as null."""
    row: dict[str, Any] = {"event": type(event).__name__}
    for item in dataclasses.fields(event):
        value = getattr(event, item.name)
        if isinstance(value, Message):
            value = value.to_json()
        elif isinstance(value, float) and not math.isfinite(value):
            value = None
        row[item.name] = value
    return json.dumps(row, ensure_ascii=False)


def from_line(line: str) -> Event:
    """The event of one line. Raises ValueError when the line is not one."""
    try:
        row = json.loads(line)
        event = row.pop("event")
        for name, kind in _kinds(event).items():
            if row.get(name) is None and kind is float:
                row[name] = math.nan
            elif name in row:
                row[name] = decode(kind, row[name])
        parsed = TYPES[event](**row)
    except (Damaged, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(line) from error
    if not math.isfinite(parsed.time) or not _has_words(parsed):
        raise ValueError(line)
    return parsed


def _has_words(event: Event) -> bool:
    """Are there sentences on what it names? It may be a stage of another version."""
    match event:
        case StageStarted(stage=stage):
            return stage == "train" or has(f"verdict.{stage}")
        case Point(stage=stage):
            return has(f"stage.{stage}.title")
        case Baseline(name=name):
            return has(f"train.chart.{name}")
    return True


@functools.cache
def _kinds(event: str) -> dict[str, Any]:
    """The type of each field."""
    return typing.get_type_hints(TYPES[event])


def append(path: Path, event: Event) -> None:
    """Add one event in a single write, so that a reader sees whole lines or none."""
    append_line(path, to_line(event))


def read(path: Path, offset: int = 0) -> tuple[list[Event], int]:
    """The events after byte `offset`, and the offset to go on from.

    A last line without its newline is still being written: it is left for the next call. Raises OSError, and
    Damaged for a file that is far too large.
    """
    try:
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read(MAX_BYTES)
    except FileNotFoundError:
        return [], offset
    if len(data) == MAX_BYTES:
        raise Damaged(path.name)
    end = data.rfind(b"\n") + 1
    events = []
    for line in data[:end].split(b"\n")[:-1]:
        try:
            events.append(from_line(line.decode("utf-8", errors="replace")))
        except ValueError:
            left_out(path, line)  # torn by a crash in the middle of a write
    return events, offset + end
