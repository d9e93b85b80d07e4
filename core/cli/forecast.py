"""Forecast of what several runs take, said before the first of them starts."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from core.cli.out import tell
from core.words import Message, say

if TYPE_CHECKING:
    from core.data.table import Table
    from core.jobs.forecast import Part
    from core.runs.store import RunStore


def tell_cost(
    store: RunStore,
    table: Table,
    parts: Sequence[Part[Any]],
    extra: Table | None,
    named: Callable[[Part[Any]], Message] | None = None,
) -> list[float | None]:
    """Tell the number of runs and their minutes. Returns the seconds of each part, None where unknown.

    Parts that are not `named` are alike: each takes as long as the first that is still to be trained.
    """
    from core.jobs.forecast import absent, seconds

    to_do = [part for part in parts if not part.done]
    tell(say("cli.forecast.runs", runs=len(to_do), done=len(parts) - len(to_do)))
    if not to_do:
        return [0.0] * len(parts)
    missing = absent(store, to_do)
    tell(say(missing or "cli.measuring"))
    measured = to_do if named else to_do[:1]
    estimates = list(seconds(store, table, measured, extra, lambda preflight: preflight.estimate()))
    known = iter(estimates if named else estimates * len(to_do))
    every = [0.0 if part.done else next(known) for part in parts]
    if named:
        for part, took in zip(parts, every, strict=True):
            tell(f"  {named(part)}: {_minutes(part.done, took)}")
    if missing is not None:
        return every
    if None in every:
        tell(say("cli.forecast.unknown"))
    else:
        tell(say("cli.forecast.all", minutes=sum(took or 0.0 for took in every) / 60))
    return every


def _minutes(done: bool, took: float | None) -> str:
    if done:
        return say("cli.forecast.done")
    return "?" if took is None else say("cli.forecast.part", minutes=took / 60)


def print_cost(parts: Sequence[Part[Any]], every: Sequence[float | None], names: Any) -> None:
    """The forecast as JSON, for `--dry-run`."""
    known = [took for took in every if took is not None]
    answer = {
        "runs": sum(not part.done for part in parts),
        "seconds": sum(known) if len(known) == len(every) else None,
        "parts": [
            {**names(part), "done": part.done, "seconds": took}
            for part, took in zip(parts, every, strict=True)
        ],
    }
    print(json.dumps(answer, ensure_ascii=False))
