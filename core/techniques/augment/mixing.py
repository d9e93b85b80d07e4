"""MixUp (Zhang et al. 2018) and CutMix (Yun et al. 2019): two rows become one."""

from __future__ import annotations

import torch

ALPHA = 0.4  # of the Beta distribution of the shares: mostly one row, with a little of another


def partners(rows: int) -> tuple[torch.Tensor, float]:
    """For a batch: which other row each is mixed with [rows], and the share of the row itself, 0 to 1."""
    others = torch.randperm(rows)
    return others, float(torch.distributions.Beta(ALPHA, ALPHA).sample())


def cutmix(ones: torch.Tensor, others: torch.Tensor, share: float) -> tuple[torch.Tensor, float]:
    """Of pictures [..., height, width]: a rectangle of the others, anywhere, that covers 1 - `share` of the
    picture; and what of the first is left, as some of it may be outside."""
    height, width = ones.shape[-2:]
    side = (1 - share) ** 0.5
    top, left = (int(torch.randint(size, (1,))) for size in (height, width))
    tall, wide = round(side * height), round(side * width)
    rows = slice(max(0, top - tall // 2), min(height, top + tall - tall // 2))
    columns = slice(max(0, left - wide // 2), min(width, left + wide - wide // 2))
    mixed = ones.clone()
    mixed[..., rows, columns] = others[..., rows, columns]
    covered = (rows.stop - rows.start) * (columns.stop - columns.start)
    return mixed, 1 - covered / (height * width)
