"""What is in a table, before anything is trained on it."""

from __future__ import annotations

import argparse
import json
from typing import Any

from core.cli.asked import accelerated
from core.cli.out import unwritable
from core.errors import UserError
from core.words import say


def check(options: argparse.Namespace) -> int:
    from core.data import checkup
    from core.data import profile as data
    from core.data.picture_table import read_any
    from core.models.advice import advise
    from core.models.catalog import BUNDLED
    from core.models.reader import reader_of
    from core.runs import RunStore

    table = read_any(options.file, options.sheet, options.pictures)
    seen = data.profile(table, options.text, options.label, options.split, options.separator)
    table = checkup.mend(table, seen, options.fix)
    seen = checkup.again(table, seen)
    store = RunStore(options.runs)
    # How well a model reads the texts: pictures have none.
    reader = None if table.inputs else reader_of(options.model or BUNDLED, seen.script, store)
    findings = checkup.checkup(table, seen, reader)
    if options.left_out:
        try:
            options.left_out.write_text(data.dropped_csv(seen), encoding="utf-8-sig", newline="")
        except OSError as error:
            raise unwritable(options.left_out, error) from error
    suggested = advise(seen, accelerated())
    problem = None
    try:
        data.check(seen)
    except UserError as error:
        problem = error
    if options.json:
        print(
            json.dumps(_profile_json(table, seen, findings, suggested, problem), ensure_ascii=False)
        )
    else:
        _print_profile(table, seen, findings, suggested, store)
    if problem:
        raise problem
    return 0


def _profile_json(
    table: Any, seen: Any, findings: Any, suggested: Any, problem: UserError | None
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
        "changes": [{"edit": each.edit, "said": str(each.said)} for each in table.changes],
        "findings": [_finding_json(each) for each in findings],
        "dropped": [{"line": d.line, "reason": str(d.reason)} for d in seen.dropped],
        "model": {"suggested": suggested.model, "why": [str(each) for each in suggested.why]},
        "error": {"message": problem.message, "hint": problem.hint} if problem else None,
    }


def _finding_json(found: Any) -> dict[str, Any]:
    from core.data.edits import plain

    return {
        "key": found.key,
        "severity": found.severity,
        "count": found.count,
        "message": str(found.what),
        "advice": str(found.advice) if found.advice else None,
        "examples": [{"line": line, "text": str(text)} for line, text in found.examples],
        "fixes": [plain(edit) for edit in found.fixes],
    }


def _kind(table: Any) -> list[str]:
    """What kind of file it is, as far as that says something about it."""
    sheet = [f"sheet {table.sheet!r}"] if table.sheet else []
    encoding = [table.encoding] if table.encoding else []
    delimiter = [f"delimiter {table.delimiter!r}"] if table.delimiter else []
    return [table.format, *sheet, *encoding, *delimiter]


def _print_profile(table: Any, seen: Any, findings: Any, suggested: Any, store: Any) -> None:
    from core.data.checks.file import named
    from core.modalities import by_key
    from core.models.advice import to_get
    from core.models.locate import here
    from core.recipe import ModelSpec

    print(f"{table.name}: {', '.join(_kind(table))}, {seen.rows:,} rows")
    shown = by_key(table.modality).named(seen.text)
    print(f"{table.modality + ':':<6} {', '.join(shown)}  ({seen.why_text})")
    print(f"label: {seen.label}  ({seen.why_label})")
    if seen.separator:
        print(say("cli.several_labels", separator=seen.separator))
    if seen.split:
        print(f"split: {seen.split}")
    print(f"usable rows: {seen.usable:,}; left out: {len(seen.dropped):,}")
    for label, count in seen.classes[:20]:
        print(f"  {count:>8,}  {label}")
    for change in table.changes:
        print(f"* {change.said}")
    why = " ".join(str(each) for each in suggested.why)
    if here(ModelSpec(suggested.model), store) is None:
        why += f" {to_get(suggested.model)}"
    print(f"{say('advice.title', model=suggested.model)}. {why}")
    marks = {"serious": "!!", "warning": "!", "note": "-"}
    for found in findings:
        fix = f"  (--fix {found.key})" if found.fixes else ""
        print(f"{marks[found.severity]} {found.what} {found.advice or ''}".rstrip() + fix)
    for row in seen.dropped[:10]:
        print(f"- line {row.line:,}: {named(row)}")
    if len(seen.dropped) > 10:
        print(f"- … {len(seen.dropped) - 10:,} more (--left-out OUT.csv writes them all)")
