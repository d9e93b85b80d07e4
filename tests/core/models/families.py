"""Small random models of the families that people pick, for what has to hold in all of them."""

from __future__ import annotations

import copy
from typing import Any

import torch
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    DebertaV2Config,
    DistilBertConfig,
    ElectraConfig,
    ModernBertConfig,
    RobertaConfig,
    SiglipConfig,
)

SMALL: dict[str, Any] = {
    "vocab_size": 30522,
    "hidden_size": 32,
    "num_hidden_layers": 4,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 70,
}
FAMILIES: dict[str, Any] = {
    "bert": BertConfig(**SMALL),
    "distilbert": DistilBertConfig(
        vocab_size=30522, dim=32, n_layers=4, n_heads=2, hidden_dim=64, max_position_embeddings=70
    ),
    "roberta": RobertaConfig(**SMALL, pad_token_id=0),
    "electra": ElectraConfig(**SMALL, embedding_size=32),
    # An attention of its own.
    "deberta": DebertaV2Config(
        **SMALL, relative_attention=True, pos_att_type=["p2c", "c2p"], norm_rel_ebd="layer_norm"
    ),
    # Its rows of padding see nothing but padding: a mask of minus infinity would give no numbers.
    "modernbert": ModernBertConfig(**SMALL, pad_token_id=0, local_attention=8),
    # The mean of all tokens instead of the first.
    "modernbert_mean": ModernBertConfig(
        **SMALL, pad_token_id=0, local_attention=8, classifier_pooling="mean"
    ),
}
# A classifier of pictures that is its own base model: its encoder has no name.
SIGLIP = SiglipConfig(
    vision_config={
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "image_size": 32,
        "patch_size": 8,
    },
    num_labels=3,
)


def made(config: Any, attention: str | None = None) -> Any:
    """Weights larger than usual: random ones of the usual size say the same to every text."""
    torch.manual_seed(0)
    own = copy.deepcopy(config)  # some tests change it
    model = AutoModelForSequenceClassification.from_config(own, attn_implementation=attention)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(3 if parameter.dim() > 1 else 1)
    return model.eval()


def batch() -> dict[str, torch.Tensor]:
    ids = torch.randint(5, 300, (4, 40), generator=torch.Generator().manual_seed(0))
    mask = torch.ones_like(ids)
    mask[1, 20:] = mask[2, 3:] = 0
    return {"input_ids": ids, "attention_mask": mask}


def learned(model: Any, bf16: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits of `batch` [rows, classes], and the gradients of all weights in one row."""
    model.zero_grad()
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        logits = model(**batch()).logits
    logits.float().logsumexp(1).sum().backward()
    gradient = torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])
    return logits.detach().float(), gradient


def assert_alike(
    one: tuple[torch.Tensor, torch.Tensor], other: tuple[torch.Tensor, torch.Tensor], bf16: bool
) -> None:
    """Two results of `learned`, to the precision they were worked out in."""
    assert torch.isfinite(other[0]).all()
    assert torch.allclose(one[0], other[0], atol=0.05 if bf16 else 1e-4)
    same = torch.nn.functional.cosine_similarity(one[1], other[1], dim=0)
    assert same > (0.99 if bf16 else 0.9999)
