"""Fixes of what was guessed of an archive: the click that turns it round."""

from __future__ import annotations

from core.data.archives.file_names import EXACT
from core.data.archives.folders import LABELS, SPLIT
from core.data.archives.tables import MEMBERS
from core.data.checkup.fix import ReadAgain
from core.data.table import Table
from core.words import Message, message


def archive_fixes(table: Table, note: Message) -> list[ReadAgain]:
    """Other ways to read the archive, for what a note says of it."""
    name, asked = note.key.rpartition(".")[2], table.read_with
    if name in ("folders_split", "folders_aside"):
        folders = None if asked.folders == SPLIT else LABELS
        return [ReadAgain({"folders": folders}, message("checkup.fix.folders_labels"))]
    if name == "folders_labels":
        folders = None if asked.folders == LABELS else SPLIT
        return [ReadAgain({"folders": folders}, message("checkup.fix.folders_split"))]
    if name.startswith("found_by_"):
        return [ReadAgain({"names": EXACT}, message("checkup.fix.names_exact"))]
    return [
        ReadAgain({"member": member}, message("checkup.fix.member", name=member))
        for member in note.values.get(MEMBERS, ())
    ]
