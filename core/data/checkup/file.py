"""Check of the file: how it was read, and what could not be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from core.data.checkup import archive
from core.data.checkup.finding import EXAMPLES, CheckupInput, Finding, Severity, finding
from core.data.checkup.fix import ReadAgain
from core.data.checkup.label_edits import NoneOfThem
from core.data.read.encodings import TWICE
from core.data.read.grid import BadRow, shorten
from core.words import Message, message

# Guesses that may be wrong, and then much is: the rest was mended without doubt.
DOUBTFUL_NOTES = (
    *("encoding_guessed", "encoded_twice", "no_header", "header_found", "loose_quotes"),
    *("folders_aside", "found_by_number", "packed_inside", "files_gone"),
)
SERIOUS_NOTES = ("folders_only_split",)  # what cannot be meant
NO_ROWS = ("below_header", "header_again", "below_table")
DIALECTS = ("single", "escape", "escape_single", "dump", "wrapped")
# Buttons with the same words.
BUTTON_WORDS = {
    **dict.fromkeys(NO_ROWS, "keep"),
    **dict.fromkeys(DIALECTS, "usual"),
    "every_row": "drop",
}
MANY_SHARE = 0.1  # share of the rows
KIND_OF_REASON = {"data.bad.no_text": "no_text", "data.bad.no_label": "no_label"}


def check_file(seen: CheckupInput) -> Iterator[Finding]:
    for note in seen.table.notes:
        name = note.key.rpartition(".")[2]
        severity: Severity = "warning" if name in DOUBTFUL_NOTES else "note"
        severity = "serious" if name in SERIOUS_NOTES else severity
        fixes = (*archive.archive_fixes(seen.table, note), *_read_again(name, note))
        yield Finding(name, severity, _count(note), note, fixes=fixes)
    if seen.table.frame.shape[1] == 1:
        yield finding("one_column", "serious", 1)
    total = len(seen.table.frame) + len(seen.table.bad_rows)
    aside = {
        note.values["files"] for note in seen.table.notes if note.key.endswith("folders_aside")
    }
    for kind, rows in _left_out(seen).items():
        if kind == "no_label" and len(rows) in aside:
            continue  # what was set aside, and nothing else
        many = kind == "unreadable" or len(rows) > MANY_SHARE * total
        severity = "warning" if many else "note"
        lines: tuple[tuple[int, str | Message], ...]
        lines, said = tuple((row.line, row.text) for row in rows[:EXAMPLES]), ""
        if kind == "unreadable":
            lines = tuple((row.line, describe_bad_row(row)) for row in rows[:EXAMPLES])
            said = f"unreadable.{seen.table.modality}"
        label, share = seen.profile.label or "", len(rows) / total
        several = kind == "no_label" and seen.profile.separator
        none = [NoneOfThem(label, ("",))] if several else []
        details = {"label": label, "share": share}
        yield finding(kind, severity, len(rows), lines, none, said=said, **details)


def _read_again(name: str, note: Message) -> tuple[ReadAgain, ...]:
    """The click that has the file read the other way, where a guess may be wrong."""
    value = note.values
    others: dict[str, dict[str, Any]] = {
        "encoding_guessed": {"encoding": value.get("second")},
        "encoded_twice": {"encoding": TWICE},
        "no_header": {"header": 0},
        "header_found": {"header": value.get("first")},
        "every_row": {"every_row": None},
        **{key: {"every_row": True} for key in NO_ROWS},
        **{key: {"delimiter": value.get("delimiter") or ","} for key in DIALECTS},
    }
    other = others.get(name)
    if other is None or other.get("encoding") == "-":
        return ()
    return (
        ReadAgain(
            other, message(f"checkup.fix.read_again.{BUTTON_WORDS.get(name, name)}", **value)
        ),
    )


def _count(note: Message) -> int:
    """How often what a note of the reader says was met."""
    if "first" in note.values:
        return 1
    numbers = [value for value in note.values.values() if isinstance(value, int)]
    names = str(note.values.get("names", ""))
    return numbers[0] if numbers else names.count(", ") + 1


def describe_bad_row(row: BadRow) -> Message:
    """What stands there, or what the file is called, and why it cannot be used."""
    return message("checkup.left_out", text=shorten(row.text), reason=row.reason)


def _left_out(seen: CheckupInput) -> dict[str, list[BadRow]]:
    """The rows that cannot be used, by why; a row without text and label has no text."""
    rows_by_kind: defaultdict[str, list[BadRow]] = defaultdict(list)
    bad = {row.line for row in seen.table.bad_rows}
    for row in seen.profile.dropped:
        if row.reason.key.rpartition(".")[2] in (*NO_ROWS, "above_header"):
            continue  # a note says it
        kind = "unreadable" if row.line in bad else KIND_OF_REASON.get(row.reason.key, "no_text")
        rows_by_kind[kind].append(row)
    return rows_by_kind
