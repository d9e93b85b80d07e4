"""The thin Trainer: transformers' own loop, with our loss, two learning rates, and events for the page."""

from __future__ import annotations

import logging
import math
import shutil
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from transformers import PrinterCallback, ProgressCallback, Trainer, TrainerCallback

from core.io.checksums import broken, seal
from core.io.json_files import Damaged, read_json, replace_json
from core.runs import events
from core.runs.run import Run
from core.tasks.base import last_evaluation, ranked
from core.training.batching import SimilarLengths, for_model
from core.training.label_columns import LabelColumns
from core.training.machine import trim_heap

log = logging.getLogger(__name__)

LOG_SECONDS = 0.25  # at most four points of the loss curve a second
STOP_SECONDS = 0.2  # how often it is asked whether to stop
TRIM_SECONDS = 4.0  # batches of many sizes leave memory behind in pieces, which would only grow
CHECKPOINT_SECONDS = 60.0  # what a crash may cost
STEP_TOKENS = 1024  # that go through a model at a time, with their padding, on a CPU
WINDOW = 16  # optimizer steps whose mean loss says whether the training diverges
# Times the loss of a model that knows nothing. A rate that is too high makes the answers sure and wrong; on
# labels that cannot be learned at all the mean stays within a tenth, with weighted classes within a third.
DIVERGED = 1.5
BEST_FILE = "best-{}.safetensors"  # 0 is the best, 1 the next
KEPT_BYTES = 1 << 29  # of the weights that are kept for their average; of large models it is fewer
WHOLE = "whole.json"  # the last file that a checkpoint gets: the seal of the others


class Diverged(Exception):
    """The loss is no number any more, or has grown far beyond where it began."""

    def __init__(self, step: int) -> None:
        super().__init__(step)
        self.step = step


class Interrupted(Exception):
    """The person stopped the run in the middle of an evaluation."""


class FineTuner(Trainer):
    """`loss_function` maps (logits [rows, classes], batch) to the loss of each row, `rate_of` the name of a
    parameter to its learning rate, `width` a batch to the length of its rows in tokens."""

    # Our losses are means over a batch: the Trainer has to divide them by the accumulation steps.
    # Left to its own guess, it leaves loss and gradients multiplied (transformers #47688).
    loss_is_scaled_for_ga = False
    optimizer: Any

    def __init__(
        self,
        *args: Any,
        loss_function: Callable[..., Any],
        rate_of: Callable[[str], float],
        lengths: Sequence[int],
        width: Callable[[Any], int],
        **kwargs: Any,
    ):
        kwargs["model"].accepts_loss_kwargs = False
        super().__init__(*args, **kwargs)
        self.loss_function = loss_function
        self.rate_of = rate_of
        self.lengths, self.width = lengths, width
        self.share = 1.0  # of the rows of a batch that are in work
        for printer in (PrinterCallback, ProgressCallback):
            self.remove_callback(printer)

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, **_: Any
    ) -> torch.Tensor | tuple[torch.Tensor, Any]:
        outputs = model(**for_model(inputs))
        loss = self.loss_function(outputs.logits, inputs).mean() * self.share
        # Some models return more than logits, which the Trainer would take for predictions as well.
        return (loss, {"logits": outputs.logits}) if return_outputs else loss

    def training_step(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> torch.Tensor:
        """A batch of many tokens goes through in even parts, one after the other: the same loss and the same
        gradients, in a fraction of the memory."""
        rows = len(inputs["labels"])
        tokens = rows * self.width(inputs)
        parts = math.ceil(tokens / STEP_TOKENS) if self.args.device.type == "cpu" else 1
        size = math.ceil(rows / parts)
        losses = []
        for start in range(0, rows, size):
            part = {name: value[start : start + size] for name, value in inputs.items()}
            self.share = len(part["labels"]) / rows
            losses.append(super().training_step(model, part, *args, **kwargs))
        self.share = 1.0
        return torch.stack(losses).sum()

    def _get_train_sampler(self, train_dataset: Any = None) -> SimilarLengths:
        rows = self.args.train_batch_size * self.args.gradient_accumulation_steps
        tell = getattr(self.train_dataset, "set_epoch", lambda epoch: None)
        return SimilarLengths(self.lengths, rows, self.args.seed, tell)

    def create_optimizer(self, model: Any = None) -> Any:
        if self.optimizer is None:
            model = model or self.model
            decaying = set(self.get_decay_parameter_names(model))
            groups: dict[tuple[float, bool], list[torch.nn.Parameter]] = {}
            for name, parameter in model.named_parameters():
                if parameter.requires_grad:
                    kind = (self.rate_of(name), name in decaying)
                    groups.setdefault(kind, []).append(parameter)
            kind_of_optimizer, settings = self.get_optimizer_cls_and_kwargs(self.args, model)
            self.optimizer = kind_of_optimizer(
                [
                    {
                        "params": parameters,
                        "lr": rate,
                        "weight_decay": self.args.weight_decay if decays else 0.0,
                    }
                    for (rate, decays), parameters in groups.items()
                ],
                **settings,
            )
        return self.optimizer


class Reporter(TrainerCallback):
    """Turns the loop into events, and the wish to stop into the end of the loop."""

    def __init__(
        self,
        run: Run,
        should_stop: Callable[[], bool],
        joint: LabelColumns,
        patient: bool,
        done: tuple[int, float],
    ) -> None:
        """With `patient`, a loss that grows is let grow: the scores tell, and the best model is kept.

        `done` are the steps and epochs of the stages before, whose curve goes on.
        """
        self.run, self.should_stop = run, should_stop
        self.patient = patient
        self.steps_before, self.epochs_before = done
        self.stopped = False
        self.tolerance = 0.0  # by how much a score may be below the best one and still be kept
        self._losses: list[float] = []
        self._recent: deque[float] = deque(maxlen=WINDOW)
        self._joint = joint
        self._nothing = joint.nothing
        self._start = self._nothing
        self._logged = self._checked = self._trimmed = 0.0

    def _check_stop(self) -> None:
        now = time.monotonic()
        if now - self._checked >= STOP_SECONDS:
            self._checked = now
            self.stopped = self.should_stop()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._check_stop()
        if time.monotonic() - self._trimmed >= TRIM_SECONDS:
            self._trimmed = time.monotonic()
            trim_heap()
        if self.stopped:
            control.should_training_stop = control.should_save = True
        # The last step is always scored; and a run stopped before its first score is scored now.
        scored = bool(ranked(state.log_history))
        if state.global_step >= state.max_steps or (self.stopped and not scored):
            control.should_evaluate = True

    def on_prediction_step(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        # An evaluation may take minutes, and the loop does not look at `control` before its end. Up to a
        # minute of work is done again when the run goes on. The first score is waited for: it is the model.
        self._check_stop()
        if self.stopped and ranked(state.log_history):
            raise Interrupted

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        if "loss" not in (logs or {}):
            return
        self._watch(logs["loss"], state.global_step)
        self._losses.append(logs["loss"])
        if time.monotonic() - self._logged >= LOG_SECONDS or control.should_evaluate:
            self._logged = time.monotonic()
            self.run.append(
                events.Step(
                    step=self.steps_before + state.global_step,
                    epoch=self.epochs_before + float(state.epoch),
                    loss=sum(self._losses) / len(self._losses),
                    learning_rate=logs["learning_rate"],
                )
            )
            self._losses = []

    def _watch(self, loss: float, step: int) -> None:
        """Raise Diverged when the last losses are worse than before anything was learned, or no numbers."""
        self._recent.append(loss)
        mean = sum(self._recent) / len(self._recent)
        if len(self._recent) <= 2:
            self._start = max(self._nothing, mean)
        full = len(self._recent) == WINDOW and not self.patient
        if not math.isfinite(loss) or (full and mean > DIVERGED * self._start):
            raise Diverged(step)

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any, **_: Any) -> None:
        now = last_evaluation(state.log_history)
        best = ranked(state.log_history)[0]
        self.run.append(
            events.Evaluated(
                step=self.steps_before + state.global_step,
                epoch=self.epochs_before + float(state.epoch),
                loss=metrics["eval_loss"],
                accuracy=metrics["eval_accuracy"],
                macro_f1=metrics["eval_macro_f1"],
                best=best is now
                or bool(
                    self.tolerance
                    and now["eval_macro_f1"] >= best["eval_macro_f1"] - self.tolerance
                ),
                tasks=self._tasks(metrics),
            )
        )

    def _tasks(self, metrics: Any) -> list[tuple[str, float, float]]:
        columns = self._joint.columns
        if len(columns) == 1:
            return []
        return [
            (column, metrics[f"eval_task{k}_accuracy"], metrics[f"eval_task{k}_macro_f1"])
            for k, column in enumerate(columns)
        ]


class KeepBest(TrainerCallback):
    """Keeps the weights of the `count` best evaluations in memory, and beside each checkpoint."""

    def __init__(self, run: Run, place: Path, count: int = 1) -> None:
        """`place` is the folder with the checkpoints."""
        self.run, self.place, self.count = run, place, count
        self._kept: list[tuple[dict[str, Any], dict[str, torch.Tensor]]] = []  # the best first
        self._last_save = time.monotonic()

    @property
    def weights(self) -> dict[str, torch.Tensor]:
        """Of the best evaluation."""
        return self._kept[0][1]

    def average(self, least: float) -> dict[str, torch.Tensor] | None:
        """The mean of those kept whose macro-F1 was at least `least`; None where there is but one.

        Averages are better than what they are made of (Izmailov et al. 2018, "Averaging Weights Leads to
        Wider Optima and Better Generalization"). What had still much to learn only pulls the others back.
        """
        each = [weights for row, weights in self._kept if row["eval_macro_f1"] >= least]
        if len(each) < 2:
            return None
        return {
            name: torch.stack([one[name] for one in each]).mean(0)
            if value.is_floating_point()
            else value
            for name, value in each[0].items()
        }

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        folder = self.place / f"checkpoint-{state.global_step}"
        evaluations = ranked(state.log_history)[: self.count]
        files = [folder / BEST_FILE.format(number) for number in range(len(evaluations))]
        if (folder / WHOLE).is_file():
            self._kept = [
                (row, load_file(file))
                for row, file in zip(evaluations, files, strict=True)
                if file.is_file()
            ]

    def on_evaluate(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        now = last_evaluation(state.log_history)
        rows = ranked([*(row for row, _ in self._kept), now])[: self.count]
        if not any(row is now for row in rows):
            return
        before = {id(row): weights for row, weights in self._kept}
        own = {
            name: value.detach().to("cpu", copy=True) for name, value in model.state_dict().items()
        }
        most = max(1, KEPT_BYTES // sum(value.nbytes for value in own.values()))
        self._kept = [(row, before.get(id(row), own)) for row in rows[:most]]

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if time.monotonic() - self._last_save >= CHECKPOINT_SECONDS:
            control.should_save = True

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        folder = self.place / f"checkpoint-{state.global_step}"
        for number, (_, weights) in enumerate(self._kept):
            save_file(weights, folder / BEST_FILE.format(number))
        names = [file.name for file in folder.iterdir() if file.is_file()]
        replace_json(folder / WHOLE, seal(folder, names))
        for older in self.place.glob("checkpoint-*"):
            if older != folder:
                shutil.rmtree(older, ignore_errors=True)
        self._last_save = time.monotonic()
        self.run.append(events.Checkpointed(step=state.global_step))


def drop_checkpoints(place: Path) -> None:
    for folder in place.glob("checkpoint-*"):
        shutil.rmtree(folder, ignore_errors=True)


def last_checkpoint(place: Path, lost: Callable[[int], None]) -> Path | None:
    """The newest checkpoint that was written to its end, or None. One that was damaged since is removed, and
    its step told to `lost`."""
    whole = {
        int(p.name[11:]): p
        for p in place.glob("checkpoint-*")
        if p.name[11:].isdecimal() and (p / WHOLE).exists()
    }
    for step, folder in sorted(whole.items(), reverse=True):
        try:
            damaged = broken(folder, read_json(folder / WHOLE))
        except (OSError, Damaged):
            damaged = [WHOLE]
        if not damaged:
            return folder
        log.warning("%s is damaged: %s", folder, ", ".join(damaged))
        shutil.rmtree(folder, ignore_errors=True)
        lost(step)
    return None
