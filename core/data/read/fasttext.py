"""fastText: a text on each line, with its labels as words that begin with `__label__`."""

from __future__ import annotations

import re

from core.data.read.csv_repair import split_lines
from core.data.read.decode import DecodedText
from core.data.read.grid import Grid, RowCollector

PREFIX = "__label__"
SAMPLE_LINES = 100  # lines that are looked at to tell what the file is
LABEL = re.compile(rf"(?:(?<=\s)|\A){PREFIX}(\S+)")
SEPARATORS = (";", "|", ",", "/", "#")  # the labels of one cell
HEADER = ["text", "label"]


def is_fasttext(start: str) -> bool:
    """Whether nearly each of the first lines, and the first of all, has a label in front or at its end."""
    lines = [line.strip() for line in start.splitlines()[:SAMPLE_LINES] if line.strip()]
    having = [bool(re.match(rf"{PREFIX}\S+(\s|\Z)", line)) or _ends(line) for line in lines]
    return bool(having) and having[0] and sum(having) >= 0.9 * len(having)


def _ends(line: str) -> bool:
    return line.rpartition(" ")[2].startswith(PREFIX) and "," not in line.rpartition(" ")[2]


def read_fasttext(text: DecodedText) -> Grid:
    """Two columns, text and label; the labels of a line stand in one cell. Raises UserError
    `too_many_rows`."""
    rows = RowCollector(HEADER)
    between = next((mark for mark in SEPARATORS if not _in_a_label(text.text, mark)), " ")
    for number, line in enumerate(split_lines(text.text.lstrip("\ufeff")), 1):
        if line.strip():
            labels = between.join(dict.fromkeys(LABEL.findall(line)))
            rows.take(number, [" ".join(LABEL.sub("", line).split()), labels], line)
        else:
            rows.blank += 1
    return rows.grid("fastText", HEADER, encoding=text.encoding)


def _in_a_label(text: str, mark: str) -> bool:
    # Word by word: a search for both would begin anew at each of many prefixes in one word.
    words = (match[0].partition(PREFIX)[2] for match in re.finditer(r"\S+", text))
    return any(mark in word for word in words)
