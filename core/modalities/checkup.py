"""Check-up of a table: one list of findings, of what its kind of data is checked for, with what mends them.

A finding may offer fixes (`core.data.checkup.fix`), which the person applies or not.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.data.checkup.finding import CheckupInput, Finding
from core.data.checkup.fix import Fix, Reread, apply_fix
from core.data.checkup.label_edits import Relabel
from core.data.profile.profile import Profile
from core.data.table import Table
from core.errors import UserError
from core.modalities import by_key
from core.modalities.model_fit import check_model_fit
from core.models.reader import ModelReader

SEVERITIES = ("serious", "warning", "note")


def checkup(table: Table, seen: Profile, reader: ModelReader | None = None) -> tuple[Finding, ...]:
    """Everything worth knowing before training, the most serious first.

    `seen` is the table's profile, with the columns in use. With a `reader` (what is known of a model) it is
    also looked at how well that model reads the texts.
    """
    at = CheckupInput.of(table, seen)
    findings = [
        *(finding for check in by_key(table.modality).checks for finding in check(at)),
        *(check_model_fit(at, reader) if reader else ()),
    ]
    return tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))


def mend(
    table: Table, seen: Profile, keys: Sequence[str], reread: Reread | None = None
) -> tuple[Table, Profile]:
    """The table and its profile after a fix of each of these findings, one after the other: the first one, or
    another one that is named behind a colon (`_which`).

    Raises UserError `checkup_no_fix` for a finding that is not there or offers none, and as `apply_fix`
    does.
    """
    for key in keys:
        findings = {finding.key: finding for finding in checkup(table, seen) if finding.fixes}
        name, _, which = key.partition(":")
        fix = _which(findings[name], which) if name in findings else None
        if fix is None:
            raise UserError("checkup_no_fix", name=key[:60], known=", ".join(findings) or "-")
        table, seen = apply_fix(fix, table, seen, reread)
    return table, seen


def _which(finding: Finding, which: str) -> Fix | None:
    """The first fix for "", another one by its number ("2"), or what decides the text on a line of the file
    ("12=good"). None where there is none such."""
    if not which or which.isdecimal():
        number = int(which or 1)
        return finding.fixes[number - 1] if 0 < number <= len(finding.fixes) else None
    line, _, label = which.partition("=")
    for decision in finding.decisions:
        for name, _, edit in decision.options:
            if isinstance(edit, Relabel) and name == label and line in map(str, edit.lines):
                return edit
    return None
