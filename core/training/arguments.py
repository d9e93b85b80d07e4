"""Training arguments: what transformers' loop is given, its settings, the loss, the learning rates."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from transformers import TrainingArguments

from core.models.surgery.heads import below
from core.recipe import Settings
from core.technique import Context, Loss, Technique
from core.training.label_columns import LabelColumns
from core.training.machine import Machine

# The most rows, and tokens with padding, of a batch that is only scored: it shall not need more than a step.
# A GPU has room for sixteen times as much, and nothing to do with less.
EVAL_BATCH, EVAL_TOKENS, ACCELERATOR = 64, 4096, 16


def scored_at_once(spec: Settings, machine: Machine) -> int:
    """Rows in a batch that is only scored."""
    times = 1 if machine.device == "cpu" else ACCELERATOR
    return max(1, min(times * EVAL_BATCH, times * EVAL_TOKENS // spec.max_length))


def common_arguments(place: Path, spec: Settings, machine: Machine) -> dict[str, Any]:
    """What holds for every loop: the machine, the seed, and that nothing is printed or kept by itself."""
    return {
        "output_dir": str(place),
        "per_device_train_batch_size": spec.batch_size,
        "seed": spec.seed,
        "use_cpu": machine.device == "cpu",  # without it, bf16 asks for a GPU
        "bf16": machine.precision == "bf16",
        "fp16": machine.precision == "fp16",
        "save_strategy": "no",  # KeepBest asks for checkpoints, and removes the old
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        "disable_tqdm": True,
        "report_to": "none",
        "dataloader_pin_memory": False,
        "remove_unused_columns": False,  # `for_model` does it: techniques have columns of their own
    }


def arguments(
    place: Path,
    spec: Settings,
    epochs: float,
    evaluate_every: int,
    machine: Machine,
    techniques: Sequence[Technique],
) -> TrainingArguments:
    settings: dict[str, Any] = {"lr_scheduler_type": "linear"}
    for technique in techniques:
        settings |= technique.arguments()
    return TrainingArguments(
        **common_arguments(place, spec, machine),
        num_train_epochs=epochs,
        learning_rate=spec.learning_rate,
        per_device_eval_batch_size=scored_at_once(spec, machine),
        gradient_accumulation_steps=spec.accumulation,
        weight_decay=spec.weight_decay,
        warmup_steps=spec.warmup,  # below 1 it is a share of all steps
        eval_strategy="steps",
        eval_steps=evaluate_every,
        label_names=["labels"],  # which the Trainer reads off transformers' own models only
        **settings,
    )


def loss_of(
    techniques: Sequence[Technique], contexts: Sequence[Context], joint: LabelColumns
) -> Loss:
    """One for each label column, each made of one another by the techniques, and then their sum."""
    losses: list[Loss] = []
    for context in contexts:
        loss: Loss = context.task.losses
        for technique in reversed(techniques):
            loss = technique.loss(loss, context)
        losses.append(loss)
    return joint.loss(losses)


def rates(model: Any, spec: Settings, techniques: Sequence[Technique]) -> Callable[[str], float]:
    """The learning rate of a parameter by its name.

    The head learns at `spec.head_learning_rate`, everything below it at `spec.learning_rate`: the head
    starts from random numbers, the rest from what it knows (Howard and Ruder 2018, section 3.2).
    """
    known = below(model)
    in_base = {name for name, parameter in model.named_parameters() if id(parameter) in known}
    factors = [technique.rates(model) for technique in techniques]

    def rate_of(name: str) -> float:
        rate = float((spec.learning_rate if name in in_base else spec.head_learning_rate) or 0)
        return rate * math.prod(factor(name) for factor in factors)

    return rate_of
