"""Read options: what a person says of how a file is to be read, where it should not be found out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import UserError
from core.words import Message, has, message

# Characters of what is asked for, whoever sends it; Excel allows 31 for a sheet's name.
MAX_OPTION_LENGTH = 1_000


@dataclass(frozen=True)
class ReadOptions:
    """Each is None where it is to be found out. Values come from anywhere: readers check them.

    `sheet`: the name of a workbook's sheet.
    `folders`: whether folders of an archive that are called "train" or "test" are "labels" or the "split".
    `member`: which table of an archive to take. `names`: "exact" where cells name only files that are called
    so as a whole, in any capitals.
    `encoding`: of a text file, by any of its names. `delimiter`: of a CSV file, "tab" and the like too;
    quotes are then the usual ones. `header`: the line of the column names, 0 where there are none.
    `every_row`: whether lines are kept that look like a sum, a unit, or the column names again.
    """

    sheet: str | None = None
    folders: str | None = None
    member: str | None = None
    names: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header: int | None = None
    every_row: bool | None = None

    def __post_init__(self) -> None:
        for name, value in self.asked():
            if isinstance(value, str) and len(value) > MAX_OPTION_LENGTH:
                object.__setattr__(self, name, value[:MAX_OPTION_LENGTH])

    def asked(self) -> Iterator[tuple[str, Any]]:
        """Name and value of what is not left to be found out."""
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value is not None:
                yield field.name, value

    def said(self) -> Iterator[tuple[str, Message]]:
        """Name of each of these, and a sentence that says what was asked for."""
        for name, value in self.asked():
            own = f"read_options.{name}.{value}"
            yield name, message(own) if has(own) else message(f"read_options.{name}", value=value)

    def to_json(self) -> dict[str, Any]:
        return dict(self.asked())

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ReadOptions:
        return cls(**values)


FOUND_OUT = ReadOptions()
OF_ARCHIVES = ("folders", "member")  # what can be asked only of an archive
OF_TABLES = ("sheet", "delimiter", "header")  # and of a table


def refuse_asked(options: ReadOptions, names: Iterable[str], key: str, **values: Any) -> None:
    """Raise the UserError `key` where one of these options was asked for."""
    for name, _ in options.asked():
        if name in names:
            raise UserError(key, option=f"--{name}", **values)
