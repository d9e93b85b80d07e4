"""Check of a table before anything is trained on it: columns, findings, labels."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli.arguments import add_columns, add_json, add_reading
from core.cli.out import print_json, write
from core.cli.recipe import choice_of, read_table, with_names
from core.errors import UserError
from core.words import say

if TYPE_CHECKING:
    from core.workflow.model_choice import Choice


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help=say("cli.file"))
    add_reading(parser)
    add_columns(parser)
    parser.add_argument("--label", metavar="COL", help=say("cli.label"))
    add_json(parser)
    parser.add_argument("--left-out", type=Path, metavar="OUT.csv", help=say("cli.left_out"))


def handle(options: argparse.Namespace) -> int:
    from core.data.profile import profile
    from core.modalities import by_key, checkup
    from core.models.reader import reader_of

    table, reread = read_table(options)
    seen = profile.profile(table, options.text, options.label, options.split, options.separator)
    table, seen = with_names(table, seen, options.label_names)
    table, seen = checkup.mend(table, seen, options.fix, reread)
    store = options.store
    choice = choice_of(options.model, seen, store)
    # How well a model reads the texts, where there are some.
    reader = reader_of(choice.model, seen, store) if by_key(table.modality).words else None
    findings = checkup.checkup(table, seen, reader)
    if options.left_out:
        write(options.left_out, profile.dropped_csv(seen), "utf-8-sig")
    problem = None
    try:
        profile.raise_if_unlearnable(seen)
    except UserError as error:
        problem = error
    if options.json:
        print_json(_profile_json(table, seen, findings, choice, problem))
    else:
        _print_profile(table, seen, findings, choice, store)
    if problem:
        raise problem
    return 0


def _profile_json(
    table: Any, seen: Any, findings: Any, choice: Choice, problem: UserError | None
) -> dict[str, Any]:
    return {
        "file": table.name,
        "format": table.format,
        "sheet": table.sheet,
        "sheets": list(table.sheets),
        "encoding": table.encoding,
        "delimiter": table.delimiter,
        "rows": seen.rows,
        "usable": seen.usable,
        "text": list(seen.text),
        "why_text": str(seen.why_text),
        "label": seen.label,
        "separator": seen.separator,
        "why_label": str(seen.why_label),
        "split": seen.split,
        "classes": dict(seen.classes),
        "columns": [
            {"name": c.name, "role": c.role, "reason": str(c.reason), "unique": c.unique}
            for c in seen.columns
        ],
        "read_with": table.read_with.to_json(),
        "changes": [{"edit": change.edit, "said": str(change.said)} for change in table.changes],
        "findings": [_finding_json(finding) for finding in findings],
        "dropped": [{"line": d.line, "reason": str(d.reason)} for d in seen.dropped],
        "model": {
            "suggested": choice.advice.model,
            "why": [str(reason) for reason in choice.advice.why],
            "taken": choice.model,
        },
        "error": {"message": problem.message, "hint": problem.hint} if problem else None,
    }


def _finding_json(finding: Any) -> dict[str, Any]:
    from core.data.checkup.fix import fix_to_json

    return {
        "key": finding.key,
        "severity": finding.severity,
        "count": finding.count,
        "message": str(finding.what),
        "advice": str(finding.advice) if finding.advice else None,
        "examples": [{"line": line, "text": str(text)} for line, text in finding.examples],
        "decisions": [
            {
                "line": decision.line,
                "text": decision.text,
                "labels": {label: rows for label, rows, _ in decision.options},
            }
            for decision in finding.decisions
        ],
        "fixes": [fix_to_json(fix) for fix in finding.fixes],
    }


def _kind(table: Any) -> list[str]:
    """The kind of file, as far as that says something about it."""
    sheet = [f"sheet {table.sheet!r}"] if table.sheet else []
    encoding = [table.encoding] if table.encoding else []
    delimiter = [f"delimiter {table.delimiter!r}"] if table.delimiter else []
    return [table.format, *sheet, *encoding, *delimiter]


def _print_profile(table: Any, seen: Any, findings: Any, choice: Choice, store: Any) -> None:
    from core.data.checkup.file import describe_bad_row
    from core.data.labels.cells import separator_words
    from core.modalities import by_key
    from core.models.advice import to_get
    from core.workflow.model_choice import is_here

    print(f"{table.name}: {', '.join(_kind(table))}, {seen.rows:,} rows")
    shown = by_key(table.modality).named(seen.text)
    print(f"{table.modality + ':':<6} {', '.join(shown)}  ({seen.why_text})")
    print(f"label: {seen.label}  ({seen.why_label})")
    if seen.separator:
        print(say("cli.several_labels", how=separator_words(seen.separator)))
    if seen.split:
        print(f"split: {seen.split}")
    print(f"usable rows: {seen.usable:,}; left out: {len(seen.dropped):,}")
    for label, count in seen.classes[:20]:
        print(f"  {count:>8,}  {label}")
    for _, sentence in table.read_with.said():
        print(f"* {sentence}")
    for change in table.changes:
        print(f"* {change.said}")
    suggested = choice.advice
    why = " ".join(str(reason) for reason in suggested.why)
    if not is_here(suggested.model, store):
        why += f" {to_get(suggested.model)}"
    print(f"{say('advice.title', model=suggested.model)}. {why}")
    if choice.model != suggested.model:
        print(say("cli.would_take", model=choice.model))
    marks = {"serious": "!!", "warning": "!", "note": "-"}
    for finding in findings:
        ways = [finding.key, *(f"{finding.key}:{n}" for n in range(2, len(finding.fixes) + 1))]
        ways += [f"{finding.key}:LINE=LABEL"] if finding.decisions else []
        fix = f"  (--fix {' | '.join(ways)})" if finding.fixes else ""
        print(f"{marks[finding.severity]} {finding.what} {finding.advice or ''}".rstrip() + fix)
    for row in seen.dropped[:10]:
        print(f"- line {row.line:,}: {describe_bad_row(row)}")
    if len(seen.dropped) > 10:
        print(f"- … {len(seen.dropped) - 10:,} more (--left-out OUT.csv writes them all)")
