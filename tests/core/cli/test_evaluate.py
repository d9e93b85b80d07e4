"""What the command says of a model beside its scores."""

from __future__ import annotations

import dataclasses
import json

import pandas as pd
import pytest

from core.__main__ import main
from core.evaluation import test_rows
from core.report.result import judgement
from core.runs.store import RunStore
from core.words import say
from tests.ui.fake import make_run


@pytest.mark.parametrize(
    ("true", "predicted", "key"),
    [
        ("ababab", "ababaa", "good.few"),
        # Always "a" is right more often, and finds no "b".
        ("a" * 90 + "b" * 10, "a" * 60 + "b" * 40, "verdict.less_often"),
    ],
)
def test_it_says_of_a_model_what_the_page_says(
    true: str, predicted: str, key: str, store: RunStore, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(store, labels=("a", "b"))
    before = run.test_rows()
    assert before is not None
    rows = pd.concat([before.head(1)] * len(true), ignore_index=True)
    names = {"label": list(true), "predicted": list(predicted)}
    rivals = {f"predicted:{name}": ["a"] * len(true) for name in ("majority", "tfidf", "embedding")}
    rows = rows.assign(line=range(2, len(true) + 2), **names, **rivals)
    run.write_test_rows(rows)
    result = run.measured()
    result = dataclasses.replace(
        result,
        against=test_rows.against_rivals(test_rows.task(run.main), rows),
        test=dataclasses.replace(result.test, rows=len(true)),
    )
    run.write_result(result)
    said = judgement(result)[1]
    assert key in [each.key for each in said]
    asked = ["evaluate", run.id, "--runs", str(store.root)]
    assert main(asked) == 0
    out = capsys.readouterr().out
    for each in said:
        assert say(each) in out
    assert main([*asked, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert {say(each) for each in said} <= set(map(str, answer.values()))
