"""Costs of training that were measured before Start, kept from one start of the program to the next."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
from dataclasses import dataclass
from pathlib import Path

from core.io.json_files import read_json, replace_json
from core.io.typed import decode
from core.runs.store import home

VERSION = 5  # of what is kept, and of how fast this code is

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Cost:
    """Costs of training on this machine with one model and one kind of settings, in seconds and bytes.

    A step costs `step`, and `token` for each token of its batch with its padding; `evaluated`, `tested` and
    `kept` are per token of rows that are scored while training, scored at the end, and sent through frozen
    layers once; `counted` is per character, or whatever `core.simple_models.fit.Baseline.work` counts, that
    the simple model learns from. `once` does not grow. `memory` is the most that was held, `fixed` the part
    of it that is the same for any batch: the program, the weights, their gradients and the optimizer's two
    numbers for each, which is `weight` for each parameter.
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
    weight: float

    def beside(self, slower: float, wider: float, parameters: int) -> Cost:
        """The cost, about, with a model that takes `slower` times as long for a step, keeps `wider`
        times as much of each row, and has so many `parameters` more."""
        more = round(parameters * self.weight)
        return dataclasses.replace(
            self,
            step=slower * self.step,
            token=slower * self.token,
            evaluated=slower * self.evaluated,
            tested=slower * self.tested,
            kept=slower * self.kept,
            memory=self.fixed + more + round(wider * (self.memory - self.fixed)),
            fixed=self.fixed + more,
        )


def kept() -> dict[str, Cost]:
    """Costs by what each depends on; empty when nothing was measured yet, or by another version, or where the
    file is damaged."""
    try:
        return {key: decode(Cost, cost) for key, cost in read_json(_file()).items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError) as error:
        log.info("%s is measured anew: %s", _file().name, repr(error))
        return {}


def keep(costs: dict[str, Cost]) -> None:
    with contextlib.suppress(OSError):  # it is measured again, then
        _file().parent.mkdir(parents=True, exist_ok=True)
        replace_json(_file(), {key: dataclasses.asdict(c) for key, c in costs.items()})


def _file() -> Path:
    return home() / "preflight.json"
