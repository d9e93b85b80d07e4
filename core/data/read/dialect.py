r"""CSV dialects: delimiter, quotes and escapes of a file, chosen so that its rows are of one width.

What is not written by the usual rules (RFC 4180: double quotes around a cell, doubled inside of it) is
rewritten into them, line for line, before anything else reads it. The kinds: `'cell'`, `"she said \"x\""`,
`a, "b"` with a space before the quote, `\N` and `\t` of a database's dump, delimiters of several characters,
and lines that were put into quotes as a whole.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from core.data.read.csv_repair import DELIMITERS, find_delimiter, sample_of, split_lines

# Tried where the usual ones give no rows of one width; the longer ones first.
RARE_DELIMITERS = ("||", "|~|", "~|~", "::", "^", "~", "¦", "§")
UNIT = "\x1f"  # stands for a delimiter of several characters, or one beyond ASCII
# Stands for an escaped line feed: one of its own would move the lines below it.
LINE_FEED = "\ufdd1"
MIN_SHARE = 0.9  # share of rows of one width without which a rare delimiter is none
MIN_GAIN = 0.02  # by how much of the rows another dialect has to win
MIN_MARKS = 3  # marks that are no accident
# Share of rows with a mark of the dialect from which on it is the file's way of writing.
MIN_MARKED_SHARE = 0.5
ESCAPING = ("escape", "escape_single")
ESCAPES = {"n": LINE_FEED, "t": "\t", "r": "", "0": "", "N": ""}
ESCAPED = re.compile(r"\\(\r\n|.)", re.DOTALL)
DUMP_ESCAPE = re.compile(r"(?<![^\t\r\n])\\N(?![^\t\r\n])|\\[\t\r\n]")
# R's write.table puts a space between cells, and texts into quotes. What a cell begins with says how it ends:
# with two ways to read each, a line of many would be tried in all of them.
SPACED_CELL = re.compile(r'"(?:[^"\\\r\n]|""|\\.)*+"|[^"\s]\S*+')
SPACED_LINE = re.compile(
    rf"^(?:{SPACED_CELL.pattern})(?: (?:{SPACED_CELL.pattern}))+(?=\r?$)", re.MULTILINE
)
FORMULA = re.compile(
    r"\\(nu|ne|neq|nabla|not|tau|theta|text\w*|times|to|tan|tilde|top|title|rho|right\w*|ref|rm)\b"
)
QUOTED_MARK = re.compile(r"(?<!\\)(\\+)([\"'])")
WRAPPED_LINE = re.compile(r'(?:\A|(?<=[\r\n]))"((?:[^"]|"")*+)"[;,\t]*(?=[\r\n]|\Z)')


class Dialect(NamedTuple):
    """How a file is written: `kind` is "" for the usual rules, else a key of REWRITERS."""

    delimiter: str
    kind: str = ""


class DialectFit(NamedTuple):
    """How well rows fit a dialect: the share of one width, that width, whether the first row has it."""

    share: float
    width: int
    rows: int
    header: bool


def find_dialect(lines: list[str]) -> Dialect:
    """The dialect of a file, from its first lines."""
    sample = sample_of(lines)
    text, whole = "".join(sample), len(sample) == len(lines)
    plain = Dialect(find_delimiter(lines))
    best, usual = plain, _fit(text, plain.delimiter, whole)
    reached = usual if plain.delimiter else DialectFit(0.0, 1, usual.rows, True)
    for other, marks in _candidates(text, plain.delimiter):
        stray = "'" if "single" in other.kind else ""
        fit = _fit(rewrite(text, other), inner_delimiter(other.delimiter), whole, stray)
        if fit.width < 2 or not fit.header or marks < MIN_MARKS:
            continue
        needed = MIN_SHARE if not plain.delimiter or other.kind == "rare" else 0.0
        often = marks >= MIN_MARKED_SHARE * fit.rows
        wins = (
            fit.share >= reached.share + MIN_GAIN
            or (often and fit.share > reached.share)
            or (
                often
                and (fit.share, fit.rows) == (reached.share, reached.rows)
                and _even(other, best)
                and (stray == "" or fit.width != reached.width or _all_quoted(text, marks, fit))
            )
        )
        if wins and fit.share >= needed and (often or fit.share >= MIN_SHARE):
            best, reached = other, fit
    return best


def _even(other: Dialect, best: Dialect) -> bool:
    """Whether a dialect is meant by whose rules the rows are just as even: an escaped quote would break those
    of the other."""
    return not best.kind and other.kind not in ESCAPING


def _all_quoted(text: str, marks: int, fit: DialectFit) -> bool:
    """Whether single quotes are around the names too, or around all cells. Those around the cells of one
    column may be a part of its texts."""
    return text.lstrip("\ufeff \t\r\n").startswith("'") or marks >= MIN_SHARE * fit.rows * fit.width


def rewrite(text: str, dialect: Dialect) -> str:
    """A text of any dialect by the usual rules, with its lines where they were."""
    return REWRITERS[dialect.kind](text, dialect.delimiter) if dialect.kind else text


def inner_delimiter(delimiter: str) -> str:
    """The delimiter after `rewrite`: one character of ASCII."""
    return UNIT if len(delimiter) > 1 or not delimiter.isascii() else delimiter


def _candidates(text: str, usual: str) -> list[tuple[Dialect, int]]:
    """Dialects that left a mark in a text, each with how many."""
    candidates = []
    for delimiter in DELIMITERS:
        if delimiter not in text:
            continue
        for kind, quote in (
            ("spaces", '"'),
            ("single", "'"),
            ("escape", '"'),
            ("escape_single", "'"),
        ):
            escapes = kind.startswith("escape")
            if quote not in text or (escapes and f"\\{quote}" not in text):
                continue
            cells = _cells(delimiter, quote, escapes).finditer(text)
            marks = sum(kind != "spaces" or bool(cell["spaces"]) for cell in cells)
            if marks:
                candidates.append((Dialect(delimiter, kind), marks))
    # A null or an escaped tab proves the dialect, however seldom it is.
    if usual == "\t" and "\\" in text and (DUMP_ESCAPE.search(text) or _is_dump(text)):
        candidates.append((Dialect("\t", "dump"), max(MIN_MARKS, text.count("\n"))))
    first = text.lstrip().partition("\n")[0]
    if '"' in text:
        marks = sum(
            any(mark in line[1] for mark in DELIMITERS) for line in WRAPPED_LINE.finditer(text)
        )
        if marks:
            inside = find_delimiter(split_lines(_unwrap(text, "")))
            candidates.append((Dialect(inside, "wrapped"), marks))
    if not usual and '"' in text:
        candidates.append((Dialect(" "), sum(map(_has_spaces, SPACED_LINE.findall(text)))))
    for delimiter in RARE_DELIMITERS if UNIT not in text else ():
        # "||" is no two of "|".
        if delimiter in first and not (usual and set(first.replace(delimiter, "")) & {usual}):
            candidates.append((Dialect(delimiter, "rare"), text.count("\n")))
            break
    return candidates


def _has_spaces(line: str) -> bool:
    """Whether a cell of a line with spaces between its cells is in quotes for the spaces inside of it."""
    return any(cell[0] == '"' and " " in cell for cell in SPACED_CELL.findall(line))


def _fit(text: str, delimiter: str, whole: bool, stray: str = "") -> DialectFit:
    """How well the rows fit; one whose quotes break the rules, or with a cell that begins with a `stray` one,
    does not."""
    if not delimiter:
        return DialectFit(0.0, 1, text.count("\n"), True)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    widths, wrong, first = list[int](), 0, None
    while True:
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error:
            wrong += 1
            continue
        if stray and any(cell.startswith(stray) for cell in row):
            wrong += 1
        elif any(row):
            widths.append(len(row))
            first = len(row) if first is None else first
    if not whole and len(widths) > 2:
        widths.pop()  # the sample may end inside of a cell
    if len(widths) < 2:
        return DialectFit(0.0, 1, len(widths), False)
    width, times = Counter(widths[1:]).most_common(1)[0]
    share = times / (len(widths) - 1 + wrong)
    return DialectFit(
        round(share, 4), width, len(widths) - 1 + wrong, first in (width, max(width - 1, 2))
    )


def _cells(delimiter: str, quote: str, escapes: bool) -> re.Pattern[str]:
    """Cells in quotes, as a dialect has them: `spaces` before, `body` inside."""
    mark = re.escape(delimiter)
    body = (
        rf"[^{quote}\\]|{quote}{quote}|\\(?:\r\n|.)" if escapes else rf"[^{quote}]|{quote}{quote}"
    )
    if quote == "'":
        body += r"|(?<=\w)'(?=\w)"  # an apostrophe
    return re.compile(
        rf"(?P<before>\A|(?<=[\r\n])|{mark})(?P<spaces> *){quote}(?P<body>(?:{body})*+){quote}"
        rf" *(?={mark}|[\r\n]|\Z)",
        re.DOTALL,
    )


def _quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


def _requoted(quote: str, escapes: bool) -> Callable[[str, str], str]:
    def rewritten(text: str, delimiter: str) -> str:
        everything = escapes and _escapes_itself(text)

        def cell(match: re.Match[str]) -> str:
            body = match["body"].replace(quote * 2, quote)
            if escapes:
                body = ESCAPED.sub(_unescaped, body) if everything else QUOTED_MARK.sub(_odd, body)
            return match["before"] + _quoted(body)

        return _cells(delimiter, quote, escapes).sub(cell, text)

    return rewritten


def _escapes_itself(text: str) -> bool:
    """Whether backslashes are escaped too, so that none stands for itself, as it does in C:\\temp."""
    return "\\\\" in text and not re.search(r"(?<!\\)(?:\\\\)*\\[^\\\"'nrtN0\r\n]", text)


def _is_dump(text: str) -> bool:
    """Whether backslashes stand for nothing but what a dump writes with them: they also begin the words of a
    formula, and the folders of a path."""
    odd = re.search(r"(?<!\\)(?:\\\\)*\\[^\\nrt0]|\b[A-Za-z]:\\(?!\\)", text)
    return (
        odd is None and FORMULA.search(text) is None and re.search(r"\\[\\nrt]", text) is not None
    )


def _odd(match: re.Match[str]) -> str:
    """The backslashes before a quote: each two are one, and the last of an odd number is the quote's."""
    return "\\" * (len(match[1]) // 2) + match[2]


def _unescaped(match: re.Match[str]) -> str:
    """What an escape stands for; a letter that no program escapes has a backslash of its own before it."""
    return ESCAPES.get(match[1], match[0] if match[1].isalnum() else match[1])


def _dump(text: str, delimiter: str) -> str:
    """A database's dump: no quotes; a backslash takes the meaning from a tab, a line end or itself."""
    cell = re.compile(
        rf"(?:\A|(?<=[{delimiter}\r\n]))"
        rf'(?:"[^{delimiter}\r\n\\]*+|[^{delimiter}\r\n\\]*+)(?:\\(?:\r\n|.)[^{delimiter}\r\n\\]*+)*+',
        re.DOTALL,
    )

    def rewritten(match: re.Match[str]) -> str:
        value = match[0]
        if "\\" not in value and not value.startswith('"'):
            return value
        return "" if value == r"\N" else _quoted(ESCAPED.sub(_unescaped, value))

    return cell.sub(rewritten, text)


def _unwrap(text: str, delimiter: str) -> str:
    """Lines that are one quoted cell each are what is in it."""
    return WRAPPED_LINE.sub(lambda line: line[1].replace('""', '"'), text)


def _divided(text: str, delimiter: str) -> str:
    return text.replace(delimiter, inner_delimiter(delimiter))


REWRITERS: dict[str, Callable[[str, str], str]] = {
    "spaces": _requoted('"', escapes=False),
    "single": _requoted("'", escapes=False),
    "escape": _requoted('"', escapes=True),
    "escape_single": _requoted("'", escapes=True),
    "dump": _dump,
    "wrapped": _unwrap,
    "rare": _divided,
}


def restore_cells(cells: pa.ChunkedArray, dialect: Dialect) -> pa.ChunkedArray:
    """Cells with what `rewrite` had something stand for."""
    pair = _stands_for(dialect)
    return pc.replace_substring(cells, *pair) if pair else cells


def restore_name(name: str, dialect: Dialect) -> str:
    """A column's name with what `rewrite` had something stand for."""
    pair = _stands_for(dialect)
    return name.replace(*pair) if pair else name


def _stands_for(dialect: Dialect) -> tuple[str, str] | None:
    if dialect.kind in ("escape", "escape_single", "dump"):
        return LINE_FEED, "\n"
    if dialect.kind == "rare" and inner_delimiter(dialect.delimiter) == UNIT:
        return UNIT, dialect.delimiter
    return None
