"""Modality, a kind of data that is learned from: what it makes of a table's rows, and how its models are fed.

Whoever works on rows asks the object of the rows (`Rows.modality`) and does not look what it is. The hooks of
a technique belong to the kinds that its `modalities` name; for the others it is unavailable.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from core.data.checkup.finding import Check
from core.data.pictures.store import StoredPicture
from core.data.profile.profile import Profile
from core.data.table import Table
from core.models.advice import Advice
from core.models.catalog import Entry

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

Input = tuple[str, str | None]  # what a row gives to the model: one or two cells of text


def join_cells(cells: Sequence[str]) -> Input:
    """The cells of one row as a model is given them: one, a pair, or all in one."""
    if len(cells) == 2:
        return cells[0], cells[1]
    return "\n".join(cells), None


class Modality(ABC):
    """Everything that differs between texts and other things that can be sorted.

    `processor` is what transformers calls the tokenizer or image processor of a model. Lengths are in tokens,
    or in what takes a model as much work. Nothing here changes what it is given.
    """

    key: ClassVar[str]  # in recipes, tables, and in `Technique.modalities`
    classifier: ClassVar[str]  # the class of transformers that opens a model with its head
    # The task that a downloaded model answers to, on the hub and in `pipeline`.
    pipeline: ClassVar[str]
    plain: ClassVar[str]  # a simple model of `core.simple_models.fit.BASELINES`: no pretrained one
    script: ClassVar[str]  # of `core.export.scripts`, that answers; names of others begin with it
    checks: ClassVar[tuple[Check, ...]]  # what a table is looked through for, in this order
    words: ClassVar[bool]  # can an input be taken apart into words, to see which of them matter?
    thumbnails: ClassVar[bool] = False  # are rows shown, and answers explained, as pictures?
    one_length: ClassVar[bool]  # are all inputs as long, so that there is no length to choose?
    encoder: ClassVar[str]  # the class of transformers that opens what `embed` takes
    needs: ClassVar[tuple[str, ...]]  # packages that a downloaded simple model reads inputs with
    models: ClassVar[tuple[Entry, ...]]  # of the catalogue; the bundled one comes first
    mistakes: ClassVar[int]  # the surest wrong answers that are listed
    axes: ClassVar[Mapping[int, str]]  # of a batch: those of any length, and what lies along them

    @classmethod
    def of(cls, table: Table) -> Modality:
        """The modality of a table's rows."""
        return cls()

    def inputs(self, frame: pd.DataFrame, columns: Sequence[str]) -> list[Input]:
        """What the model is given of every row, in the order of the frame."""
        return [join_cells(cells) for cells in zip(*(frame[name] for name in columns), strict=True)]

    @classmethod
    def named(cls, columns: Sequence[str]) -> tuple[str, ...]:
        """The columns of a row that say to a person what the model is given."""
        return tuple(columns)

    @staticmethod
    @abstractmethod
    def advise(profile: Profile, accelerated: bool) -> Advice:
        """The one of `models` that suits the data, and why; `accelerated`: is there a graphics card?"""

    @classmethod
    @abstractmethod
    def given(cls, typed: Sequence[str]) -> tuple[Modality, tuple[str, ...]]:
        """A modality for the one row that somebody typed, ready to be asked about it, and its cells.

        Raises UserError for what cannot be read."""

    @abstractmethod
    def kept(self, row: Input) -> StoredPicture | None:
        """The picture that an input names. Raises UserError where it is gone; None for what names none."""

    @abstractmethod
    def new_cells(self, cells: Sequence[str]) -> tuple[str, ...]:
        """The cells of an input as those of a new row of any table."""

    @abstractmethod
    def shown(self, row: Input) -> str:
        """One string for tables and files."""

    @abstractmethod
    def identity(self, row: Input) -> str:
        """A key that is equal for equal inputs, once it is normalized (`core.data.normalize`)."""

    @abstractmethod
    def size(self, row: Input) -> int:
        """How much there is to read, to sort by: cheap, and of any unit."""

    @abstractmethod
    def plain_input(self, inputs: Sequence[Input]) -> Sequence[Any]:
        """What the simple model without a pretrained one reads of each: [inputs]."""

    @abstractmethod
    def processor(self, folder: Path) -> Any:
        """That of a model's folder. Raises UserError for one that cannot be used."""

    @abstractmethod
    def usable_length(self, processor: Any, config: Any, wanted: int | None = None) -> int:
        """The longest input: what is wanted or the model's limit."""

    @abstractmethod
    def lengths(self, processor: Any, inputs: Sequence[Input]) -> np.ndarray:
        """Lengths of the inputs, uncut; of very many, of some that are evenly spread: [inputs]."""

    @abstractmethod
    def encode(
        self,
        processor: Any,
        inputs: Sequence[Input],
        labels: np.ndarray,
        max_length: int,
        file: Path,
        between: Callable[[], None] = lambda: None,
    ) -> tuple[Any, float]:
        """Rows for the loop, which lie in `file`, and the share of them (0 to 1) that had to be cut.

        Rows have len(), rows[number] -> columns, rows[name of a column] -> a list, select(numbers); their
        columns are those of `columns`, and `labels` ([rows] or [rows, label columns]). `between` is called
        now and then: it may raise, to stop.
        """

    @abstractmethod
    def columns(
        self, processor: Any, inputs: Sequence[Input], max_length: int
    ) -> dict[str, list[Any]]:
        """What a model is given of a few inputs, in memory, and the `length` of each."""

    @abstractmethod
    def collator(self, processor: Any) -> Callable[[list[Mapping[str, Any]]], Any]:
        """Rows of `encode` -> a batch of tensors, which has `.to(device)`."""

    @abstractmethod
    def tensors(self, processor: Any, inputs: Sequence[Input], max_length: int) -> Any:
        """A batch of tensors straight from a few inputs."""

    @abstractmethod
    def example(self, processor: Any) -> Mapping[str, Any]:
        """A small batch of tensors, as `tensors` makes them, to trace a model with."""

    @abstractmethod
    def quantised(self, model: Any) -> str:
        """Which way to 8 bits suits a model: a key of `core.export.onnx.WAYS`."""

    @abstractmethod
    def describe(self, processor: Any, folder: Path) -> None:
        """Write down what a script without transformers has to know of the processor, beside the files that
        `save` writes. Raises ValueError for a processor that it cannot follow."""

    @abstractmethod
    def width(self, batch: Mapping[str, Any]) -> int:
        """Length of each row of a batch, with what fills it up."""

    @abstractmethod
    def embed(
        self,
        model: Any,
        processor: Any,
        inputs: Sequence[Input],
        max_length: int,
        *,
        bf16: bool = False,
        between: Callable[[], None] = lambda: None,
    ) -> np.ndarray:
        """Vectors [inputs, hidden size] of a model that nobody has trained on them, at length 1."""

    @abstractmethod
    def narrow(self, model: Any) -> Callable[[], None]:
        """Before the loop: leave out of the model's work what its head does not look at. Returns what undoes
        it."""

    def lighten(self, model: Any, rows: Any) -> Callable[[], None]:
        """Before the loop: keep out of the training what these rows never touch. Returns what undoes it."""
        return lambda: None

    @abstractmethod
    def save(self, processor: Any, config: Any, max_length: int | None, folder: Path) -> None:
        """Write the processor as it was trained with; the one that is given may still be in use."""

    @abstractmethod
    def ask(self, classify: Any, row: Input) -> Any:
        """What transformers' pipeline says to an input: a label and score for every class."""
