"""Result: measurements of a run, one for each label column; metrics.json is its file.

All scores are shares from 0 to 1 on the test rows, if nothing else is said.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import UserError
from core.evidence import Block
from core.io.json_files import Damaged, read_json
from core.io.typed import decode
from core.recipe import TrainSpec
from core.words import Message

FILE = "metrics.json"
FORMAT = 1  # of the file: one more whenever it is written otherwise
PLAIN = ("tfidf", "colours")  # the simple models of which every run has one
SIMPLE = (*PLAIN, "embedding")  # the simplest first
SCORES = ("accuracy", "balanced_accuracy", "macro_f1", "roc_auc")  # that have an interval
CLASS_SCORES = ("precision", "recall", "f1")  # the same of a class
Interval = tuple[float, float]  # 95 %, low and high


class OtherFormat(UserError):
    """A result that another version of TickTune has written."""


@dataclass(frozen=True)
class PerClass:
    """Precision, recall and F1 of one class, with their `intervals` (None where no draw tells anything)."""

    label: str
    precision: float
    recall: float
    f1: float
    rows: int
    intervals: Mapping[str, Interval | None]

    def __post_init__(self) -> None:
        _check(self.intervals, CLASS_SCORES)


@dataclass(frozen=True)
class Scores:
    """Scores of a model's answers, with `intervals` of some of them by name.

    `loss` is the mean cross-entropy in nats, `confidence` the mean probability of the answers. `roc_auc` is
    one class against the rest, the mean over the classes that can be judged: those in `roc_auc_left_out`
    cannot. Where a row may have several labels there is no `confusion` matrix [true, predicted].
    """

    rows: int
    accuracy: float
    macro_f1: float
    micro_f1: float | None  # where a row may have several labels
    loss: float
    confidence: float
    per_class: tuple[PerClass, ...]
    confusion: tuple[tuple[int, ...], ...] | None
    balanced_accuracy: float | None
    roc_auc: float | None
    roc_auc_left_out: tuple[str, ...]
    intervals: Mapping[str, Interval | None]

    def __post_init__(self) -> None:
        _check(self.intervals, SCORES)
        if not (0 <= self.accuracy <= 1 and 0 <= self.macro_f1 <= 1):
            raise Damaged("scores")


@dataclass(frozen=True)
class Validation:
    """Scores on the validation rows."""

    rows: int
    accuracy: float
    macro_f1: float
    loss: float


@dataclass(frozen=True)
class AbstentionCurve:
    """Reject option: for each limit of certainty (`core.evaluation.abstention.STEPS`) the share of the
    validation rows that is `answered`, and how many of the answers are `right` (None without an answer); the
    `suggested` limit, None where none will do."""

    rows: int
    answered: tuple[float, ...]
    right: tuple[float | None, ...]
    suggested: float | None

    def __post_init__(self) -> None:
        if len(self.answered) != len(self.right):
            raise Damaged("abstention")


@dataclass(frozen=True)
class Bin:
    """A bin of a reliability diagram: the mean `confidence` of its claims and the share that is `right`, with
    the interval of that."""

    rows: int
    confidence: float
    right: float
    interval: Interval


@dataclass(frozen=True)
class Reliability:
    """Reliability diagram, and the expected calibration error: the mean over the claims of how far its bins
    are off."""

    ece: float
    bins: tuple[Bin, ...]


@dataclass(frozen=True)
class Calibration:
    """Temperature scaling: what the logits were divided by, chosen on so many validation `rows`, and how
    reliable the test rows' probabilities are without and with it. `skipped` says why it was left at 1."""

    temperature: float
    rows: int
    skipped: Message | None
    before: Reliability
    after: Reliability


@dataclass(frozen=True)
class Compared(Scores):
    """Scores of a simple model, and what is known of it besides: `seconds` of the fit, the rows that it
    learned from. Of "majority" there is no more than scores."""

    seconds: float = 0.0
    train_rows: int = 0
    validation: Validation | None = None
    threshold: float | None = None
    abstention: AbstentionCurve | None = None
    calibration: Calibration | None = None


@dataclass(frozen=True)
class Change:
    """A score (0 to 1) minus another one on the same rows, with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Is it more than chance?"""
        return self.low > 0 or self.high < 0

    @property
    def kind(self) -> str:
        """ "better", "worse", or "unclear"."""
        return ("better" if self.value > 0 else "worse") if self.clear else "unclear"


@dataclass(frozen=True)
class Lead:
    """Paired differences: what a model is ahead of another one on the same rows."""

    accuracy: Change
    macro_f1: Change


@dataclass(frozen=True)
class RowCounts:
    """Rows of each side of the split; `dropped` had no text or no label."""

    train: int
    validation: int
    test: int
    dropped: int


@dataclass(frozen=True)
class Best:
    """The evaluation whose weights are kept, and its macro-F1 on the validation rows."""

    step: int
    epoch: float
    macro_f1: float


@dataclass(frozen=True)
class SmallModel:
    """Another form of the model that is to be judged instead, with its answers to the test rows."""

    size: int  # bytes
    latency: float  # seconds for one text
    accuracy: float
    macro_f1: float
    predicted: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """Result: measurements of the model of one label column.

    `threshold` is the probability from which on a class is given, None where the likeliest is. `train_rows`
    are those that were trained on, with what techniques add; `truncated` is the share of texts that are cut
    at `max_length` tokens. `settings` were used, `why` says for what reason. `latency` is in seconds for one
    text, `size` in bytes of the weights. `on_all`: trained on the validation rows as well, in the end.
    `unread`: why the model does not read the texts' language.
    """

    labels: tuple[str, ...]
    separator: str
    threshold: float | None
    rows: RowCounts
    train_rows: int
    test: Scores
    baselines: Mapping[str, Compared]
    against: Mapping[str, Lead]
    calibration: Calibration
    abstention: AbstentionCurve | None
    latency: float
    recommended: str
    best: Best
    epochs: float
    steps: int
    seconds: float
    max_length: int
    settings: TrainSpec
    why: Mapping[str, Message]
    truncated: float
    stopped: bool
    on_all: bool
    unread: Message | None
    techniques: Mapping[str, tuple[Block, ...]]
    size: int = 0
    small: SmallModel | None = None

    @property
    def plain(self) -> str:
        """The one of PLAIN that it was compared with."""
        return next(name for name in PLAIN if name in self.baselines)

    def to_json(self) -> dict[str, Any]:
        return {"format": FORMAT, **dataclasses.asdict(self)}

    def of_simple(self, which: str) -> dict[str, Any]:
        """The result of a simple model alone, as it stands in its folder."""
        about = {"labels": self.labels, "rows": dataclasses.asdict(self.rows)}
        return {"format": FORMAT, **about, **dataclasses.asdict(self.baselines[which])}

    @classmethod
    def from_json(cls, raw: Any) -> Result:
        """Raises Damaged where something is missing or of another kind, OtherFormat for a file of another
        version."""
        if not isinstance(raw, dict) or type(raw.get("format")) is not int:
            raise Damaged("format")
        if raw["format"] != FORMAT:
            raise OtherFormat("run_format", file=FILE, format=raw["format"], known=FORMAT)
        result = decode(cls, raw)
        rivals = result.baselines.keys()
        if rivals != result.against.keys() or "majority" not in rivals or not rivals & set(PLAIN):
            raise Damaged("baselines")
        if result.recommended not in ("model", *result.baselines):
            raise Damaged("recommended")
        if (
            not result.labels
            or tuple(of_class.label for of_class in result.test.per_class) != result.labels
        ):
            raise Damaged("labels")
        counts = result.test.confusion
        if counts is not None and {len(result.labels)} != {len(counts), *map(len, counts)}:
            raise Damaged("confusion")
        if not (math.isfinite(result.seconds) and math.isfinite(result.epochs)):
            raise Damaged("seconds")
        return result


def _check(intervals: Mapping[str, Interval | None], names: tuple[str, ...]) -> None:
    if intervals.keys() != set(names):
        raise Damaged("intervals")


def threshold_in(folder: Path) -> float | None:
    """The threshold: from which probability on the model in a folder gives a label; None where that is not
    known, or it always gives the likeliest."""
    try:
        threshold = read_json(folder / FILE)["threshold"]
        return None if threshold is None else float(threshold)
    except (OSError, ValueError, KeyError, TypeError):
        return None
