"""The report card of techniques: each is trained with and without, one run after the other."""

from __future__ import annotations

import argparse
import json

from core.cli.asked import asked
from core.cli.out import tell, unwritable
from core.cli.train import work
from core.words import say


def compare_techniques(options: argparse.Namespace) -> int:
    from core import comparisons
    from core.export.report import card_csv, card_html
    from core.jobs import new_comparison
    from core.runs import RunStore

    table, recipe, extra = asked(options)
    store = RunStore(options.runs)
    comparison, made = new_comparison(store, table, recipe, extra)
    tell(say("cli.comparing", comparison=comparison.id, runs=len(made)))
    for number, run in enumerate(made, 1):
        names = ", ".join(run.recipe().techniques) or "-"
        tell(say("cli.comparing.run", number=number, runs=len(made), run=run.id, names=names))
        with run.lock():
            work(run)
        if run.status() == "stopped":  # by Ctrl-C: what comes after it is not wanted either
            break
    lines = comparisons.ComparisonStore(store).lines(comparison)
    for line in lines:
        if line.said:
            tell(str(line.said))
    for file, content in (
        (options.html, card_html(comparison, lines)),
        (options.csv, card_csv(lines)),
    ):
        if file:
            try:
                file.write_text(content, encoding="utf-8", newline="")
            except OSError as error:
                raise unwritable(file, error) from error
    answer = {"comparison": comparison.id, "lines": comparisons.to_json(lines)}
    print(json.dumps(answer, ensure_ascii=False))
    return 0 if all(line.got for line in lines) else 1
