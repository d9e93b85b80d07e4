"""Repairing CSV parser: delimiter, quotes, and the lines that do not fit."""

from __future__ import annotations

import csv
import io
import re
from array import array
from collections import Counter
from collections.abc import Sequence
from itertools import chain, count
from typing import Literal, NamedTuple

from core.data.column_names import is_known
from core.data.read.grid import (
    MAX_CELL,
    MAX_COLUMNS,
    QUOTED_LENGTH,
    BadRow,
    BadRows,
    ColumnBuilder,
    shorten,
    wrong_cell,
)
from core.errors import UserError
from core.words import Message, message

SAMPLE_LINES = 1_000
SAMPLE_CHARS = 1_000_000
DELIMITERS = (",", ";", "\t", "|")
MIN_SHARE = 0.9  # share of rows of one width without which a guess is none
MAX_NAME_WORDS = 6  # in the name of a column
MAX_LINES_ABOVE = 30  # rows above a table's header
NO_DELIMITER = "\ufdd0"  # Unicode promises that this is no character
END = "\ufdd2\ufdd0\ufdd2"  # as above
Quoting = Literal[0, 3]  # csv.QUOTE_MINIMAL, csv.QUOTE_NONE

# The csv module's own limit (131,072) would end the reading of a row halfway. It is one setting
# for the whole process.
csv.field_size_limit(1 << 30)


def split_lines(text: str) -> list[str]:
    r"""Physical lines with their ends, which are \n, \r\n or \r and nothing else."""
    return io.StringIO(text, newline="").readlines()


def sample_of(lines: list[str]) -> list[str]:
    """The first lines, as many as it takes to see how a file is written."""
    sample = lines[:SAMPLE_LINES]
    while len(sample) > 2 and sum(map(len, sample)) > SAMPLE_CHARS:
        del sample[len(sample) // 2 :]
    return sample


def find_delimiter(lines: list[str]) -> str:
    """The delimiter under which most rows are as wide as the header; empty for a single column."""
    sample = sample_of(lines)
    whole = len(sample) == len(lines)
    scores = {
        delimiter: max(
            _consistency(sample, delimiter, csv.QUOTE_MINIMAL, whole),
            _consistency(sample, delimiter, csv.QUOTE_NONE, whole),
        )
        for delimiter in DELIMITERS
    }
    best = max(scores, key=lambda delimiter: scores[delimiter])
    if scores[best][0] >= MIN_SHARE:
        return best
    under = (mark for mark in DELIMITERS if _under_another_header(sample, mark, whole))
    below = (
        mark
        for mark in DELIMITERS
        if _consistency(sample, mark, csv.QUOTE_MINIMAL, whole, above=True)[0] >= MIN_SHARE
    )
    return next(chain(under, below), best if scores[best] > (0, 0) else "")


def _consistency(
    sample: list[str], delimiter: str, quoting: Quoting, whole: bool, above: bool = False
) -> tuple[float, int]:
    """Share of rows that are as wide as the header, and that width; (0, 0): not this delimiter.

    Lines `above` the header may be there.
    """
    rows = [row for row in csv.reader(sample, delimiter=delimiter, quoting=quoting) if any(row)]
    if above:
        rows = rows[_lines_above(rows, delimiter) :]
    if not rows or len(rows[0]) < 2:
        return 0, 0
    header, body = rows[0], rows[1:]
    if not whole and len(body) > 1:
        body.pop()  # the sample may end inside a quoted cell
    widths = Counter(len(cut_surplus(row, len(header))) for row in body)
    # Some headers lack names: R writes none for its first column.
    most = max(widths, key=lambda width: widths[width], default=0)
    width = max(most, len(header))
    share = widths[width] / max(len(body), 1)
    # A sentence has a space after its commas; a header seldom has.
    sentence = any(cell.startswith(" ") for cell in header[1:])
    if body and share < (0.5 if sentence else 0.1) and len(header) <= MAX_COLUMNS:
        return 0, 0
    return round(share, 2), len(header)


def _under_another_header(sample: list[str], delimiter: str, whole: bool) -> bool:
    """Whether the rows are surely of this delimiter, and as wide as a header that is written with another."""
    if len(sample) < 3 or delimiter in sample[0]:
        return False
    rows = [row for row in csv.reader(sample[1:], delimiter=delimiter) if any(row)]
    if not whole and len(rows) > 1:
        rows.pop()
    width, times = Counter(map(len, rows)).most_common(1)[0] if rows else (1, 0)
    if width < 2 or times < MIN_SHARE * len(rows):
        return False
    return _of_another_delimiter(sample[0], delimiter, width) is not None


def _lines_above(rows: list[list[str]], delimiter: str) -> int:
    """How many rows of a single cell stand above those of a table: a title, a comment, the day of an export.

    None where the rest is not surely a table: many texts have a comma.
    """
    above = next((place for place, row in enumerate(rows[:MAX_LINES_ABOVE]) if len(row) > 1), 0)
    rest = rows[above:]
    if not above or len(rest) < 3:
        return 0
    if above == 1 and delimiter != "\t" and not _may_be_below(rows[0][0], rest):
        return 0
    width, times = Counter(map(len, rest)).most_common(1)[0]
    # Beside "|" spaces are drawn.
    sentences = delimiter != "|" and sum(
        any(cell.startswith(" ") for cell in row[1:]) for row in rest
    )
    return (
        above if times >= MIN_SHARE * len(rest) and width > 1 and sentences < 0.5 * len(rest) else 0
    )


def _may_be_below(line: str, rest: list[list[str]]) -> bool:
    """Whether one line may be the title of a table whose names are below it, or the only name of a table
    with numbered rows. Else it is the name of a single column, whose texts hold a delimiter each."""
    if all(row[0] == str(number) and row[1] for number, row in enumerate(rest, 1)):
        return True
    names = [cell.strip() for cell in rest[0] if cell.strip()]
    able = len(names) > 1 and all(
        re.search(r"[^\W\d]", name) and len(name.split()) <= MAX_NAME_WORDS for name in names
    )
    return able and not is_known(line) and len(set(names)) == len(names)


def cut_surplus(cells: list[str], width: int) -> list[str]:
    """`cells` cut to `width` where everything beyond is empty."""
    if len(cells) > width and not any(map(str.strip, cells[width:])):
        return cells[:width]
    return cells


class Layout(NamedTuple):
    """How a file begins: its header, the index of the line after it, and how wide its rows are."""

    header: list[str]
    first: int
    width: int
    blank: int  # lines before the header
    line: int  # of the header, from 1
    plain: bool  # quotes mean nothing in this file

    @property
    def quoting(self) -> Quoting:
        return csv.QUOTE_NONE if self.plain else csv.QUOTE_MINIMAL


def find_layout(
    lines: list[str], delimiter: str, start: int = 0, plain: bool | None = None
) -> Layout:
    """From line index `start` on. All lines are looked at where it is not known whether quotes are `plain`.

    Raises UserError `file_empty`, `too_many_columns`.
    """
    delimiter = delimiter or NO_DELIMITER
    header_at = start
    while header_at < len(lines) and not lines[header_at].strip():
        header_at += 1
    if header_at == len(lines):
        raise UserError("file_empty")
    if plain is None:
        # Tab separated files are often written without quoting: there a quote is a character.
        plain = (
            delimiter == "\t"
            and not _obeys_quotes(lines, delimiter, header_at)
            and _even_lines(lines, delimiter, header_at)
        )
    layout = Layout([], header_at, 0, header_at - start, header_at + 1, plain)
    header, first = _read_header(lines, delimiter, layout)
    width = _find_width(lines[first : first + SAMPLE_LINES], delimiter, header, layout)
    if len(header) == 1 < width:
        header = _of_another_delimiter(lines[first - 1], delimiter, width) or header
    if width > MAX_COLUMNS:
        raise UserError("too_many_columns", columns=width, limit=MAX_COLUMNS)
    return layout._replace(header=header, first=first, width=width)


def _obeys_quotes(lines: list[str], delimiter: str, start: int) -> bool:
    rest = map(lines.__getitem__, range(start, len(lines)))
    try:
        for _ in csv.reader(rest, delimiter=delimiter, strict=True):
            pass
    except csv.Error:
        return False
    return True


def _even_lines(lines: list[str], delimiter: str, start: int) -> bool:
    """Whether every line holds the same number of delimiters, whatever the quotes say."""
    return len({line.count(delimiter) for line in lines[start:] if line.strip()}) == 1


def _read_header(lines: list[str], delimiter: str, layout: Layout) -> tuple[list[str], int]:
    """The header's cells and the index of the line after it."""
    start = layout.first
    rest = map(lines.__getitem__, range(start, len(lines)))
    reader = csv.reader(rest, delimiter=delimiter, strict=True, quoting=layout.quoting)
    try:
        return next(reader), start + reader.line_num
    except csv.Error:
        line = lines[start].rstrip("\r\n")
        return [cell.replace('"', "") for cell in line.split(delimiter)], start + 1


def _of_another_delimiter(line: str, delimiter: str, width: int) -> list[str] | None:
    """The names in a header that is written with another delimiter than the rows below it."""
    for other in DELIMITERS:
        if other != delimiter and line.count(other) >= width - 1:
            names = next(csv.reader([line], delimiter=other))
            if len(names) == width:
                return names
    return None


def _find_width(sample: list[str], delimiter: str, header: list[str], layout: Layout) -> int:
    """The header's width, or that of most rows where these hold more cells than the header."""
    reader = csv.reader(sample, delimiter=delimiter, quoting=layout.quoting)
    widths = Counter(len(cut_surplus(row, len(header))) for row in reader if any(row))
    if not widths:
        return len(header)
    width, times = widths.most_common(1)[0]
    most = times > sum(widths.values()) / 2
    return width if most and width > len(header) else len(header)


class Parser:
    """Reads the lines of one file, from line index `start`, into rows of one width.

    A report quotes them as they are `shown`: in the file's own dialect.

    Afterwards: `rows`, `layout`, `bad`, and what was passed over or mended: the number of `blank` lines, the
    lines of `padded` rows with fewer cells than the header, and the number of `loose` rows whose quotes break
    the rules. Raises UserError `file_empty`, `too_many_columns`, `too_many_rows`, `too_many_cells`.
    """

    def __init__(
        self, lines: list[str], delimiter: str, start: int = 0, shown: list[str] | None = None
    ) -> None:
        self.lines = lines
        self.shown = shown or lines
        self.delimiter = delimiter or NO_DELIMITER
        self.layout = find_layout(lines, delimiter, start)
        self.width = self.layout.width
        self.rows = ColumnBuilder()
        self.bad = BadRows()
        self.blank = self.layout.blank
        self.padded = array("q")
        self.loose = 0
        self._read_rows(self.layout.first)
        self.bad.sort(key=lambda row: row.line)

    def _read_rows(self, at: int) -> None:
        while at < len(self.lines):
            base = at
            rest = map(self.lines.__getitem__, range(base, len(self.lines)))
            reader = csv.reader(
                rest, delimiter=self.delimiter, strict=True, quoting=self.layout.quoting
            )
            try:
                for cells in reader:
                    end = base + reader.line_num
                    if end - at > 1 and self._swallowed(at, end, cells):
                        at = self._give_up(at, end)
                        break
                    self._take(at, end, cells)
                    at = end
            except csv.Error:
                at = self._recover(at)

    def _take(self, at: int, end: int, cells: list[str]) -> None:
        """Keep one record, which covers the lines from index `at` up to `end`, or report it."""
        if not cells or (len(cells) == 1 < self.width and not cells[0].strip()):
            self.blank += end - at
            return
        if len(cells) > self.width:
            cells = cut_surplus(cells, self.width)
        reason = self._wrong(cells)
        if reason:
            self._report(at, end, reason, cells if len(cells) <= self.width else ())
            return
        if len(cells) < self.width:
            cells += [""] * (self.width - len(cells))
            self.padded.append(at + 1)
        self.rows.add(at + 1, cells)

    def _wrong(self, cells: list[str]) -> Message | None:
        if len(cells) > self.width:
            return message("data.bad.too_many_cells", found=len(cells), expected=self.width)
        return next(filter(None, map(wrong_cell, count(1), cells)), None)

    def _report(self, at: int, end: int, reason: Message, cells: Sequence[str] = ()) -> None:
        text = shorten("".join(self.shown[at : min(end, at + QUOTED_LENGTH)]))
        self.bad.append(BadRow.of(at + 1, reason, text, cells))

    def _swallowed(self, at: int, end: int, cells: list[str]) -> bool:
        """Whether a cell is so long because its closing quote is missing: rows follow inside it."""
        return max(map(len, cells)) > MAX_CELL and self._hides_rows(at, min(end, at + 6))

    def _recover(self, at: int) -> int:
        """Deal with the record at `at`, whose quotes break the rules; the index to go on from."""
        rest = map(self.lines.__getitem__, range(at, len(self.lines)))
        reader = csv.reader(chain(rest, [END]), delimiter=self.delimiter)
        cells = next(reader)
        end = at + reader.line_num
        if cells[-1].endswith(END):
            return self._give_up(at, len(self.lines))
        exact = len(cut_surplus(cells, self.width)) == self.width
        if end - at == 1 or (exact and not self._hides_rows(at, min(end, at + 4))):
            self.loose += 1
            self._take(at, end, cells)
            return end
        return self._give_up(at, end)

    def _give_up(self, at: int, end: int) -> int:
        """Report the record at `at`, which csv ends before `end`; the index where rows go on."""
        resume = at + 1
        if self._holds_row(at):
            while resume < end and not self._are_rows(resume, resume + 1):
                resume += 1
        else:
            # The cell had several lines already. It ends with the line whose first quote closes
            # a cell, or where enough rows follow: a single comma in prose proves little.
            mark = re.escape(self.delimiter)
            closing = re.compile(rf'[^"]*[^"{mark}]"(?:{mark}|\s*$)')
            while resume < len(self.lines):
                if closing.match(self.lines[resume]):
                    resume += 1
                    break
                if self._are_rows(resume, resume + 5):
                    break
                resume += 1
        if resume - at == 1:
            reason = message("data.bad.quote")
        else:
            reason = message("data.bad.quote_lines", last=resume)
        self._report(at, resume, reason)
        return resume

    def _hides_rows(self, at: int, end: int) -> bool:
        """Whether the lines of one record look like a row each."""
        return self._holds_row(at) and self._are_rows(at + 1, end)

    def _holds_row(self, at: int) -> bool:
        """Whether a line has delimiters enough for a whole row."""
        return self.lines[at].count(self.delimiter) >= self.width - 1

    def _are_rows(self, start: int, end: int) -> bool:
        lines = [line for line in self.lines[start:end] if line.strip()]
        return bool(lines) and all(map(self._is_row, lines))

    def _is_row(self, line: str) -> bool:
        """Whether a line holds as many cells as a row, with or without regard to quotes."""
        if line.count(self.delimiter) == self.width - 1:
            return True
        try:
            cells = next(csv.reader([line], delimiter=self.delimiter, strict=True))
        except csv.Error:
            return False
        return len(cells) == self.width
