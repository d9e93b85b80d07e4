"""Feature caching: what frozen layers answer is the same in every epoch, so it is computed once and kept.

    part = FrozenLayers.of(model)          # None when nothing at the bottom is frozen
    part.compute(rows, ...)                # the frozen layers' outputs of all rows, on disk
    part.apply() ... part.undo()           # in between, the model starts at those outputs

The same idea is in sentence-level feature extraction (Peters et al. 2019, "To Tune or Not to Tune?"); here
the layers above go on being trained.
"""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn

from core.models.surgery.layers import embeddings, layers, stack
from core.training.batching import for_model

TOLERANCE = 1e-3  # of a logit, between the whole model and the one that starts at cached outputs
DISK_SHARE = 0.5  # of what is free that may be used
PROBES = 4  # rows that the whole model and its trained part are compared on


class TooLarge(Exception):
    """There is not enough room on the disk."""


class CachedFeatures(torch.utils.data.Dataset[dict[str, Any]]):
    """Rows as the trained part is given them: `inputs_embeds` [vectors, hidden size] in a file, and
    `labels`."""

    def __init__(
        self, file: Path, lengths: np.ndarray, like: np.ndarray, labels: Sequence[Any]
    ) -> None:
        """`lengths` [rows] are the vectors of each, `like` is one of them. Raises TooLarge."""
        if lengths.sum() * like.nbytes > DISK_SHARE * shutil.disk_usage(file.parent).free:
            raise TooLarge
        self.labels, self.ends = list(labels), np.cumsum(lengths)
        self.vectors = np.lib.format.open_memmap(
            file, mode="w+", dtype=like.dtype, shape=(int(self.ends[-1]), *like.shape)
        )

    def _place(self, row: int) -> slice:
        return slice(int(self.ends[row - 1]) if row else 0, int(self.ends[row]))

    def write(self, row: int, vectors: np.ndarray) -> None:
        self.vectors[self._place(row)] = vectors

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, row: int) -> dict[str, Any]:
        return {"inputs_embeds": self.vectors[self._place(row)], "labels": self.labels[row]}


def collate_features(rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
    """A batch of `CachedFeatures`: `inputs_embeds` [rows, vectors, hidden] in float32, mask, labels."""
    vectors = [torch.from_numpy(np.array(row["inputs_embeds"], np.float32)) for row in rows]
    masks = [torch.ones(len(own), dtype=torch.int64) for own in vectors]
    return {
        "inputs_embeds": nn.utils.rnn.pad_sequence(vectors, batch_first=True),
        "attention_mask": nn.utils.rnn.pad_sequence(masks, batch_first=True),
        "labels": torch.tensor([row["labels"] for row in rows]),
    }


def features_width(batch: Mapping[str, Any]) -> int:
    """Length of each row of such a batch, with its padding."""
    return int(batch["attention_mask"].shape[1])


@dataclass(frozen=True)
class FrozenFeatureCache:
    """What was computed once, for another model with the same frozen part: from which training rows, by what
    it was scaled, and the features of these and of the validation rows. The part would hold its model."""

    rows: Any
    scaling: Any
    train: CachedFeatures
    validation: CachedFeatures


class FrozenPart(ABC):
    """Where a model is cut in two: what is frozen and works once for each row, and what is trained."""

    dtype: ClassVar[type]  # of what is kept
    vectors_at_once: ClassVar[int]  # that go through the frozen part, with padding
    scaling: Any = None  # what is taken off the features and what they are divided by, if anything

    def __init__(self, model: Any, hidden: int) -> None:
        self.model, self.hidden = model, hidden

    @classmethod
    @abstractmethod
    def of(cls, model: Any) -> FrozenPart | None:
        """None where the model cannot be cut in this way."""

    @abstractmethod
    def outputs(self, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Features of a batch [rows, vectors, hidden size], and which are no padding [rows, vectors]."""

    @abstractmethod
    def apply(self) -> nn.Module:
        """What is to be trained: it takes `inputs_embeds` and `attention_mask`."""

    @abstractmethod
    def undo(self) -> None:
        """The whole model again, with what its trained part has learned."""

    def lengths(self, rows: Any) -> np.ndarray:
        """How many vectors are kept of each row: [rows]."""
        return np.asarray(rows["length"])

    def follows(self, scaling: Any) -> bool:
        """Are features that were scaled so good for this one, as its frozen part is the same? Then it scales
        by the same numbers. It may have been cut elsewhere."""
        return False

    def agrees(self, collate: Callable[[list[Any]], Any], rows: Any) -> bool:
        """Does the trained part say the same, from features as they are kept, as the whole model?

        False for models that do more in between than hand the vectors on.
        """
        self.model.eval()
        batch = self._inputs(collate([rows[i] for i in range(min(PROBES, len(rows)))]))
        with torch.inference_mode():
            whole = self.model(**batch).logits
            try:
                vectors, mask = self.outputs(batch)
                upper = self.apply()(inputs_embeds=vectors.float(), attention_mask=mask).logits
            except Exception:  # noqa: BLE001 - code that was not made for it may raise anything
                return False
            finally:
                self.undo()
        return bool((whole - upper).abs().max() <= TOLERANCE)

    def compute(
        self,
        rows: Any,
        collate: Callable[[list[Any]], Any],
        file: Path,
        autocast: Callable[[], Any],
        raise_if_stopped: Callable[[], None] = lambda: None,
        tell: Callable[[int], None] = lambda rows: None,
    ) -> CachedFeatures:
        """The features of all `rows`, kept in `file`.

        `raise_if_stopped` is called between batches, `tell` after each with its number of rows.
        Raises TooLarge when the disk has no room.
        """
        lengths = self.lengths(rows)
        like: np.ndarray = np.zeros(self.hidden, self.dtype)
        features = CachedFeatures(file, lengths, like, rows["labels"])
        self.model.eval()
        for numbers in _batches(lengths, self.vectors_at_once):
            raise_if_stopped()
            batch = self._inputs(collate([rows[int(i)] for i in numbers]))
            with autocast(), torch.inference_mode():
                vectors, mask = self.outputs(batch)
            real = mask.cpu().numpy().astype(bool)
            for number, own, there in zip(numbers, vectors.cpu().numpy(), real, strict=True):
                features.write(int(number), own[there])
            tell(len(numbers))
        return features

    def _inputs(self, batch: Any) -> dict[str, torch.Tensor]:
        return {name: value.to(self.model.device) for name, value in for_model(batch).items()}


def _batches(lengths: np.ndarray, most: int) -> Iterator[np.ndarray]:
    """Row numbers in batches of similar length, each of about `most` vectors with its padding."""
    order = np.argsort(lengths, kind="stable")
    start = 0
    while start < len(order):
        end = start + 1
        while end < len(order) and (end + 1 - start) * lengths[order[end]] <= most:
            end += 1
        yield order[start:end]
        start = end


class _Reached(Exception):
    """The last frozen layer has answered: what comes above it is not needed."""


class _Given(nn.Module):
    """In place of the embeddings: hands on the vectors [rows, tokens, hidden] that the model was given."""

    def forward(self, *args: Any, **kwargs: Any) -> torch.Tensor:
        given: torch.Tensor = next(
            value
            for value in (*args, *kwargs.values())
            if torch.is_tensor(value) and value.is_floating_point() and value.dim() == 3
        )
        return given


class FrozenLayers(FrozenPart):
    """The lowest layers and everything below them. Kept is a vector of each token, in half precision."""

    dtype, vectors_at_once = np.float16, 4096

    def __init__(self, model: Any, place: str, listed: tuple[nn.Module, str], frozen: int) -> None:
        super().__init__(model, int(model.config.hidden_size))
        self.base = model.base_model
        self.place = place  # the name of the embeddings in the base model
        self.stack = listed  # the module that holds the list of layers, and the list's name there
        self.layers: nn.ModuleList = getattr(*listed)
        self.embeddings = getattr(self.base, place)
        self.frozen = frozen

    @classmethod
    def of(cls, model: Any) -> FrozenLayers | None:
        """Cut at the highest place below which nothing is trained; None when the lowest layer is."""
        listed, place = stack(model), embeddings(model)
        if listed is None or place is None:
            return None
        above = layers(model)
        frozen = next((i for i, layer in enumerate(above) if _trains(layer)), len(above))
        if not frozen or _trains(getattr(model.base_model, place)):
            return None
        return cls(model, place, listed, frozen)

    def outputs(self, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """What the last frozen layer says of each token."""
        reached: list[torch.Tensor] = []

        def stop(_: nn.Module, __: Any, output: Any) -> None:
            reached.append(output if torch.is_tensor(output) else output[0])
            raise _Reached

        hook = self.layers[self.frozen - 1].register_forward_hook(stop)
        try:
            self.base(**batch)
        except _Reached:
            return reached[0].to(torch.float16), batch["attention_mask"]
        finally:
            hook.remove()
        raise RuntimeError("the last frozen layer was never asked")

    def apply(self) -> nn.Module:
        """Only the upper part of the model."""
        setattr(self.base, self.place, _Given())
        setattr(*self.stack, nn.ModuleList(list(self.layers)[self.frozen :]))
        model: nn.Module = self.model
        return model

    def undo(self) -> None:
        setattr(self.base, self.place, self.embeddings)
        setattr(*self.stack, self.layers)


def _trains(module: nn.Module) -> bool:
    return any(parameter.requires_grad for parameter in module.parameters())
