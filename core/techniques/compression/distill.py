"""Knowledge distillation: a model with fewer layers learns from what a larger one says of the same rows."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.data.profile.profile import Profile
from core.errors import UserError
from core.options import option
from core.technique import Context, Fit, Fitted, Loss, Technique
from core.techniques.linear_probe import LinearProbe
from core.words import Message, message

if TYPE_CHECKING:
    import torch

STAGE = "distill"
ROW = "row"  # column of a batch: the number of the training row


class Distill(Technique):
    """Hinton, Vinyals and Dean 2015, "Distilling the Knowledge in a Neural Network". The student starts with
    evenly spread layers of its teacher (Sanh et al. 2019, "DistilBERT")."""

    key = "distill"
    changes_encoder = True
    group = "compression"

    @dataclass(frozen=True)
    class Options:
        # the model that this run trains first, or the finished run that it starts from
        teacher: str = option("trained", choices=("trained", "start"))
        # share that the student keeps
        layers: float = option(0.5, minimum=0.1, maximum=1.0, step=0.1)
        temperature: float = option(2.0, minimum=1.0, maximum=10.0, step=0.5)
        soft: float = option(0.7, minimum=0.1, maximum=1.0, step=0.1)  # share of the loss
        epochs: float = option(1.0, minimum=0.1, maximum=3.0, step=0.1)  # of the run's

    def __init__(self, options: Any = None) -> None:
        super().__init__(options)
        self._starts = self.options.teacher == "start"  # is the teacher there before the training?
        self.stages = ("train",) if self._starts else (STAGE,)
        self._said: torch.Tensor | None = None  # by the teacher: logits [training rows, classes]
        self._places: tuple[slice, ...] = ()
        self._teacher: Any = None

    @property
    def more(self) -> float:
        return 0.0 if self._starts else float(self.options.epochs)

    @classmethod
    def advice(cls, profile: Profile) -> Message | None:
        return LinearProbe.apart(profile, "smaller")

    def before(self, fit: Fit, model: torch.nn.Module) -> None:
        from core.models.surgery.shrink import droppable

        if not droppable(model):  # said now, not after the training
            raise UserError("distill_built_otherwise")
        if not self._starts:
            return
        from core.models.locate import locate, read_config

        start = fit.run.recipe().model
        if not start.key.startswith("run:"):
            raise UserError("distill_no_teacher")
        known = read_config(locate(start, fit.run.store)).get("id2label", {})
        if tuple(known.values()) != fit.splits.joint.labels:
            raise UserError("distill_other_labels", run=start.key.removeprefix("run:"))
        self._teacher = copy.deepcopy(model)
        self._ask(fit, self._teacher)
        self._halve(model)

    def after(self, fit: Fit, fitted: Fitted) -> Fitted:
        if self._starts:
            self._show(fit, self._teacher, fitted.model)
            return fitted
        self._ask(fit, fitted.model)
        student = copy.deepcopy(fitted.model)
        self._halve(student)
        learned = fit.train_again(student, STAGE, self.more, fitted)
        self._show(fit, fitted.model, learned.model)
        return learned

    def _ask(self, fit: Fit, teacher: Any) -> None:
        import numpy as np
        import torch

        rows = fit.splits.train
        order = np.argsort(rows["length"], kind="stable")
        teacher.to(fit.machine.device)
        answers = fit.logits(teacher, rows.select(order))
        self._said = torch.from_numpy(answers[np.argsort(order)])
        self._places = fit.splits.joint.places

    def _halve(self, model: Any) -> None:
        from core.models.surgery.layers import layers
        from core.models.surgery.shrink import droppable, keep_layers

        there, free = len(layers(model)), droppable(model)
        stay = sorted(set(range(there)) - set(free))
        wanted = max(1, round(self.options.layers * there)) - len(stay)
        kept = [free[place] for place in spread(len(free), wanted)] if wanted > 0 else []
        keep_layers(model, sorted([*stay, *kept]))

    def _show(self, fit: Fit, teacher: Any, student: Any) -> None:
        from core.training.measure import compared

        models = {"taught_by": teacher, "student": student}
        named = [(message(f"technique.distill.{name}"), model) for name, model in models.items()]
        self.evidence[:] = [compared(message("technique.distill.before_after"), fit, named)]

    def rows(self, rows: Any, context: Context) -> Any:
        return Numbered(rows, len(context.texts))

    def loss(self, loss: Loss, context: Context) -> Loss:
        said, task, soft = self._said, context.task, float(self.options.soft)
        if said is None:  # the teacher has not been asked
            return loss
        own = said[:, self._places[context.number]]
        temperature = float(self.options.temperature)

        def taught(logits: torch.Tensor, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
            if ROW not in batch:  # of the validation rows, only the labels are asked
                return loss(logits, batch)
            wanted = own[batch[ROW].cpu()].to(logits.device)
            there = task.known(batch["labels"])
            imitation = there * task.imitation(logits, wanted, temperature)
            return (1 - soft) * loss(logits, batch) + soft * imitation

        return taught


def spread(there: int, kept: int) -> list[int]:
    """Places of `kept` of `there` layers, evenly spread; the lowest is among them, and the highest of
    several."""
    if kept == 1:
        return [0]
    return [round(k * (there - 1) / (kept - 1)) for k in range(kept)]


class Numbered:
    """Rows that say which training row they are, or are made of: the n-th copy of it comes n times `count`
    later."""

    def __init__(self, rows: Any, count: int) -> None:
        self._rows, self._count = rows, count

    def set_epoch(self, epoch: int) -> None:
        if hasattr(self._rows, "set_epoch"):
            self._rows.set_epoch(epoch)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, number: int | str) -> Any:
        row = self._rows[number]
        return row if isinstance(number, str) else {**row, ROW: number % self._count}
