"""Model loading, from a folder: every pretrained model of this program is opened here.

Nothing of a model is ever executed: safetensors only, no remote code.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import UserError
from core.models.locate import read_config

if TYPE_CHECKING:
    import torch

# Endings of settings that switch dropout on. It makes each step slower and no score better that could
# be told from luck; the validation rows keep the model from learning by heart.
DROPOUT = ("dropout", "dropout_prob", "dropout_p", "_drop")
# transformers builds a model without memory first, by a switch of the whole process: of two threads that
# do so at the same time (a run, a measurement, a sentence to try), one gets a model without weights.
_OPENING = threading.Lock()
log = logging.getLogger(__name__)


@contextlib.contextmanager
def readable(name: str) -> Iterator[None]:
    """Around whatever opens the model in a folder of this name: libraries raise what they like of a damaged
    file. Raises UserError `predict_unreadable`, or the one that is raised inside."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        log.exception("cannot open a model")
        raise UserError("predict_unreadable", name=name, reason=type(error).__name__) from error


def pretrained(
    kind: Any, folder: Path, attn_implementation: str | None = None, **settings: Any
) -> tuple[Any, dict[str, Any]]:
    """A model of the class `kind` (AutoModel...) in float32, and what transformers says of the loading.

    There is no dropout in the model, while its configuration keeps what it was published with. `settings`
    are those of `from_pretrained`. Raises ValueError and OSError as that does, and UserError for a model that
    wants code of its own to be run.
    """
    dropout = {
        name: value
        for name, value in read_config(folder).items()
        if name.endswith(DROPOUT) and isinstance(value, float) and value > 0
    }
    with _OPENING:
        model, about = kind.from_pretrained(
            folder,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            dtype="float32",
            output_loading_info=True,
            attn_implementation=attn_implementation,
            **dict.fromkeys(dropout, 0.0),
            **settings,
        )
    for name, value in dropout.items():
        setattr(model.config, name, value)
    if attn_implementation == "eager":
        from core.models.surgery.attention import use

        use(model)
    return model, about


def load(
    folder: Path,
    head: Mapping[str, Any],
    attention: str | None = None,
    kind: str = "AutoModelForSequenceClassification",
) -> torch.nn.Module:
    """A model with a new classification head, and without dropout.

    `attention` is the implementation that is preferred; a model that does not have it uses its own. `kind` is
    the class of transformers that opens it (`Modality.classifier`). The configuration keeps the dropout that
    the model was published with. Raises UserError when the folder holds no such encoder.
    """
    import transformers

    config = read_config(folder)
    try:
        model, _ = pretrained(
            getattr(transformers, kind),
            folder,
            ignore_mismatched_sizes=True,
            attn_implementation=attention,
            **head,
        )
    except (ValueError, OSError) as error:
        kind = str(config.get("model_type", "?"))
        raise UserError("model_not_loadable", kind=kind, reason=str(error)[:200]) from error
    # An earlier run may have had as many classes, but others: its head would start out wrong.
    if list(config.get("id2label", {}).values()) != list(head["id2label"].values()):
        _reset_head(model)
    return model


def _reset_head(model: torch.nn.Module) -> None:
    """New random numbers in the linear layers of the head, as transformers initialises them."""
    import torch

    from core.models.surgery.heads import below

    known = below(model)
    for module in model.modules():
        if isinstance(module, torch.nn.Linear) and id(module.weight) not in known:
            std = getattr(model.config, "initializer_range", 0.02)
            torch.nn.init.normal_(module.weight, std=std)
            if module.bias is not None:
                torch.nn.init.zeros_(module.bias)
