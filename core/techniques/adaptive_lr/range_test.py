"""The learning-rate range test: the rate grows from step to step until the loss leaves all bounds.

Smith 2017, "Cyclical Learning Rates for Training Neural Networks", section 3.3. The rate that is chosen is a
tenth of the one with the lowest loss, as fastai's `lr_find` does, smoothed in the same way.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from core.models.surgery.heads import below
from core.runs import events
from core.technique import Fit
from core.training.batching import SimilarLengths, for_model

MIN_RATE, MAX_RATE = 1e-6, 1e-2
SMOOTHING = 0.9
DIVERGED_FACTOR = 4.0  # times the lowest loss: the test ends
CHOSEN_DIVISOR = 10.0  # the rate of the lowest loss is this many times the one that is chosen
SAFE_RATES = (1e-5, 5e-4)  # what fine-tuning of an encoder is known to stand


def range_test(
    fit: Fit, model: Any, stage: str, steps: int, head: float, factor_of: Callable[[str], float]
) -> tuple[list[tuple[float, float]], float]:
    """[(rate, smoothed loss in nats)] of `steps` steps, and the chosen rate. The model is as before, once it
    is done.

    The head learns at `head` times the rate, other parameters at `factor_of` their name times it. Raises
    Stopped when told to stop.
    """
    undo = fit.modality.narrow(model)
    before = {name: value.detach().clone() for name, value in model.state_dict().items()}
    model.to(fit.machine.device)
    known = below(model)
    points: list[tuple[float, float]] = []
    mean, lowest = 0.0, math.inf
    learner, rows, collate = fit.trained_part(model)
    groups = [
        {"params": [p], "factor": factor_of(name) * (1.0 if id(p) in known else head), "lr": 0.0}
        for name, p in learner.named_parameters()
        if p.requires_grad
    ]
    optimizer = torch.optim.AdamW(groups, fused=True)
    lengths, batch = fit.splits.train["length"], fit.spec.batch_size
    fit.run.append(events.StageStarted(stage=stage, rows=len(rows)))
    learner.train()
    try:
        for step, numbers in enumerate(_batches(lengths, batch, fit.spec.seed, steps)):
            fit.raise_if_stopped()
            rate = MIN_RATE * (MAX_RATE / MIN_RATE) ** (step / (steps - 1))
            for group in optimizer.param_groups:
                group["lr"] = rate * group["factor"]
            loss = _step(fit, learner, optimizer, collate([rows[int(i)] for i in numbers]))
            mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
            smooth = mean / (1 - SMOOTHING ** (step + 1))
            if not math.isfinite(smooth) or smooth > DIVERGED_FACTOR * lowest:
                break
            lowest = min(lowest, smooth)
            points.append((rate, smooth))
            at = step + 1
            fit.run.append(
                events.Point(stage=stage, x=rate, y=smooth, step=at, total_steps=steps, log_x=True)
            )
    finally:
        model.load_state_dict(before)
        model.zero_grad(set_to_none=True)
        undo()
    best = min(points, key=lambda point: point[1])[0]
    return points, float(np.clip(best / CHOSEN_DIVISOR, *SAFE_RATES))


def _step(fit: Fit, model: Any, optimizer: Any, made: Any) -> float:
    batch = {name: value.to(fit.machine.device) for name, value in made.items()}
    with fit.machine.autocast():
        loss = fit.base_loss(model(**for_model(batch)).logits, batch).mean()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    return float(loss.detach())


def _batches(lengths: Any, batch: int, seed: int, steps: int) -> list[np.ndarray]:
    """As many batches as `steps`, from as many epochs as it takes."""
    sampler, batches = SimilarLengths(lengths, batch, seed), list[np.ndarray]()
    epoch = 0
    while len(batches) < steps:
        epoch += 1
        batches += sampler.batches(epoch)
    return batches[:steps]
