"""Adaptive epochs (early stopping): end the training once the validation score no longer improves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.data.profile import Profile
from core.options import option
from core.tasks.base import ranked
from core.techniques.base import Context, Technique
from core.techniques.evidence import sentence
from core.words import message


@dataclass(frozen=True)
class Options:
    # epochs without a better score; None: what the automatic recipe says can be reached
    patience: float | None = option(None, minimum=0.1, maximum=50)
    average: int = option(5, minimum=1, maximum=10, step=1)  # of so many of the best checkpoints


class AdaptiveEpochs(Technique):
    """Prechelt 1998, "Early Stopping - But When?": wait a fixed time for a better score, then stop.

    The model of the best evaluation is kept in any case, with or without this technique. `average`: the mean
    of the weights of the best few evaluations is scored at the end like one more (Izmailov et al. 2018,
    "Averaging Weights Leads to Wider Optima and Better Generalization").
    """

    key = "adaptive_epochs"
    group = "course"
    modalities = ("text", "image")
    Options = Options

    @property
    def averaged(self) -> int:
        return int(self.options.average)

    @classmethod
    def suggested(cls, profile: Profile) -> bool:
        return True

    def callbacks(self, context: Context) -> list[Any]:
        from transformers import TrainerCallback

        wanted: float | None = self.options.patience
        patience = (
            context.patience
            if wanted is None
            else max(1, round(wanted * context.evaluations_per_epoch))
        )

        shown = self.evidence

        class StopWhenFlat(TrainerCallback):
            def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
                scores = ranked(state.log_history)
                if scores and context.stage == "train":
                    ended = "early" if state.global_step < state.max_steps else "late"
                    said = message(
                        f"technique.adaptive_epochs.{ended}",
                        best=float(scores[0]["epoch"]),
                        end=float(state.epoch),
                        epochs=float(args.num_train_epochs),
                    )
                    shown[:] = [sentence(said)]

            def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> None:
                # The trainer's history survives a resume; a counter of our own would not.
                evaluations = [row for row in state.log_history if "eval_loss" in row]
                since = len(evaluations) - 1 - evaluations.index(ranked(evaluations)[0])
                if since >= patience and not control.should_training_stop:
                    control.should_training_stop = True
                    if state.global_step < state.max_steps:
                        context.note(
                            message(
                                "technique.adaptive_epochs.stopped",
                                epoch=float(state.epoch),
                                evaluations=since,
                            )
                        )

        return [StopWhenFlat()]
