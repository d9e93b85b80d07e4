"""The model card: what it says, and that no name can break out of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import yaml

from core.evaluation.calibrate import Temperature, described
from core.evaluation.intervals import measure
from core.export.card import card, markdown, simple_card
from core.recipe import DataSpec, ModelSpec, Recipe, TaskSpec, TrainSpec
from core.runs.result import Compared, Result, RowCounts
from core.tasks import of_names
from core.words import message, say
from tests.conftest import measured

LABELS = ("bad | worse", "# good\n---\n<script>alert(1)</script>", "`![x](http://e.vil)`")
RECIPE = Recipe(
    data=DataSpec("---\nlicense: <img src=x>.csv", "0", ("ti|tle", "body")),
    task=TaskSpec("*label*"),
    model=ModelSpec("minilm"),
    train=TrainSpec(epochs=5, max_length=128),
    techniques={"freeze": {"share": 0.5}, "adaptive_epochs": {}},
)


def result(**more: Any) -> Result:
    best = Compared(**vars(measure(of_names(LABELS), np.eye(3), np.arange(3), None)))
    always = measure(of_names(LABELS), np.eye(3)[[0, 0, 0]] * 0.5, np.arange(3), None)
    worse = Compared(**vars(always), train_rows=9)
    known = {
        "rows": RowCounts(1234, 5, 3, 0),
        "test": best,
        "baselines": {"majority": worse, "tfidf": worse, "colours": worse},
        "epochs": 3.5,
        "max_length": 128,
    }
    return measured(LABELS, **{**known, **more})


def front_matter(text: str) -> Any:
    _, head, _ = text.split("---\n", 2)
    return yaml.safe_load(head)


def rendered(text: str) -> str:
    from markdown_it import MarkdownIt

    _, _, body = text.split("---\n", 2)
    return str(MarkdownIt("commonmark", {"html": True}).enable("table").render(body))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_name_breaks_out(language: str) -> None:
    text = card(RECIPE, result(), ModelSpec("minilm"), language)
    page = rendered(text)
    assert "<script" not in page
    assert "<img" not in page
    assert "<em>" not in page
    assert "<a " not in page
    assert page.count("<hr") == 0
    assert page.count("<h1>") == 1
    assert page.count("<table>") == 4
    # The label with a bar is one cell of five.
    row = page[page.index("bad | worse") :]
    assert row[: row.index("</tr>")].count("<td") == 4


def test_front_matter() -> None:
    assert front_matter(card(RECIPE, result(), ModelSpec("minilm"))) == {
        "library_name": "transformers",
        "pipeline_tag": "text-classification",
        "tags": ["text-classification", "ticktune"],
        "base_model": "sentence-transformers/all-MiniLM-L6-v2",
        "base_model_relation": "finetune",
        "license": "apache-2.0",
    }
    unknown = front_matter(card(RECIPE, result(), ModelSpec("")))
    assert not {"base_model", "license"} & set(unknown)
    typed = front_matter(card(RECIPE, result(), ModelSpec("somebody/model")))
    assert typed["base_model"] == "somebody/model"
    assert "license" not in typed


def test_it_says_what_was_measured_and_set() -> None:
    text = card(replace(RECIPE, name="My model"), result(), ModelSpec("minilm"))
    assert "# My model\n" in text
    assert "Measured on 3 test rows" in text
    assert "| This model | 1.000 (0.438–1.000) | 1.000 (0.438–1.000) | 0.000 |" in text
    assert "| Always the most common label | 0.333 (" in text
    assert "| Rows for training | 1,234 |" in text
    assert "| Epochs | 3.5 |" in text
    assert "| Freeze the lower layers: quicker training |" in text
    assert "between 0.44 and 1.00" in text
    assert "after 128 tokens" in text
    assert '"text_pair"' in text
    one = replace(RECIPE, data=replace(RECIPE.data, text=("body",)))
    assert '"text_pair"' not in card(one, result(), ModelSpec("minilm"))


def test_of_pictures_it_names_the_files_alone() -> None:
    recipe = replace(RECIPE, data=DataSpec("a.zip", "0", ("photo", "sha256"), modality="image"))
    known, base = result(threshold=0.4), ModelSpec("efficientnet-lite0")
    text = card(recipe, known, base)
    assert "it looks at photo and answers" in text
    assert "An input may have any number of labels" in text
    simple = simple_card("colours", recipe, known, base)
    assert "it looks at photo and answers" in simple
    assert "sha256" not in text + simple
    assert say("train.max_length") not in text
    assert say("train.max_length") in card(RECIPE, known, base)


def test_intervals_and_calibration_are_told() -> None:
    task, logits, truth = of_names(LABELS), np.eye(3)[np.arange(60) % 3] * 3, np.arange(60) % 3
    test = measure(task, task.probabilities(logits), truth, None)
    known = result(test=test, calibration=described(task, logits, truth, Temperature(2.0, 90)))
    text = card(RECIPE, known, ModelSpec("minilm"))
    assert "| This model | 1.000 (0.940–1.000) |" in text
    assert "| ROC-AUC | 1.000 (0.940–1.000) |" in text
    assert "a temperature of 2.00" in text
    skipped = Temperature(1.0, 9, message("calibrate.no_mistakes", rows=9))
    known = replace(known, calibration=described(task, logits, truth, skipped))
    text = card(RECIPE, known, ModelSpec("minilm"))
    assert "are calibrated" not in text
    assert "on the 9 validation rows the model makes no mistake" in text


def test_names_stay_readable() -> None:
    assert markdown("positive, 100% (sure) - 好.csv") == r"positive, 100% \(sure\) - 好.csv"
    assert markdown("a\u202eb\x00c\u2028d") == "a b c d"
    assert len(markdown("x" * 500)) == 100
