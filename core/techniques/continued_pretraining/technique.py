"""Continued pre-training: before it learns the labels, the model reads the texts and guesses hidden words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.evidence import Chart, Sentence
from core.options import option
from core.technique import Fit, Technique, TrainingCost
from core.words import message

if TYPE_CHECKING:
    import torch

STAGE = "pretrain"


class ContinuedPretraining(Technique):
    """Task-adaptive pre-training: masked-language modelling (Devlin et al. 2019) on the texts at hand,
    labelled or not (Gururangan et al. 2020, "Don't Stop Pretraining")."""

    key = "continued_pretraining"
    modalities = ("text",)
    unlabelled = True
    group = "data"

    @dataclass(frozen=True)
    class Options:
        epochs: float = option(3.0, minimum=0.5, maximum=30.0, step=0.5)
        masked: float = option(0.15, minimum=0.05, maximum=0.5, step=0.05)  # share of tokens hidden
        learning_rate: float = option(1e-4, minimum=1e-6, maximum=1e-3)
        test_rows: bool = option(False)  # are the texts of the test rows read as well?

    def takes(self, training: TrainingCost) -> float:
        """A pass of guessing costs about as much as one of training."""
        share = float(self.options.epochs) / training.epochs
        return share * training.texts * training.seconds

    def before(self, fit: Fit, model: torch.nn.Module) -> None:
        if fit.stages.facts(STAGE) is None:
            self._read(fit)
        facts = fit.stages.facts(STAGE) or {}
        # The model that guesses words has no pooler: that of the classifier stays as it was.
        model.base_model.load_state_dict(fit.stages.weights(STAGE), strict=False)
        points = facts["losses"]
        losses = [loss for _, loss in points]
        tenth = max(1, len(losses) // 10)  # one batch alone says little
        first, last = (sum(some) / tenth for some in (losses[:tenth], losses[-tenth:]))
        self.evidence += [
            Sentence(
                message(
                    f"technique.{self.key}.done",
                    texts=facts["texts"],
                    unlabelled=facts["unlabelled"],
                    first=first,
                    last=last,
                )
            ),
            *([Sentence(message(f"technique.{self.key}.fresh"))] if facts["fresh"] else []),
            Chart(
                message(f"stage.{STAGE}.title"),
                message(f"stage.{STAGE}.x"),
                message(f"stage.{STAGE}.y"),
                [(epoch, loss) for epoch, loss in points],
            ),
        ]

    def _read(self, fit: Fit) -> None:
        from core.techniques.continued_pretraining.masked_lm import read

        rows = fit.splits.rows
        where = [rows.split.train, rows.split.validation]
        if self.options.test_rows:
            where.append(rows.split.test)
            fit.note(message(f"technique.{self.key}.read_test"))
        texts = [text for side in where for text in rows.texts_at(side)] + rows.unlabelled
        done = read(
            fit, texts, STAGE, self.options.epochs, self.options.masked, self.options.learning_rate
        )
        if done.fresh:
            fit.note(message(f"technique.{self.key}.fresh"))
        facts = {
            "texts": len(texts),
            "unlabelled": len(rows.unlabelled),
            "fresh": done.fresh,
            "losses": done.losses,
        }
        fit.stages.keep(STAGE, facts, done.encoder)
