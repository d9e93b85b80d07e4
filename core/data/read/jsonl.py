"""JSON: an object on each line (JSON Lines), one list of objects, or a document of another shape."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from core.data.read.decode import DecodedText
from core.data.read.grid import (
    MAX_COLUMNS,
    Grid,
    RowCollector,
    cell_text,
    quote_cells,
    shorten,
    wrong_cell,
)
from core.data.read.json_shapes import Shape, flatten_objects, is_label_studio, shape_of
from core.errors import UserError
from core.words import Message, message

LINE_END = re.compile(r"\r\n?|\n")
SPACE = re.compile(r"[ \t\r\n]*")
MAX_DOCUMENT = 64 * 1024 * 1024  # characters of one that is no list of objects
SAMPLE_LINES = 20  # lines that are looked at to tell what the file is


class _Twice(ValueError):
    """A name occurs twice in an object."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) != len(pairs):
        raise _Twice
    return row


_DECODER = json.JSONDecoder(object_pairs_hook=_once)


# Archives of some services put the name of a variable before the rows.
ASSIGNMENT = re.compile(r"[\w.$\s]{1,80}=\s*(?=[\[{])")
STRING = r'"(?:[^"\\]|\\.)*"'
# What a list or an object begins with; a table may begin with such brackets too.
START = re.compile(rf"\[\s*([\[{{]|\]\s*$|{STRING}\s*[,\]])|\{{\s*({STRING}\s*:|\}}\s*$)")


def is_json(text: str) -> bool:
    """Whether a text begins as a list or an object does, or one of its first lines is an object."""
    start = text[: 1 << 20].lstrip("\ufeff \t\r\n")
    if START.match(ASSIGNMENT.sub("", start, count=1) if ASSIGNMENT.match(start) else start):
        return True
    if not start.startswith("{"):
        return False
    return any(isinstance(_parsed(line), dict) for _, line in islice(_lines(start), SAMPLE_LINES))


def read_json(text: DecodedText) -> Grid:
    """Objects -> rows: a column for each name, in the order in which they first occur; one that an object
    lacks is empty there. An object in a cell becomes a column for each of its names, a list its JSON text.

    What is no object, or holds a name twice, is a bad row. Of a document, `lines` are the places of its rows.
    Raises UserError `json_broken`, `json_twice`, `json_kind`, `json_large`, `too_many_columns`,
    `too_many_rows`, `too_many_cells`.
    """
    content = text.text.lstrip("\ufeff")
    match = ASSIGNMENT.match(content[:200])
    if match:
        content = content[match.end() :].rstrip().rstrip(";")
    if _is_lines(content):
        return _of_lines(text, content)
    if content.lstrip().startswith("[") and (rows := _streamed(content)) is not None:
        return _grid(text, "JSON", rows)
    return _of_document(text, content)


def _is_lines(text: str) -> bool:
    """Whether there is an object or a list on each line. The first line may be a wrong one."""
    lines = [line.strip() for _, line in islice(_lines(text[: 1 << 22]), SAMPLE_LINES)]
    filled = [line for line in lines if line]
    if len(filled) == 1:
        return False
    whole = [_is_whole(line) for line in filled]
    goes_on = filled[0].endswith(("[", "{", ","))
    return whole[0] or (not goes_on and 2 * sum(whole) >= len(whole))


def _is_whole(line: str) -> bool:
    parsed = _parsed(line) if line.startswith(("{", "[")) else None
    twice = isinstance(parsed, Message) and parsed.key == "data.bad.json_twice"
    return isinstance(parsed, dict | list) or twice


def _streamed(content: str) -> Iterator[tuple[int, Any, str]] | None:
    """The objects of a list one at a time; None for a list of something else, or of an export's tasks."""
    at = _skip(content, content.index("[") + 1)
    if not content.startswith(("{", "]"), at):
        return None
    try:
        first, _ = _DECODER.raw_decode(content, at)
    except (ValueError, RecursionError):
        return _elements(content)  # which says where it goes wrong
    return None if is_label_studio([first]) else _elements(content)


def _of_lines(text: DecodedText, content: str) -> Grid:
    first = next(
        (value for _, value, _ in _objects(content) if isinstance(value, dict | list)), None
    )
    if not isinstance(first, list) or len(content) > MAX_DOCUMENT:
        return _grid(text, "JSON Lines", _objects(content))
    objects = [entry for entry in _objects(content) if entry[2]]
    shape = shape_of([row for _, row, _ in objects if isinstance(row, list)])
    return _of_values(text, "JSON Lines", shape, objects[shape.first_row :])


def _of_document(text: DecodedText, content: str) -> Grid:
    """Whatever is not a list of objects, nor an object on each line; kept in memory as a whole."""
    if len(content) > MAX_DOCUMENT:
        raise UserError("json_large", size=len(content) / 2**20, limit=MAX_DOCUMENT // 2**20)
    values, lines = _values(content)
    shape = Shape(values) if len(values) > 1 else shape_of(values[0])
    # Several objects may stand on one line.
    numbers = lines if 1 < len(values) == len(set(lines)) else itertools.count(1 + shape.first_row)
    rows = ((number, row, "") for number, row in zip(numbers, shape.rows, strict=False))
    if shape.header is None:
        return _grid(text, "JSON", rows, shape.notes)
    return _of_values(text, "JSON", shape, rows)


def _of_values(
    text: DecodedText, kind: str, shape: Shape, rows: Iterable[tuple[int, Any, str]]
) -> Grid:
    """Rows that are lists, under a header."""
    header = list(shape.header or ())
    collected, width = RowCollector([quote_cells([name]) for name in header]), len(header)
    for number, row, source in rows:
        cells, reason = [], None
        if isinstance(row, list | tuple):
            cells = list(map(cell_text, row))
        else:
            reason = row if isinstance(row, Message) else message("data.bad.no_object")
        if len(cells) > width:
            reason = message("data.bad.too_many_cells", found=len(cells), expected=width)
        collected.take(number, [*cells, *[""] * (width - len(cells))], source, reason)
    line = 1 if shape.first_row else 0
    where: dict[str, Any] = {"first_row": shape.first_row, "header_line": line}
    return collected.grid(kind, header, shape.notes, text.encoding, **where)


def _values(content: str) -> tuple[list[Any], list[int]]:
    """The value of a document, or of each of those that follow one another, and the lines they begin on."""
    at, line, counted = _skip(content, 0), 1, 0
    values, lines = list[Any](), list[int]()
    while at < len(content):
        value, end = _value_at(content, at, len(values) + 1)
        if values and not (isinstance(value, dict) and isinstance(values[0], dict)):
            raise _broken(content, at)
        line += content.count("\n", counted, at)
        counted = at
        values.append(value)
        lines.append(line)
        at = _skip(content, end)
        if content.startswith(",", at) and isinstance(value, dict):
            at = _skip(content, at + 1)
    return values, lines


def _value_at(content: str, at: int, number: int) -> tuple[Any, int]:
    """The value that begins at a place, and its end; `number` is what it is called in UserError
    `json_twice`."""
    try:
        return _DECODER.raw_decode(content, at)
    except _Twice:
        raise UserError("json_twice", number=number) from None
    except json.JSONDecodeError as error:
        raise _broken(content, error.pos) from None
    except (ValueError, RecursionError):
        raise _broken(content, at) from None


def _grid(
    text: DecodedText,
    kind: str,
    objects: Iterable[tuple[int, Any, str]],
    said: Sequence[Message] = (),
) -> Grid:
    names: dict[str, int] = {}
    shown = list[str]()  # the names as a report shows them
    rows = RowCollector(shown)
    objects, again = itertools.tee(objects)
    for (line, _, source), row in zip(
        objects, flatten_objects(row for _, row, _ in again), strict=True
    ):
        if source == "" and row is None:
            rows.blank += 1
            continue
        cells = _cells(row, names, shown)
        if isinstance(cells, Message):
            rows.take(line, (), source or cell_text(row), cells)
        else:
            rows.take(line, cells, source)
    return rows.grid(kind, list(names), said, text.encoding)


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
        value, end = _value_at(text, at, number)
        yield number, value, text[at : min(end, at + 400)]
        at = _skip(text, end)
    if text[at + 1 :].strip():
        raise _broken(text, at + 1)


def _skip(text: str, at: int) -> int:
    match = SPACE.match(text, at)
    return match.end() if match else at


def _broken(text: str, at: int) -> UserError:
    line = text.count("\n", 0, at) + 1
    return UserError("json_broken", line=line, place=at - text.rfind("\n", 0, at))


def _cells(row: Any, names: dict[str, int], shown: list[str]) -> list[str] | Message:
    """The cells of an object by the names so far, which grow; or why it cannot be a row. Raises UserError
    `too_many_columns`."""
    if not isinstance(row, dict):
        return row if isinstance(row, Message) else message("data.bad.no_object")
    for name in row:
        if name not in names and (wrong := wrong_cell(quote_cells([shorten(name)]), name)):
            return wrong
    for name in row:
        if name not in names:
            names[name] = len(names)
            shown.append(quote_cells([shorten(name)]))
    if len(names) > MAX_COLUMNS:
        raise UserError("too_many_columns", columns=len(names), limit=MAX_COLUMNS)
    cells = [""] * len(names)
    for name, value in row.items():
        cells[names[name]] = cell_text(value)
    return cells
