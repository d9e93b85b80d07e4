"""The check of a file by the command line, measured."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 30  # of a processor
HUNG = 300  # seconds after which a check is ended
MEMORY = 1536 * 1024  # KiB
STORIES = ("Traceback", "panicked", "RUST_BACKTRACE", "Fatal Python error")


@dataclass(frozen=True)
class Outcome:
    """How `check` ended: `seconds` of a processor, and in KiB the most `memory` of any of its processes."""

    name: str
    status: int
    seconds: float
    memory: int
    said: str

    @property
    def wrong(self) -> str:
        """What must not be, or nothing."""
        faults = [
            f"status {self.status}" if self.status not in (0, 2) else "",
            f"{self.seconds:.0f} s" if self.seconds > SECONDS else "",
            f"{self.memory // 1024} MiB" if self.memory > MEMORY else "",
            *(story for story in STORIES if story in self.said),
        ]
        return ", ".join(filter(None, faults))


def checked(file: Path) -> Outcome:
    """`python -m core check` on a file, measured."""
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(
            [sys.executable, "-m", "core", "check", str(file)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
        hung = threading.Timer(HUNG, child.kill)
        hung.start()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        hung.cancel()
        said.seek(0)
        text = said.read().decode("utf-8", "replace")
    return Outcome(
        file.name, child.returncode, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, text
    )
