"""Priorities of the threads that compute. The runs themselves are tested with what trains them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.jobs.job import NICE

ROOT = Path(__file__).resolve().parents[3]
WATCH = """
import os, sys, threading

class Watch:
    def find_spec(self, name, *rest):
        if name in ("datasets", "core.workflow.train"):
            thread = threading.current_thread().name
            print(thread, name, os.getpriority(os.PRIO_PROCESS, 0), flush=True)

sys.meta_path.insert(0, Watch())
from core.jobs.queue import Jobs, warm_up
"""
WARM_UP = """
warm_up()
while "core.workflow.train" not in sys.modules: pass
"""
RUN = """
from core.data.profile.profile import profile
from core.data.samples import load
from core.models.catalog import BUNDLED
from core.recipe import ModelSpec
from core.runs.store import RunStore
from core.workflow.new_recipe import recipe_of

table, jobs = load("topics_en"), Jobs(RunStore())
run = jobs.start(table, recipe_of(table, profile(table), ModelSpec(BUNDLED)))
while "core.workflow.train" not in sys.modules: pass
"""


def priorities(script: str, home: Path) -> dict[tuple[str, str], int]:
    """At which priority which thread loads what."""
    ended = f"{WATCH}{script}\nsys.stdout.flush(); os._exit(0)"
    out = subprocess.run(
        [sys.executable, "-c", ended],
        capture_output=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "TICKTUNE_HOME": str(home)},
        text=True,
    )
    lines = [line.split() for line in out.stdout.splitlines()]
    return {(thread, name): int(priority) for thread, name, priority in lines}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a thread has no priority of its own")
def test_what_others_wait_for_is_loaded_at_the_usual_priority(tmp_path: Path) -> None:
    """Beside four busy programs the page stood still for a minute and more, behind a thread that gave way."""
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    loaded = priorities(WARM_UP, tmp_path)
    assert loaded[("warm-up", "datasets")] == usual
    trained = priorities(RUN, tmp_path)
    assert trained[("training", "datasets")] == usual
    assert trained[("training", "core.workflow.train")] == usual + NICE
