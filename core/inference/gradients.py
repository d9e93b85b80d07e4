"""Integrated gradients: a quick guess at which words matter, from the inside of a model."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.modalities.segmentation import Unit
from core.modalities.text import Text
from core.tasks.metrics import Floats

AT_ONCE = 8  # points of the path that are worked on together
log = logging.getLogger(__name__)


def integrated_gradients(
    model: Any,
    tokenizer: Any,
    max_length: int,
    text: Text,
    units: Sequence[Unit],
    label: int,
    steps: int,
) -> Floats | None:
    """Contributions of the units to the log-odds of a label [units], in nats (Sundararajan, Taly and Yan
    2017).

    The path goes in `steps` from a text of padding to the text; a unit's weight is the sum over the tokens
    that it shares characters with. None where the tokenizer does not say which these are, or the model takes
    no vectors in place of tokens.
    """
    if not tokenizer.is_fast or tokenizer.pad_token_id is None:
        return None
    try:
        tokens, places = _of_tokens(model, tokenizer, max_length, text, label, steps)
    except Exception:
        # Not every architecture can be asked in this way, and each says so differently.
        log.info("no gradients of the words", exc_info=True)
        return None
    weights = np.zeros(len(units))
    for weight, (cell, begin, end) in zip(tokens, places, strict=True):
        for k, unit in enumerate(units):
            if unit.cell == cell and begin < unit.end and unit.start < end:
                weights[k] += weight
    return weights if np.isfinite(weights).all() else None


def _of_tokens(
    model: Any, tokenizer: Any, max_length: int, text: Text, label: int, steps: int
) -> tuple[Floats, list[tuple[int | None, int, int]]]:
    """The weight of each token, and which characters of which text it stands for."""
    import torch

    inputs = tokenizer(
        text[0],
        text[1] or None,
        truncation=True,
        max_length=max_length,
        return_tensors="pt",
        return_offsets_mapping=True,
        return_special_tokens_mask=True,
    )
    cells = inputs.sequence_ids(0)
    offsets = inputs.pop("offset_mapping")[0].tolist()
    special = inputs.pop("special_tokens_mask")[0].bool().to(model.device)
    inputs = inputs.to(model.device)
    ids, table = inputs.pop("input_ids"), model.get_input_embeddings()
    with torch.no_grad():
        embedded = table(ids)
        blank = table(torch.full_like(ids, tokenizer.pad_token_id))
        blank = torch.where(special[None, :, None], embedded, blank)
    total = torch.zeros_like(embedded)
    for shares in ((torch.arange(steps, device=model.device) + 0.5) / steps).split(AT_ONCE):
        point = (blank + shares[:, None, None] * (embedded - blank)).requires_grad_()
        same = {name: tensor.expand(len(shares), -1) for name, tensor in inputs.items()}
        logits = model(inputs_embeds=point, **same).logits.float()
        others = torch.cat([logits[:, :label], logits[:, label + 1 :]], dim=1)
        several = model.config.problem_type == "multi_label_classification"
        odds = logits[:, label] - (0 if several else others.logsumexp(1))
        total += torch.autograd.grad(odds.sum(), point)[0].sum(0, keepdim=True)
    weights = ((embedded - blank) * total / steps).sum(-1)[0].cpu().numpy()
    places = [(cell, begin, end) for cell, (begin, end) in zip(cells, offsets, strict=True)]
    return weights, places
