"""Embedding trimming: the word table of a model, cut down to the rows that the training texts use.

The other rows get no gradient in any case; left in, they cost an optimizer state, a decay of their weights
and a share of every checkpoint. What the model answers is the same with and without the cut.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn.functional import embedding


class UsedRows(nn.Module):
    """In place of an `nn.Embedding`: the rows in `used` are trained, all others stay as they were."""

    def __init__(self, full: nn.Embedding, used: np.ndarray) -> None:
        super().__init__()
        # In a list: no part of this module, so neither moved, saved nor optimized.
        self.full = [full]
        rows = torch.as_tensor(used, dtype=torch.long)
        self.weight = nn.Parameter(full.weight.detach()[rows].clone())
        self.weight.requires_grad_(full.weight.requires_grad)
        place = torch.full((full.num_embeddings,), -1, dtype=torch.long)
        place[rows] = torch.arange(len(rows))
        self.register_buffer("place", place, persistent=False)
        self.register_buffer("rest", full.weight.detach(), persistent=False)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Vectors [..., hidden] of token ids [...]."""
        where = self.place[ids]
        known = embedding(where.clamp(min=0), self.weight)
        if bool((where >= 0).all()):
            return known
        return torch.where((where < 0).unsqueeze(-1), embedding(ids, self.rest), known)

    def whole(self) -> nn.Embedding:
        """The original table, with what was learned in its place."""
        full: nn.Embedding = self.full[0]
        with torch.no_grad():
            known = self.place >= 0
            full.weight[known.to(full.weight.device)] = self.weight.detach().to(full.weight)
        return full


def trim(model: nn.Module, token_ids: np.ndarray) -> None:
    """Train only the rows of the word table that occur in `token_ids`, except the one for padding."""
    table = model.get_input_embeddings()
    if not isinstance(table, nn.Embedding) or not table.weight.requires_grad:
        return
    used = np.unique(token_ids)
    used = used[used != (-1 if table.padding_idx is None else table.padding_idx)]
    model.set_input_embeddings(UsedRows(table, used))


def restore(model: nn.Module) -> None:
    """Undo `trim`: the model is a standard one again, with what was learned."""
    table = model.get_input_embeddings()
    if isinstance(table, UsedRows):
        model.set_input_embeddings(table.whole())
