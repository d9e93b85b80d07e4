"""The file: how it was read, and what could not be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from core.data.checks.finding import EXAMPLES, Finding, Seen, Severity, finding
from core.data.profile import Dropped
from core.words import Message, message

# Guesses that may be wrong, and then much is: the rest was mended without doubt.
DOUBTS = ("encoding_guessed", "no_header", "loose_quotes")
MANY = 0.1  # share of the rows
KINDS = {"data.bad.no_text": "no_text", "data.bad.no_label": "no_label"}


def check(seen: Seen) -> Iterator[Finding]:
    for note in seen.table.notes:
        name = note.key.rpartition(".")[2]
        yield Finding(name, "warning" if name in DOUBTS else "note", _count(note), note)
    if seen.table.frame.shape[1] == 1:
        yield finding("one_column", "serious", 1)
    total = len(seen.table.frame) + len(seen.table.bad_rows)
    for kind, rows in _left_out(seen).items():
        unread = kind.endswith("unreadable")
        severity: Severity = "warning" if unread or len(rows) > MANY * total else "note"
        said = _wrong if unread else _text
        lines = tuple((row.line, said(seen, row)) for row in rows[:EXAMPLES])
        label, share = seen.profile.label or "", len(rows) / total
        yield finding(kind, severity, len(rows), lines, label=label, share=share)


def _wrong(seen: Seen, row: Dropped) -> str | Message:
    """Lines of a table have numbers; what is in an archive has a name."""
    if not seen.table.inputs:
        return row.reason
    return message("checkup.labelled", label=row.text, text=row.reason)


def _text(seen: Seen, row: Dropped) -> str | Message:
    return row.text


def _count(note: Message) -> int:
    """How often what a note of the reader says was met."""
    numbers = [value for value in note.values.values() if isinstance(value, int)]
    names = str(note.values.get("names", ""))
    return numbers[0] if numbers else names.count(", ") + 1


def _left_out(seen: Seen) -> dict[str, list[Dropped]]:
    """The rows that cannot be used, by why; a row without text and label has no text."""
    found: defaultdict[str, list[Dropped]] = defaultdict(list)
    bad = {row.line for row in seen.table.bad_rows}
    unreadable = "picture_unreadable" if seen.table.inputs else "unreadable"
    for row in seen.profile.dropped:
        kind = unreadable if row.line in bad else KINDS.get(row.reason.key, "no_text")
        found[kind].append(row)
    return found
