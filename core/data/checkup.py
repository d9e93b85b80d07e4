"""What is wrong with a table, or may be: one list of findings, with what mends them.

Nothing is changed here. A finding may offer fixes (`core.data.edits`), which the person applies or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.data.checks import columns, file, labels, pictures, reading, texts
from core.data.checks.finding import Finding, Seen
from core.data.checks.reading import Reader
from core.data.edits import change
from core.data.profile import Profile, profile
from core.data.read import Table
from core.errors import UserError

SEVERITIES = ("serious", "warning", "note")
# What is looked at, by the kind of data.
CHECKS = {
    "text": (file, columns, labels, texts),
    "image": (file, labels, pictures),
}


def checkup(table: Table, seen: Profile, reader: Reader | None = None) -> tuple[Finding, ...]:
    """Everything worth knowing before training, the most serious first.

    `seen` is the table's profile, with the columns in use. With a `reader` (what is known of a model) it is
    also looked at how well that model reads the texts.
    """
    at = Seen.of(table, seen)
    found = [
        *(each for kind in CHECKS[table.modality] for each in kind.check(at)),
        *(reading.check(at, reader) if reader else ()),
    ]
    return tuple(sorted(found, key=lambda each: SEVERITIES.index(each.severity)))


def again(table: Table, before: Profile) -> Profile:
    """The profile of a changed table, with the columns that were in use before, and why they are."""
    kept = before.text, before.label or "", before.split or "", before.separator
    return replace(profile(table, *kept), why_text=before.why_text, why_label=before.why_label)


def mend(table: Table, seen: Profile, keys: Sequence[str]) -> Table:
    """The table after the first fix of each of these findings, one after the other.

    Raises UserError `checkup_no_fix` for a finding that is not there or offers none.
    """
    for key in keys:
        found = {each.key: each for each in checkup(table, seen) if each.fixes}
        if key not in found:
            raise UserError("checkup_no_fix", name=key[:60], known=", ".join(found) or "-")
        table = change(table, found[key].fixes[:1])
        seen = again(table, seen)
    return table
