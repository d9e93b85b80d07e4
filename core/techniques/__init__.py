"""The techniques, in the order of the page. Adding one is one file and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.data.profile import Profile
from core.errors import UserError
from core.options import parse
from core.techniques.adaptive_epochs import AdaptiveEpochs
from core.techniques.adaptive_lr import AdaptiveLr
from core.techniques.augment import Augment
from core.techniques.augment_pictures import AugmentPictures
from core.techniques.autotune import Autotune
from core.techniques.base import Technique
from core.techniques.class_balance import ClassBalance
from core.techniques.continued_pretraining import ContinuedPretraining
from core.techniques.distill import Distill
from core.techniques.freeze import Freeze
from core.techniques.label_smoothing import LabelSmoothing
from core.techniques.linear_probe import LinearProbe
from core.techniques.lora import Lora
from core.techniques.multitask import Multitask
from core.techniques.prune import Prune
from core.techniques.quantize import Quantize
from core.techniques.vocab_trim import VocabTrim
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
