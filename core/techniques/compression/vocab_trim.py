"""Vocabulary trimming: tokens that texts like these do not need are taken out of the model."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from core.evidence import Sentence
from core.options import option
from core.technique import Fit, Fitted, Technique
from core.words import message


class VocabTrim(Technique):
    """Abdaoui, Pradel and Sigel 2020, "Load What You Need: Smaller Versions of Multilingual BERT".

    The tokens of training, validation and unlabelled texts stay, not those of the test rows: the score says
    how the model does on texts that it was not trimmed for.
    """

    key = "vocab_trim"
    modalities = ("text",)
    group = "compression"

    @dataclass(frozen=True)
    class Options:
        # frequent tokens that stay although the texts at hand have none of them
        margin: int = option(4000, minimum=0, maximum=50000, step=500)

    def after(self, fit: Fit, fitted: Fitted) -> Fitted:
        import numpy as np

        from core.models.surgery.vocabulary import smaller, trim_table
        from core.training.measure import size_of

        model, old = fitted.model, fit.processor
        rows, validation = fit.splits.rows, fit.splits.validation
        sides = np.concatenate([rows.split.train, rows.split.validation])
        texts = [*rows.texts_at(sides), *rows.unlabelled]
        before, logits = size_of(model), fit.logits(model, validation)
        used = _used(fit, texts)
        folder = fit.run.tokens / self.key
        tokenizer, kept_ids = smaller(old, used, int(self.options.margin), folder)
        whole = model.get_input_embeddings().num_embeddings
        trim_table(model, kept_ids)
        fit.encode_again(tokenizer)
        off = float(np.abs(fit.logits(model, fit.splits.validation) - logits).max())
        facts: dict[str, Any] = {
            "before": whole,
            "after": len(kept_ids),
            "was": before / 1e6,
            "size": size_of(model) / 1e6,
            "share": 1 - size_of(model) / before,
        }
        self.tell(fit, message("technique.vocab_trim.done", **facts))
        same = "same" if off < 1e-3 else "off"
        said = message(f"technique.vocab_trim.{same}", rows=len(fit.splits.validation), off=off)
        self.evidence.append(Sentence(said))
        return dataclasses.replace(fitted, model=model)


def _used(fit: Fit, texts: list[Any]) -> set[int]:
    """The ids of all tokens of these texts, however long they are."""
    from core.modalities.text import CHUNK_ROWS, NO_LIMIT

    used: set[int] = set()
    for start in range(0, len(texts), CHUNK_ROWS):
        fit.raise_if_stopped()
        some = texts[start : start + CHUNK_ROWS]
        encoded = fit.modality.columns(fit.processor, some, NO_LIMIT)
        used.update(number for row in encoded["input_ids"] for number in row)
    return used
