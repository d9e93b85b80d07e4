"""Questions about the label columns of runs, answered in the background while the page goes on.

They wait in the queue of the runs: one thing computes at a time. The answer is in the column's folder
(`ColumnFolder.answer`); what is not finished when the program ends has to be asked again.
"""

from __future__ import annotations

import itertools
import logging
import threading
from dataclasses import dataclass
from pathlib import Path

from core.errors import UserError
from core.jobs.job import Job, State, Stopped, give_way
from core.jobs.queue import Jobs, RunJob
from core.libraries import load_libraries
from core.runs.run import LabelColumn, Run

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Question(Job):
    """One of `core.workflow.diagnostics.QUESTIONS`."""

    jobs: Jobs
    question: str

    def waits_for(self) -> Run | str:
        """The first run whose turn it is earlier, or else a question; nothing where it is something short."""
        before = list(itertools.takewhile(lambda job: job is not self, self.jobs.machine.jobs()))
        runs = (job.run for job in before if isinstance(job, RunJob))
        questions = (job.question for job in before if isinstance(job, Question))
        return next(runs, None) or next(questions, "")


_QUESTIONS: dict[tuple[Path, str], Question] = {}  # the last of each, also where it failed
_LOCK = threading.Lock()


def look(column: LabelColumn, question: str) -> Question | None:
    """How far a question is; None where nobody has asked, or the answer is there."""
    asked = _QUESTIONS.get((column.path, question))
    return None if asked is None or asked.state == State.DONE else asked


def ask(jobs: Jobs, column: LabelColumn, question: str) -> Question | None:
    """Begin to answer a question; None where that is under way."""

    def answer() -> None:
        load_libraries()
        give_way()
        from core.workflow import diagnostics
        from core.workflow.train import in_words

        try:
            diagnostics.answer(column, question, asked.tell)
        except (Stopped, UserError):
            raise
        except Exception as error:
            log.exception("%s of run %s", question, column.run.id)
            raise in_words(error) from error

    with _LOCK:
        known = look(column, question)
        if known is not None and not known.over:
            return None
        asked = _QUESTIONS[column.path, question] = Question(jobs, question, work=answer)
    jobs.machine.put(asked)
    return asked


def stop(column: LabelColumn, question: str) -> None:
    """Ends soon, without an answer."""
    asked = look(column, question)
    if asked is not None:
        asked.jobs.machine.stop(asked)
