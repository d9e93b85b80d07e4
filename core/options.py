"""Settings as dataclasses: each field says its range, so that checks and widgets are never written twice.

    @dataclass(frozen=True)
    class Options:
        layers: int = option(3, minimum=0, maximum=24)

The page draws a widget for each field, the command line reads `layers=3`, and `parse` checks both. The
words of a field are in the locales, under the prefix that the owner of the settings gives.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import UserError


@dataclasses.dataclass(frozen=True)
class Range:
    """What a field accepts: numbers from `minimum` to `maximum` (inclusive), or one of `choices`."""

    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()


def option(
    default: Any,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    step: float | None = None,
    choices: Sequence[str] = (),
) -> Any:
    """A dataclass field that carries its range."""
    limits = Range(minimum, maximum, step, tuple(choices))
    return dataclasses.field(default=default, metadata={"range": limits})


@dataclasses.dataclass(frozen=True)
class Field:
    """One setting as the page and the command line see it."""

    name: str
    type: type
    optional: bool
    default: Any
    range: Range


def fields_of(cls: type) -> tuple[Field, ...]:
    """The settings of an options dataclass, in their order."""
    hints = typing.get_type_hints(cls)
    found = []
    for field in dataclasses.fields(cls):
        kinds = [hints[field.name]]
        if typing.get_origin(kinds[0]) in (typing.Union, types.UnionType):
            kinds = list(typing.get_args(kinds[0]))
        kind = next(k for k in kinds if k is not type(None))
        limits = field.metadata.get("range", Range())
        found.append(Field(field.name, kind, type(None) in kinds, field.default, limits))
    return tuple(found)


T = typing.TypeVar("T")


def parse(cls: type[T], values: Mapping[str, Any], owner: str) -> T:
    """Build `cls` from untrusted values (strings, numbers, booleans, None).

    `owner` names the settings in the messages. Raises UserError for an unknown name, a value of the wrong
    type, one that is out of range or not among the choices.
    """
    known = {field.name: field for field in fields_of(cls)}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise UserError(
            "option_unknown", owner=owner, name=unknown[0], known=", ".join(known) or "-"
        )
    return cls(**{name: _convert(known[name], value, owner) for name, value in values.items()})


def _convert(field: Field, value: Any, owner: str) -> Any:
    limits = field.range

    def refused(key: str, **more: str) -> UserError:
        shown = "" if value is None else str(value)[:60]
        return UserError(key, owner=owner, name=field.name, value=shown, **more)

    if value is None or value == "":
        if field.optional:
            return None
        raise refused("option_type")
    try:
        converted = _TO[field.type](value)
    except (ValueError, TypeError, KeyError, OverflowError):
        raise refused("option_type") from None
    if limits.choices and converted not in limits.choices:
        raise refused("option_choice", choices=", ".join(limits.choices))
    low = -math.inf if limits.minimum is None else limits.minimum
    high = math.inf if limits.maximum is None else limits.maximum
    if field.type in (int, float) and not low <= converted <= high:
        raise refused("option_range", low=str(limits.minimum), high=str(limits.maximum))
    return converted


def _to_int(value: Any) -> int:
    if isinstance(value, bool) or float(value) != int(float(value)):
        raise ValueError(value)
    return int(float(value))


def _to_float(value: Any) -> float:
    if isinstance(value, bool) or not math.isfinite(float(value)):
        raise ValueError(value)
    return float(value)


def _to_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[
        str(value).strip().lower()
    ]


_TO: dict[type, Any] = {int: _to_int, float: _to_float, bool: _to_bool, str: str}
