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

from core.recipe import Settings, TrainSpec
from core.technique import Technique
from core.words import Message, message

if TYPE_CHECKING:
    from core.training.rows import Rows

STEPS = 500  # optimizer steps that few rows are given: the steps decide, not the epochs
MIN_EPOCHS, MAX_EPOCHS = 3, 20
# Few rows need the corrections; many are read faster, and no worse, in larger batches.
BATCH_SIZE, LARGE_BATCH_SIZE = 16, 32
MANY_ROWS = 4_000  # training rows
LEARNING_RATE, HEAD_LEARNING_RATE, WEIGHT_DECAY = 1e-4, 1e-3, 0.01
MAX_CHOSEN_LENGTH = 256  # tokens; the time and memory of a step grow faster than the length
LENGTH_STEP = 8
LENGTH_PERCENTILE = 98  # of the lengths that fit whole
EVALUATIONS = 10  # in a run, so that there is something to choose from
# Of the time of training that evaluations may take; a forward pass is a third of a step.
EVALUATION_SHARE = 0.12
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
            validation=len(rows.validation_rows),
            lengths=modality.lengths(processor, rows.texts_at(train)),
            limit=modality.usable_length(processor, config),
            one_length=modality.one_length,
        )


def with_techniques(facts: Facts, chosen: Sequence[Technique]) -> Facts:
    """The facts of a run in which these techniques take part."""
    return dataclasses.replace(
        facts,
        **{
            name: math.prod(getattr(technique, name) for technique in chosen)
            for name in ("multiple", "rate", "head_rate", "decay")
        },
    )


@dataclass(frozen=True)
class Plan:
    """`spec` has no setting open any more; `why` says of each chosen one where it came from.

    `evaluate_every` and `total_steps` are optimizer steps, `patience` is in evaluations, `cut` the share
    of the looked-at texts that is longer than `spec.max_length`.
    """

    spec: Settings
    why: Mapping[str, Message]
    steps_per_epoch: int
    evaluate_every: int
    patience: int
    cut: float
    facts: Facts  # that it was made of

    @property
    def total_steps(self) -> int:
        return math.ceil(self.steps_per_epoch * self.spec.epochs)

    @property
    def evaluations_per_epoch(self) -> float:
        return self.steps_per_epoch / self.evaluate_every


def batch_size(rows: int) -> int:
    """What is chosen for that many training rows."""
    return LARGE_BATCH_SIZE if rows >= MANY_ROWS else BATCH_SIZE


def plan_training(spec: TrainSpec, facts: Facts) -> Plan:
    """Fill in what `spec` leaves open. The same facts give the same plan."""
    why: dict[str, Message] = {}
    chosen: dict[str, Any] = {}

    def settle(name: str, value: float | int, reason: Message) -> None:
        wanted = getattr(spec, name)
        chosen[name] = value if wanted is None else wanted
        why[name] = reason if wanted is None else message("recipe.yours")

    rows = facts.rows * facts.multiple
    kind = "many" if rows >= MANY_ROWS else "few"
    settle("batch_size", batch_size(rows), message(f"recipe.batch_size.{kind}"))

    def steps_with(batch: int) -> int:
        """Of an epoch."""
        return math.ceil(math.ceil(rows / batch) / spec.accumulation)

    # Larger batches that are chosen here, for the sake of time, do not ask for more epochs.
    steps = steps_with(spec.batch_size or BATCH_SIZE)
    steps_per_epoch = steps_with(int(chosen["batch_size"]))
    epochs = int(np.clip(math.ceil(STEPS / steps), MIN_EPOCHS, MAX_EPOCHS))
    kind = {MIN_EPOCHS: "many", MAX_EPOCHS: "few"}.get(epochs, "some")
    reason = message(f"recipe.epochs.{kind}", rows=rows, steps=epochs * steps_per_epoch)
    settle("epochs", float(epochs), reason)
    for name, usual, times in (
        ("learning_rate", LEARNING_RATE, facts.rate),
        ("head_learning_rate", HEAD_LEARNING_RATE, facts.head_rate),
    ):
        reason = message(f"recipe.{name}")
        if times != 1:
            reason = message("recipe.learning_rate.technique", usual=usual)
        settle(name, usual * times, reason)
    kind = "weight_decay" if facts.decay == 1 else "weight_decay.technique"
    reason = message(f"recipe.{kind}", usual=WEIGHT_DECAY)
    settle("weight_decay", WEIGHT_DECAY * facts.decay, reason)

    lengths = facts.lengths if len(facts.lengths) else np.array([MAX_CHOSEN_LENGTH])
    wanted = int(np.percentile(lengths, LENGTH_PERCENTILE))
    wanted = max(LENGTH_STEP, math.ceil(wanted / LENGTH_STEP) * LENGTH_STEP)
    length = min(wanted, MAX_CHOSEN_LENGTH, facts.limit)
    fits = {"tokens": wanted, "percent": LENGTH_PERCENTILE}
    settle("max_length", length, message("recipe.max_length", **fits))
    if facts.one_length:
        chosen["max_length"] = facts.limit
        why["max_length"] = message("recipe.max_length.picture", tokens=facts.limit)
    elif chosen["max_length"] > facts.limit:
        chosen["max_length"] = facts.limit
        why["max_length"] = message("recipe.max_length.limit", limit=facts.limit)
    elif spec.max_length is None and length < wanted:
        why["max_length"] = message("recipe.max_length.capped", **fits)

    affordable = int(3 * EVALUATION_SHARE * rows / max(1, facts.validation))
    per_epoch = max(1, min(math.ceil(EVALUATIONS / float(chosen["epochs"])), affordable))
    settle("evaluations", float(per_epoch), message("recipe.evaluations"))
    evaluate_every = max(1, round(steps_per_epoch / chosen["evaluations"]))
    settled = Settings(**{**vars(spec), **chosen})
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
