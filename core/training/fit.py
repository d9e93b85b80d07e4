"""Fit one model: techniques, the frozen part kept, transformers' loop, the best weights back in place."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import math
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from transformers import set_seed

from core.models.heads import last_layer
from core.recipe import TrainSpec
from core.runs import Run
from core.tasks.base import ranked
from core.techniques.base import Context, Fitted, Technique
from core.training import events as ev
from core.training.arguments import arguments, loss_of, rates, scored_at_once
from core.training.auto import Plan, plan
from core.training.batching import for_model
from core.training.cache import Cut, TooLarge
from core.training.head_cut import HeadCut
from core.training.machine import Machine
from core.training.sets import Sets
from core.training.stages import Stages
from core.training.trainer import FineTuner, Interrupted, KeepBest, Reporter, last_checkpoint
from core.words import Message, message

if TYPE_CHECKING:
    from core.techniques.base import Loss

SLOWER = 0.2  # of the learning rates, when they were too high
# Where a model can be cut in two, so that its frozen part works once for each row. The first that fits.
CUTS: tuple[type[HeadCut] | type[Cut], ...] = (HeadCut, Cut)


class Fit:
    """Everything that a model is fitted with; called with a freshly loaded one, perhaps twice."""

    def __init__(
        self,
        run: Run,
        planned: Plan,
        sets: Sets,
        processor: Any,
        chosen: Sequence[Technique],
        here: Machine,
    ) -> None:
        self.run, self.planned, self.sets, self.here = run, planned, sets, here
        self.chosen, self.processor = chosen, processor
        self.modality = sets.rows.modality
        self.collate = self.modality.collator(processor)
        self.stages = Stages(run)
        self.plain: Loss = sets.joint.loss([task.losses for task in sets.joint.tasks])
        self.slowed = False
        self._trying = False  # a model that is thrown away: nobody is told about it
        # What was computed once, for another model with the same frozen part: by what it was scaled,
        # the rows, and what is kept of them and of the validation rows. A cut would hold its whole model.
        self.kept: tuple[Any, Any, Any, Any] | None = None
        self.head: dict[str, Any] = {}  # the last layer as it began, where it alone is trained
        # Whether there is more to do after the training, which must then not be done again.
        self._goes_on = any(type(each).after is not Technique.after for each in chosen)
        self._more = sum(each.more for each in chosen)  # epochs to come, as a share of the run's

    @property
    def spec(self) -> TrainSpec:
        """The settings, none of them open."""
        return self.planned.spec

    @spec.setter
    def spec(self, spec: TrainSpec) -> None:
        self.planned = dataclasses.replace(self.planned, spec=spec)

    def settle(self, spec: TrainSpec, why: Mapping[str, Message]) -> None:
        """Other settings from now on, with what follows from them; `why` says it of those that changed."""
        planned = plan(spec, self.planned.facts)
        self.planned = dataclasses.replace(planned, why={**self.planned.why, **why})

    @property
    def frozen(self) -> bool:
        """Does the whole encoder stay as it came?"""
        return any(each.frozen for each in self.chosen)

    def slow_down(self) -> None:
        """Lower learning rates from now on."""
        self.slowed = True
        self.spec = dataclasses.replace(
            self.spec,
            learning_rate=float(self.spec.learning_rate or 0) * SLOWER,
            head_learning_rate=float(self.spec.head_learning_rate or 0) * SLOWER,
        )

    def __call__(self, model: Any) -> Fitted:
        """Train `model` in place. Raises Diverged, and Stopped when there is no score yet."""
        found = last_layer(model) if self.frozen else None
        self.head = copy.deepcopy(found[1].state_dict()) if found else {}
        return self._fit(model, "train", float(self.spec.epochs or 0), None)

    def again(self, model: Any, stage: str, share: float, before: Fitted) -> Fitted:
        """Train another model, in place, for a share of the run's epochs; its curve goes on after `before`.

        `self._more` counts down: what is left to do is known to the progress bar.
        """
        self._more -= share
        model.requires_grad_(True)  # what was frozen for a while
        return self._fit(model, stage, share * float(self.spec.epochs or 0), before)

    def encode_again(self, processor: Any) -> None:
        """Make the sets anew with another processor, which goes into the export as well."""
        length, folder = int(self.spec.max_length or 0), self.run.path / "tokens" / "again"
        self.processor, self.collate = processor, self.modality.collator(processor)
        self.sets = Sets.of(self.sets.rows, processor, length, folder, self.look)

    def _fit(self, model: Any, stage: str, epochs: float, before: Fitted | None) -> Fitted:
        done = (before.steps, before.epochs) if before else (0, 0.0)
        kept = self.stages.facts(stage)
        techniques = [each for each in self.chosen if not each.stages or stage in each.stages]
        if kept:
            model.load_state_dict(self.stages.weights(stage))
            for technique in techniques:
                technique.evidence[:] = kept["evidence"][technique.key]
            return Fitted(model, kept["best"], kept["steps"], kept["epochs"], stopped=False)
        place = self.run.path if before is None else self.run.path / stage
        reporter = Reporter(self.run, self.sets.joint, self.slowed or bool(before), done)
        keeper = KeepBest(
            self.run, place, max(each.averaged for each in techniques or [Technique()])
        )
        at_work = self.open(model, stage, self.planned, epochs, place, [reporter, keeper])
        to_come = epochs + self._more * float(self.spec.epochs or 0)
        self.run.append(
            ev.StageStarted(
                stage=stage,
                total_steps=done[0] + math.ceil(self.planned.steps_per_epoch * to_come),
                epochs=done[1] + to_come,
                rows=len(at_work.trainer.train_dataset),
            )
        )
        checkpoint = last_checkpoint(place)
        trainer = at_work.trainer
        with contextlib.suppress(Interrupted):
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        scores = ranked(trainer.state.log_history)
        if not scores:
            raise Stopped
        best, weights = scores[0], keeper.weights
        luck = self._luck(best["eval_macro_f1"])
        average = None if reporter.stopped else keeper.average(best["eval_macro_f1"] - luck)
        if average is not None:
            reporter.luck = luck
            trainer.model.load_state_dict(average)
            trainer.evaluate()
            mean = trainer.state.log_history[-1]
            kept = mean["eval_macro_f1"] >= best["eval_macro_f1"] - luck
            self.note(
                message(
                    f"train.averaged.{'kept' if kept else 'dropped'}",
                    before=float(best["eval_macro_f1"]),
                    after=float(mean["eval_macro_f1"]),
                )
            )
            best, weights = (mean, average) if kept else (best, weights)
        model = at_work.close(weights)
        state = trainer.state
        fitted = Fitted(
            model,
            {**best, "step": done[0] + best["step"], "epoch": done[1] + best["epoch"]},
            done[0] + state.global_step,
            done[1] + float(state.epoch or 0),
            reporter.stopped,
        )
        if self._goes_on and not fitted.stopped:
            facts = {
                "best": fitted.best,
                "steps": fitted.steps,
                "epochs": fitted.epochs,
                "evidence": {each.key: each.evidence for each in techniques},
            }
            self.stages.keep(stage, facts, model.state_dict())
        return fitted

    def _luck(self, score: float) -> float:
        """A standard error of a score (0 to 1) on the validation rows. The best of many evaluations is the
        best by so much luck, at least; the average of several was not picked."""
        return math.sqrt(score * (1 - score) / len(self.sets.validation))

    def attempt(self, model: Any, spec: TrainSpec, callbacks: Sequence[Any]) -> None:
        """Train a model that is thrown away with other settings; `callbacks` see how far that gets."""
        with (
            self.unseen(),
            tempfile.TemporaryDirectory(dir=self.run.path, prefix=".attempt-") as folder,
        ):
            planned, place = plan(spec, self.planned.facts), Path(folder)
            epochs = float(spec.epochs or 0)
            set_seed(spec.seed)
            cuts = CUTS[:1]  # what is kept once for all attempts
            self.open(model, "train", planned, epochs, place, callbacks, cuts).trainer.train()

    def learning(self, model: Any) -> tuple[Any, Any, Callable[[list[Any]], Any]]:
        """What of a model will be trained, its rows and how they become a batch: the model itself, or in fast
        mode the last layer of a copy on kept features."""
        if not self.frozen:
            return model, self.sets.train, self.collate
        model = copy.deepcopy(model)
        with self.unseen():
            context = self._context("train", 0, self.planned)
            for technique in self.chosen:
                if technique.frozen:
                    technique.model(model, context)
            cut, rows, _ = self._keep(model, self.sets.train, CUTS[:1])
        return (cut.apply(), rows, cut.collate) if cut else (model, rows, self.collate)

    @contextlib.contextmanager
    def unseen(self) -> Iterator[None]:
        """Meanwhile nothing is told or shown of what is done."""
        shown = {each: list(each.evidence) for each in self.chosen}
        self._trying = True
        try:
            yield
        finally:
            self._trying = False
            for technique, blocks in shown.items():
                technique.evidence[:] = blocks

    def open(
        self,
        model: Any,
        stage: str,
        planned: Plan,
        epochs: float,
        place: Path,
        callbacks: Sequence[Any],
        cuts: Sequence[type[HeadCut] | type[Cut]] = CUTS,
    ) -> AtWork:
        """Make ready what trains: the model in place, its rows, the loop. What frozen layers say is computed
        once where one of the `cuts` is possible."""
        techniques = [each for each in self.chosen if not each.stages or stage in each.stages]
        spec = planned.spec
        contexts = [self._context(stage, k, planned) for k in range(len(self.sets.joint.columns))]
        context = contexts[0]
        model.to(self.here.device)
        rows = self.sets.train
        for technique in techniques:
            rows = technique.rows(rows, context)
            technique.model(model, context)
        whole = self.modality.narrow(model)
        cut, train, validation = self._keep(model, rows, cuts)
        if cut:
            trained, complete = cut.apply(), cut.undo
        else:
            trained, complete = model, self.modality.lighten(model, self.sets.train)
        own = [callback for each in techniques for callback in each.callbacks(context)]
        trainer = FineTuner(
            model=trained,
            args=arguments(place, spec, epochs, planned.evaluate_every, self.here, techniques),
            lengths=rows["length"],
            train_dataset=train,
            eval_dataset=validation,
            data_collator=cut.collate if cut else self.collate,
            compute_metrics=self._scores,
            callbacks=[*callbacks, *own],
            loss_function=loss_of(techniques, contexts, self.sets.joint),
            rate_of=rates(model, spec, techniques),
            width=cut.width if cut else self.modality.width,
        )

        def close(weights: Mapping[str, Any]) -> Any:
            trained.load_state_dict(weights)
            complete()
            whole()
            for technique in techniques:
                technique.finish(model, context)
            # Without the wrapper that makes the forward pass run in half precision.
            return trainer.accelerator.unwrap_model(model, keep_fp32_wrapper=False)

        return AtWork(trainer, close)

    def _scores(self, seen: Any) -> dict[str, float]:
        """Scores of the validation rows; their loss is the Trainer's own, from the loss that trains."""
        return self.sets.joint.scores(seen.predictions, seen.label_ids)

    def _context(self, stage: str, number: int, planned: Plan) -> Context:
        length = int(self.spec.max_length or 0)
        return Context(
            stage=stage,
            train=planned.spec,
            columns=self.sets.joint.columns,
            number=number,
            task=self.sets.joint.tasks[number],
            class_counts=self.sets.joint.counts[number],
            known=self.sets.joint.known[number],
            evaluations_per_epoch=planned.evaluations_per_epoch,
            patience=planned.patience,
            texts=self.sets.rows.texts_at(self.sets.rows.split.train),
            encode=lambda texts: self.modality.columns(self.processor, texts, length),
            note=self.note,
        )

    def answers(self, model: Any, rows: Any) -> np.ndarray:
        """Logits [rows, classes] of a whole model, in full precision.

        Goes on when the person has asked to stop: it is the score of the model that Stop keeps.
        """
        model.eval()
        said, size = [], scored_at_once(self.spec, self.here)
        with torch.inference_mode():
            for start in range(0, len(rows), size):
                batch = self.collate([rows[i] for i in range(start, min(start + size, len(rows)))])
                inputs = for_model(batch.to(model.device))
                said.append(model(**inputs).logits.float().cpu().numpy())
        return np.concatenate(said)

    def _keep(
        self, model: Any, rows: Any, cuts: Sequence[type[HeadCut] | type[Cut]]
    ) -> tuple[Cut | HeadCut | None, Any, Any]:
        """The rows to train and to score on: from the frozen part's outputs where there is one."""
        sets = self.sets
        cut = next((found for kind in cuts if (found := kind.of(model))), None)
        if cut is None:
            return None, rows, sets.validation
        if self.kept and rows is self.kept[1] and cut.follows(self.kept[0]):
            return cut, *self.kept[2:]
        why = (
            "train.not_kept.rows"  # they are other ones in every epoch
            if rows is not sets.train
            else ""
            if cut.agrees(self.collate, rows)
            else "train.not_kept"
        )
        if why:
            self.note(message(why))
            return None, rows, sets.validation
        if not self._trying:
            self.run.append(ev.StageStarted(stage="keep", rows=len(rows) + len(sets.validation)))
        folder = self.run.path / "tokens"
        try:
            kept = [
                cut.keep(some, self.collate, folder / f"{name}.npy", self.here.autocast, self.look)
                for name, some in (("train", rows), ("validation", sets.validation))
            ]
        except TooLarge:
            self.note(message("train.no_room"))
            return None, rows, sets.validation
        self.kept = (cut.standard, rows, kept[0], kept[1])
        return cut, kept[0], kept[1]

    def look(self) -> None:
        """Raise Stopped when the person has asked for it."""
        if self.run.stop_requested():
            raise Stopped

    def note(self, what: Message) -> None:
        """Tell the person something."""
        if not self._trying:
            self.run.append(ev.Note(message=what))


@dataclass(frozen=True)
class AtWork:
    """A loop that is ready, and what makes a standard model of what it trained, with the weights given."""

    trainer: FineTuner
    close: Callable[[Mapping[str, Any]], Any]


class Stopped(Exception):
    """The person stopped the run before this training brought a model."""
