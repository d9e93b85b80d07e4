"""Pre-flight: before Start a few real steps on this machine say how long a run will take and how much memory
it needs.

The steps are done by the code that trains (`core.training.fit`), on rows that stand for all: evenly spread
over the lengths, the longest among them. What they cost is kept, by machine, model and settings.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import platform
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoConfig, TrainerCallback, set_seed

from core import techniques
from core.data.profile.profile import raise_if_unlearnable
from core.data.sampling import evenly_spaced
from core.data.table import Table
from core.models.catalog import BY_KEY, Entry
from core.models.load import load
from core.models.locate import locate
from core.recipe import Recipe
from core.runs import events
from core.runs.run import Run
from core.runs.store import RunStore
from core.simple_models import fit
from core.technique import TrainingCost
from core.training.batching import SimilarLengths
from core.training.encoded import EncodedSplits
from core.training.fit import Fitter, Stopped
from core.training.machine import (
    available_memory,
    held_memory,
    peak_memory,
    release_memory,
    this_machine,
)
from core.training.plan import LEARNING_RATE, Facts, Plan, plan_training, with_techniques
from core.training.rows import Rows
from core.workflow.costs import VERSION, Cost, keep, kept

STEPS = 12  # that are done; the first WARM_UP are not counted
WARM_UP = 3
SECONDS = 20.0  # after which no further step is begun
EVALUATED = 128  # rows that are timed without training on them
COUNTED = 300  # rows on which the simple model without a pretrained one is timed
# Batches of many sizes leave freed memory behind in pieces, which a few steps do not show; by
# benchmarks.preflight.
HEAP = 1.15


@dataclass(frozen=True)
class Estimate:
    """`seconds` of a run that goes on to its last epoch, None where trying would need more memory than there
    is; `memory`, the most that this process will hold (on a GPU: of the GPU's memory), `fixed`, the part of
    it that no batch size changes, and `available`, what it may hold, in bytes."""

    plan: Plan
    seconds: float | None
    memory: int
    fixed: int
    available: int

    @property
    def fits(self) -> bool:
        return self.memory <= self.available


class Preflight:
    """One recipe on one table: `plan` at once, `estimate` after some seconds of work."""

    def __init__(
        self,
        recipe: Recipe,
        table: Table,
        store: RunStore,
        before: Preflight | None = None,
        extra: Table | None = None,
    ) -> None:
        """Raises UserError for what would keep a run of it from starting; may have to download the model.

        From `before` is taken over what other settings do not change: the rows and their lengths.
        """
        recipe.validate()
        self.recipe = recipe
        if before is None or _material(before.recipe) != _material(recipe):
            self.rows = Rows.of(table, recipe, store, extra)
            raise_if_unlearnable(self.rows.profile)
            self.folder = locate(recipe.model, store)
            self.processor = self.rows.modality.processor(self.folder)
            self.config = AutoConfig.from_pretrained(
                self.folder, local_files_only=True, trust_remote_code=False
            )
            self.facts = Facts.of(self.rows, self.processor, self.config)
        else:
            self.rows, self.folder, self.processor = before.rows, before.folder, before.processor
            self.config, self.facts = before.config, before.facts
        self.chosen = techniques.checked(recipe, self.rows.profile)
        self.plan = plan_training(recipe.train, with_techniques(self.facts, self.chosen))

    def known(self) -> bool:
        """Is the cost known already, from an earlier measurement with the same model and settings?"""
        return self._key() in kept()

    def estimate(
        self, should_stop: Callable[[], bool] = lambda: False, fresh: bool = False
    ) -> Estimate:
        """Measure, unless it is known and nothing `fresh` is asked for. Raises Stopped when told to stop."""
        cost = None if fresh else kept().get(self._key())
        if cost is None:
            fixed, wanted = self._guess()
            if fixed + wanted > available_memory():  # the system would end the program
                return Estimate(self.plan, None, fixed + wanted, fixed, available_memory())
            cost = self._measure(should_stop)
            keep({**kept(), self._key(): cost})
        return self._of(cost)

    def beside(self, entry: Entry) -> Estimate | None:
        """The estimate, about, with a model that is not on this computer: from what it costs with
        this one. None where that is not known, or where the two cannot be compared."""
        cost, own = kept().get(self._key()), BY_KEY.get(self.recipe.model.key)
        if cost is None or own is None or entry.bundled or not own.bundled:
            return None
        more = (entry.parameters - own.parameters) * 10**6
        return self._of(cost.beside(entry.slowdown, entry.memory, more))

    def _of(self, cost: Cost) -> Estimate:
        return Estimate(self.plan, self._seconds(cost), cost.memory, cost.fixed, available_memory())

    def _seconds(self, cost: Cost) -> float:
        split, spec = self.rows.split, self.plan.spec
        tokens = np.minimum(self.facts.lengths, spec.max_length)
        rows = spec.batch_size * spec.accumulation
        # The batches of one epoch as they will be made, from the texts that were looked at.
        sampler = SimilarLengths(tokens.tolist(), rows, spec.seed)
        batches = [tokens[numbers] for numbers in sampler.batches(0)]
        full = [batch for batch in batches if len(batch) == rows] or batches
        padded = float(np.mean([len(batch) * batch.max() for batch in full]))
        mean = float(tokens.mean())
        evaluations = math.ceil(self.plan.total_steps / self.plan.evaluate_every)
        validation, test = len(self.rows.validation_rows) * mean, len(split.test) * mean
        everything = len(self.rows.texts) * mean
        plain = fit.BASELINES[self.rows.modality.plain]
        training = (
            self.plan.total_steps * (cost.step + cost.token * padded)
            + evaluations * cost.evaluated * validation
        )
        texts = (len(self.rows.texts) + len(self.rows.unlabelled)) / len(split.train)
        known = TrainingCost(training, self.plan.total_steps, spec.epochs, texts)
        return (
            cost.once
            + cost.counted * plain.work(self.rows.texts_at(split.train))
            + cost.evaluated * everything  # the frozen embedding
            + cost.kept * (len(split.train) * mean + validation)
            + training
            + sum(technique.takes(known) for technique in self.chosen)
            + cost.tested * test
        )

    def _guess(self) -> tuple[int, int]:
        """Bytes that will be held: whatever the batch, and for the batch.

        Korthikanti et al. 2022, "Reducing Activation Recomputation in Large Transformer Models", section 4.1,
        less what dropout keeps. A batch of 256 x 256 tokens for MiniLM in bf16: 9.7 GB; measured were 8.7.
        """
        weights = sum(file.stat().st_size for file in self.folder.glob("*.safetensors"))
        # Of the word table only the rows that the texts use are trained: with a hundred languages it is most
        # of the weights, and hardly any of the gradients.
        sizes = (int(getattr(self.config, name, 0)) for name in ("vocab_size", "hidden_size"))
        table = min(weights, 4 * math.prod(sizes))
        spec = self.plan.spec
        # A batch is filled up to its own longest text.
        length = min(spec.max_length, int(self.facts.lengths.max(initial=1)))
        hidden, layers, heads = (
            int(getattr(self.config, name, 0))
            for name in ("hidden_size", "num_hidden_layers", "num_attention_heads")
        )
        layers -= round(
            max((technique.frozen_layers for technique in self.chosen), default=0.0) * layers
        )
        size = 4 if this_machine().precision == "fp32" else 2
        per_token = size * layers * (16 * hidden + 2 * heads * length)
        return held_memory() + 4 * weights - 3 * table, int(spec.batch_size) * length * per_token

    def _key(self) -> str:
        """The key of a cost: everything that it depends on, but the rows themselves."""
        spec, machine = self.plan.spec, this_machine()
        parts: list[Any] = [
            VERSION,
            platform.processor() or platform.machine(),
            platform.node(),
            torch.__version__,
            dataclasses.astuple(machine),
            dataclasses.astuple(self.recipe.model),
            {technique.key: dataclasses.asdict(technique.options) for technique in self.chosen},
            [spec.batch_size, spec.accumulation, spec.max_length, len(self.rows.joint().labels)],
        ]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:24]

    def _measure(self, should_stop: Callable[[], bool]) -> Cost:
        try:
            with (
                tempfile.TemporaryDirectory(prefix="ticktune-") as place,
                peak_memory() as memory,
            ):
                # A run in no list of runs: its folder is the temporary one itself.
                measured = self._steps(Run(RunStore(Path(place)), ""), should_stop)
        finally:
            release_memory()
        grows = 1.0 if torch.cuda.is_available() else HEAP
        return dataclasses.replace(measured, memory=round(grows * memory()))

    def _steps(self, run: Run, should_stop: Callable[[], bool]) -> Cost:
        """Train on a few rows as a run would, and time every part."""
        spec, machine = self.plan.spec, this_machine()
        empty = held_memory()
        length = spec.max_length
        batch = spec.batch_size * spec.accumulation
        some = _thinned(self.rows, STEPS * batch)
        counted = _plain(some)  # first, as in a run: what it loads stays in memory
        started = time.perf_counter()
        sets = EncodedSplits.of(some, self.processor, length, run.tokens)
        set_seed(spec.seed)
        modality = self.rows.modality
        model = load(self.folder, self.rows.joint().head(), machine.attention, modality.classifier)
        steps = math.ceil(len(sets.train) / batch)
        short = dataclasses.replace(
            self.plan,
            # Steps take as long with any learning rate, and this one does not go astray.
            spec=dataclasses.replace(
                spec, epochs=float(math.ceil(STEPS / steps)), learning_rate=LEARNING_RATE
            ),
            steps_per_epoch=steps,
            evaluate_every=STEPS,
        )
        loaded = time.perf_counter()
        clock = _Clock(should_stop, loaded + SECONDS)
        fitter = Fitter(
            run, short, sets, self.processor, self.chosen, machine, should_stop, [clock]
        )
        fitted = fitter(model)
        if should_stop():
            raise Stopped
        tested = time.perf_counter()
        fitter.logits(fitted.model, sets.test)
        done = time.perf_counter()

        tokens = np.minimum(np.array(sets.train["length"]), length)
        step, token = _line(clock.steps, tokens, batch, spec.seed)
        stages = {
            event.stage: event.time
            for event in events.read(run.events)[0]
            if isinstance(event, events.StageStarted)
        }
        validation = int(np.sum(sets.validation["length"]))
        frozen = stages["train"] - stages["keep"] if "keep" in stages else 0.0
        return Cost(
            step=step,
            token=token,
            evaluated=clock.evaluation / validation,
            tested=(done - tested) / int(np.sum(sets.test["length"])),
            kept=frozen / (int(tokens.sum()) + validation),
            counted=counted,
            # Loaded at the start, and once more when the export is proven; written, read and packed.
            once=2 * (loaded - started),
            memory=0,
            fixed=empty + clock.weights,
            weight=clock.weights / max(1, clock.parameters),
        )


class _Clock(TrainerCallback):
    """Seconds from step to step and of the evaluation; ends the training when time is up.

    Raises Stopped when told to stop.
    """

    def __init__(self, should_stop: Callable[[], bool], end: float) -> None:
        self.should_stop, self.end = should_stop, end
        self.steps: list[float] = []
        self.evaluation = 0.0
        self.weights = 0  # bytes, while it trains
        self.parameters = 0
        self._began = 0.0

    def on_train_begin(self, *_: Any, model: Any = None, **__: Any) -> None:
        self.weights = _weights(model)
        self.parameters = sum(parameter.numel() for parameter in model.parameters())
        self._began = time.perf_counter()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        now = time.perf_counter()
        self.steps.append(now - self._began)
        self._began = now
        if self.should_stop():
            raise Stopped
        if now > self.end or len(self.steps) >= STEPS:
            control.should_training_stop = control.should_evaluate = True

    def on_evaluate(self, *_: Any, **__: Any) -> None:
        self.evaluation = time.perf_counter() - self._began


def _line(seconds: list[float], lengths: np.ndarray, batch: int, seed: int) -> tuple[float, float]:
    """Seconds a step and a token, by least squares; neither is negative."""
    padded: list[int] = []
    sampler = SimilarLengths(lengths.tolist(), batch, seed)
    for epoch in range(math.ceil(len(seconds) * batch / len(lengths))):
        batches = [lengths[numbers] for numbers in sampler.batches(epoch)]
        padded += [len(sizes) * int(sizes.max()) for sizes in batches]
    skip = WARM_UP if len(seconds) > 2 * WARM_UP else len(seconds) - 1
    x, y = np.array(padded[skip : len(seconds)], dtype=float), np.array(seconds[skip:])
    if np.ptp(x) > 0.2 * x.mean():
        token, step = np.polyfit(x, y, 1)
        if step >= 0 and token >= 0:
            return float(step), float(token)
    return 0.0, float(y.sum() / x.sum())


def _plain(rows: Rows) -> float:
    """Seconds per character, or whatever else its work is counted in, of the simple model without a
    pretrained one."""
    rows = rows.views()[0]
    where = rows.split.train[:COUNTED]
    texts, plain = rows.texts_at(where), fit.BASELINES[rows.modality.plain]
    started = time.perf_counter()
    plain.fit(rows.modality.plain_input(texts), rows.truth[where], rows.task, 0)
    return (time.perf_counter() - started) / max(1, plain.work(texts))


def _thinned(rows: Rows, train: int) -> Rows:
    """A sample of each side of the split, evenly spread over the lengths; the longest are among them."""

    def some(where: np.ndarray, most: int) -> np.ndarray:
        order = rows.by_length(where)
        return np.asarray(order[evenly_spaced(len(order), most)])

    split = rows.split
    thin = dataclasses.replace(
        split,
        train=some(split.train, train),
        validation=some(rows.validation_rows, EVALUATED),
        test=some(split.test, EVALUATED),
    )
    return dataclasses.replace(rows, split=thin)


def _material(recipe: Recipe) -> tuple[Any, ...]:
    """The settings that the rows, their sides and their lengths follow from."""
    return recipe.data, recipe.tasks, recipe.model, recipe.train.seed


def _weights(model: Any) -> int:
    """Bytes of all weights, and of a gradient and AdamW's two numbers for each that is trained."""
    return sum(
        p.numel() * p.element_size() * (4 if p.requires_grad else 1) for p in model.parameters()
    )
