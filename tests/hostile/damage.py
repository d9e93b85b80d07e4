"""Damage to a file of any format."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable

Damage = Callable[[bytes, random.Random], bytes]


def truncated(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randint(1, len(data) - 1)]


def flipped(data: bytes, rng: random.Random) -> bytes:
    made = bytearray(data)
    for _ in range(rng.choice((1, 5, 50))):
        made[rng.randrange(len(made))] ^= 1 << rng.randrange(8)
    return bytes(made)


def end_flipped(data: bytes, rng: random.Random) -> bytes:
    """Where archives and columnar files say what is where."""
    made = bytearray(data)
    for _ in range(rng.choice((1, 4))):
        made[-rng.randint(1, min(300, len(made)))] = rng.randrange(256)
    return bytes(made)


def zeroed(data: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(data))
    end = min(len(data), start + rng.choice((1, 16, 400)))
    return data[:start] + bytes(end - start) + data[end:]


def numbers_changed(data: bytes, rng: random.Random) -> bytes:
    """Lengths and places that lie: large numbers over any four bytes."""
    made = bytearray(data)
    for _ in range(3):
        at = rng.randrange(max(1, len(made) - 4))
        made[at : at + 4] = struct.pack("<I", rng.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 24)))
    return bytes(made)


def moved(data: bytes, rng: random.Random) -> bytes:
    cut = rng.randrange(len(data))
    return rng.choice((data[cut:] + data[:cut], data[:cut] + data, data + data[cut:]))


def noise(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randint(4, 64)] + rng.randbytes(rng.randint(1, 5_000))


DAMAGE: tuple[Damage, ...] = (
    truncated,
    flipped,
    end_flipped,
    zeroed,
    numbers_changed,
    moved,
    noise,
)
