from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from core.models.load import load
from core.models.surgery.embedding import UsedRows, restore, trim
from core.tasks.base import head

SEEN, UNSEEN = torch.tensor([[101, 2204, 2143, 102, 0]]), torch.tensor([[101, 2919, 2143, 102, 0]])


def test_the_answers_are_the_same_and_only_used_rows_are_trained(tiny_model: Path) -> None:
    model = load(tiny_model, head(("a", "b"))).eval()
    before = model.get_input_embeddings().weight.detach().clone()
    with torch.no_grad():
        whole = [model(input_ids=ids).logits for ids in (SEEN, UNSEEN)]
    trim(model, SEEN.unique().numpy())
    with torch.no_grad():
        cut = [model(input_ids=ids).logits for ids in (SEEN, UNSEEN)]
    assert all(torch.equal(a, b) for a, b in zip(whole, cut, strict=True))

    table = model.get_input_embeddings()
    assert isinstance(table, UsedRows)
    assert table.weight.shape == (4, 32)  # all but the padding
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1, weight_decay=0.5)
    model(input_ids=torch.cat([SEEN, UNSEEN])).logits.sum().backward()
    optimizer.step()
    with torch.no_grad():
        trained = model(input_ids=SEEN).logits
    restore(model)
    after = model.get_input_embeddings().weight.detach()
    changed = {int(i) for i in (before != after).any(dim=1).nonzero()}
    assert changed == {101, 102, 2204, 2143}
    with torch.no_grad():
        assert torch.equal(model(input_ids=SEEN).logits, trained)


def test_a_frozen_table_is_left_alone(tiny_model: Path) -> None:
    model = load(tiny_model, head(("a", "b")))
    model.get_input_embeddings().requires_grad_(False)
    trim(model, np.array([101, 102]))
    assert isinstance(model.get_input_embeddings(), torch.nn.Embedding)


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_it_is_loaded_without_dropout_which_the_configuration_keeps(
    tiny_model: Path, attention: str
) -> None:
    model = load(tiny_model, head(("a", "b")), attention).train()
    with torch.no_grad():
        one, two = (model(input_ids=SEEN).logits for _ in range(2))
    assert torch.equal(one, two)
    assert model.config.hidden_dropout_prob == 0.1
