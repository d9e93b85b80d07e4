"""Fixes of a finding, by a click: an edit of rows, or another choice where TickTune had guessed.

A choice changes no cell. Its finding is there before and after, so that a second click turns it back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.data.checkup.edit import Edit
from core.data.checkup.edits import apply_edits, edit_from_json, edit_to_json
from core.data.checkup.text_edits import Mask
from core.data.profile.profile import Profile, profile
from core.data.read.options import ReadOptions
from core.data.table import Table
from core.errors import UserError
from core.words import Message, message

Reread = Callable[[ReadOptions], Table]


@dataclass(frozen=True)
class ReadAgain:
    """The file is read again with these `ReadOptions` besides those that it had; None: found out."""

    options: Mapping[str, Any]
    button: Message  # what the click does


@dataclass(frozen=True)
class Choose:
    """Other columns, or another separator: arguments of `core.data.profile.profile.profile`."""

    columns: Mapping[str, Any]
    button: Message


Fix = Edit | ReadAgain | Choose


def button_of(fix: Fix) -> Message:
    """The words on the button."""
    if isinstance(fix, Edit):
        kind = f"mask.{fix.what[0]}" if isinstance(fix, Mask) else fix.kind
        return message(f"checkup.fix.{kind}")
    return fix.button


def fix_to_json(fix: Fix) -> dict[str, Any]:
    """A fix as JSON has it."""
    if isinstance(fix, Edit):
        return edit_to_json(fix)
    if isinstance(fix, ReadAgain):
        return {"kind": "read_again", "options": dict(fix.options)}
    return {"kind": "choose", **fix.columns}


def profile_again(table: Table, before: Profile) -> Profile:
    """The profile of a changed table, with the columns that were in use before, and why they are."""
    # It became a part of another column, or there may be one now.
    gone = before.label is not None and before.label not in table.frame.columns
    if gone or before.why_label.key == "data.why.no_label":
        return profile(table, before.text, None, before.split or "")
    choices = before.text, before.label or "", before.split or "", before.separator
    return keep_reasons(profile(table, *choices), before)


def keep_reasons(seen: Profile, before: Profile) -> Profile:
    """A later profile of a file with why its columns are in use, where they are those of `before`. What the
    reasons say of the columns (how many different values) is what is there now."""
    now_there = {column.name: column for column in seen.columns}

    def renewed(why: Message) -> Message:
        column = now_there.get(str(why.values.get("column")))
        now = {"unique": column.unique, "length": column.mean_length} if column else {}
        return Message(why.key, {name: now.get(name, value) for name, value in why.values.items()})

    return replace(
        seen,
        why_text=renewed(before.why_text) if seen.text == before.text else seen.why_text,
        why_label=renewed(before.why_label) if seen.label == before.label else seen.why_label,
    )


def apply_fix(
    fix: Fix, table: Table, seen: Profile, reread: Reread | None = None
) -> tuple[Table, Profile]:
    """The table and its profile after a fix. `reread` reads the table's file again, where that is there.

    Raises UserError of `core.data.checkup.edits.apply_edits`, `core.data.profile.profile.profile` and
    `read_again`.
    """
    if isinstance(fix, ReadAgain):
        return read_again(replace(table.read_with, **fix.options), table, seen, reread)
    if isinstance(fix, Choose):
        choices = {
            "text": seen.text,
            "label": seen.label or "",
            "split": seen.split or "",
            "separator": seen.separator,
        }
        return table, profile(table, **{**choices, **fix.columns})
    changed = apply_edits(table, [fix])
    return changed, profile_again(changed, seen)


def read_again(
    options: ReadOptions, table: Table, seen: Profile, reread: Reread | None
) -> tuple[Table, Profile]:
    """The table's file read with other options: what was changed in it is changed again, and the columns in
    use stay in use where they are still there.

    Raises UserError `read_again_gone` where the file is not there, `read_again_changes` where a change does
    not fit what is read now, and as reading does.
    """
    if reread is None:
        raise UserError("read_again_gone")
    fresh = reread(options)
    if table.changes:
        try:
            fresh = apply_edits(fresh, [edit_from_json(change.edit) for change in table.changes])
        except UserError as error:
            raise UserError("read_again_changes", reason=error.what) from error
    used = {*seen.text, *filter(None, (seen.label, seen.split))}
    still = used <= set(fresh.frame.columns) and fresh.modality == table.modality
    return fresh, profile_again(fresh, seen) if still else profile(fresh)
