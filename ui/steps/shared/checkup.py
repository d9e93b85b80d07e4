"""The check-up of a table: what was found, with a button for what mends it, and what was changed so far."""

from __future__ import annotations

from collections.abc import Sequence

from core.data.checkup.finding import Finding
from core.data.checkup.fix import Fix, ReadAgain, button_of
from core.data.profile.profile import ready
from core.errors import UserError
from core.modalities.checkup import SEVERITIES
from core.words import Message, say
from ui.kit import html
from ui.kit.html import clip
from ui.kit.words import esc
from ui.session import Loaded

MAX_DECISIONS = 10  # texts that are offered at a time to be decided one by one
CARD_OF_SEVERITY = {
    "serious": "error",
    "warning": "warning",
    "note": "info",
}  # severity -> look of the card


def checkup_html(loaded: Loaded, lang: str) -> str:
    """The changes that can be undone, and the findings by severity."""
    groups = [
        (severity, [finding for finding in loaded.findings if finding.severity == severity])
        for severity in SEVERITIES
    ]
    numbered = not loaded.table.inputs  # files of an archive have names
    rereads = loaded.reread is not None
    cards = "".join(
        _group(severity, findings, lang, numbered, rereads)
        for severity, findings in groups
        if findings
    )
    complaints = any(findings for severity, findings in groups if severity != "note")
    if not complaints and ready(loaded.profile):  # else a card above says what is wrong
        cards = html.small(say("checkup.clean", lang)) + cards
    title, shown = esc(say("checkup.title", lang)), _changes(loaded, lang) + cards
    return f'<h3 class="tt-heading">{title}</h3>{shown}' if shown else ""


def findings_html(findings: Sequence[Finding], lang: str) -> str:
    """Some findings without a heading; empty where there are none."""
    return "".join(
        _group(severity, [finding for finding in findings if finding.severity == severity], lang)
        for severity in SEVERITIES
        if any(finding.severity == severity for finding in findings)
    )


def _group(
    severity: str,
    findings: Sequence[Finding],
    lang: str,
    numbered: bool = True,
    rereads: bool = False,
) -> str:
    """A card; of what is only good to know there is often much, so that it is folded."""
    items = (
        f"<ul>{''.join(_finding(finding, lang, numbered, rereads) for finding in findings)}</ul>"
    )
    title = f"<strong>{esc(say(f'checkup.{severity}', lang))} ({len(findings)})</strong>"
    attributes = f'class="tt-notice tt-{CARD_OF_SEVERITY[severity]} tt-findings"'
    if severity == "note":
        return f"<details {attributes}><summary>{title}</summary>{items}</details>"
    return f"<section {attributes}>{title}{items}</section>"


def _finding(finding: Finding, lang: str, numbered: bool, rereads: bool) -> str:
    """Where the file cannot be read again, no button says that it would be."""
    advice = f"<p>{esc(say(finding.advice, lang))}</p>" if finding.advice else ""
    examples = ""
    if finding.examples:
        lines = "".join(
            f"<li>{_line(line, lang) if numbered else ''}{_example(text, lang)}</li>"
            for line, text in finding.examples
        )
        summary = f"<summary>{esc(say('checkup.examples', lang))}</summary>"
        examples = f"<details>{summary}<ul>{lines}</ul></details>"
    buttons = "".join(
        html.button("fix", say(button_of(fix), lang), key=finding.key, number=number)
        for number, fix in enumerate(finding.fixes)
        if rereads or not isinstance(fix, ReadAgain)
    )
    return (
        f'<li data-finding="{esc(finding.key)}"><p><b>{esc(say(finding.what, lang))}</b></p>'
        f"{advice}{examples}{buttons}{_decisions(finding, lang, numbered)}</li>"
    )


def _decisions(finding: Finding, lang: str, numbered: bool) -> str:
    """The first texts to be decided one by one, each with a button for every label that it has."""
    items, number = "", len(finding.fixes)
    for decision in finding.decisions[:MAX_DECISIONS]:
        buttons = ""
        for label, rows, _ in decision.options:
            text = say("checkup.decide.label", lang, label=clip(label, 60), rows=rows)
            buttons += " " + html.button("fix", text, key=finding.key, number=number)
            number += 1
        line = _line(decision.line, lang) if numbered else ""
        items += f"<li>{line}{_example(decision.text, lang)}{buttons}</li>"
    if not items:
        return ""
    more = finding.count - min(len(finding.decisions), MAX_DECISIONS)
    if more > 0:
        items += f"<li>{esc(say('checkup.decide.more', lang, n=more))}</li>"
    summary = f"<summary>{esc(say('checkup.decide', lang))}</summary>"
    return f'<details class="tt-decide" open>{summary}<ul>{items}</ul></details>'


def _line(line: int, lang: str) -> str:
    return f"<span>{esc(say('checkup.line', lang, line=line))}</span> "


def _example(text: str | Message, lang: str) -> str:
    """A sentence keeps what it names in its own direction by itself."""
    if isinstance(text, Message):
        return f'<bdi dir="ltr">{esc(say(text, lang))}</bdi>'
    return f'<bdi dir="auto">{esc(text)}</bdi>'


def _changes(loaded: Loaded, lang: str) -> str:
    """How the file was asked to be read, where it still can be read, and the changes of its rows."""
    said = [] if loaded.reread is None else list(loaded.table.read_with.said())
    items = "".join(_change(what, "reread", name, lang) for name, what in said)
    items += "".join(
        _change(change.said, "undo", str(number), lang)
        for number, change in enumerate(loaded.table.changes)
    )
    if not items:
        return ""
    title = esc(say("checkup.changes", lang))
    return (
        f'<section class="tt-notice tt-good tt-findings" id="changes"><strong>{title}</strong>'
        f"<ul>{items}</ul></section>"
    )


def _change(what: Message, do: str, number: str, lang: str) -> str:
    button = html.button(do, say("checkup.undo", lang), number=number)
    return f"<li><p>{esc(say(what, lang))}</p>{button}</li>"


def fix_of(loaded: Loaded, key: str, number: str) -> Fix:
    """The fix of a button. Key and number come from the browser. Raises UserError when it is not there."""
    for finding in loaded.findings:
        fixes = finding.every_fix
        if finding.key == key and number.isdecimal() and int(number[:9]) < len(fixes):
            return fixes[int(number[:9])]
    raise UserError("checkup_gone")
