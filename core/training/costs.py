"""What was measured before Start, kept from one start of the program to the next."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from core.runs import home

VERSION = 4  # of what is kept, and of how fast this code is


@dataclass(frozen=True)
class Cost:
    """What things cost here with one model and one kind of settings, in seconds and bytes.

    A step costs `step`, and `token` for each token of its batch with its padding; `evaluated`, `tested` and
    `kept` are per token of rows that are scored while training, scored at the end, and sent through frozen
    layers once; `counted` is per character, or whatever `baselines.Plain.work` counts, that the simple model
    learns from. `once` does not grow. `memory` is the most that was held, `fixed` the part of it that is the
    same for any batch: the program, the weights, their gradients and the optimizer's two numbers for each.
    """

    step: float
    token: float
    evaluated: float
    tested: float
    kept: float
    counted: float
    once: float
    memory: int
    fixed: int


def kept() -> dict[str, Cost]:
    """By what each depends on; empty when nothing was measured yet, or by another version."""
    try:
        raw = json.loads(_file().read_text(encoding="utf-8"))
        return {str(key): Cost(**value) for key, value in raw.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def keep(costs: dict[str, Cost]) -> None:
    with contextlib.suppress(OSError):  # it is measured again, then
        _file().parent.mkdir(parents=True, exist_ok=True)
        _file().write_text(json.dumps({key: dataclasses.asdict(c) for key, c in costs.items()}))


def _file() -> Path:
    return home() / "preflight.json"
