"""Predictor: what gives labels to new texts and pictures, whatever the model."""

from __future__ import annotations

import copy
import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from core.data.table import Table
from core.errors import UserError
from core.export.bundle import abstention_limit
from core.modalities import modality_of
from core.modalities.base import Input, Modality
from core.modalities.text import Place, read_lengths
from core.runs.result import threshold_in
from core.tasks import Task

if TYPE_CHECKING:
    from core.modalities.segmentation import Unit
    from core.tasks.metrics import Floats


class Predictor(ABC):
    """Predictor of labels: a transformers folder or a simple model. It may be asked from any thread."""

    labels: tuple[str, ...]  # in the order of the probabilities
    task: Task
    text_columns: tuple[str, ...]  # that it was trained on; empty when the folder does not say
    modality: Modality

    def __init__(self, folder: Path) -> None:
        """What a person chose for the model in a folder. Raises UserError."""
        self.threshold = threshold_in(folder)
        # How sure it must be to give a label; None: it always does.
        self.abstain_below = abstention_limit(folder)
        self._lock = threading.Lock()  # the tokenizer is not made for several threads

    def over(self, table: Table) -> Self:
        """The predictor, to be asked about rows of a table. Raises UserError for a table of another kind."""
        if table.modality != self.modality.key:
            raise UserError(f"predict_wants_{self.modality.key}", file=table.name)
        other = copy.copy(self)
        other.modality = modality_of(table)
        return other

    @abstractmethod
    def probabilities(self, texts: Sequence[Input]) -> Floats:
        """Probabilities of the labels for each text, pair of texts or picture: [rows, classes], float64."""

    def reach(self, text: Input) -> tuple[int, int]:
        """The number of characters that are read of a text, and of the second one of a pair."""
        return read_lengths(text, self.tokens(text))

    @abstractmethod
    def tokens(self, text: Input) -> Sequence[Place] | None:
        """Places of the tokens that are read in a text or a pair; None where there are none, as of pictures
        and word counts."""

    def parts(self, text: Input, units: Sequence[Unit], label: int) -> Floats | None:
        """Contributions of the units to the score of a label [units]; None where it is no such sum."""
        return None

    def hints(self, text: Input, units: Sequence[Unit], label: int) -> Floats | None:
        """A quick guess at how much each unit matters for a label [units]; None where there is none."""
        return None
