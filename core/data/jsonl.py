"""JSON: an object on each line (JSON Lines), or one array of objects."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from core.data.decode import Decoded
from core.data.grid import (
    MAX_COLUMNS,
    BadRow,
    Blocks,
    Grid,
    quote,
    shorten,
    text_of,
    wrong_cell,
)
from core.errors import UserError
from core.words import Message, message

LINE_END = re.compile(r"\r\n?|\n")
SPACE = re.compile(r"[ \t\r\n]*")
TRIED = 20  # lines that are looked at to tell what the file is


class _Twice(ValueError):
    """A name occurs twice in an object."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Twice
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_once)


def is_json(text: str) -> bool:
    """Whether a text is an array that begins with an object, or one of its first lines is an object."""
    start = text[: 1 << 20].lstrip("\ufeff \t\r\n")
    if re.match(r"\[\s*(\{|\]\s*$)", start):
        return True
    if not start.startswith("{"):
        return False
    return any(isinstance(_parsed(line), dict) for _, line in islice(_lines(start), TRIED))


def read_json(text: Decoded) -> Grid:
    """Objects -> rows: a column for each name, in the order in which they first occur; one that an object
    lacks is empty there, and what is nested becomes its JSON text.

    What is no object, or holds a name twice, is a bad row. Of an array, `lines` are the places of its
    objects. Raises UserError `json_broken`, `too_many_columns`, `too_many_rows`, `too_many_cells`.
    """
    content = text.text.lstrip("\ufeff")
    is_array = content.lstrip().startswith("[")
    names: dict[str, int] = {}
    rows, bad, blank = Blocks(), [], 0
    for line, found, source in _elements(content) if is_array else _objects(content):
        if source == "" and found is None:
            blank += 1
            continue
        reason = found if isinstance(found, Message) else _take(rows, line, found, names)
        if reason:
            bad.append(BadRow(line, reason, quote([shorten(source or text_of(found))])))
    notes = [message("data.note.blank_lines", lines=blank)] if blank else []
    if text.guessed:
        notes.append(message("data.note.encoding_guessed", encoding=text.encoding))
    return Grid(
        format="JSON" if is_array else "JSON Lines",
        header=list(names),
        columns=rows.columns(len(names)),
        lines=rows.lines,
        bad=bad,
        notes=notes,
        encoding=text.encoding,
    )


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Each line with its number; not as a list, which would take as much memory again."""
    number, start = 0, 0
    for number, end in enumerate(LINE_END.finditer(text), 1):
        yield number, text[start : end.start()]
        start = end.end()
    if start < len(text):
        yield number + 1, text[start:]


def _objects(text: str) -> Iterator[tuple[int, Any, str]]:
    """Line, object (or what is wrong with it, or None for a blank line) and the line itself."""
    for number, line in _lines(text):
        yield number, _parsed(line) if line.strip() else None, line.strip()


def _parsed(line: str) -> Any:
    """What a line stands for, or a message why it stands for nothing."""
    try:
        return _DECODER.decode(line)
    except _Twice:
        return message("data.bad.json_twice")
    except json.JSONDecodeError as error:
        return message("data.bad.json", place=error.colno)
    except (ValueError, RecursionError):  # a number of thousands of digits, thousands of brackets
        return message("data.bad.json", place=1)


def _elements(text: str) -> Iterator[tuple[int, Any, str]]:
    """Place and value of each element of an array, one at a time."""
    at = _skip(text, text.index("[") + 1)
    number = 0
    while not text.startswith("]", at):
        number += 1
        if number > 1:
            if not text.startswith(",", at):
                raise _broken(text, at)
            at = _skip(text, at + 1)
        try:
            value, end = _DECODER.raw_decode(text, at)
        except _Twice:
            raise UserError("json_twice", number=number) from None
        except json.JSONDecodeError as error:
            raise _broken(text, error.pos) from None
        except (ValueError, RecursionError):
            raise _broken(text, at) from None
        yield number, value, text[at : min(end, at + 400)]
        at = _skip(text, end)
    if text[at + 1 :].strip():
        raise _broken(text, at + 1)


def _skip(text: str, at: int) -> int:
    found = SPACE.match(text, at)
    return found.end() if found else at


def _broken(text: str, at: int) -> UserError:
    line = text.count("\n", 0, at) + 1
    return UserError("json_broken", line=line, place=at - text.rfind("\n", 0, at))


def _take(rows: Blocks, line: int, found: Any, names: dict[str, int]) -> Message | None:
    """Keep an object as a row, or say why it cannot be one."""
    if not isinstance(found, dict):
        return message("data.bad.no_object")
    cells = [""] * len(names)
    new = []
    for name, value in found.items():
        cell = text_of(value)
        shown = quote([shorten(name)])
        wrong = wrong_cell(shown, name) or wrong_cell(shown, cell)
        if wrong:
            return wrong
        if name in names:
            cells[names[name]] = cell
        else:
            new.append(name)
            cells.append(cell)
    names.update({name: len(names) + place for place, name in enumerate(new)})
    if len(names) > MAX_COLUMNS:
        raise UserError("too_many_columns", columns=len(names), limit=MAX_COLUMNS)
    rows.add(line, cells)
    return None
