"""Fine-tuning of one model: techniques, the frozen part kept, transformers' loop, the best weights back in
place."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import math
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import set_seed

from core.evidence import Block
from core.io.typed import decode
from core.models.surgery.heads import last_layer
from core.recipe import Settings
from core.runs import events
from core.runs.run import Run
from core.tasks.base import ranked
from core.technique import Context, Fit, Fitted, Loss, Technique
from core.training.arguments import arguments, loss_of, rates, scored_at_once
from core.training.batching import for_model
from core.training.encoded import EncodedSplits
from core.training.frozen_features import (
    FrozenFeatureCache,
    FrozenLayers,
    FrozenPart,
    TooLarge,
    collate_features,
    features_width,
)
from core.training.head_only import FrozenEncoder
from core.training.machine import Machine
from core.training.plan import Plan, plan_training
from core.training.stages import Stages
from core.training.trainer import (
    LOG_SECONDS,
    FineTuner,
    Interrupted,
    KeepBest,
    Reporter,
    last_checkpoint,
)
from core.words import Message, message, of_kind

SLOWER_RATE = 0.2  # of the learning rates, when they were too high
# Where a model can be cut in two, so that its frozen part works once for each row. The first that fits.
FROZEN_PARTS: tuple[type[FrozenPart], ...] = (FrozenEncoder, FrozenLayers)


class Fitter(Fit):
    """Everything that a model is fitted with; called with a freshly loaded one, perhaps twice."""

    def __init__(
        self,
        run: Run,
        planned: Plan,
        sets: EncodedSplits,
        processor: Any,
        chosen: Sequence[Technique],
        machine: Machine,
        should_stop: Callable[[], bool] | None = None,
        callbacks: Sequence[Any] = (),
    ) -> None:
        """`should_stop` asks whether to stop, without it the run does; `callbacks` see all trainings."""
        self.should_stop, self.callbacks = should_stop or run.stop_requested, callbacks
        self.run, self.plan, self.splits, self.machine = run, planned, sets, machine
        self.chosen, self.processor = chosen, processor
        self.modality = sets.rows.modality
        self.collate = self.modality.collator(processor)
        self.stages = Stages(run)
        self.base_loss: Loss = sets.joint.loss([task.losses for task in sets.joint.tasks])
        self.slowed = False
        self._unobserved = False  # a model that is thrown away: nobody is told about it
        self.cached: FrozenFeatureCache | None = None  # for a model that begins anew
        # The last layer as it began, where it alone is trained.
        self.initial_head: dict[str, Any] = {}
        # Whether there is more to do after the training, which must then not be done again.
        self._goes_on = any(type(technique).after is not Technique.after for technique in chosen)
        # Epochs to come, as a share of the run's.
        self._more = sum(technique.more for technique in chosen)

    @property
    def spec(self) -> Settings:
        """The settings, none of them open."""
        return self.plan.spec

    @spec.setter
    def spec(self, spec: Settings) -> None:
        self.plan = dataclasses.replace(self.plan, spec=spec)

    def settle(self, spec: Settings, why: Mapping[str, Message]) -> None:
        planned = plan_training(spec, self.plan.facts)
        self.plan = dataclasses.replace(planned, why={**self.plan.why, **why})

    @property
    def frozen(self) -> bool:
        return any(technique.frozen for technique in self.chosen)

    def slow_down(self) -> None:
        """Lower learning rates from now on."""
        self.slowed = True
        self.spec = dataclasses.replace(
            self.spec,
            learning_rate=self.spec.learning_rate * SLOWER_RATE,
            head_learning_rate=self.spec.head_learning_rate * SLOWER_RATE,
        )

    def __call__(self, model: Any) -> Fitted:
        """Train `model` in place. Raises Diverged, and Stopped when there is no score yet."""
        named = last_layer(model) if self.frozen else None
        self.initial_head = copy.deepcopy(named[1].state_dict()) if named else {}
        return self._fit(model, "train", self.spec.epochs, None)

    def train_again(self, model: Any, stage: str, share: float, before: Fitted) -> Fitted:
        self._more -= share  # what is left to do is known to the progress bar
        model.requires_grad_(True)  # what was frozen for a while
        return self._fit(model, stage, share * self.spec.epochs, before)

    def encode_again(self, processor: Any) -> None:
        length, folder = self.spec.max_length, self.run.tokens / "again"
        self.processor, self.collate = processor, self.modality.collator(processor)
        self.splits = EncodedSplits.of(
            self.splits.rows, processor, length, folder, self.raise_if_stopped
        )

    def _techniques(self, stage: str) -> list[Technique]:
        return [t for t in self.chosen if not t.stages or stage in t.stages]

    def _fit(self, model: Any, stage: str, epochs: float, before: Fitted | None) -> Fitted:
        done = (before.steps, before.epochs) if before else (0, 0.0)
        techniques = self._techniques(stage)
        if facts := self.stages.facts(stage):
            model.load_state_dict(self.stages.weights(stage))
            for technique in techniques:
                shown = facts["evidence"][technique.key]
                technique.evidence[:] = decode(tuple[Block, ...], shown)
            return Fitted(model, facts["best"], facts["steps"], facts["epochs"], stopped=False)
        place = self.run.path if before is None else self.run.path / stage
        patient = self.slowed or bool(before)
        reporter = Reporter(self.run, self.should_stop, self.splits.joint, patient, done)
        keeper = KeepBest(self.run, place, max(t.averaged for t in techniques or [Technique()]))
        prepared = self.prepare(model, stage, self.plan, epochs, place, [reporter, keeper])
        to_come = epochs + self._more * self.spec.epochs
        self.run.append(
            events.StageStarted(
                stage=stage,
                total_steps=done[0] + math.ceil(self.plan.steps_per_epoch * to_come),
                epochs=done[1] + to_come,
                rows=len(prepared.trainer.train_dataset),
            )
        )
        trainer, checkpoint = prepared.trainer, self._checkpoint(place)
        with contextlib.suppress(Interrupted):
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        if not ranked(trainer.state.log_history):
            raise Stopped
        best, weights = self._best(trainer, reporter, keeper)
        model = prepared.close(weights)
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
                "evidence": {
                    technique.key: list(map(dataclasses.asdict, technique.evidence))
                    for technique in techniques
                },
            }
            self.stages.keep(stage, facts, model.state_dict())
        return fitted

    def _checkpoint(self, place: Path) -> Path | None:
        """Where the training goes on, if it was begun before; the person is told of a damaged one."""
        lost: list[int] = []
        checkpoint = last_checkpoint(place, lost.append)
        if lost and checkpoint:
            since = checkpoint.name[11:]
            self.note(message("train.checkpoint_damaged.earlier", step=lost[0], since=since))
        elif lost:
            self.note(message("train.checkpoint_damaged", step=lost[0]))
        return checkpoint

    def _best(
        self, trainer: FineTuner, reporter: Reporter, keeper: KeepBest
    ) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """The evaluation that is kept and its weights: the best one's, or the average of several."""
        best = ranked(trainer.state.log_history)[0]
        error = self._standard_error(best["eval_macro_f1"])
        average = None if reporter.stopped else keeper.average(best["eval_macro_f1"] - error)
        if average is None:
            return best, keeper.weights
        reporter.tolerance = error
        trainer.model.load_state_dict(average)
        trainer.evaluate()
        mean = trainer.state.log_history[-1]
        before, after = float(best["eval_macro_f1"]), float(mean["eval_macro_f1"])
        kept = after >= before - error
        key = "train.averaged.kept" if kept else "train.averaged.dropped"
        self.note(message(key, before=before, after=after))
        return (mean, average) if kept else (best, keeper.weights)

    def _standard_error(self, score: float) -> float:
        """A standard error of a score (0 to 1) on the validation rows. The best of many evaluations is the
        best by so much luck, at least; the average of several was not picked."""
        return math.sqrt(score * (1 - score) / len(self.splits.validation))

    def attempt(self, model: Any, spec: Settings, callbacks: Sequence[Any]) -> None:
        planned = plan_training(spec, self.plan.facts)
        with self.unobserved() as folder:
            set_seed(spec.seed)
            self.prepare(model, "train", planned, spec.epochs, folder, callbacks).trainer.train()

    def trained_part(self, model: Any) -> tuple[Any, Any, Callable[[list[Any]], Any]]:
        if not self.frozen:
            return model, self.splits.train, self.collate
        model = copy.deepcopy(model)
        with self.unobserved():
            context = self._context("train", 0, self.plan)
            for technique in self.chosen:
                if technique.frozen:
                    technique.model(model, context)
            part, rows, _ = self._frozen_part(model, self.splits.train)
        return (part.apply(), rows, collate_features) if part else (model, rows, self.collate)

    @contextlib.contextmanager
    def unobserved(self) -> Iterator[Path]:
        """Meanwhile nothing is told or shown of what is done; in a folder that is thrown away. Only what is
        computed once for all such trainings is kept of a frozen part."""
        shown = {technique: list(technique.evidence) for technique in self.chosen}
        self._unobserved = True
        try:
            with tempfile.TemporaryDirectory(dir=self.run.path, prefix=".attempt-") as folder:
                yield Path(folder)
        finally:
            self._unobserved = False
            for technique, blocks in shown.items():
                technique.evidence[:] = blocks

    def prepare(
        self,
        model: Any,
        stage: str,
        planned: Plan,
        epochs: float,
        place: Path,
        callbacks: Sequence[Any],
    ) -> PreparedTraining:
        """Make ready what trains: the model in place, its rows, the loop. What a frozen part says is computed
        once where there is one."""
        techniques, spec = self._techniques(stage), planned.spec
        contexts = [self._context(stage, k, planned) for k in range(len(self.splits.joint.columns))]
        context = contexts[0]
        model.to(self.machine.device)
        rows = self.splits.train
        for technique in techniques:
            rows = technique.rows(rows, context)
            technique.model(model, context)
        whole = self.modality.narrow(model)
        part, train, validation = self._frozen_part(model, rows)
        if part:
            trained, complete = part.apply(), part.undo
        else:
            trained, complete = model, self.modality.lighten(model, self.splits.train)
        own = [callback for technique in techniques for callback in technique.callbacks(context)]
        trainer = FineTuner(
            model=trained,
            args=arguments(place, spec, epochs, planned.evaluate_every, self.machine, techniques),
            lengths=rows["length"],
            train_dataset=train,
            eval_dataset=validation,
            data_collator=collate_features if part else self.collate,
            compute_metrics=self._scores,
            callbacks=[*callbacks, *own, *self.callbacks],
            loss_function=loss_of(techniques, contexts, self.splits.joint),
            rate_of=rates(model, spec, techniques),
            width=features_width if part else self.modality.width,
        )

        def close(weights: Mapping[str, Any]) -> Any:
            trained.load_state_dict(weights)
            complete()
            whole()
            for technique in techniques:
                technique.finish(model, context)
            # Without the wrapper that makes the forward pass run in half precision.
            return trainer.accelerator.unwrap_model(model, keep_fp32_wrapper=False)

        return PreparedTraining(trainer, close)

    def _scores(self, seen: Any) -> dict[str, float]:
        """Scores of the validation rows; their loss is the Trainer's own, from the loss that trains."""
        return self.splits.joint.scores(seen.predictions, seen.label_ids)

    def _context(self, stage: str, number: int, planned: Plan) -> Context:
        length = self.spec.max_length
        return Context(
            stage=stage,
            train=planned.spec,
            columns=self.splits.joint.columns,
            number=number,
            task=self.splits.joint.tasks[number],
            class_counts=self.splits.joint.counts[number],
            known=self.splits.joint.known[number],
            evaluations_per_epoch=planned.evaluations_per_epoch,
            patience=planned.patience,
            texts=self.splits.rows.texts_at(self.splits.rows.split.train),
            encode=lambda texts: self.modality.columns(self.processor, texts, length),
            note=self.note,
        )

    def logits(self, model: Any, rows: Any) -> np.ndarray:
        model.eval()
        said, size = [], scored_at_once(self.spec, self.machine)
        with torch.inference_mode():
            for start in range(0, len(rows), size):
                batch = self.collate([rows[i] for i in range(start, min(start + size, len(rows)))])
                inputs = for_model(batch.to(model.device))
                said.append(model(**inputs).logits.float().cpu().numpy())
        return np.concatenate(said)

    def _frozen_part(self, model: Any, rows: Any) -> tuple[FrozenPart | None, Any, Any]:
        """The rows to train and to score on: from the frozen part's outputs where there is one."""
        validation, known = self.splits.validation, self.cached
        kinds = FROZEN_PARTS[:1] if self._unobserved else FROZEN_PARTS
        part = next((part for kind in kinds if (part := kind.of(model))), None)
        if part is None:
            return None, rows, validation
        if known and rows is known.rows and part.follows(known.scaling):
            return part, known.train, known.validation
        if rows is not self.splits.train:  # they are other ones in every epoch
            why = "train.not_kept.rows"
        elif not part.agrees(self.collate, rows):
            why = "train.not_kept"
        else:
            why = "train.no_room"
            if not self._unobserved:
                self.run.append(events.StageStarted(stage="keep", rows=len(rows) + len(validation)))
            tell = self._count_rows()
            with contextlib.suppress(TooLarge):
                train, scored = (
                    part.compute(
                        some,
                        self.collate,
                        self.run.tokens / f"{name}.npy",
                        self.machine.autocast,
                        self.raise_if_stopped,
                        tell,
                    )
                    for name, some in (("train", rows), ("validation", validation))
                )
                self.cached = FrozenFeatureCache(rows, part.scaling, train, scored)
                return part, train, scored
        self.note(message(of_kind(why, self.modality.key)))
        return None, rows, validation

    def _count_rows(self) -> Callable[[int], None]:
        """What is told of the rows that are done, a batch at a time, and tells the run now and then."""
        done, told = 0, time.monotonic()

        def tell(rows: int) -> None:
            nonlocal done, told
            done += rows
            if not self._unobserved and time.monotonic() - told >= LOG_SECONDS:
                told = time.monotonic()
                self.run.append(events.RowsDone(rows=done))

        return tell

    def raise_if_stopped(self) -> None:
        if self.should_stop():
            raise Stopped

    def note(self, what: Message) -> None:
        if not self._unobserved:
            self.run.append(events.Note(message=what))


@dataclass(frozen=True)
class PreparedTraining:
    """A loop that is ready, and what makes a standard model of what it trained, with the weights given."""

    trainer: FineTuner
    close: Callable[[Mapping[str, Any]], Any]


class Stopped(Exception):
    """The person stopped the run before this training brought a model."""
