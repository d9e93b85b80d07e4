"""What is read from JSON is what the types say, or damaged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import pytest

from core.io.json_files import Damaged
from core.io.typed import decode
from core.words import Message, message


@dataclass(frozen=True)
class Inner:
    a: int
    kind: Literal["inner"] = field(default="inner", init=False)


@dataclass(frozen=True)
class Outer:
    one: Inner | None
    many: Mapping[str, tuple[Inner, ...]]
    pair: tuple[float, str]
    said: Message


@pytest.mark.parametrize(
    ("value", "kind", "fits"),
    [
        (5, int, True),
        (True, int, False),
        (True, float, False),
        (5, float, True),
        ("x", int | None, False),
        (None, int | None, True),
        ([1, "x"], Sequence[int], False),
        ([1, "x"], list[Any], True),
        ({"a": [1]}, dict[str, list[int]], True),
        ([1], Mapping[str, int], False),
        (5, Mapping[str, int] | None, False),
        (10**400, int, False),
        (10**400, float, False),
        ({"a": 1, "kind": "inner", "b": 2}, Inner, True),
        ({"a": 1, "kind": "other"}, Inner, False),
        ({"a": 1}, Inner, False),
        ([], Inner, False),
        ([1.5, "x"], tuple[float, str], True),
        ([1.5], tuple[float, str], False),
    ],
)
def test_kinds(value: Any, kind: Any, fits: bool) -> None:
    if fits:
        decode(kind, value)
    else:
        with pytest.raises(Damaged):
            decode(kind, value)


def test_what_was_written_is_read_back() -> None:
    outer = Outer(Inner(1), {"x": (Inner(2), Inner(3))}, (4, "y"), message("ui.crash"))
    assert decode(Outer, asdict(outer)) == outer


def test_the_place_of_the_damage_is_named() -> None:
    outer = asdict(Outer(None, {"x": (Inner(2),)}, (4, "y"), message("ui.crash")))
    outer["many"]["x"][0]["a"] = "2"
    with pytest.raises(Damaged, match=r"\.many\.x\[\]\.a"):
        decode(Outer, outer)
