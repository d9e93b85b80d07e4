"""Modalities: the kinds of data that can be learned from, by the name that recipes and tables give them."""

from __future__ import annotations

from core.data.table import Table
from core.errors import UserError
from core.modalities.base import Modality
from core.modalities.image import ImageModality
from core.modalities.text import TextModality

KINDS: dict[str, type[Modality]] = {kind.key: kind for kind in (TextModality, ImageModality)}


def by_key(key: str) -> type[Modality]:
    """Raises UserError for a recipe that names an unknown one."""
    if key not in KINDS:
        raise UserError("recipe_unreadable")
    return KINDS[key]


def modality_of(table: Table) -> Modality:
    """What the rows of a table are."""
    return by_key(table.modality).of(table)
