"""Progress of a run, which its events add up to: where it stands, its curves, the time left, and a plain word
on it."""

from __future__ import annotations

import dataclasses
import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from core.runs import events
from core.words import Message, message

# Curves are kept to this many points: a longer one is thinned by averaging neighbours.
MAX_POINTS = 1000
DRAWN = 400  # points of the train loss in the chart: more than a screen can tell apart


@dataclass(frozen=True)
class Rival:
    """A simple model on the validation rows: its scores from 0 to 1, the means over the label columns, and
    the macro-F1 of each column where there are several."""

    name: str
    accuracy: float
    macro_f1: float
    by_column: Mapping[str, float]


@dataclass
class Progress:
    """Progress of a run: `add` takes an event. Losses are cross-entropy in nats; times are seconds."""

    status: str = "queued"  # queued, running, finished, stopped, failed
    stage: str = ""
    session: float | None = None  # when the worker last took it up
    before: float = 0.0  # seconds of work in earlier sessions
    now: float = 0.0
    step: int = 0
    total_steps: int = 0
    epoch: float = 0.0
    epochs: float = 0.0
    rows: int = 0  # of the present stage, and how many of them are done, where that is counted
    rows_done: int = 0
    train: list[tuple[float, float, float]] = field(default_factory=list)  # step, epoch, loss
    # By name and label column.
    baselines: dict[str, dict[str, events.Baseline]] = field(default_factory=dict)
    evaluations: list[events.Evaluated] = field(default_factory=list)
    best: events.Evaluated | None = None
    # Of stages that have their own.
    charts: dict[str, list[events.Point]] = field(default_factory=dict)
    notes: list[Message] = field(default_factory=list)
    error: Message | None = None
    hint: Message | None = None
    kept_step: int | None = None
    slowed: bool = False  # the learning rate was too high once, and was lowered
    _pace: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=240))

    def add(self, event: events.Event) -> None:
        if not isinstance(event, events.RunQueued | events.RunStarted):
            self.now = event.time
        match event:
            case events.RunQueued():
                self.status = "queued"
            case events.RunStarted():
                self.before = self.seconds  # up to the last event of the session before
                self.status, self.session, self.now = "running", event.time, event.time
                self.error = self.hint = self.kept_step = None
                self.notes.clear()  # they are all said again
                self.charts.clear()
                self.baselines.clear()
                self._pace.clear()
            case events.StageStarted():
                self.stage, self.rows, self.rows_done = event.stage, event.rows, 0
                self._pace.clear()
                if event.total_steps:
                    self.total_steps, self.epochs = event.total_steps, event.epochs
                    self._pace.append((event.time, self.step))
            case events.RowsDone():
                self.rows_done = event.rows
                self._pace.append((event.time, event.rows))
            case events.Baseline():
                self.baselines.setdefault(event.name, {})[event.column] = event
            case events.Step():
                self._rewind(event.step)
                self.step, self.epoch = event.step, event.epoch
                self._pace.append((event.time, event.step))
                self.train.append((event.step, event.epoch, event.loss))
                if len(self.train) > 2 * MAX_POINTS:
                    self.train = thin(self.train, MAX_POINTS + 1)  # half as many
            case events.Evaluated():
                self._rewind(event.step)
                self.step, self.epoch = event.step, event.epoch
                self._pace.append((event.time, event.step))
                self.evaluations.append(event)
                if event.best:
                    self.best = event
            case events.Point():
                points = self.charts.setdefault(event.stage, [])
                points.append(event)
                self._pace.append((event.time, event.step))
                if len(points) > 2 * MAX_POINTS:
                    del points[1:-1:2]
            case events.Restarted():
                self.slowed = True
                self.train, self.evaluations, self.best = [], [], None
                self.step, self.epoch = 0, 0.0
                self._pace.clear()
                rate = f"{event.learning_rate:.1g}"
                self.notes.append(message("train.restarted", step=event.step, rate=rate))
            case events.Note():
                self.notes.append(event.message)
            case events.RunFinished():
                self.status = "finished"
            case events.RunStopped():
                self.status, self.kept_step = "stopped", event.step
            case events.RunFailed():
                self.status, self.error, self.hint = "failed", event.message, event.hint

    def _rewind(self, step: int) -> None:
        """A resumed run goes back to its last checkpoint: what came after it is drawn anew."""
        if step < self.step:
            self.train = [point for point in self.train if point[0] < step]
            self.evaluations = [
                evaluation for evaluation in self.evaluations if evaluation.step < step
            ]
            self.best = next((e for e in reversed(self.evaluations) if e.best), None)

    @property
    def done(self) -> bool:
        return self.status in ("finished", "stopped", "failed")

    @property
    def share(self) -> float:
        """The share that is done, from 0 to 1; training is taken for 95 % of a run.

        A stage before the training that has its own chart, or counts its rows, says how much of the stage is
        done.
        """
        if self.status == "finished":
            return 1.0
        if self.stage in ("test", "export") and self.status == "running":
            return 0.97
        if stage := self._stage_steps:
            return stage[0] / max(1, stage[1])
        return 0.95 * self.step / self.total_steps if self.total_steps else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds left, from the pace of the last steps, evaluations included; None while there is no pace
        yet."""
        if self.status != "running" or len(self._pace) < 3:
            return None
        (start, first), (end, last) = self._pace[0], self._pace[-1]
        if last <= first or end <= start:
            return None
        total = self._stage_steps[1] if self._stage_steps else self.total_steps
        return (total - last) * (end - start) / (last - first)

    @property
    def in_stage(self) -> bool:
        """Are `share` and `seconds_left` those of the present stage alone?"""
        return self._stage_steps is not None

    @property
    def _stage_steps(self) -> tuple[int, int] | None:
        """How many steps, or rows, of the present stage are done, and how many there are, where it tells."""
        if self.stage in self.charts:
            last = self.charts[self.stage][-1]
            return last.step, last.total_steps
        return (self.rows_done, self.rows) if self.rows_done else None

    @property
    def seconds(self) -> float:
        """Seconds that the run was worked on, without the time between a stop and a resume."""
        return self.before + (self.now - self.session if self.session else 0.0)

    def copy(self) -> Progress:
        """A copy whose lists are its own; events and messages never change."""
        return dataclasses.replace(
            self,
            train=self.train[:],
            baselines={name: columns.copy() for name, columns in self.baselines.items()},
            evaluations=self.evaluations[:],
            charts={stage: points[:] for stage, points in self.charts.items()},
            notes=self.notes[:],
            _pace=self._pace.copy(),
        )

    @property
    def loss(self) -> float:
        """The training loss as the curve shows it, a running mean: that of the last batch alone hangs on its
        rows. NaN before the first step."""
        return next(iter(running_mean([loss for _, _, loss in thin(self.train)])[-1:]), math.nan)

    @property
    def rivals(self) -> list[Rival]:
        """The simple models as the model is scored: by the mean over the label columns, once each of the
        columns has been answered. Where one has no validation rows, there is nothing to compare."""
        rivals = []
        for name, by_column in self.baselines.items():
            scored = list(by_column.values())
            if len(scored) < scored[-1].columns:
                continue
            accuracy, macro_f1 = (
                sum(getattr(baseline, score) for baseline in scored) / len(scored)
                for score in ("accuracy", "macro_f1")
            )
            macro_f1_by_column = (
                {one.column: one.macro_f1 for one in scored} if len(scored) > 1 else {}
            )
            rivals.append(Rival(name, accuracy, macro_f1, macro_f1_by_column))
        return rivals

    @property
    def columns(self) -> int:
        """The label columns that are learned, over which scores are means."""
        several = [len(rival.by_column) for rival in self.rivals]
        return max([1, *several, *(len(evaluation.tasks) for evaluation in self.evaluations[-1:])])

    @property
    def averaged(self) -> bool:
        """Is what is kept, which is `best`, the average of several evaluations' weights?"""
        return any(note.key == "train.averaged.kept" for note in self.notes)

    def verdict(self) -> Message:
        """The verdict on how it goes, in a plain sentence; while it learns, another on the best simple
        model."""
        going, rivals = self._going(), self.rivals
        if self.status != "running" or self.stage != "train" or not rivals:
            return going
        beside = self._beside(max(rivals, key=lambda rival: rival.macro_f1))
        return message("verdict.both", going=going, beside=beside)

    def _beside(self, rival: Rival) -> Message:
        """The best score so far beside that of a simple model; with several label columns mean beside mean,
        and the columns that are behind by name."""
        points = (self.best.macro_f1 - rival.macro_f1) * 100 if self.best else math.nan
        # Less than half a point is a row or two.
        which = "to_beat" if math.isnan(points) else "level" if abs(points) < 0.5 else ""
        beside = message(
            self._mean(f"verdict.{which or ('above' if points > 0 else 'below')}"),
            rival=message(f"baseline.{rival.name}"),
            score=rival.macro_f1,
            points=abs(points),
            columns=self.columns,
        )
        behind = [
            str(column)
            for column, _, macro_f1 in (self.best.tasks if self.best else ())
            if (macro_f1 - rival.by_column.get(column, -math.inf)) * 100 <= -0.5
        ]
        if not behind:
            return beside
        names = message("verdict.behind", columns=", ".join(behind))
        return message("verdict.both", going=beside, beside=names)

    def _mean(self, key: str) -> str:
        """The key of a sentence with a score in it, which says so where the score is a mean over several
        columns."""
        return f"{key}.mean" if self.columns > 1 else key

    def _going(self) -> Message:
        if self.status == "queued":
            return message("verdict.queued")
        if self.status == "failed":
            return self.error or message("verdict.failed")
        if self.status == "running" and self.stage != "train":
            return message(f"verdict.{self.stage or 'prepare'}")
        if self.status == "stopped":
            if self.kept_step is None:
                return message("verdict.stopped_empty")
            return message("verdict.stopped", step=self.kept_step)
        if not self.evaluations or self.best is None:
            return message("verdict.finished" if self.done else "verdict.first_epoch")
        best = self.best
        if self.status == "finished":
            if self.averaged:
                return self._scored("verdict.averaged")
            return self._scored("verdict.kept", epoch=best.epoch)
        if best is self.evaluations[-1]:
            if len(self.evaluations) == 1:
                return self._scored("verdict.first_score")
            return self._scored("verdict.improving")
        lowest = min(self.evaluations, key=lambda evaluation: evaluation.loss)
        since = self.evaluations[self.evaluations.index(lowest) + 1 :]
        if len(since) >= 2 and not math.isnan(lowest.loss):
            return message("verdict.overfitting", since=lowest.epoch, kept=best.epoch)
        return self._scored("verdict.waiting", kept=best.epoch)

    def _scored(self, key: str, **values: float) -> Message:
        """A sentence with the best score so far."""
        score = self.best.macro_f1 if self.best else math.nan
        return message(self._mean(key), score=score, columns=self.columns, **values)


def running_mean(values: Sequence[float]) -> list[float]:
    """The exponential moving average, without the pull towards 0 at its start (Kingma and Ba 2015).

    A batch's loss jumps with its rows; the eye wants the trend. What is no number leaves a gap.
    """
    known = pd.Series(values, dtype=float).replace([math.inf, -math.inf], math.nan)
    means: list[float] = known.ewm(alpha=0.1, ignore_na=True).mean().where(known.notna()).tolist()
    return means


def thin(
    points: Sequence[tuple[float, float, float]], limit: int = DRAWN
) -> list[tuple[float, float, float]]:
    """At most `limit` points, each the mean loss of neighbours, at the last one's place."""
    size = -(-len(points) // limit)
    groups = [points[start : start + size] for start in range(0, len(points), max(1, size))]
    return [(g[-1][0], g[-1][1], sum(p[2] for p in g) / len(g)) for g in groups]
