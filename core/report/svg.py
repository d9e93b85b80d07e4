"""Charts as SVG made by hand: they are part of the page's own text, and need no script to be read or printed.

Colours and strokes are classes, of which the page and the report have their own style sheets.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.report.html import esc

WIDTH, HEIGHT = 640, 260  # in the chart's own units: it grows with the page
LEFT, RIGHT, TOP, BOTTOM = 52, 16, 30, 42
LETTER = 6.6  # width of a letter, on average
LINE = 14  # height of a line of text
TICKS = 5


@dataclass(frozen=True)
class Line:
    """Points (x, y) from left to right, `joined` by a line or a dot at each, or both; `spread` [points] is
    drawn to both sides of each."""

    name: str
    points: Sequence[tuple[float, float]]
    spread: Sequence[float] = ()
    dots: bool = False
    joined: bool = True


def chart(
    lines: Sequence[Line],
    label: str,
    x: str,
    *,
    levels: Sequence[tuple[str, float]] = (),
    log_x: bool = False,
    mark: tuple[float, str] | None = None,
) -> str:
    """Lines over one another, in SVG; `levels` are horizontal lines with a name. Empty where nothing is to be
    drawn.

    `label` is what a screen reader says, `x` the axis. `mark` is a vertical line with a word on it.
    """
    finite = [
        (line, [(a, b) for a, b in line.points if math.isfinite(a) and math.isfinite(b)])
        for line in lines
    ]
    drawn = [(line, points) for line, points in finite if points]
    if not drawn:
        return ""
    levels = [(name, value) for name, value in levels if math.isfinite(value)]
    across = [a for _, points in drawn for a, _ in points]
    up = [b for _, points in drawn for _, b in points] + [value for _, value in levels]
    reach = max([width for line, _ in drawn for width in line.spread], default=0.0)
    low, high = _padded(min(up) - reach, max(up) + reach)
    left, right = min(across), max(across)
    scale = math.log10 if log_x else float

    def at_x(value: float) -> float:
        share = (scale(value) - scale(left)) / ((scale(right) - scale(left)) or 1)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def at_y(value: float) -> float:
        share = (min(max(value, low), high) - low) / ((high - low) or 1)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    across_ticks = powers(left, right) if log_x else ticks(left, right)
    parts = [_frame(ticks(low, high), across_ticks, at_x, at_y, x)]
    if mark:
        parts.append(_mark(at_x(mark[0]), mark[1]))
    for _, value in levels:
        parts.append(
            f'<line class="tt-level" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at_y(value):.1f}" '
            f'y2="{at_y(value):.1f}"/>'
        )
    for name, value in _named(levels, (high - low) * LINE / (HEIGHT - TOP - BOTTOM)):
        parts.append(
            f'<text class="tt-level" x="{WIDTH - RIGHT}" y="{at_y(value) - 4:.1f}" '
            f'text-anchor="end">{esc(name)}</text>'
        )
    for number, (line, points) in enumerate(drawn):
        kind = f"tt-series tt-series-{number}"
        path = " ".join(f"{at_x(a):.1f},{at_y(b):.1f}" for a, b in points)
        if line.joined:
            parts.append(f'<polyline class="{kind}" points="{path}"/>')
        if line.dots:
            parts += [
                f'<circle class="{kind}" cx="{at_x(a):.1f}" cy="{at_y(b):.1f}" r="4"/>'
                for a, b in points
            ]
        for (a, b), half in zip(points, line.spread, strict=False):
            parts.append(
                f'<line class="{kind}" x1="{at_x(a):.1f}" x2="{at_x(a):.1f}" '
                f'y1="{at_y(b - half):.1f}" y2="{at_y(b + half):.1f}"/>'
            )
    return (
        f'<svg class="tt-drawing" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{esc(label)}">{"".join(parts)}{_legend(drawn)}</svg>'
    )


def _named(levels: Sequence[tuple[str, float]], least: float) -> list[tuple[str, float]]:
    """The names of the levels and where they stand: of levels closer than `least`, over the highest one."""
    labelled: list[tuple[str, float]] = []
    lowest = math.inf
    for name, value in sorted(levels, key=lambda level: -level[1]):
        if lowest - value < least:
            labelled[-1] = (f"{labelled[-1][0]} · {name}", labelled[-1][1])
        else:
            labelled.append((name, value))
        lowest = value
    return labelled


def _legend(drawn: Sequence[tuple[Line, object]]) -> str:
    parts, place = [], float(LEFT)
    for number, (line, _) in enumerate(drawn):
        kind = f"tt-series tt-series-{number}"
        parts.append(
            f'<line class="{kind}" x1="{place:.0f}" x2="{place + 18:.0f}" y1="10" y2="10"/>'
            f'<text x="{place + 24:.0f}" y="14">{esc(line.name)}</text>'
        )
        wide = sum(2 if ord(letter) > 0x2E80 else 1 for letter in line.name)
        place += 42 + LETTER * wide
    return "".join(parts)


def _mark(place: float, word: str) -> str:
    anchor, shift = ("end", -5) if place > WIDTH / 2 else ("start", 5)
    return (
        f'<line class="tt-mark" x1="{place:.1f}" y1="{TOP}" x2="{place:.1f}" y2="{HEIGHT - BOTTOM}"/>'
        f'<text class="tt-mark" x="{place + shift:.1f}" y="{TOP + 10}" text-anchor="{anchor}">'
        f"{esc(word)}</text>"
    )


def _frame(
    up: Sequence[float],
    across: Sequence[float],
    at_x: Callable[[float], float],
    at_y: Callable[[float], float],
    x: str,
) -> str:
    foot = HEIGHT - BOTTOM
    parts = []
    for value in up:
        parts.append(
            f'<line class="tt-rule" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at_y(value):.1f}" '
            f'y2="{at_y(value):.1f}"/><text x="{LEFT - 6}" y="{at_y(value) + 4:.1f}" '
            f'text-anchor="end">{value:g}</text>'
        )
    for value in across:
        parts.append(
            f'<text x="{at_x(value):.1f}" y="{foot + 16}" text-anchor="middle">{value:,g}</text>'
        )
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{HEIGHT - 6}" text-anchor="middle">{esc(x)}</text>')
    return "".join(parts)


def ticks(low: float, high: float) -> list[float]:
    """Some round numbers from `low` to `high`."""
    span = high - low
    if span <= 0:
        return [low]
    rough = span / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * multiple for multiple in (1, 2, 5, 10) if power * multiple >= rough)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]


def powers(low: float, high: float) -> list[float]:
    """The powers of ten from `low` to `high`, or the ends where there are fewer than two."""
    between = range(math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9) + 1)
    return [10.0**power for power in between] if len(between) > 1 else [low, high]


def _padded(low: float, high: float) -> tuple[float, float]:
    room = 0.08 * (high - low) or 0.05
    return low - room, high + room
