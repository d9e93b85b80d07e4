"""Word attribution: which words of a text pushed an answer, and which way.

A word's weight is what its removal takes from the log-odds of the label: above 0 it speaks for the label,
below 0 against it. In scripts that write no spaces the model's tokens stand for words. Nothing but answers is
needed, so it works for every model; `benchmarks.explanations` shows why it is done this way.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.modalities import segmentation
from core.modalities.segmentation import Unit
from core.modalities.text import Place, Text
from core.tasks.metrics import Floats

if TYPE_CHECKING:
    from core.export.predictor import Predictor

MOST = 64  # texts that are asked about for one explanation
HINTED = 20  # of them where hints, which cost as much as the rest, say about which
PARTS = 4  # into which a stretch of words is divided, and stretches that are divided at a time
FAINT = 0.02  # of the strongest weight: below it nobody looks closer
SMALLEST = 1e-9  # probability, and distance from 1, at which log-odds end

Ask = Callable[[Sequence[Text]], Floats]  # texts -> probabilities [texts, classes]
OnProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class Piece:
    """A word, or a stretch of them that was left out as a whole, and what it weighs in nats."""

    units: tuple[Unit, ...]
    weight: float

    def of(self, text: Text) -> str:
        """Words of the piece as they stand in the text."""
        return (text[self.units[0].cell] or "")[self.units[0].start : self.units[-1].end]


@dataclass(frozen=True)
class Explanation:
    """`pieces` in the order of the text. `reach` is how many characters of it, and of the second one of a
    pair, the model reads. `sure` is the probability of the label, `without` what is left of it without the
    piece that weighs most (None where there is none)."""

    pieces: tuple[Piece, ...]
    reach: tuple[int, int]
    sure: float
    without: float | None

    @property
    def strongest(self) -> Piece | None:
        return max(self.pieces, key=lambda piece: piece.weight, default=None)


def explain(
    model: Predictor, text: Text, label: int, on_progress: OnProgress = lambda done, total: None
) -> Explanation:
    """Explanation of why the model gives this label (its number) to the text, or does not.

    Exact where its score is a sum over words, else by `occlusion`. `on_progress` is told how many texts were
    asked about, and how many will be at most.
    """
    reach = model.reach(text)
    seen = text[0][: reach[0]], None if text[1] is None else text[1][: reach[1]]
    units = units_of(seen, model.tokens(seen))
    weights = model.parts(seen, units, label)
    if weights is None:
        hints = model.hints(seen, units, label) if len(units) > MOST else None
        pieces = occlusion(model.probabilities, seen, units, label, on_progress, hints)
    else:
        pieces = [Piece((unit,), float(w)) for unit, w in zip(units, weights, strict=True)]
    explanation = Explanation(tuple(pieces), reach, 0.0, None)
    top = explanation.strongest
    asked = [seen, without(seen, top.units)] if top else [seen]
    shares = model.probabilities(asked)[:, label]
    return Explanation(
        explanation.pieces, reach, float(shares[0]), float(shares[1]) if top else None
    )


def units_of(text: Text, tokens: Sequence[Place] | None = None) -> tuple[Unit, ...]:
    """The words of a text or of a pair, in their order. Where words are not divided these are the model's
    `tokens`, or single characters."""
    within = {(cell, at) for cell, start, end in tokens or () for at in range(start + 1, end)}
    units: list[Unit] = []
    for cell, part in enumerate(text):
        at = len(part or "") - len((part or "").lstrip())
        for word, space in segmentation.units(part or ""):
            begun = at
            if units and units[-1].cell == cell and units[-1].end == at and (cell, at) in within:
                begun = units.pop().start
            units.append(Unit(cell, begun, at + len(word)))
            at += len(word) + len(space)
    return tuple(units)


def without(text: Text, units: Iterable[Unit]) -> Text:
    """The text with these units cut out, each with the space after it."""
    cells = [text[0], text[1] or ""]
    for unit in sorted(units, key=lambda unit: unit.start, reverse=True):
        cell = cells[unit.cell]
        cells[unit.cell] = cell[: unit.start] + cell[unit.end :].lstrip()
    return cells[0].strip(), None if text[1] is None else cells[1].strip()


def log_odds(probabilities: Floats) -> Floats:
    """Log-odds in nats; finite also where a model is as sure as its numbers can say."""
    safe = np.clip(probabilities, SMALLEST, 1 - SMALLEST)
    return np.asarray(np.log(safe) - np.log1p(-safe))


def occlusion(
    ask: Ask,
    text: Text,
    units: Sequence[Unit],
    label: int,
    on_progress: OnProgress = lambda done, total: None,
    hints: Floats | None = None,
    most: int = MOST,
) -> list[Piece]:
    """Leave one out (Zeiler and Fergus 2014; Li, Monroe and Jurafsky 2016): ask again without each word.

    A long text is asked about in stretches first; those that matter most are divided again and again, until
    about `most` texts have been asked about. What is left undivided keeps its weight as a whole. With `hints`
    [units] at how much each word matters, those that matter most are asked about one by one, as many as there
    is time for; the others keep the order of their hints, below all of these.
    """
    guessed = []
    if hints is not None and len(units) > HINTED:
        order = np.argsort(-abs(hints), kind="stable")
        guessed = [(units[int(k)], float(hints[k])) for k in order[HINTED:]]
        units = [units[int(k)] for k in np.sort(order[:HINTED])]
    total = min(most, len(units)) + 1
    start = float(log_odds(ask([text]))[0, label])
    on_progress(1, total)
    todo = _divided(units, 1 if len(units) <= most else math.ceil(2 * len(units) / most))
    pieces: list[Piece] = []
    asked = 1
    while todo:
        left = log_odds(ask([without(text, stretch) for stretch in todo]))[:, label]
        pieces += [Piece(stretch, start - float(o)) for stretch, o in zip(todo, left, strict=True)]
        asked += len(todo)
        on_progress(min(asked, total), total)
        faint = FAINT * max(abs(piece.weight) for piece in pieces)
        open_ = [p for p in pieces if len(p.units) > 1 and abs(p.weight) > faint]
        todo = []
        for piece in sorted(open_, key=lambda piece: -abs(piece.weight))[:PARTS]:
            if asked + len(todo) < most:
                pieces.remove(piece)
                todo += _divided(piece.units, math.ceil(len(piece.units) / PARTS))
    # A guess never counts more than what was found out.
    least = min((abs(piece.weight) for piece in pieces), default=0.0)
    most_guessed = max((abs(hint) for _, hint in guessed), default=0.0) or 1.0
    pieces += [Piece((unit,), hint / most_guessed * least) for unit, hint in guessed]
    return sorted(pieces, key=lambda piece: (piece.units[0].cell, piece.units[0].start))


def _divided(units: Sequence[Unit], size: int) -> list[tuple[Unit, ...]]:
    """Stretches of at most `size` units, none across the two texts of a pair."""
    stretches = []
    for cell in (0, 1):
        own = [unit for unit in units if unit.cell == cell]
        stretches += [tuple(own[at : at + size]) for at in range(0, len(own), size)]
    return stretches
