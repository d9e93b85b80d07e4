"""Masked-language modelling: words are hidden, and the encoder learns to guess them (Devlin et al. 2019)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy
from transformers import (
    AutoModelForMaskedLM,
    DataCollatorForLanguageModeling,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)

from core.errors import UserError
from core.modalities import text
from core.models.load import pretrained
from core.models.locate import locate
from core.models.prefix import not_of_the_text
from core.runs import events
from core.technique import Fit
from core.training.arguments import common_arguments
from core.training.batching import for_model
from core.training.trainer import FineTuner

POINTS = 100  # of the curve
HIDDEN = -100  # label of a token that is not to be guessed


@dataclass(frozen=True)
class Read:
    """`losses` are (epoch, mean loss in nats since the point before); `fresh`: the model had no such head."""

    encoder: dict[str, torch.Tensor]
    losses: list[tuple[float, float]]
    fresh: bool


def read(
    fit: Fit,
    texts: Sequence[text.Text],
    stage: str,
    epochs: float,
    masked: float,
    learning_rate: float,
) -> Read:
    """Train the encoder that the run starts from on `texts`. Raises Stopped, and UserError `no_masked` for a
    model that cannot guess hidden words."""
    spec, machine, tokenizer = fit.spec, fit.machine, fit.processor
    model, fresh = _load(fit)
    model.to(machine.device)
    file = fit.run.tokens / f"{stage}.arrow"
    nothing = np.zeros(len(texts), dtype=np.int64)
    length = spec.max_length
    rows, _ = text.TEXT.encode(tokenizer, texts, nothing, length, file, fit.raise_if_stopped)
    hide = DataCollatorForLanguageModeling(tokenizer, mlm_probability=masked)

    def collate(some: list[dict[str, Any]]) -> Any:
        inputs = [{k: v for k, v in row.items() if k not in ("labels", "length")} for row in some]
        for row in inputs:  # nothing can be learned from guessing what stands before every text
            row["special_tokens_mask"] = not_of_the_text(tokenizer, row["input_ids"])
        return hide(inputs)

    curve = _Curve(fit, stage)
    set_seed(spec.seed)
    trainer = _Guesser(
        model=model,
        args=TrainingArguments(
            **common_arguments(fit.run.path / stage, spec, machine),
            num_train_epochs=epochs,
            learning_rate=learning_rate,
            warmup_steps=0.06,
            weight_decay=0.01,
        ),
        lengths=rows["length"],
        train_dataset=rows,
        data_collator=collate,
        callbacks=[curve],
        loss_function=cross_entropy,
        rate_of=lambda name: learning_rate,
        width=fit.modality.width,
    )
    fit.run.append(events.StageStarted(stage=stage, rows=len(rows)))
    trainer.train()
    fit.raise_if_stopped()
    curve.say()
    model = trainer.accelerator.unwrap_model(model, keep_fp32_wrapper=False)
    return Read(model.base_model.state_dict(), curve.points, fresh)


def _load(fit: Fit) -> tuple[Any, bool]:
    recipe = fit.run.recipe()
    folder = locate(recipe.model, fit.run.store)
    try:
        model, about = pretrained(AutoModelForMaskedLM, folder, fit.machine.attention)
    except ValueError as error:
        raise UserError("no_masked") from error
    if fit.processor.mask_token is None:
        raise UserError("no_masked")
    return model, bool(about["missing_keys"])


class _Guesser(FineTuner):
    """The head works on the hidden tokens alone: with a vocabulary of 30,000 it is most of the work."""

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, **_: Any
    ) -> torch.Tensor | tuple[torch.Tensor, Any]:
        hidden = inputs["labels"] != HIDDEN
        if not bool(hidden.any()):
            hidden[0, 0] = True  # the gradient of a batch without any is 0, but it needs one
            inputs["labels"][0, 0] = inputs["input_ids"][0, 0]

        def narrow(_: Any, __: Any, output: Any) -> Any:
            output.last_hidden_state = output.last_hidden_state[hidden].unsqueeze(0)
            return output

        hook = model.base_model.register_forward_hook(narrow)
        try:
            outputs = model(**for_model(inputs))
        finally:
            hook.remove()
        wanted = inputs["labels"][hidden]
        loss = cross_entropy(outputs.logits[0].float(), wanted) * self.share
        return (loss, {"logits": outputs.logits}) if return_outputs else loss


class _Curve(TrainerCallback):
    """The mean loss over even parts of the stage, as events; ends the training when the person wants it."""

    def __init__(self, fit: Fit, stage: str) -> None:
        self.fit, self.stage = fit, stage
        self.points: list[tuple[float, float]] = []
        self._losses: list[float] = []
        self._at: tuple[float, int, int] = (0.0, 0, 1)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if self.fit.run.stop_requested():
            control.should_training_stop = True

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        if "loss" not in (logs or {}):
            return
        self._losses.append(logs["loss"])
        self._at = (float(state.epoch), state.global_step, state.max_steps)
        if len(self._losses) >= max(1, state.max_steps // POINTS):
            self.say()

    def say(self) -> None:
        """A point of what has been gathered since the last one."""
        if not self._losses:
            return
        epoch, step, total = self._at
        loss = sum(self._losses) / len(self._losses)
        self._losses = []
        self.points.append((epoch, loss))
        point = events.Point(stage=self.stage, x=epoch, y=loss, step=step, total_steps=total)
        self.fit.run.append(point)
