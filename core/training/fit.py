"""Fit one model: techniques, the frozen part kept, transformers' loop, the best weights back in place."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from transformers import DataCollatorWithPadding, TrainingArguments

from core.evaluation.metrics import quick_score
from core.modalities import text
from core.models.embedding import restore, trim
from core.models.first_token import first_token_only
from core.recipe import TrainSpec
from core.runs import Run
from core.tasks import single_label
from core.techniques.base import Context, Technique
from core.training import events as ev
from core.training.auto import Plan
from core.training.cache import Cut, Kept, TooLarge, collate_kept
from core.training.machine import Machine
from core.training.sets import Sets
from core.training.trainer import FineTuner, Interrupted, KeepBest, Reporter, last_checkpoint
from core.words import Message, message

if TYPE_CHECKING:
    from core.techniques.base import Loss

# The most rows, and tokens with padding, of a batch that is only scored: it shall not need more than a step.
EVAL_BATCH, EVAL_TOKENS = 64, 4096
SLOWER = 0.2  # of the learning rates, when they were too high


@dataclass(frozen=True)
class Fitted:
    """A whole model in full precision, with the weights of its best evaluation."""

    model: Any
    best: Mapping[str, Any]
    steps: int
    epochs: float
    stopped: bool


class Fit:
    """Everything that a model is fitted with; called with a freshly loaded one, perhaps twice."""

    def __init__(
        self,
        run: Run,
        planned: Plan,
        sets: Sets,
        tokenizer: Any,
        chosen: Sequence[Technique],
        here: Machine,
    ) -> None:
        self.run, self.planned, self.sets, self.here = run, planned, sets, here
        self.chosen = chosen
        self.collate = DataCollatorWithPadding(tokenizer)
        self.spec: TrainSpec = planned.spec
        self.slowed = False

    def slow_down(self) -> None:
        """Lower learning rates from now on."""
        self.slowed = True
        self.spec = dataclasses.replace(
            self.spec,
            learning_rate=float(self.spec.learning_rate or 0) * SLOWER,
            head_learning_rate=self.spec.head_learning_rate * SLOWER,
        )

    def __call__(self, model: Any) -> Fitted:
        """Train `model` in place. Raises Diverged, and Stopped when there is no score yet."""
        context = Context(
            train=self.spec,
            labels=self.sets.labels,
            class_counts=self.sets.class_counts,
            evaluations_per_epoch=self.planned.evaluations_per_epoch,
            patience=self.planned.patience,
            note=self._note,
        )
        model.to(self.here.device)
        for technique in self.chosen:
            technique.model(model, context)
        whole_layer = first_token_only(model)
        cut, train, validation = self._keep(model)
        if cut:
            cut.apply()
        else:
            trim(model, text.used_tokens(self.sets.train))
        reporter, keeper = (
            Reporter(self.run, len(self.sets.labels), self.slowed),
            KeepBest(self.run),
        )
        trainer = FineTuner(
            model=model,
            args=_arguments(self.run, self.spec, self.planned.evaluate_every, self.here),
            lengths=self.sets.train["length"],
            train_dataset=train,
            eval_dataset=validation,
            data_collator=collate_kept if cut else self.collate,
            compute_metrics=_scores,
            callbacks=[reporter, keeper, *(c for t in self.chosen for c in t.callbacks(context))],
            loss_function=_loss(self.chosen, context),
            spec=self.spec,
        )
        self.run.append(
            ev.StageStarted(
                stage="train",
                total_steps=self.planned.total_steps,
                epochs=float(self.spec.epochs or 0),
                rows=len(train),
            )
        )
        checkpoint = last_checkpoint(self.run)
        with contextlib.suppress(Interrupted):
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        best = single_label.best([row for row in trainer.state.log_history if "eval_loss" in row])
        if best is None:
            raise Stopped
        model.load_state_dict(keeper.weights)
        if cut:
            cut.undo()
        else:
            restore(model)
        whole_layer()
        # Without the wrapper that makes the forward pass run in half precision.
        model = trainer.accelerator.unwrap_model(model, keep_fp32_wrapper=False)
        state = trainer.state
        return Fitted(model, best, state.global_step, float(state.epoch or 0), reporter.stopped)

    def answers(self, model: Any, rows: Any) -> np.ndarray:
        """Logits [rows, classes] of a whole model, in full precision.

        Goes on when the person has asked to stop: it is the score of the model that Stop keeps.
        """
        model.eval()
        said, size = [], _scored_at_once(self.spec)
        with torch.inference_mode():
            for start in range(0, len(rows), size):
                batch = self.collate([rows[i] for i in range(start, min(start + size, len(rows)))])
                inputs = {
                    name: value.to(model.device)
                    for name, value in batch.items()
                    if name not in ("labels", "length")
                }
                said.append(model(**inputs).logits.float().cpu().numpy())
        return np.concatenate(said)

    def _keep(self, model: Any) -> tuple[Cut | None, Any, Any]:
        """The rows to train and to score on: from the frozen part's outputs where there is one."""
        sets = self.sets
        cut = Cut.of(model)
        if cut is None:
            return None, sets.train, sets.validation
        if not cut.agrees(self.collate, sets.train):
            self._note(message("train.not_kept"))
            return None, sets.train, sets.validation
        self.run.append(ev.StageStarted(stage="keep", rows=len(sets.train) + len(sets.validation)))
        folder = self.run.path / "tokens"
        try:
            kept: list[Kept] = [
                cut.keep(rows, self.collate, folder / f"{name}.npy", self.here.autocast, self._look)
                for name, rows in (("train", sets.train), ("validation", sets.validation))
            ]
        except TooLarge:
            self._note(message("train.no_room"))
            return None, sets.train, sets.validation
        return cut, kept[0], kept[1]

    def _look(self) -> None:
        if self.run.stop_requested():
            raise Stopped

    def _note(self, what: Message) -> None:
        self.run.append(ev.Note(message=what))


class Stopped(Exception):
    """The person stopped the run before this training brought a model."""


def _scored_at_once(spec: TrainSpec) -> int:
    """Rows in a batch that is only scored."""
    return max(1, min(EVAL_BATCH, EVAL_TOKENS // int(spec.max_length or 1)))


def _arguments(run: Run, spec: TrainSpec, evaluate_every: int, here: Machine) -> TrainingArguments:
    return TrainingArguments(
        output_dir=str(run.path),
        num_train_epochs=float(spec.epochs or 0),
        learning_rate=spec.learning_rate,
        per_device_train_batch_size=spec.batch_size,
        per_device_eval_batch_size=_scored_at_once(spec),
        gradient_accumulation_steps=spec.accumulation,
        weight_decay=spec.weight_decay,
        warmup_steps=spec.warmup,  # below 1 it is a share of all steps
        lr_scheduler_type="linear",
        seed=spec.seed,
        use_cpu=here.device == "cpu",  # without it, bf16 asks for a GPU
        bf16=here.precision == "bf16",
        fp16=here.precision == "fp16",
        eval_strategy="steps",
        eval_steps=evaluate_every,
        save_strategy="no",  # KeepBest asks for checkpoints, and removes the old
        logging_steps=1,
        logging_nan_inf_filter=False,
        disable_tqdm=True,
        report_to="none",
        dataloader_pin_memory=False,
    )


def _loss(chosen: Sequence[Technique], context: Context) -> Loss:
    for technique in chosen:
        loss = technique.loss(context)
        if loss is not None:
            return loss
    return single_label.loss


def _scores(seen: Any) -> dict[str, float]:
    """Scores of the validation rows; their loss is the Trainer's own, from the loss that trains."""
    return quick_score(seen.predictions, seen.label_ids)
