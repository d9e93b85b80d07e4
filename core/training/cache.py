"""Freeze and cache: what frozen layers answer is the same in every epoch, so it is computed once and kept.

    cut = Cut.of(model)                    # None when nothing at the bottom is frozen
    cut.keep(rows, ...)                    # the frozen layers' outputs of all rows, on disk
    cut.apply() ... cut.undo()             # in between, the model starts at those outputs

The same idea is in sentence-level feature extraction (Peters et al. 2019, "To Tune or Not to Tune?"); here
the layers above go on being trained.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from core.models.layers import embeddings, layers, stack
from core.training.batching import for_model

TOLERANCE = 1e-3  # of a logit, between the whole model and the one that starts at the kept outputs
BATCH_TOKENS = 4096  # of a batch of the frozen part, with padding
DISK_SHARE = 0.5  # of what is free that may be used
PROBES = 4


class TooLarge(Exception):
    """There is not enough room on the disk."""


class _Reached(Exception):
    """The last frozen layer has answered: what comes above it is not needed."""


class _Given(nn.Module):
    """In place of the embeddings: hands on the vectors [rows, tokens, hidden] that the model was given."""

    def forward(self, *args: Any, **kwargs: Any) -> torch.Tensor:
        given: torch.Tensor = next(
            each
            for each in (*args, *kwargs.values())
            if torch.is_tensor(each) and each.is_floating_point() and each.dim() == 3
        )
        return given


class Cut:
    """Where a model is cut in two: `frozen` layers and everything below them, and the rest."""

    def __init__(self, model: Any, place: str, stack: tuple[nn.Module, str], frozen: int) -> None:
        self.model = model
        self.base = model.base_model
        self.place = place  # the name of the embeddings in the base model
        self.stack = stack  # the module that holds the list of layers, and the list's name there
        self.layers: nn.ModuleList = getattr(*stack)
        self.embeddings = getattr(self.base, place)
        self.frozen = frozen
        self.standard = None  # what it keeps is kept as it is

    @classmethod
    def of(cls, model: Any) -> Cut | None:
        """The highest place below which nothing is trained, or None when the lowest layer is."""
        found, place = stack(model), embeddings(model)
        if found is None or place is None:
            return None
        above = layers(model)
        frozen = next((i for i, layer in enumerate(above) if _trains(layer)), len(above))
        if not frozen or _trains(getattr(model.base_model, place)):
            return None
        return cls(model, place, found, frozen)

    def follows(self, earlier: Any) -> bool:
        """Is what an earlier one has kept good for this one? It may have been cut elsewhere."""
        return False

    def outputs(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """What the last frozen layer says: [rows, tokens, hidden]."""
        said: list[torch.Tensor] = []

        def reached(_: nn.Module, __: Any, output: Any) -> None:
            said.append(output if torch.is_tensor(output) else output[0])
            raise _Reached

        hook = self.layers[self.frozen - 1].register_forward_hook(reached)
        try:
            with torch.inference_mode():
                self.base(**batch)
        except _Reached:
            return said[0]
        finally:
            hook.remove()
        raise RuntimeError("the last frozen layer was never asked")

    def apply(self) -> nn.Module:
        """What is to be trained: from now on the model takes `inputs_embeds` and `attention_mask`, and is
        only its upper part."""
        setattr(self.base, self.place, _Given())
        setattr(*self.stack, nn.ModuleList(list(self.layers)[self.frozen :]))
        model: nn.Module = self.model
        return model

    def undo(self) -> None:
        """The whole model again, with what its upper part has learned."""
        setattr(self.base, self.place, self.embeddings)
        setattr(*self.stack, self.layers)

    def collate(self, rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """A batch of `Kept` rows."""
        return collate_kept(rows)

    def width(self, batch: Mapping[str, Any]) -> int:
        """Length of each row of such a batch, with its padding."""
        return int(batch["attention_mask"].shape[1])

    def agrees(self, collate: Callable[[list[Any]], Any], rows: Any) -> bool:
        """Does the upper part say the same, from outputs as they are kept, as the whole model?

        False for models that do more between the layers than hand the vectors on.
        """
        self.model.eval()
        batch = _inputs(
            collate([rows[i] for i in range(min(PROBES, len(rows)))]), self.model.device
        )
        with torch.inference_mode():
            whole = self.model(**batch).logits
            kept = self.outputs(batch).to(torch.float16).float()
            self.apply()
            try:
                upper = self.model(
                    inputs_embeds=kept, attention_mask=batch["attention_mask"]
                ).logits
            except Exception:  # noqa: BLE001 - code that was not made for it may raise anything
                return False
            finally:
                self.undo()
        return bool((whole - upper).abs().max() <= TOLERANCE)

    def keep(
        self,
        rows: Any,
        collate: Callable[[list[Any]], Any],
        file: Path,
        autocast: Callable[[], Any],
        should_stop: Callable[[], None] = lambda: None,
    ) -> Kept:
        """Compute the outputs of all `rows` and keep them in `file`, in half precision.

        `should_stop` is called between batches and may raise. Raises TooLarge when the disk has no room.
        """
        lengths = np.asarray(rows["length"])
        hidden = int(self.model.config.hidden_size)
        if lengths.sum() * hidden * 2 > DISK_SHARE * shutil.disk_usage(file.parent).free:
            raise TooLarge
        kept = Kept(file, lengths, rows["labels"], hidden)
        self.model.eval()
        for numbers in _by_tokens(lengths):
            should_stop()
            batch = _inputs(collate([rows[int(i)] for i in numbers]), self.model.device)
            with autocast():
                said = self.outputs(batch).to(torch.float16).cpu().numpy()
            mask = batch["attention_mask"].cpu().numpy().astype(bool)
            for number, vectors, real in zip(numbers, said, mask, strict=True):
                kept.write(int(number), vectors[real])
        return kept


class Kept(torch.utils.data.Dataset[dict[str, Any]]):
    """Rows as the frozen layers see them: `inputs_embeds` [tokens, hidden] in half precision, `labels`."""

    def __init__(self, file: Path, lengths: np.ndarray, labels: Sequence[int], hidden: int) -> None:
        self.labels = list(labels)
        self.ends = np.cumsum(lengths)
        self.vectors = np.lib.format.open_memmap(
            file, mode="w+", dtype=np.float16, shape=(int(self.ends[-1]), hidden)
        )

    def _where(self, row: int) -> slice:
        return slice(int(self.ends[row - 1]) if row else 0, int(self.ends[row]))

    def write(self, row: int, vectors: np.ndarray) -> None:
        self.vectors[self._where(row)] = vectors

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, row: int) -> dict[str, Any]:
        return {"inputs_embeds": self.vectors[self._where(row)], "labels": self.labels[row]}


def collate_kept(rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
    """A batch of `Kept` rows: `inputs_embeds` [rows, tokens, hidden] in float32, mask, labels."""
    longest = max(len(row["inputs_embeds"]) for row in rows)
    vectors = np.zeros((len(rows), longest, rows[0]["inputs_embeds"].shape[1]), dtype=np.float32)
    mask = np.zeros((len(rows), longest), dtype=np.int64)
    for i, row in enumerate(rows):
        vectors[i, : len(row["inputs_embeds"])] = row["inputs_embeds"]
        mask[i, : len(row["inputs_embeds"])] = 1
    return {
        "inputs_embeds": torch.from_numpy(vectors),
        "attention_mask": torch.from_numpy(mask),
        "labels": torch.tensor([row["labels"] for row in rows]),
    }


def _trains(module: nn.Module) -> bool:
    return any(parameter.requires_grad for parameter in module.parameters())


def _inputs(batch: Any, device: torch.device) -> dict[str, torch.Tensor]:
    return {name: value.to(device) for name, value in for_model(batch).items()}


def _by_tokens(lengths: np.ndarray) -> Iterator[np.ndarray]:
    """Row numbers in batches of similar length, each of about BATCH_TOKENS with its padding."""
    order = np.argsort(lengths, kind="stable")
    start = 0
    while start < len(order):
        end = start + 1
        while end < len(order) and (end + 1 - start) * lengths[order[end]] <= BATCH_TOKENS:
            end += 1
        yield order[start:end]
        start = end
