"""The lean attention: the same answers and gradients as transformers' own, where a model can use it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    DebertaV2Config,
    DistilBertConfig,
    ModernBertConfig,
    RobertaConfig,
)

from core.models.attention import NAME, use

SMALL: dict[str, Any] = {
    "vocab_size": 300,
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 70,
}
FAMILIES: dict[str, Any] = {
    "bert": BertConfig(**SMALL),
    "distilbert": DistilBertConfig(vocab_size=300, dim=32, n_layers=3, n_heads=2, hidden_dim=64),
    "roberta": RobertaConfig(**SMALL),
    # Its rows of padding see nothing but padding: a mask of minus infinity would give no numbers.
    "modernbert": ModernBertConfig(**SMALL, pad_token_id=0, local_attention=8),
}


def loaded(config: Any) -> Any:
    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_config(config, attn_implementation="eager")
    with torch.no_grad():  # random weights of the usual size attend to everything alike
        for parameter in model.parameters():
            parameter.mul_(3 if parameter.dim() > 1 else 1)
    return model.eval()


def batch() -> dict[str, torch.Tensor]:
    ids = torch.randint(5, 300, (4, 40), generator=torch.Generator().manual_seed(0))
    mask = torch.ones_like(ids)
    mask[1, 20:] = mask[2, 3:] = 0
    return {"input_ids": ids, "attention_mask": mask}


@pytest.mark.parametrize("bf16", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_it_answers_and_learns_as_the_eager_one_does(family: str, bf16: bool) -> None:
    model = loaded(FAMILIES[family])
    seen = []
    for lean in (False, True):
        if lean:
            use(model)
            assert model.config._attn_implementation == NAME
        model.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            logits = model(**batch()).logits
        logits.float().logsumexp(1).sum().backward()
        gradient = torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])
        seen.append((logits.detach().float(), gradient))
    (logits, gradient), (lean_logits, lean_gradient) = seen
    assert torch.isfinite(lean_logits).all()
    assert torch.allclose(logits, lean_logits, atol=0.05 if bf16 else 1e-4)
    same = torch.nn.functional.cosine_similarity(gradient, lean_gradient, dim=0)
    assert same > (0.99 if bf16 else 0.9999)


def test_a_model_with_an_attention_of_its_own_keeps_it() -> None:
    model = loaded(DebertaV2Config(**SMALL, relative_attention=True, pos_att_type=["p2c", "c2p"]))
    before = model(**batch()).logits
    use(model)
    assert model.config._attn_implementation == "eager"
    assert torch.equal(model(**batch()).logits, before)
