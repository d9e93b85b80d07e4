"""The check-up of a table: what was found, with a button for what mends it, and what was changed so far."""

from __future__ import annotations

from collections.abc import Sequence

from core.data.checks.finding import Finding
from core.data.checkup import SEVERITIES
from core.data.edits import Edit, Mask
from core.data.read import Table
from core.errors import UserError
from core.words import Message, say
from ui.session import Loaded
from ui.words import esc

KINDS = {"serious": "error", "warning": "warning", "note": "info"}  # severity -> look of the card


def checkup_html(loaded: Loaded, lang: str) -> str:
    """The changes that can be undone, and the findings by severity."""
    groups = [
        (severity, [each for each in loaded.findings if each.severity == severity])
        for severity in SEVERITIES
    ]
    numbered = not loaded.table.inputs  # files of an archive have names
    cards = "".join(_group(severity, found, lang, numbered) for severity, found in groups if found)
    if not any(found for severity, found in groups if severity != "note"):
        cards = f'<p class="tt-note">{esc(say("checkup.clean", lang))}</p>' + cards
    title = esc(say("checkup.title", lang))
    return f'<h3 class="tt-heading">{title}</h3>{_changes(loaded.table, lang)}{cards}'


def findings_html(findings: Sequence[Finding], lang: str) -> str:
    """Some findings without a heading; empty where there are none."""
    return "".join(
        _group(severity, [each for each in findings if each.severity == severity], lang)
        for severity in SEVERITIES
        if any(each.severity == severity for each in findings)
    )


def _group(severity: str, findings: Sequence[Finding], lang: str, numbered: bool = True) -> str:
    """A card; of what is only good to know there is often much, so that it is folded."""
    items = f"<ul>{''.join(_finding(each, lang, numbered) for each in findings)}</ul>"
    title = f"<strong>{esc(say(f'checkup.{severity}', lang))} ({len(findings)})</strong>"
    look = f'class="tt-notice tt-{KINDS[severity]} tt-findings"'
    if severity == "note":
        return f"<details {look}><summary>{title}</summary>{items}</details>"
    return f"<section {look}>{title}{items}</section>"


def _finding(found: Finding, lang: str, numbered: bool) -> str:
    advice = f"<p>{esc(say(found.advice, lang))}</p>" if found.advice else ""
    examples = ""
    if found.examples:
        lines = "".join(
            f"<li>{_line(line, lang) if numbered else ''}{_example(text, lang)}</li>"
            for line, text in found.examples
        )
        summary = f"<summary>{esc(say('checkup.examples', lang))}</summary>"
        examples = f"<details>{summary}<ul>{lines}</ul></details>"
    buttons = "".join(
        f'<button type="button" class="tt-small" data-do="fix" data-key="{esc(found.key)}" '
        f'data-number="{number}">{esc(say(f"checkup.fix.{_kind(fix)}", lang))}</button>'
        for number, fix in enumerate(found.fixes)
    )
    return (
        f'<li data-finding="{esc(found.key)}"><p><b>{esc(say(found.what, lang))}</b></p>'
        f"{advice}{examples}{buttons}</li>"
    )


def _line(line: int, lang: str) -> str:
    return f"<span>{esc(say('checkup.line', lang, line=line))}</span> "


def _example(text: str | Message, lang: str) -> str:
    """A sentence keeps what it names in its own direction by itself."""
    if isinstance(text, Message):
        return f'<bdi dir="ltr">{esc(say(text, lang))}</bdi>'
    return f'<bdi dir="auto">{esc(text)}</bdi>'


def _kind(edit: Edit) -> str:
    return f"mask.{edit.what[0]}" if isinstance(edit, Mask) else edit.kind


def _changes(table: Table, lang: str) -> str:
    if not table.changes:
        return ""
    undo = esc(say("checkup.undo", lang))
    items = "".join(
        f"<li><p>{esc(say(each.said, lang))}</p>"
        f'<button type="button" class="tt-small" data-do="undo" data-number="{number}">'
        f"{undo}</button></li>"
        for number, each in enumerate(table.changes)
    )
    title = esc(say("checkup.changes", lang))
    return (
        f'<section class="tt-notice tt-good tt-findings" id="changes"><strong>{title}</strong>'
        f"<ul>{items}</ul></section>"
    )


def fix_of(loaded: Loaded, key: str, number: str) -> Edit:
    """The fix of a button. Key and number come from the browser. Raises UserError when it is not there."""
    for found in loaded.findings:
        if found.key == key and number.isdecimal() and int(number) < len(found.fixes):
            return found.fixes[int(number)]
    raise UserError("checkup_gone")
