"""Deserialisation: values of JSON as frozen dataclasses, checked against their types."""

from __future__ import annotations

import functools
import typing
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from types import UnionType
from typing import Any, Literal, TypeVar, Union, cast

from core.io.json_files import Damaged
from core.words import Message

MAX_INT = 2**63 - 1  # larger ones are no counts, and too large for a float at some size
T = TypeVar("T")


def decode(kind: type[T], value: Any) -> T:
    """The `kind` that `value` is the JSON of, as `dataclasses.asdict` gives it: every field is there. Lists
    become tuples, and whole numbers do for `float`. Raises Damaged that names the place."""
    return cast(T, _decode(kind, value, ""))


def _decode(kind: Any, value: Any, where: str) -> Any:
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, UnionType):
        return _first(args, value, where)
    if origin is Literal:
        return _checked(value, value in args, where)
    if origin in (tuple, list, Sequence):
        items = _items(args, value, where)
        return list(items) if origin is list else items
    if origin in (Mapping, dict):
        checked = _checked(value, isinstance(value, dict), where)
        return {name: _decode(args[1], inner, f"{where}.{name}") for name, inner in checked.items()}
    if kind is Any:
        return value
    if kind is Message:
        try:
            return Message.from_json(value)
        except ValueError as error:
            raise Damaged(where) from error
    if is_dataclass(kind) and isinstance(value, dict):
        return _fields(kind, value, where)
    return _checked(value, _is(value, kind), where)


def _first(kinds: tuple[Any, ...], value: Any, where: str) -> Any:
    for kind in kinds:
        try:
            return _decode(kind, value, where)
        except Damaged:
            continue
    raise Damaged(where)


def _items(kinds: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise Damaged(where)
    if len(kinds) == 1 or kinds[1] is Ellipsis:
        return tuple(_decode(kinds[0], item, f"{where}[]") for item in value)
    if len(kinds) != len(value):
        raise Damaged(where)
    return tuple(map(_decode, kinds, value, [f"{where}[]"] * len(value)))


def _fields(kind: Any, value: Mapping[str, Any], where: str) -> Any:
    hints, values = _hints(kind), {}
    for field in fields(kind):
        inside = f"{where}.{field.name}"
        if field.name not in value:
            raise Damaged(inside)
        inner = _decode(hints[field.name], value[field.name], inside)
        if field.init:
            values[field.name] = inner
    return kind(**values)


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _is(value: Any, kind: Any) -> bool:
    if isinstance(value, bool) or value is None:
        return type(value) is kind
    if isinstance(value, int) and abs(value) > MAX_INT:
        return False
    return isinstance(value, int | float if kind is float else kind)


def _checked(value: Any, good: bool, where: str) -> Any:
    if not good:
        raise Damaged(where)
    return value
