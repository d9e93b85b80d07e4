"""Answers about a run that stand in files of their own in its folder: to the questions of
`core.workflow.diagnostics`, and whether the texts that were corrected before it are now answered right."""

from __future__ import annotations

from dataclasses import dataclass

from core.io.json_files import Damaged


@dataclass(frozen=True)
class Suspect:
    """Label issue: a row whose label looks wrong, with the probability that it is (0 to 1), and what is
    suggested with its probability. `side` of the split is "train", "validation", "test" or "left_out"."""

    line: int
    text: str
    given: str
    suggested: str
    confidence: float
    wrong: float
    side: str


@dataclass(frozen=True)
class Suspects:
    """Label issues, the most doubtful first, of the `rows` that were judged by `models`; `unjudged` are of
    labels with too few rows, or that the models do not recognise. `labels` are what the label of a row can be
    changed to: any one of them, or, where a row has several, what is suggested."""

    rows: int
    unjudged: int
    models: tuple[str, ...]
    column: str
    labels: tuple[str, ...]
    suspects: tuple[Suspect, ...]


@dataclass(frozen=True)
class Point:
    """Mean scores (0 to 1) of models that learned `rows` rows, with their standard deviation over the
    draws."""

    rows: int
    accuracy: float
    accuracy_spread: float
    macro_f1: float
    macro_f1_spread: float


@dataclass(frozen=True)
class LearningCurve:
    """Learning curve: `gain` is that of the last doubling in macro-F1, with its 95 % interval; `promise` the
    likely range (10 to 90 %) of what the next doubling brings, None where the points follow no power law or
    the gain is not clear. `model` is who learned: "embedding" or "tfidf"; of very many `rows` a part is
    `used`.
    """

    points: tuple[Point, ...]
    draws: int
    model: str
    gain: tuple[float, float, float]  # value, low, high
    promise: tuple[float, float] | None
    used: int = 0
    rows: int = 0

    def __post_init__(self) -> None:
        drawn = [end for point in self.points for end in (point.macro_f1, point.macro_f1_spread)]
        if not self.points or not all(0 <= end <= 1 for end in drawn):
            raise Damaged("points")

    @property
    def clear(self) -> bool:
        """Is the last gain more than chance?"""
        return self.gain[1] > 0


@dataclass(frozen=True)
class Tally:
    """How many `texts` there are, and how many of them are answered `right`."""

    texts: int
    right: int

    def __post_init__(self) -> None:
        if not 0 <= self.right <= self.texts:
            raise Damaged("right")


@dataclass(frozen=True)
class Corrected:
    """Texts that a person had corrected before the training, and how the trained model answers them: those
    that it was trained on or chosen by, and those that are among its test rows."""

    seen: Tally
    unseen: Tally

    @property
    def all(self) -> Tally:
        return Tally(self.seen.texts + self.unseen.texts, self.seen.right + self.unseen.right)


ANSWERS: dict[str, type] = {
    "suspects": Suspects,
    "learning_curve": LearningCurve,
    "corrected": Corrected,
}
