"""What the events of a run add up to: where it stands, its curves, the time left, and a plain word on it."""

from __future__ import annotations

import dataclasses
import math
from collections import deque
from dataclasses import dataclass, field

from core.training import events as ev
from core.words import Message, message

# Curves are kept to this many points: a longer one is thinned by averaging neighbours.
MAX_POINTS = 1000


@dataclass
class Progress:
    """Fold events with `add`. Losses are cross-entropy in nats; times are seconds."""

    status: str = "queued"  # queued, running, finished, stopped, failed
    stage: str = ""
    session: float | None = None  # when the worker last took it up
    before: float = 0.0  # seconds of work in earlier sessions
    now: float = 0.0
    step: int = 0
    total_steps: int = 0
    epoch: float = 0.0
    epochs: float = 0.0
    train: list[tuple[float, float, float]] = field(default_factory=list)  # step, epoch, loss
    baselines: dict[str, ev.Baseline] = field(default_factory=dict)  # by name
    evaluations: list[ev.Evaluated] = field(default_factory=list)
    best: ev.Evaluated | None = None
    charts: dict[str, list[ev.Point]] = field(default_factory=dict)  # of stages that have their own
    notes: list[Message] = field(default_factory=list)
    error: Message | None = None
    hint: Message | None = None
    kept_step: int | None = None
    slowed: bool = False  # the learning rate was too high once, and was lowered
    _pace: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=240))

    def add(self, event: ev.Event) -> None:
        if not isinstance(event, ev.RunQueued | ev.RunStarted):
            self.now = event.time
        match event:
            case ev.RunQueued():
                self.status = "queued"
            case ev.RunStarted():
                self.before = self.seconds  # up to the last event of the session before
                self.status, self.session, self.now = "running", event.time, event.time
                self.error = self.hint = self.kept_step = None
                self.notes.clear()  # they are all said again
                self.charts.clear()
                self.baselines.clear()
                self._pace.clear()
            case ev.StageStarted():
                self.stage = event.stage
                self._pace.clear()
                if event.total_steps:
                    self.total_steps, self.epochs = event.total_steps, event.epochs
                    self._pace.append((event.time, self.step))
            case ev.Baseline():
                self.baselines[event.name] = event
            case ev.Step():
                self._rewind(event.step)
                self.step, self.epoch = event.step, event.epoch
                self._pace.append((event.time, event.step))
                self.train.append((event.step, event.epoch, event.loss))
                if len(self.train) > 2 * MAX_POINTS:
                    self.train = _thin(self.train)
            case ev.Evaluated():
                self._rewind(event.step)
                self.step, self.epoch = event.step, event.epoch
                self._pace.append((event.time, event.step))
                self.evaluations.append(event)
                if event.best:
                    self.best = event
            case ev.Point():
                points = self.charts.setdefault(event.stage, [])
                points.append(event)
                self._pace.append((event.time, event.step))
                if len(points) > 2 * MAX_POINTS:
                    del points[1:-1:2]
            case ev.Restarted():
                self.slowed = True
                self.train, self.evaluations, self.best = [], [], None
                self.step, self.epoch = 0, 0.0
                self._pace.clear()
                rate = f"{event.learning_rate:.1g}"
                self.notes.append(message("train.restarted", step=event.step, rate=rate))
            case ev.Note():
                self.notes.append(event.message)
            case ev.RunFinished():
                self.status = "finished"
            case ev.RunStopped():
                self.status, self.kept_step = "stopped", event.step
            case ev.RunFailed():
                self.status, self.error, self.hint = "failed", event.message, event.hint

    def _rewind(self, step: int) -> None:
        """A resumed run goes back to its last checkpoint: what came after it is drawn anew."""
        if step < self.step:
            self.train = [point for point in self.train if point[0] < step]
            self.evaluations = [each for each in self.evaluations if each.step < step]
            self.best = next((e for e in reversed(self.evaluations) if e.best), None)

    @property
    def done(self) -> bool:
        return self.status in ("finished", "stopped", "failed")

    @property
    def share(self) -> float:
        """How much is done, from 0 to 1; training is taken for 95 % of a run.

        A stage that has its own chart says how much of the stage is done: it comes before the training.
        """
        if self.status == "finished":
            return 1.0
        if self.stage in ("test", "export"):
            return 0.97
        if self._own:
            return self._own.step / max(1, self._own.total_steps)
        return 0.95 * self.step / self.total_steps if self.total_steps else 0.0

    @property
    def seconds_left(self) -> float | None:
        """From the pace of the last steps, evaluations included; None while there is no pace yet."""
        if self.status != "running" or len(self._pace) < 3:
            return None
        (start, first), (end, last) = self._pace[0], self._pace[-1]
        if last <= first or end <= start:
            return None
        total = self._own.total_steps if self._own else self.total_steps
        return (total - last) * (end - start) / (last - first)

    @property
    def _own(self) -> ev.Point | None:
        """The last point of the present stage's own chart, if it has one."""
        return self.charts[self.stage][-1] if self.stage in self.charts else None

    @property
    def seconds(self) -> float:
        """How long it has been worked on, without the time between a stop and a resume."""
        return self.before + (self.now - self.session if self.session else 0.0)

    def copy(self) -> Progress:
        """Its lists are its own; events and messages never change."""
        return dataclasses.replace(
            self,
            train=self.train[:],
            baselines=self.baselines.copy(),
            evaluations=self.evaluations[:],
            charts={stage: points[:] for stage, points in self.charts.items()},
            notes=self.notes[:],
            _pace=self._pace.copy(),
        )

    def verdict(self) -> Message:
        """How it is going in a plain sentence; while it learns, another on the best simple model."""
        going = self._going()
        if self.status != "running" or self.stage != "train" or not self.baselines:
            return going
        rival = max(self.baselines.values(), key=lambda each: each.macro_f1)
        points = (self.best.macro_f1 - rival.macro_f1) * 100 if self.best else math.nan
        # Less than half a point is a row or two.
        which = "to_beat" if math.isnan(points) else "level" if abs(points) < 0.5 else ""
        beside = message(
            f"verdict.{which or ('above' if points > 0 else 'below')}",
            rival=message(f"baseline.{rival.name}"),
            score=rival.macro_f1,
            points=abs(points),
        )
        return message("verdict.both", going=going, beside=beside)

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
            return message("verdict.kept", epoch=best.epoch, score=best.macro_f1)
        if best is self.evaluations[-1]:
            if len(self.evaluations) == 1:
                return message("verdict.first_score", score=best.macro_f1)
            return message("verdict.improving", score=best.macro_f1)
        lowest = min(self.evaluations, key=lambda each: each.loss)
        since = self.evaluations[self.evaluations.index(lowest) + 1 :]
        if len(since) >= 2 and not math.isnan(lowest.loss):
            return message("verdict.overfitting", since=lowest.epoch, kept=best.epoch)
        return message("verdict.waiting", kept=best.epoch, score=best.macro_f1)


def _thin(points: list[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """Half as many points: each is the mean loss of two neighbours, at the later one's step."""
    pairs = zip(points[::2], points[1::2], strict=False)
    return [(b[0], b[1], (a[2] + b[2]) / 2) for a, b in pairs]
