"""The certainty below which a model of a run gives no label: kept beside the model, and in its download."""

from __future__ import annotations

import json

from filelock import Timeout

from core.errors import UserError
from core.evaluation.unsure import checked
from core.export.bundle import JOINT, UNSURE, write, zip_model
from core.runs import Run

TASKS_FILE = "tasks.json"


def save(run: Run, which: str, below: object) -> float | None:
    """Keep the limit of one of a run's models; 0 or None is none. Returns what is kept.

    `run` may be what was measured of one of several label columns. Raises UserError for what is no limit, for
    a model that the run does not have and while the run is worked on, and OSError.
    """
    limit = checked(below or 0) or None
    if which not in run.kept():
        raise UserError(
            "simple_missing", name=run.id, which=which[:40], known=", ".join(run.kept())
        )
    whole = run.whole()
    try:
        with whole.lock().acquire(timeout=1):
            file = run.folder(which) / UNSURE
            if limit is None:
                file.unlink(missing_ok=True)
            else:
                write(file, json.dumps({"below": limit}))
            if which == "model":
                _tell_joint(whole, run, limit)
                recipe = whole.recipe()
                zip_model(whole, recipe.name or recipe.data.file)
    except Timeout:
        raise UserError("run_busy") from None
    return limit


def _tell_joint(whole: Run, run: Run, limit: float | None) -> None:
    """The model of all label columns knows each of them by name."""
    file = whole.path / JOINT / TASKS_FILE
    if not file.is_file():
        return
    tasks = json.loads(file.read_text(encoding="utf-8"))
    tasks[run.recipe().task.column]["unsure_below"] = limit
    write(file, json.dumps(tasks, ensure_ascii=False, indent=2))
