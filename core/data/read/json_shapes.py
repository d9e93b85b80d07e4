"""Shapes of JSON documents: rows under a key, in columns, as lists of values, or keyed by something.

The shapes are those that programs write: pandas (`to_json` with any `orient`), data sets' servers, Label
Studio, GeoJSON, lists of examples by their label.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from core.data.column_names import LABEL_NAMES, free_name, is_known, rank, split_word
from core.data.read.grid import MAX_COLUMNS, cell_text, quote_cells
from core.errors import UserError
from core.words import Message, message

MAX_DEPTH = 4  # keys above the rows
MAX_PARTS = 20  # names in an object in a cell, each of which becomes a column
SAMPLE_ROWS = 100  # rows by which it is told what becomes columns
MIN_PAIRS = 8  # texts with a label each, as the names and values of one object
# What chatbots call the texts of an intent.
PHRASES = ("patterns", "examples", "utterances", "phrases", "training_phrases", "samples")
Row = Mapping[str, Any]


class Shape(NamedTuple):
    """Rows, and what is said about where they were. `header` is there where the rows are lists."""

    rows: Iterable[Any]
    notes: tuple[Message, ...] = ()
    header: tuple[str, ...] | None = None
    first_row: bool = False  # the header is the first row


def shape_of(value: Any) -> Shape:
    """The rows of a document that is one object or a list. Raises UserError `json_kind`,
    `kind.link`."""
    if isinstance(value, list):
        return _of_list(value)
    _refuse_known(value)
    for shape in SHAPES:
        if (rows := shape(value)) is not None:
            return rows
    return Shape([value])


def _of_list(items: Sequence[Any]) -> Shape:
    if items and all(isinstance(item, list) for item in items):
        width = Counter(map(len, items)).most_common(1)[0][0]
        first = [cell_text(cell) for cell in items[0]]
        if len(first) == width and any(map(is_known, first)) and not _recurs(first, items[1:]):
            return Shape(items[1:], (), tuple(first), first_row=True)
        names = tuple(f"column {number}" for number in range(1, width + 1))
        return Shape(items, (message("data.note.json_no_names", columns=width),), names)
    if items and all(isinstance(item, str) for item in items):
        return Shape([[item] for item in items], (), ("text",))
    if is_label_studio(items):
        return _label_studio(items)
    return Shape(items)


def _recurs(first: Sequence[str], rows: Iterable[Sequence[Any]]) -> bool:
    """Whether a cell of the first row stands in its column again: then it is no name, as "spam" may be."""
    return any(
        cell_text(cell) == name for row in rows for name, cell in zip(first, row, strict=False)
    )


def _refuse_known(document: Row) -> None:
    """Files of other tasks, which have no row for a text with its label."""
    rows = document.get("data")
    if isinstance(rows, list) and rows and isinstance(rows[0], dict) and "paragraphs" in rows[0]:
        raise UserError("json_kind", kind="SQuAD")
    if isinstance(document.get("images"), list) and isinstance(document.get("annotations"), list):
        raise UserError("json_kind", kind="COCO")
    if "doc_id" in document and len(document) <= MIN_PAIRS:
        raise UserError("kind.link", kind="Google Drive")
    if "nbformat" in document and "cells" in document:
        raise UserError("json_kind", kind="Jupyter")


def _split(document: Row) -> Shape | None:
    """pandas, orient="split": names and rows apart."""
    columns, rows = document.get("columns"), document.get("data", document.get("rows"))
    if not (_is_list_of(columns, str) and _is_list_of(rows, list)):
        return None
    return Shape(rows or (), (), tuple(columns or ()))


def _table(document: Row) -> Shape | None:
    """pandas, orient="table": a schema, and rows with the index that pandas made."""
    schema, rows = document.get("schema"), document.get("data")
    if not (isinstance(schema, dict) and _is_list_of(rows, dict)):
        return None
    indexes = [name for name in schema.get("primaryKey") or () if name in ("index", "level_0")]
    return Shape([{k: v for k, v in row.items() if k not in indexes} for row in rows or ()])


def _under_key(document: Row) -> Shape | None:
    """The longest list of objects that is anywhere in the first levels."""
    best: tuple[list[str], list[Any]] | None = None
    for path, rows in _lists(document, ()):
        if len(rows) > (1 if best is None else len(best[1])):
            best = list(path), rows
    if best is None:
        return _keyed_below(document)
    inside = _inside(document, best[0][:-1])
    for together in (_splits, _lists_alike):
        if (several := together(inside)) is not None:
            return several
    if (phrases := _phrases(best[1])) is not None:
        return phrases
    if is_label_studio(best[1]):
        return _label_studio(best[1])
    return Shape(
        best[1], (message("data.note.json_under", name=quote_cells([".".join(best[0])[:80]])),)
    )


def _inside(document: Row, path: Sequence[str]) -> Row:
    for name in path:
        document = document[name]
    return document


def _keyed_below(document: Row) -> Shape | None:
    """The largest object of objects under a key."""
    able = [
        value for value in document.values() if isinstance(value, dict) and len(value) >= MIN_PAIRS
    ]
    return _keyed(max(able, key=len)) if able else None


def _lists(document: Row, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], list[Any]]]:
    for name, value in document.items():
        if _is_list_of(value, dict):
            yield (*above, name), value
        elif isinstance(value, dict) and len(above) + 1 < MAX_DEPTH and len(document) <= MAX_PARTS:
            yield from _lists(value, (*above, name))


def _splits(document: Row) -> Shape | None:
    """A list of rows for each split: {"train": [...], "test": [...]}."""
    sides = {name: split_word(name) for name, value in document.items() if isinstance(value, list)}
    parts = {name: side for name, side in sides.items() if side and document[name]}
    if len(set(parts.values())) < 2:
        return None
    said = [message("data.note.json_splits", names=quote_cells([", ".join(parts)]))]
    if others := [name for name in sides if name not in parts and document[name]]:
        said.append(message("data.note.json_aside", names=quote_cells([", ".join(others)])))
    if all(_is_list_of(document[name], dict) for name in parts):
        rows = [{"split": side, **row} for name, side in parts.items() for row in document[name]]
        return Shape(rows, tuple(said))
    if not all(_is_list_of(document[name], list) for name in parts):
        return None
    width = Counter(len(row) for name in parts for row in document[name]).most_common(1)[0][0] + 1
    lists = [
        [*row, *[""] * (width - 1 - len(row)), side]
        for name, side in parts.items()
        for row in document[name]
    ]
    names = (*(f"column {number}" for number in range(1, width)), "split")
    return Shape(lists, (*said, message("data.note.json_no_names", columns=width)), names)


def _lists_alike(document: Row) -> Shape | None:
    """A list of objects of the same names under each label, or whatever else tells them apart."""
    lists = {name: rows for name, rows in document.items() if _is_list_of(rows, dict)}
    kinds = [set().union(*rows[:SAMPLE_ROWS]) for rows in lists.values()]
    if len(lists) < 2 or 2 * len(set.intersection(*kinds)) <= len(names := set.union(*kinds)):
        return None
    if len(set(map(len, lists.values()))) == 1 and any(map(is_known, lists)):
        return None  # a column each
    column = "key" if any(rank(name, LABEL_NAMES) for name in names) else "label"
    column = free_name(column, names, "key {1}")
    details = {"name": column, "names": quote_cells([", ".join(lists)])}
    rows = ({column: name, **row} for name, rows in lists.items() for row in rows)
    return Shape(rows, (message("data.note.json_lists", **details),))


def _phrases(rows: Sequence[Row]) -> Shape | None:
    """Objects with a name each and the list of texts that belong to it, as chatbots keep them."""
    lists = [name for name in PHRASES if all(_is_list_of(row.get(name), str) for row in rows)]
    words = [name for name, value in rows[0].items() if isinstance(value, str)]
    different = [name for name in words if len({str(row.get(name)) for row in rows}) == len(rows)]
    if len(lists) != 1 or not different or sum(len(row[lists[0]]) for row in rows) < 2 * len(rows):
        return None
    single = ({**row, lists[0]: text} for row in rows for text in row[lists[0]])
    return Shape(single, (message("data.note.json_by_label", labels=len(rows)),))


def _columns(document: Row) -> Shape | None:
    """A list for each column, all of one length (pandas, orient="list")."""
    lists = list(document.values())
    if len(lists) < 2 or not all(isinstance(column, list) for column in lists):
        return None
    if len(set(map(len, lists))) > 1 or not lists[0]:
        return None
    if not any(map(is_known, document)) and all(_is_list_of(column, str) for column in lists):
        return None  # texts under their labels, as many of each
    return Shape(zip(*lists, strict=True), (), tuple(document))


def _by_label(document: Row) -> Shape | None:
    """A list of texts under each label."""
    if len(document) < 2 or not all(_is_list_of(texts, str) for texts in document.values()):
        return None
    rows = [[text, label] for label, texts in document.items() for text in texts]
    return Shape(
        rows, (message("data.note.json_by_label", labels=len(document)),), ("text", "label")
    )


def _keyed(document: Row) -> Shape | None:
    """An object of objects: one for each column (pandas, orient="columns"), or one for each row."""
    parts = list(document.values())
    if len(parts) < 2 or not all(isinstance(part, dict) and part for part in parts):
        return None
    places = {place: None for part in parts for place in part}
    scalar = not any(
        isinstance(cell, dict) for part in parts[:SAMPLE_ROWS] for cell in part.values()
    )
    numbered = all(place.isdecimal() for place in islice(places, SAMPLE_ROWS))
    known = any(map(is_known, islice(document, SAMPLE_ROWS)))
    if (
        scalar
        and len(document) <= MAX_COLUMNS
        and (numbered or (len(places) > len(document) and known))
    ):
        rows = ([part.get(place) for part in parts] for place in places)
        return Shape(rows, (), tuple(document))
    id_name = "id" if "id" not in places else "key"
    keyed = [{id_name: name, **row} for name, row in document.items()]
    return Shape(keyed, (message("data.note.json_keyed", name=id_name),))


def _pairs(document: Row) -> Shape | None:
    """Texts as names, and the label of each as its value."""
    if len(document) < MIN_PAIRS or not all(isinstance(value, str) for value in document.values()):
        return None
    if any(map(is_known, document)):
        return None
    return Shape(
        list(map(list, document.items())), (message("data.note.json_pairs"),), ("text", "label")
    )


SHAPES: Sequence[Callable[[Row], Shape | None]] = (
    _split,
    _table,
    _splits,
    _lists_alike,
    _columns,
    _by_label,
    _keyed,
    _pairs,
    _under_key,
)


def _is_list_of(value: Any, kind: type) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(e, kind) for e in value)


# --- objects in cells ---


def flatten_objects(rows: Iterable[Any]) -> Iterator[Any]:
    """Rows whose cells that are small objects became a cell for each of their names: "user.name"."""
    rows = iter(rows)
    first = list(islice(rows, SAMPLE_ROWS))
    parts: dict[str, dict[str, None]] = {}
    for row in first:
        for name, value in row.items() if isinstance(row, dict) else ():
            if isinstance(value, dict) and not _is_answer(value):
                parts.setdefault(name, {}).update(dict.fromkeys(value))
    chosen = {name for name, inside in parts.items() if len(inside) <= MAX_PARTS}
    for row in first:
        yield _flat(row, chosen)
    for row in rows:
        yield _flat(row, chosen)


def _is_answer(value: Row) -> bool:
    """One list under one name, as in {"choices": [...]}: it is told elsewhere what stands for labels."""
    return len(value) == 1 and isinstance(next(iter(value.values())), list)


def _flat(row: Any, chosen: set[str]) -> Any:
    if not isinstance(row, dict) or not any(isinstance(row.get(name), dict) for name in chosen):
        return row
    cells: dict[str, Any] = {}
    for name, value in row.items():
        if name not in chosen or not isinstance(value, dict) or _is_answer(value):
            cells[name] = value
            continue
        for part, inside in value.items():
            key = f"{name}.{part}"
            cells[key if key not in row else f"{key} (2)"] = inside
    return cells


# --- Label Studio ---


def is_label_studio(tasks: Sequence[Any]) -> bool:
    """Tasks as Label Studio exports them as JSON: what was shown as `data`, what was answered beside it."""
    if not tasks or not isinstance(tasks[0], dict):
        return False
    answers = tasks[0].get("annotations", tasks[0].get("completions"))
    return isinstance(tasks[0].get("data"), dict) and isinstance(answers, list)


def _label_studio(tasks: Sequence[Any]) -> Shape:
    """A column for each name of `data` and for each question; an answer of several choices is a list."""
    read = [_task(task) for task in tasks]
    several = {
        name
        for row in read
        if isinstance(row, dict)
        for name, value in row.items()
        if isinstance(value, list) and len(value) > 1
    }
    for row in read:
        for name, value in row.items() if isinstance(row, dict) else ():
            if isinstance(value, list) and name not in several:
                row[name] = next(iter(value), "")
    doubled = sum(len(_answers(task)) > 1 for task in tasks if isinstance(task, dict))
    notes = [message("data.note.label_studio")]
    if doubled:
        notes.append(message("data.note.label_studio_twice", rows=doubled))
    return Shape(read, tuple(notes))


def _answers(task: Row) -> list[Row]:
    given = task.get("annotations", task.get("completions"))
    given = given if isinstance(given, list) else []
    return [
        answer for answer in given if isinstance(answer, dict) and not answer.get("was_cancelled")
    ]


def _task(task: Any) -> Any:
    if not isinstance(task, dict) or not isinstance(task.get("data"), dict):
        return task
    row: dict[str, Any] = {
        name: json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value
        for name, value in task["data"].items()
    }
    for result in (_answers(task) or [{}])[0].get("result") or ():
        if not isinstance(result, dict) or not isinstance(result.get("value"), dict):
            continue
        name, value = str(result.get("from_name") or "label"), result["value"]
        while name in task["data"]:
            name += " (label)"
        if isinstance(value.get("choices"), list):
            row.setdefault(name, []).extend(map(cell_text, value["choices"]))
        elif isinstance(value.get("taxonomy"), list):
            row.setdefault(name, []).extend(
                " / ".join(map(cell_text, path))
                for path in value["taxonomy"]
                if isinstance(path, list)
            )
        elif "rating" in value:
            row[name] = [cell_text(value["rating"])]
    return row
