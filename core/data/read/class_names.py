"""Class names that the library datasets writes into a file beside numbers (ClassLabel)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from core.data.read.grid import wrong_cell

KEY = b"huggingface"
MAX_NAMES = 10_000  # names of a column
MAX_BYTES = 4 * 1024 * 1024  # bytes of all that is said of a file's columns
MAX_DEPTH = 3  # lists around a label


def class_names(schema: pa.Schema) -> Mapping[str, Sequence[str]]:
    """The names of the labels by column, of columns that have any: label 0 is the first. Whatever does not
    say so properly is passed over."""
    said = (schema.metadata or {}).get(KEY, b"")
    if not said or len(said) > MAX_BYTES:
        return {}
    try:
        features = json.loads(said)["info"]["features"]
        names_by_column = {str(name): _names(feature) for name, feature in features.items()}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {}
    return {name: names for name, names in names_by_column.items() if names}


def _names(feature: Any, deep: int = 0) -> Sequence[str]:
    """The names of a ClassLabel, or of lists of them in any way in which datasets has written these."""
    if isinstance(feature, list) and len(feature) == 1:
        feature = {"feature": feature[0]}
    if not isinstance(feature, Mapping) or deep > MAX_DEPTH:
        return ()
    if "feature" in feature:
        return _names(feature["feature"], deep + 1)
    names = feature.get("names")
    if (
        feature.get("_type") != "ClassLabel"
        or not isinstance(names, list)
        or len(names) > MAX_NAMES
    ):
        return ()
    right = all(isinstance(name, str) and name and not wrong_cell("", name) for name in names)
    return names if right and len(set(names)) == len(names) else ()


def class_name(value: Any, names: Sequence[str]) -> Any:
    """The name of a label, or of each in a list; nothing for -1, which stands for no label. A number that has
    no name stays."""
    if isinstance(value, list):
        return [class_name(item, names) for item in value]
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    if value == -1:
        return None
    return names[value] if 0 <= value < len(names) else value
