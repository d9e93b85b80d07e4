"""How the file is read: its encoding, its delimiter and the line of the column names, each to be chosen."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from core.data.read.encodings import COMMON_ENCODINGS
from core.data.read.options import ReadOptions
from core.data.table import Table
from core.errors import UserError
from core.words import say
from ui.kit import html
from ui.kit.answer import Part
from ui.kit.words import i18n
from ui.session import Loaded

FIELDS = ("encoding", "delimiter", "header")
FIND_OUT = ""  # what is found out
NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", "": "none"}
MAX_LINES = 20  # that are offered to be the column names
MAX_LINE_LENGTH = 60  # characters of each
ABOVE = "data.bad.above_header"
# How the errors begin that another way of reading may mend.
MENDED_ERRORS = (
    *("all_rows_bad", "delimiter", "encoding", "file_binary", "header", "no_delimiter"),
    *("no_encoding", "no_rows", "only_tables", "too_many_bad", "too_many_columns"),
)


@dataclass(frozen=True)
class Reading(Part):
    box: gr.Accordion  # hidden where there is nothing to choose; open where a guess may be wrong
    encoding: gr.Dropdown
    delimiter: gr.Dropdown
    header: gr.Dropdown | gr.Textbox

    @property
    def fields(self) -> list[Any]:
        """What `said_of` and `options_of` take the values of."""
        return [self.encoding, self.delimiter, self.header]

    def render(self) -> None:
        """Draw it, folded."""
        self.box.render()
        with self.box, gr.Row(elem_classes="tt-fields"):
            for field in self.fields:
                field.render()


def _common(elem_id: str, name: str) -> dict[str, Any]:
    where = f"{elem_id}-{name}"
    return {
        "label": i18n(f"ui.reading.{name}"),
        "elem_id": where,
        "min_width": 240,
        "interactive": True,
        "render": False,
    }


def ask(elem_id: str) -> Reading:
    """For the file that comes next, which may be read wrongly, or not at all; `Reading.render` draws it."""
    find = (i18n("ui.reading.find"), FIND_OUT)
    marks = [(i18n(f"ui.reading.{name}"), name) for name in NAMES.values()]
    encoding, delimiter, header = (_common(elem_id, name) for name in FIELDS)
    return Reading(
        gr.Accordion(i18n("ui.reading.ask"), open=False, elem_id=elem_id, render=False),
        gr.Dropdown([find, *COMMON_ENCODINGS], value=FIND_OUT, allow_custom_value=True, **encoding),
        gr.Dropdown([find, *marks], value=FIND_OUT, **delimiter),
        gr.Textbox(info=i18n("ui.reading.header.ask"), max_lines=1, max_length=9, **header),
    )


def build() -> Reading:
    """For the file that is there."""
    box = gr.Accordion(
        i18n("ui.reading"), open=False, visible=False, elem_id="reading", render=False
    )
    reading = Reading(box, *(gr.Dropdown([], **_common("reading", name)) for name in FIELDS))
    reading.render()
    return reading


def said_of(encoding: str | None, delimiter: str | None, header: str | None) -> ReadOptions:
    """What the fields say of the file that comes next. Raises UserError for a line that is none."""
    line = (header or "").strip()
    if line and not (line.isdecimal() and len(line) < 10):
        raise UserError("header_number", value=line[:40])
    return ReadOptions(
        encoding=encoding or None, delimiter=delimiter or None, header=int(line) if line else None
    )


def may_help(error: Exception) -> bool:
    """Is it an error that another way of reading may mend, or that asked for a wrong one?"""
    return isinstance(error, UserError) and str(error.args[0]).startswith(MENDED_ERRORS)


def notes(options: ReadOptions, lang: str) -> str:
    """Sentences on what was asked for."""
    return "".join(html.small(say(said, lang)) for _, said in options.said())


def show(loaded: Loaded, lang: str) -> tuple[Any, ...]:
    """What can be chosen for this file, and what is chosen, in the order of `view`."""
    table, said = loaded.table, dict(loaded.table.read_with.asked())
    text, delimited = bool(table.encoding), table.format in ("CSV", "TSV")
    lines = table.header_line > 0 or "header" in said
    guessed = any(note.key == "data.note.encoding_guessed" for note in table.notes)
    there = loaded.reread is not None and table.pictures is None and (text or lines)

    def found_out(found: str, asked: bool) -> tuple[str, str]:
        key = "ui.reading.find" if asked else "ui.reading.found"
        return say(key, lang, found=found), FIND_OUT

    encoding = said.get("encoding", FIND_OUT)
    delimiter = said.get("delimiter", FIND_OUT)
    delimiter = NAMES.get(delimiter, delimiter) if delimiter else FIND_OUT
    encodings = dict.fromkeys([*COMMON_ENCODINGS, *filter(None, [encoding])])
    marks = dict.fromkeys([*NAMES.values(), *filter(None, [delimiter])])
    line = say("ui.reading.line_alone", lang, line=table.header_line)
    names = [(say("ui.reading.no_names", lang), "0")]
    names += [
        (say("ui.reading.line", lang, line=number, start=start), str(number))
        for number, start in _lines(table)
    ]
    return (
        gr.Accordion(visible=there, open=guessed or bool(said.keys() - {"sheet"})),
        gr.Dropdown(
            [found_out(table.encoding, bool(encoding)), *((name, name) for name in encodings)],
            value=encoding,
            visible=text,
        ),
        gr.Dropdown(
            [
                found_out(_mark(table.delimiter, lang), bool(delimiter)),
                *((_mark(name, lang), name) for name in marks),
            ],
            value=delimiter,
            visible=delimited,
        ),
        gr.Dropdown(
            [found_out(line, "header" in said), *names],
            value=str(said.get("header", FIND_OUT)),
            visible=lines,
        ),
    )


def _mark(mark: str, lang: str) -> str:
    """A delimiter by its name, where it has one."""
    name = NAMES.get(mark, mark)
    return say(f"ui.reading.{name}", lang) if name in NAMES.values() else mark


def _lines(table: Table) -> Iterator[tuple[int, str]]:
    """The first lines of the file that may hold the names, each with its start."""
    read = table.original or table
    lines_above = {
        row.line: row.text for row in read.bad_rows[:MAX_LINES] if row.reason.key == ABOVE
    }
    if read.header_line:
        lines_above[read.header_line] = " | ".join(map(str, read.frame.columns))
    for line, *cells in read.frame.head(MAX_LINES).itertuples(name=None):
        lines_above[int(line)] = " | ".join(map(str, cells))
    if (asked := dict(read.read_with.asked()).get("header")) and str(asked).isdecimal():
        lines_above.setdefault(int(asked), "")
    for line in sorted(lines_above)[:MAX_LINES]:
        yield line, html.clip(" ".join(lines_above[line].split()), MAX_LINE_LENGTH)


def options_of(
    table: Table, encoding: str | None, delimiter: str | None, header: str | None
) -> ReadOptions:
    """What the lists say, with what was said before of anything else."""
    return dataclasses.replace(
        table.read_with,
        encoding=encoding or None,
        delimiter=delimiter or None,
        header=int(header) if header and str(header).isdecimal() and len(header) < 10 else None,
    )


def of_sheet(table: Table, sheet: str) -> ReadOptions:
    """Another sheet, with what was said before of the file; its names may stand on another line."""
    return dataclasses.replace(table.read_with, sheet=sheet, header=None)
