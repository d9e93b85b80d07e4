"""The file: how it was read, and what could not be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from core.data.checks.finding import EXAMPLES, Finding, Seen, Severity, finding
from core.data.grid import BadRow, shorten
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
        many = kind == "unreadable" or len(rows) > MANY * total
        severity: Severity = "warning" if many else "note"
        lines: tuple[tuple[int, str | Message], ...]
        lines, said = tuple((row.line, row.text) for row in rows[:EXAMPLES]), ""
        if kind == "unreadable":
            lines = tuple((row.line, named(row)) for row in rows[:EXAMPLES])
            said = f"unreadable.{seen.table.modality}"
        label, share = seen.profile.label or "", len(rows) / total
        yield finding(kind, severity, len(rows), lines, said=said, label=label, share=share)


def _count(note: Message) -> int:
    """How often what a note of the reader says was met."""
    numbers = [value for value in note.values.values() if isinstance(value, int)]
    names = str(note.values.get("names", ""))
    return numbers[0] if numbers else names.count(", ") + 1


def named(row: Dropped | BadRow) -> Message:
    """What stands there, or what the file is called, and why it cannot be used."""
    return message("checkup.left_out", text=shorten(row.text), reason=row.reason)


def _left_out(seen: Seen) -> dict[str, list[Dropped]]:
    """The rows that cannot be used, by why; a row without text and label has no text."""
    found: defaultdict[str, list[Dropped]] = defaultdict(list)
    bad = {row.line for row in seen.table.bad_rows}
    for row in seen.profile.dropped:
        kind = "unreadable" if row.line in bad else KINDS.get(row.reason.key, "no_text")
        found[kind].append(row)
    return found
