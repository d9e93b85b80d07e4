"""Vocabulary trimming: tokens that texts like these do not need are taken out of the model."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from core.options import option
from core.techniques.base import Fit, Fitted, Technique
from core.techniques.evidence import sentence
from core.words import message


@dataclass(frozen=True)
class Options:
    # frequent tokens that stay although the texts at hand have none of them
    margin: int = option(4000, minimum=0, maximum=50000, step=500)


class VocabTrim(Technique):
    """Abdaoui, Pradel and Sigel 2020, "Load What You Need: Smaller Versions of Multilingual BERT".

    The tokens of training, validation and unlabelled texts stay, not those of the test rows: the score says
    how the model does on texts that it was not trimmed for.
    """

    key = "vocab_trim"
    group = "compression"
    Options = Options

    def after(self, fit: Fit, fitted: Fitted) -> Fitted:
        import numpy as np

        from core.models.vocabulary import smaller, trim_table
        from core.training.weigh import size_of

        model, old = fitted.model, fit.processor
        rows, validation = fit.sets.rows, fit.sets.validation
        sides = np.concatenate([rows.split.train, rows.split.validation])
        texts = [*rows.texts_at(sides), *rows.unlabelled]
        before, said = size_of(model), fit.answers(model, validation)
        used = _used(fit, texts)
        folder = fit.run.path / "tokens" / self.key
        tokenizer, kept = smaller(old, used, int(self.options.margin), folder)
        whole = model.get_input_embeddings().num_embeddings
        trim_table(model, kept)
        fit.encode_again(tokenizer)
        off = float(np.abs(fit.answers(model, fit.sets.validation) - said).max())
        facts: dict[str, Any] = {
            "before": whole,
            "after": len(kept),
            "was": before / 1e6,
            "size": size_of(model) / 1e6,
            "share": 1 - size_of(model) / before,
        }
        done = message("technique.vocab_trim.done", **facts)
        fit.note(done)
        same = "same" if off < 1e-3 else "off"
        self.evidence[:] = [
            sentence(done),
            sentence(
                message(f"technique.vocab_trim.{same}", rows=len(fit.sets.validation), off=off)
            ),
        ]
        return dataclasses.replace(fitted, model=model)


def _used(fit: Fit, texts: list[Any]) -> set[int]:
    """The ids of all tokens of these texts, however long they are."""
    from core.modalities.text import CHUNK, NO_LIMIT, columns

    used: set[int] = set()
    for start in range(0, len(texts), CHUNK):
        fit.look()
        made = columns(fit.processor, texts[start : start + CHUNK], NO_LIMIT)
        used.update(number for row in made["input_ids"] for number in row)
    return used
