"""Questions about runs, answered in the background while the page goes on.

One thing computes at a time, and what is at work already goes first. The answer is in the run's folder
(`run.answer`); what is not finished when the program ends has to be asked again.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import UserError
from core.jobs import Jobs
from core.libraries import load_libraries
from core.runs import Run

log = logging.getLogger(__name__)


class Stopped(Exception):
    """The person no longer wants to know."""


@dataclass
class Work:
    """A question that is being answered, or could not be: `error` says why."""

    share: float = 0.0  # done, from 0 to 1
    waiting: bool = True  # for what else computes
    stopping: bool = False
    error: UserError | None = None

    @property
    def busy(self) -> bool:
        return self.error is None


_WORKS: dict[tuple[Path, str], Work] = {}
_LOCK = threading.Lock()


def look(run: Run, question: str) -> Work | None:
    """How far a question is; None where nobody has asked, or the answer is there."""
    return _WORKS.get((run.path, question))


def ask(jobs: Jobs, run: Run, question: str) -> threading.Thread | None:
    """Begin to answer one of `core.study.QUESTIONS`, in the thread given back; None where that is under
    way."""
    with _LOCK:
        known = look(run, question)
        if known is not None and known.busy:
            return None
        work = _WORKS[run.path, question] = Work()
    thread = threading.Thread(
        target=_answer, args=(jobs, run, question, work), name=question, daemon=True
    )
    thread.start()
    return thread


def stop(run: Run, question: str) -> None:
    """Ends soon, without an answer."""
    work = look(run, question)
    if work is not None:
        work.stopping = True


def _answer(jobs: Jobs, run: Run, question: str, work: Work) -> None:
    def tell(share: float) -> None:
        work.share = share
        if work.stopping:
            raise Stopped

    def compute() -> dict[str, Any]:
        from core import study

        work.waiting = False
        return study.answer(run, question, tell)

    try:
        load_libraries()
        jobs.aside(compute, lambda: not work.stopping)
    except Stopped:
        pass
    except Exception as error:
        from core.training.train import in_words

        if not isinstance(error, UserError):
            log.exception("%s of run %s", question, run.id)
        work.error = in_words(error)
        return
    with _LOCK:
        _WORKS.pop((run.path, question), None)
