"""Deleting a run for good: its folder, and whatever else was kept, copied or handed out of it."""

from __future__ import annotations

import sys

from core.evaluation.cross_validation import FoldStore
from core.io import temporary
from core.jobs.files import forget_run
from core.runs.store import RunStore
from core.workflow.comparisons import ComparisonStore


def delete_run(store: RunStore, run_id: str) -> None:
    """Remove a run, its answered files, its downloads and the uploads that it alone was made of, and the
    comparisons and cross-validations none of whose runs is left. Raises UserError while it is worked on.

    What other processes hand out of it goes as well; the answers to files that they have at work end with an
    error, since the model is gone.
    """
    run = store.get(run_id)
    store.delete(run_id)
    forget_run(run)
    # No model is kept where none was ever opened.
    if opened := sys.modules.get("core.inference.predictor"):
        opened.forget()
    for groups in (ComparisonStore(store), FoldStore(store)):
        for group in groups.all():
            if run_id in (group.base, *(member.run for member in group.members)):
                temporary.forget(store.root, group.id)  # its tables and pages are about the run too
        groups.clean()


def clean(store: RunStore) -> None:
    """Remove what killed processes have left in a store: see `RunStore.clean` and `RunGroupStore.clean`."""
    store.clean()
    for groups in (ComparisonStore(store), FoldStore(store)):
        groups.clean()
