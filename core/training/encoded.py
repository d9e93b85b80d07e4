"""Encoded splits: the rows of a run as a model reads them: those of training, validation and test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.training.label_columns import LabelColumns
from core.training.rows import Rows


@dataclass(frozen=True)
class EncodedSplits:
    """Three times what `Modality.encode` makes. Validation and test are in the order of length, to spend
    little on padding.

    `rows` are what they were made of, `truncated` is the share of training rows (0 to 1) that are longer than
    the model reads; `order` [test rows] are the places of the rows of `test` in the split's own order.
    """

    train: Any
    validation: Any
    test: Any
    rows: Rows
    truncated: float
    joint: LabelColumns
    order: np.ndarray

    @classmethod
    def of(
        cls,
        rows: Rows,
        processor: Any,
        length: int,
        folder: Path,
        between: Callable[[], None] = lambda: None,
    ) -> EncodedSplits:
        """Encode to at most `length` tokens; the files lie in `folder`. `between` may raise, to stop."""

        def encode(where: np.ndarray, name: str) -> tuple[Any, float]:
            file = folder / f"{name}.arrow"
            return rows.modality.encode(
                processor, rows.texts_at(where), rows.answers(where), length, file, between
            )

        split, size = rows.split, rows.modality.size
        order = np.argsort([size(text) for text in rows.texts_at(split.test)])
        validation_rows = rows.validation_rows
        by_length = np.argsort([size(text) for text in rows.texts_at(validation_rows)])
        train, truncated = encode(split.train, "train")
        return cls(
            train=train,
            validation=encode(validation_rows[by_length], "validation")[0],
            test=encode(split.test[order], "test")[0],
            rows=rows,
            truncated=truncated,
            joint=rows.joint(),
            order=order,
        )

    def in_order(self, answers: np.ndarray) -> np.ndarray:
        """Answers to `test`, [rows, ...], in the split's own order."""
        sorted_back = np.empty_like(answers)
        sorted_back[self.order] = answers
        return sorted_back
