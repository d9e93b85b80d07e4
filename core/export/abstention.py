"""Abstention limit, the certainty below which a model gives no label: kept beside the model, and in its
download."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from filelock import Timeout

from core.errors import UserError
from core.evaluation.abstention import checked
from core.export import formats
from core.export.bundle import ABSTENTION, abstention_limit
from core.export.formats.transformers_folder import JOINT
from core.io.json_files import read_json, replace_json
from core.runs.run import LabelColumn, Run

TASKS_FILE = "tasks.json"


def save(column: LabelColumn, which: str, below: object) -> float | None:
    """Keep the abstention limit of one of the models of a label column; 0 or None is none. Returns what is
    kept.

    Raises UserError for what is no limit, for a model that the run does not have, while the run is worked on
    and where it cannot be written.
    """
    limit = checked(below or 0) or None
    run = column.run
    formats.available(column, which)
    try:
        with contextlib.ExitStack() as stack:
            stack.enter_context(run.lock().acquire(timeout=1))
            if which == "model":
                stack.enter_context(_archive_aside(run))
            before = None
            with contextlib.suppress(UserError):  # a damaged one is what is being replaced
                before = abstention_limit(column.folder(which))
            try:
                _write(column, which, limit)
            except OSError as error:
                with contextlib.suppress(OSError, UserError):
                    # What is kept and what is downloaded go together.
                    _keep(column, which, before)
                    if which == "model":
                        _tell_joint(column, before)
                reason = error.strerror or str(error)
                raise UserError("store_unwritable", reason=reason) from error
    except Timeout:
        raise UserError("run_busy") from None
    return limit


def _write(column: LabelColumn, which: str, limit: float | None) -> None:
    _keep(column, which, limit)
    if which == "model":
        _tell_joint(column, limit)
        formats.store(column.run)


@contextlib.contextmanager
def _archive_aside(run: Run) -> Iterator[None]:
    """Context of a change of the model: a kill leaves no zip, which is made when asked for, rather than an
    older one. Whatever is raised, the old one is there again."""
    # To `core.runs.leftovers` it is one.
    aside = {file: file.with_name(f".{file.name}.old.new") for file in run.path.glob("*.zip")}
    try:
        for file, hidden in aside.items():
            file.replace(hidden)
        yield
    except BaseException:
        for file, hidden in aside.items():
            with contextlib.suppress(FileNotFoundError):
                hidden.replace(file)
        raise
    for hidden in aside.values():
        hidden.unlink(missing_ok=True)


def _keep(column: LabelColumn, which: str, limit: float | None) -> None:
    file = column.folder(which) / ABSTENTION
    if limit is None:
        file.unlink(missing_ok=True)
    else:
        replace_json(file, {"below": limit})


def _tell_joint(column: LabelColumn, limit: float | None) -> None:
    """Write the limit into the joint model, which knows each label column by name."""
    file = column.run.path / JOINT / TASKS_FILE
    if not file.is_file():
        return
    with column.run.reading(f"{JOINT}/{TASKS_FILE}"):
        tasks = read_json(file)
        tasks[column.recipe().task.column]["abstain_below"] = limit
    replace_json(file, tasks, indent=2)
