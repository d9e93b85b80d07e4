"""Adaptive epochs (early stopping): end the training once the validation score no longer improves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.data.profile.profile import Profile
from core.evidence import Sentence
from core.options import option
from core.tasks.base import ranked
from core.technique import Context, Technique
from core.words import Message, message


class AdaptiveEpochs(Technique):
    """Prechelt 1998, "Early Stopping - But When?": wait a fixed time for a better score, then stop.

    The model of the best evaluation is kept in any case, with or without this technique. `average`: the mean
    of the weights of the best few evaluations is scored at the end like one more (Izmailov et al. 2018,
    "Averaging Weights Leads to Wider Optima and Better Generalization").
    """

    key = "adaptive_epochs"
    group = "course"
    early = True

    @dataclass(frozen=True)
    class Options:
        # epochs without a better score; None: what the automatic recipe says can be reached
        patience: float | None = option(None, minimum=0.1, maximum=50)
        # of so many of the best checkpoints
        average: int = option(5, minimum=1, maximum=10, step=1)

    def planned(self, plan: Any) -> tuple[Message, Message]:
        chosen = self.options.patience
        if chosen:
            return message("plan.patience.epochs", n=float(chosen)), message("recipe.yours")
        return message("plan.patience.checks", n=plan.patience), message("plan.patience")

    @property
    def averaged(self) -> int:
        return int(self.options.average)

    @classmethod
    def suggested(cls, profile: Profile) -> bool:
        return True

    def callbacks(self, context: Context) -> list[Any]:
        from transformers import TrainerCallback

        patience, shown = context.patience, self.evidence
        if self.options.patience is not None:
            patience = max(1, round(self.options.patience * context.evaluations_per_epoch))

        class StopWhenFlat(TrainerCallback):
            def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
                scores = ranked(state.log_history)
                if scores and context.stage == "train":
                    ended = "early" if state.global_step < state.max_steps else "late"
                    epochs = {"end": float(state.epoch), "epochs": float(args.num_train_epochs)}
                    best = float(scores[0]["epoch"])
                    said = message(f"technique.adaptive_epochs.{ended}", best=best, **epochs)
                    shown[:] = [Sentence(said)]

            def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> None:
                # The trainer's history survives a resume; a counter of our own would not.
                evaluations = [row for row in state.log_history if "eval_loss" in row]
                since = len(evaluations) - 1 - evaluations.index(ranked(evaluations)[0])
                if since >= patience and not control.should_training_stop:
                    control.should_training_stop = True
                    if state.global_step < state.max_steps:
                        at = {"epoch": float(state.epoch), "evaluations": since}
                        context.note(message("technique.adaptive_epochs.stopped", **at))

        return [StopWhenFlat()]
