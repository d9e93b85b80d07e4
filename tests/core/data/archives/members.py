"""What archives of tests hold, and what is told of them once they are read."""

from __future__ import annotations

from core.data.table import Table
from tests.core.data.drawn import packed, picture

ROWS = b"file_name,kind\n0.png,warm\n1.png,cold\n"
TEXTS = "\n".join(["text,label", *(f"text {k},{'ab'[k % 2]}" for k in range(20))]).encode()


def pictures(*names: str) -> bytes:
    return packed({name: picture(number=k) for k, name in enumerate(names)})


def said(table: Table) -> dict[str, tuple[str, str]]:
    """Label and split of each file."""
    split = table.frame["split"] if "split" in table.frame else [""] * len(table.frame)
    found = zip(table.frame["label"], split, strict=True)
    return dict(zip(table.frame["file"], found, strict=True))


def notes(table: Table) -> list[str]:
    """The keys of what is told of how the table was read."""
    return [note.key.removeprefix("data.note.") for note in table.notes]


def reasons(table: Table) -> dict[str, str]:
    """Why each file that was left out was."""
    return {row.text: row.reason.key.removeprefix("data.archive.") for row in table.bad_rows}
