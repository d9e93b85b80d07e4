"""When a run does not fit into memory, or would take long: what to change, by the pre-flight's arithmetic."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.data.profile.profile import Profile
from core.errors import UserError
from core.modalities import by_key
from core.models.catalog import BY_KEY, Entry
from core.recipe import Recipe
from core.technique import Technique
from core.techniques import ALL, checked
from core.words import Message, message
from core.workflow.preflight import Estimate

LONG = 20 * 60  # seconds after which fast mode is suggested
SHORTEST = 32  # tokens that texts are cut to at most
MOST_ACCUMULATION = 64
PER_PARAMETER = 16  # bytes: the weight, its gradient, and two numbers of the optimizer


@dataclass(frozen=True)
class Remedy:
    """One change that would help: settings to set, a technique to tick, or another model to pick."""

    what: Message
    settings: Mapping[str, Any] = field(default_factory=dict)
    technique: str = ""
    model: str = ""


def remedies(estimate: Estimate, recipe: Recipe, profile: Profile) -> list[Remedy]:
    """Changes that would make the run fit; where it fits but takes long, those that would make it faster."""
    # The quickest first: each kind of data has one.
    fast = [technique for technique in ALL if technique.fast]
    quick = None
    if not any(technique.key in recipe.techniques for technique in fast):
        quick = next((technique for technique in fast if _goes(technique, recipe, profile)), None)
    if not estimate.fits:
        return list(_smaller(estimate, recipe, quick))
    if (estimate.seconds or 0) > LONG and quick:
        return [Remedy(message(f"remedy.time.{quick.key}"), technique=quick.key)]
    return []


def _goes(technique: type[Technique], recipe: Recipe, profile: Profile) -> bool:
    """Can the technique be ticked besides those that are ticked?"""
    more = dataclasses.replace(recipe, techniques={**recipe.techniques, technique.key: {}})
    try:
        checked(more, profile)
    except UserError:
        return False
    return True


def _smaller(estimate: Estimate, recipe: Recipe, quick: type[Technique] | None) -> Iterator[Remedy]:
    spec, room = estimate.plan.spec, estimate.available - estimate.fixed
    batch, length = spec.batch_size, spec.max_length
    wanted = max(1, estimate.memory - estimate.fixed)
    smaller = batch
    while smaller > 1 and wanted * smaller > room * batch:
        smaller //= 2
    times = spec.accumulation * batch // smaller
    if smaller < batch and wanted * smaller <= room * batch and times <= MOST_ACCUMULATION:
        yield Remedy(
            message("remedy.batch", batch=smaller, times=times),
            {"batch_size": smaller, "accumulation": times},
        )
    shorter = int(length * room / wanted) // 8 * 8
    if SHORTEST <= shorter < length and not estimate.plan.facts.one_length:
        yield Remedy(message("remedy.length", tokens=shorter), {"max_length": shorter})
    # Half of the layers, or more, hold nothing back for their gradients.
    if quick and wanted / 2 <= room:
        yield Remedy(message(f"remedy.{quick.key}"), technique=quick.key)
    model = BY_KEY.get(recipe.model.key)
    other = max(
        (
            entry
            for entry in by_key(recipe.data.modality).models
            if model and _fits(entry, model, estimate)
        ),
        key=lambda entry: entry.parameters,
        default=None,
    )
    if other:
        yield Remedy(message("remedy.model", model=other.title), model=other.key)


def _fits(other: Entry, model: Entry, estimate: Estimate) -> bool:
    """Would a smaller model for the same languages fit?"""
    if other.parameters >= model.parameters or other.languages not in (model.languages, "many"):
        return False
    fixed = estimate.fixed - PER_PARAMETER * 10**6 * (model.parameters - other.parameters)
    wanted = (estimate.memory - estimate.fixed) * other.parameters / model.parameters
    return fixed + wanted <= estimate.available
