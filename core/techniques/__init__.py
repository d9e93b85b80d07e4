"""The techniques, in the order of the page. Adding one is one file and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.data.profile.profile import Profile
from core.errors import UserError
from core.options import parse
from core.recipe import Recipe
from core.technique import Technique
from core.techniques.adaptive_epochs import AdaptiveEpochs
from core.techniques.adaptive_lr.technique import AdaptiveLr
from core.techniques.augment.picture_technique import AugmentPictures
from core.techniques.augment.technique import Augment
from core.techniques.autotune.technique import Autotune
from core.techniques.class_balance import ClassBalance
from core.techniques.compression.distill import Distill
from core.techniques.compression.prune import Prune
from core.techniques.compression.quantize import Quantize
from core.techniques.compression.vocab_trim import VocabTrim
from core.techniques.continued_pretraining.technique import ContinuedPretraining
from core.techniques.freeze import Freeze
from core.techniques.label_smoothing import LabelSmoothing
from core.techniques.linear_probe import LinearProbe
from core.techniques.lora import Lora
from core.techniques.multitask import Multitask
from core.words import Message, message

ALL: tuple[type[Technique], ...] = (
    Augment,
    AugmentPictures,
    Multitask,
    ContinuedPretraining,
    AdaptiveLr,
    AdaptiveEpochs,
    Autotune,
    LinearProbe,
    Freeze,
    Lora,
    ClassBalance,
    LabelSmoothing,
    Distill,
    Prune,
    VocabTrim,
    Quantize,
)
BY_KEY: dict[str, type[Technique]] = {technique.key: technique for technique in ALL}


def suggested(profile: Profile) -> dict[str, dict[str, Any]]:
    """What a newcomer with this data gets, as the techniques of a recipe: the part of the automatic recipe
    that is switched on or off."""
    return {
        technique.key: {}
        for technique in ALL
        if technique.suggested(profile) and not unavailable(technique, profile)
    }


def unavailable(technique: type[Technique], profile: Profile) -> Message | None:
    """Why it cannot be used on this data, or None."""
    if profile.modality not in technique.modalities:
        return message(f"technique.{technique.key}.not_for.{profile.modality}")
    return technique.unavailable(profile)


def checked(recipe: Recipe, profile: Profile) -> list[Technique]:
    """The techniques of a recipe for this data.

    Raises UserError as `resolve` does, for a recipe that one of them cannot be part of, and for what none of
    them has a use for: a further label column, a file without labels.
    """
    chosen = resolve(recipe.techniques, profile)
    frozen = any(technique.frozen for technique in chosen)
    for technique in chosen:
        technique.check(recipe)
        if frozen and technique.changes_encoder:
            other = message(f"technique.{technique.key}.name")
            raise UserError("linear_probe_with", other=other)
    if recipe.also and not any(technique.joint for technique in chosen):
        raise UserError("also_without_multitask", column=recipe.also[0].column)
    if recipe.data.extra and not any(technique.unlabelled for technique in chosen):
        raise UserError("extra_unused", file=recipe.data.extra.file)
    return chosen


def resolve(
    chosen: Mapping[str, Mapping[str, Any]], profile: Profile | None = None
) -> list[Technique]:
    """The chosen techniques with their checked options, in the order of the registry.

    Raises UserError for an unknown key, a bad option, or one that this data rules out.
    """
    for key in chosen:
        if key not in BY_KEY:
            raise UserError("technique_unknown", name=str(key)[:60], known=", ".join(BY_KEY))
    techniques = [t(parse(t.Options, chosen[t.key], t.key)) for t in ALL if t.key in chosen]
    for technique in techniques:
        reason = unavailable(type(technique), profile) if profile else None
        if reason:
            raise UserError("technique_unavailable", name=technique.key, reason=reason)
    return techniques
