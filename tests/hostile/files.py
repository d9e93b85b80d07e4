"""Hostile files from a seed: the special ones in turn with damaged ones of every format."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass

from tests.hostile.archives import ARCHIVES
from tests.hostile.columnar import COLUMNAR
from tests.hostile.damage import DAMAGE, Damage
from tests.hostile.proper import PROPER, Maker
from tests.hostile.texts import TEXTS
from tests.hostile.workbooks import WORKBOOKS

SPECIAL = {**TEXTS, **WORKBOOKS, **COLUMNAR, **ARCHIVES}


@dataclass(frozen=True)
class Made:
    """A file: what it is called, and its bytes."""

    name: str
    data: bytes


def damaging(maker: Maker, damage: Damage) -> Maker:
    return lambda rng: damage(maker(rng), rng)


def make(seed: int, count: int) -> Iterator[Made]:
    """`count` files: each of the special ones in turn with damaged ones of every format."""
    damaged = [
        (f"{damage.__name__}.{kind}", damaging(maker, damage))
        for kind, maker in PROPER.items()
        for damage in DAMAGE
    ]
    random.Random(seed).shuffle(damaged)  # so that a few of them are of many kinds
    special = list(SPECIAL.items())
    random.Random(seed + 1).shuffle(special)
    of_both = itertools.chain.from_iterable(
        zip(itertools.cycle(special), itertools.cycle(damaged), strict=False)
    )
    for number, (name, how) in enumerate(itertools.islice(of_both, count)):
        yield Made(f"{number:03}-{name}", how(random.Random(seed * 1_000_003 + number)))
