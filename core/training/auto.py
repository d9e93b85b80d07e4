"""The automatic recipe: settings that a person leaves open follow from the data and the model.

docs/recipe.md has the table of what is chosen when, and benchmarks/README.md what it was chosen by.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.recipe import TrainSpec
from core.techniques.base import Technique
from core.words import Message, message

if TYPE_CHECKING:
    from core.training.rows import Rows

STEPS = 500  # optimizer steps that few rows are given: the steps decide, not the epochs
FEWEST_EPOCHS, MOST_EPOCHS = 3, 20
# Few rows need the corrections; many are read faster, and no worse, in larger batches.
BATCH, MANY_BATCH = 16, 32
MANY = 4_000  # training rows
RATE, HEAD_RATE, WEIGHT_DECAY = 1e-4, 1e-3, 0.01
LENGTH_CAP = 256  # tokens; the time and memory of a step grow faster than the length
LENGTH_STEP = 8
PERCENTILE = 98  # of the lengths that fit whole
EVALUATIONS = 10  # in a run, so that there is something to choose from
EVALUATION_SHARE = (
    0.12  # of the time of training that they may take; a forward pass is a third of a step
)
PATIENCE = 0.3  # of the run without a better score


@dataclass(frozen=True)
class Facts:
    """What the settings follow from.

    `rows` are trained on, `validation` rows choose the best model; `lengths` are tokens of training texts
    (some or all), `limit` is the longest input of the model in tokens; with `one_length` there is no other.
    Of the techniques follows `multiple`, how many rows they make of one, and by what the learning rates and
    the weight decay are multiplied: `rate`, that of the head, `head_rate`, and `decay`.
    """

    rows: int
    validation: int
    lengths: np.ndarray
    limit: int
    multiple: int = 1
    rate: float = 1.0
    head_rate: float = 1.0
    decay: float = 1.0
    one_length: bool = False

    @classmethod
    def of(cls, rows: Rows, processor: Any, config: Any) -> Facts:
        """Of a run's rows and the model that it starts from."""
        modality, train = rows.modality, rows.split.train
        return cls(
            rows=len(train),
            validation=len(rows.chooser),
            lengths=modality.lengths(processor, rows.texts_at(train)),
            limit=modality.usable_length(processor, config),
            one_length=modality.one_length,
        )


def with_techniques(facts: Facts, chosen: Sequence[Technique]) -> Facts:
    """The facts of a run in which these techniques take part."""
    return dataclasses.replace(
        facts,
        multiple=math.prod(technique.multiple for technique in chosen),
        rate=math.prod(technique.rate for technique in chosen),
        head_rate=math.prod(technique.head_rate for technique in chosen),
        decay=math.prod(technique.decay for technique in chosen),
    )


@dataclass(frozen=True)
class Plan:
    """`spec` has no setting open any more; `why` says of each chosen one where it came from.

    `evaluate_every` and `total_steps` are optimizer steps, `patience` is in evaluations, `cut` the share
    of the looked-at texts that is longer than `spec.max_length`.
    """

    spec: TrainSpec
    why: Mapping[str, Message]
    steps_per_epoch: int
    evaluate_every: int
    patience: int
    cut: float
    facts: Facts  # that it was made of

    @property
    def total_steps(self) -> int:
        return math.ceil(self.steps_per_epoch * float(self.spec.epochs or 0))

    @property
    def evaluations_per_epoch(self) -> float:
        return self.steps_per_epoch / self.evaluate_every


def batch_size(rows: int) -> int:
    """What is chosen for that many training rows."""
    return MANY_BATCH if rows >= MANY else BATCH


def plan(spec: TrainSpec, facts: Facts) -> Plan:
    """Fill in what `spec` leaves open. The same facts give the same plan."""
    why: dict[str, Message] = {}
    chosen: dict[str, Any] = {}

    def settle(name: str, value: float | int, reason: Message) -> None:
        wanted = getattr(spec, name)
        chosen[name] = value if wanted is None else wanted
        why[name] = reason if wanted is None else message("recipe.yours")

    rows = facts.rows * facts.multiple
    kind = "many" if rows >= MANY else "few"
    settle("batch_size", batch_size(rows), message(f"recipe.batch_size.{kind}"))

    def steps_with(batch_size: int) -> int:
        """Of an epoch."""
        return math.ceil(math.ceil(rows / batch_size) / spec.accumulation)

    # Larger batches that are chosen here, for the sake of time, do not ask for more epochs.
    steps = steps_with(int(spec.batch_size or BATCH))
    steps_per_epoch = steps_with(int(chosen["batch_size"]))
    epochs = int(np.clip(math.ceil(STEPS / steps), FEWEST_EPOCHS, MOST_EPOCHS))
    kind = {FEWEST_EPOCHS: "many", MOST_EPOCHS: "few"}.get(epochs, "some")
    settle(
        "epochs",
        float(epochs),
        message(f"recipe.epochs.{kind}", rows=rows, steps=epochs * steps_per_epoch),
    )
    for name, usual, times in (
        ("learning_rate", RATE, facts.rate),
        ("head_learning_rate", HEAD_RATE, facts.head_rate),
    ):
        reason = message(f"recipe.{name}")
        if times != 1:
            reason = message("recipe.learning_rate.technique", usual=usual)
        settle(name, usual * times, reason)
    kind = "weight_decay" if facts.decay == 1 else "weight_decay.technique"
    settle(
        "weight_decay", WEIGHT_DECAY * facts.decay, message(f"recipe.{kind}", usual=WEIGHT_DECAY)
    )

    wanted = int(np.percentile(facts.lengths, PERCENTILE)) if len(facts.lengths) else LENGTH_CAP
    wanted = max(LENGTH_STEP, math.ceil(wanted / LENGTH_STEP) * LENGTH_STEP)
    length = min(wanted, LENGTH_CAP, facts.limit)
    settle("max_length", length, message("recipe.max_length", tokens=wanted, percent=PERCENTILE))
    if facts.one_length:
        chosen["max_length"] = facts.limit
        why["max_length"] = message("recipe.max_length.picture", tokens=facts.limit)
    elif chosen["max_length"] > facts.limit:
        chosen["max_length"] = facts.limit
        why["max_length"] = message("recipe.max_length.limit", limit=facts.limit)
    elif spec.max_length is None and length < wanted:
        why["max_length"] = message("recipe.max_length.capped", tokens=wanted, percent=PERCENTILE)

    affordable = int(3 * EVALUATION_SHARE * rows / max(1, facts.validation))
    per_epoch = max(1, min(math.ceil(EVALUATIONS / float(chosen["epochs"])), affordable))
    settle("evaluations", float(per_epoch), message("recipe.evaluations"))
    evaluate_every = max(1, round(steps_per_epoch / chosen["evaluations"]))
    settled = dataclasses.replace(spec, **chosen)
    evaluations = math.ceil(steps_per_epoch * chosen["epochs"] / evaluate_every)
    return Plan(
        spec=settled,
        why=why,
        steps_per_epoch=steps_per_epoch,
        evaluate_every=evaluate_every,
        patience=max(1, round(PATIENCE * evaluations)),
        cut=float((facts.lengths > chosen["max_length"]).mean()) if len(facts.lengths) else 0.0,
        facts=facts,
    )
