"""Background work of every kind: a job, and a queue that has room for so many jobs at a time."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from core.errors import UserError

NICE = 10  # how much a thread that computes yields to whatever else wants a core
LOOK = 0.1  # seconds between two looks whether a job is still wanted
log = logging.getLogger(__name__)


class State(StrEnum):
    WAITING = "waiting"
    READING = "reading"  # a file
    ASKING = "asking"  # a person, who has to answer before it goes on
    WORKING = "working"
    DONE = "done"  # or stopped
    FAILED = "failed"


class Stopped(Exception):
    """Nobody wants the job any more."""


@dataclass(kw_only=True, eq=False)
class Job:
    """`work` may raise; what it returns is the `result`, or the state that it ends in. A job that is taken
    out of the queue is done without a result."""

    work: Callable[[], Any]
    state: State = State.WAITING
    share: float = 0.0  # done, from 0 to 1
    result: Any = None
    error: Exception | None = None  # why it failed
    stop: threading.Event = field(default_factory=threading.Event)  # set: it should end soon
    # Set: no thread is at work on it.
    rests: threading.Event = field(default_factory=threading.Event)

    @property
    def over(self) -> bool:
        return self.state in (State.DONE, State.FAILED)

    def tell(self, share: float) -> None:
        """How much is done. Raises Stopped when it should end."""
        self.share = share
        if self.stop.is_set():
            raise Stopped

    def execute(self) -> State:
        """Do the work, whatever becomes of it; the state that it ends in, not yet set."""
        try:
            self.result = self.work()
        except Stopped:
            pass
        except Exception as error:  # shown to whoever asked for it
            if not isinstance(error, UserError):
                log.exception("a job has failed")
            self.error = error
            return State.FAILED
        return self.result if isinstance(self.result, State) else State.DONE


class Queue:
    """So many `places` for jobs at a time; further ones wait their turn."""

    def __init__(self, name: str, places: int = 1) -> None:
        self.changed = threading.Condition()  # held around what has to be done at once
        self._name, self._places = name, places
        self._waiting: deque[Job] = deque()
        self._at_work: list[Job] = []
        self._threads = 0

    def put(self, *jobs: Job) -> None:
        with self.changed:
            for job in jobs:
                job.state = State.WAITING
                job.rests.clear()
                self._waiting.append(job)
                if self._threads < self._places:
                    self._threads += 1
                    # A daemon: what is at work does not keep the program from ending.
                    threading.Thread(target=self._work, name=self._name, daemon=True).start()
            self.changed.notify_all()

    def jobs(self) -> list[Job]:
        """Those at work, then those that wait, in their order."""
        with self.changed:
            return [*self._at_work, *self._waiting]

    def take_out(self, job: Job) -> bool:
        """Take out a job that still waits, which then is done; False for any other."""
        with self.changed:
            if job not in self._waiting:
                return False
            self._waiting.remove(job)
            job.state = State.DONE
            job.rests.set()
        return True

    def stop(self, job: Job) -> None:
        """End it soon."""
        job.stop.set()
        self.take_out(job)

    def do(self, job: Job, wanted: Callable[[], bool]) -> Any:
        """The result of a job, once it was its turn; None when it is no longer `wanted` by then. Raises what
        its work does."""
        if not wanted():
            return None
        self.put(job)
        while not job.rests.wait(LOOK):
            if not wanted() and self.take_out(job):
                return None
        if job.error is not None:
            raise job.error
        return job.result

    def _work(self) -> None:
        while True:
            self._next()

    def _next(self) -> None:
        with self.changed:
            self.changed.wait_for(lambda: self._waiting)
            job = self._waiting.popleft()
            self._at_work.append(job)
            job.state = State.WORKING
        state = job.execute()
        with self.changed:
            self._at_work.remove(job)
            job.state = state  # whoever sees it may put the job in the queue again at once
            job.rests.set()


def give_way() -> None:
    """Make this thread, and those that torch starts for it, yield to whatever else wants a core: the page
    comes first.

    On Linux a thread has a priority of its own; elsewhere nothing is changed. Not before the libraries are
    loaded: whoever needs them as well would wait for a thread that gets no turn while other programs work.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, NICE)
