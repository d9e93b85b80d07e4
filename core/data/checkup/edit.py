"""An edit: one change of a table's rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import pandas as pd

from core.data.read.grid import name_some
from core.errors import UserError
from core.words import Message, message


class Edit(ABC):
    """A change of a table's frame (only str, index "line")."""

    kind: ClassVar[str]
    # Whether another file, whose labels are compared with a model's, is changed in the same way.
    lasting: ClassVar[bool] = False
    listed: ClassVar[str] = ""  # the field with the names that its sentence says

    @abstractmethod
    def apply(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        """The changed frame, a new one, and how many rows were changed, removed or added.

        Raises UserError `unknown_column`.
        """

    def said(self, rows: int) -> Message:
        """What it did: the sentence "edit.KIND", which knows how many rows, the fields that are a word or a
        number, and the `names` in the field that is called `listed`."""
        values = {name: value for name, value in vars(self).items() if isinstance(value, str | int)}
        if self.listed:
            values["names"] = name_some(getattr(self, self.listed))
        return message(f"edit.{self.kind}", rows=rows, **values)


def has_columns(frame: pd.DataFrame, *columns: str) -> None:
    for column in columns:
        if column not in frame.columns:
            names = ", ".join(map(str, frame.columns))[:300]
            raise UserError("unknown_column", column=column[:60], columns=names)
