"""The model card: what it says, and that no name can break out of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import yaml

from core.evaluation.calibrate import Temperature, described
from core.evaluation.intervals import measure
from core.evaluation.metrics import score
from core.export.card import card, markdown, simple_card
from core.recipe import DataSpec, ModelSpec, Recipe, TaskSpec, TrainSpec
from core.tasks import of_names
from core.words import message, say

LABELS = ("bad | worse", "# good\n---\n<script>alert(1)</script>", "`![x](http://e.vil)`")
RECIPE = Recipe(
    data=DataSpec("---\nlicense: <img src=x>.csv", "0", ("ti|tle", "body")),
    task=TaskSpec("*label*"),
    model=ModelSpec("minilm"),
    train=TrainSpec(epochs=5, max_length=128),
    techniques={"freeze": {"share": 0.5}, "adaptive_epochs": {}},
)


def metrics() -> dict[str, Any]:
    scores = score(np.eye(3), np.arange(3), LABELS)
    worse = score(np.eye(3)[[0, 0, 0]] * 0.5, np.arange(3), LABELS)
    return {
        "rows": {"train": 1234, "validation": 5, "test": 3, "dropped": 0},
        "test": scores,
        "baselines": {"majority": worse, "tfidf": worse},
        "epochs": 3.5,
        "max_length": 128,
    }


def front_matter(text: str) -> Any:
    _, head, _ = text.split("---\n", 2)
    return yaml.safe_load(head)


def rendered(text: str) -> str:
    from markdown_it import MarkdownIt

    _, _, body = text.split("---\n", 2)
    return str(MarkdownIt("commonmark", {"html": True}).enable("table").render(body))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_name_breaks_out(language: str) -> None:
    text = card(RECIPE, LABELS, metrics(), ModelSpec("minilm"), language)
    page = rendered(text)
    assert "<script" not in page
    assert "<img" not in page
    assert "<em>" not in page
    assert "<a " not in page
    assert page.count("<hr") == 0
    assert page.count("<h1>") == 1
    assert page.count("<table>") == 3
    # The label with a bar is one cell of five.
    row = page[page.index("bad | worse") :]
    assert row[: row.index("</tr>")].count("<td") == 4


def test_front_matter() -> None:
    assert front_matter(
        card(RECIPE, LABELS, {**metrics(), "language": "zh"}, ModelSpec("minilm"))
    ) == {
        "library_name": "transformers",
        "pipeline_tag": "text-classification",
        "tags": ["text-classification", "ticktune"],
        "base_model": "sentence-transformers/all-MiniLM-L6-v2",
        "base_model_relation": "finetune",
        "language": "zh",
        "license": "apache-2.0",
    }
    unknown = front_matter(card(RECIPE, LABELS, metrics(), ModelSpec("")))
    assert not {"base_model", "language", "license"} & set(unknown)
    typed = front_matter(card(RECIPE, LABELS, metrics(), ModelSpec("somebody/model")))
    assert typed["base_model"] == "somebody/model"
    assert "license" not in typed


def test_it_says_what_was_measured_and_set() -> None:
    text = card(replace(RECIPE, name="My model"), LABELS, metrics(), ModelSpec("minilm"))
    assert "# My model\n" in text
    assert "Measured on 3 test rows" in text
    assert "| This model | 1.000 | 1.000 | 0.000 |" in text
    assert "| Always the most common label | 0.333 | 0.167 |" in text
    assert "| Rows for training | 1,234 |" in text
    assert "| Epochs | 3.5 |" in text
    assert "| Freeze the lower layers: quicker training | share=0.5 |" in text
    assert "between 0.44 and 1.00" in text
    assert "after 128 tokens" in text
    assert '"text_pair"' in text
    one = replace(RECIPE, data=replace(RECIPE.data, text=("body",)))
    assert '"text_pair"' not in card(one, LABELS, metrics(), ModelSpec("minilm"))


def test_of_pictures_it_names_the_files_alone() -> None:
    recipe = replace(RECIPE, data=DataSpec("a.zip", "0", ("photo", "sha256"), modality="image"))
    measured, base = metrics() | {"threshold": 0.4}, ModelSpec("efficientnet-lite0")
    text = card(recipe, LABELS, measured, base)
    assert "it looks at photo and answers" in text
    assert "An input may have any number of labels" in text
    learned = {**measured["test"], "train_rows": 9, "validation": None}
    simple = simple_card("colours", recipe, {"baselines": {"colours": learned}}, base)
    assert "it looks at photo and answers" in simple
    assert "sha256" not in text + simple
    assert say("train.max_length") not in text
    assert say("train.max_length") in card(RECIPE, LABELS, measured, base)


def test_intervals_and_calibration_are_told() -> None:
    task, logits, truth = of_names(LABELS), np.eye(3)[np.arange(60) % 3] * 3, np.arange(60) % 3
    known = metrics() | {"test": measure(task, task.probabilities(logits), truth, None)}
    chosen = Temperature(2.0, 90)
    known["calibration"] = described(task, logits, truth, chosen)
    text = card(RECIPE, LABELS, known, ModelSpec("minilm"))
    assert "| This model | 1.000 (0.940–1.000) |" in text
    assert "| ROC-AUC | 1.000 (0.940–1.000) |" in text
    assert "a temperature of 2.00" in text
    skipped = Temperature(1.0, 9, message("calibrate.few", rows=9, fewest=50))
    known["calibration"] = described(task, logits, truth, skipped)
    text = card(RECIPE, LABELS, known, ModelSpec("minilm"))
    assert "are calibrated" not in text
    assert "9 validation rows are too few" in text


def test_names_stay_readable() -> None:
    assert markdown("positive, 100% (sure) - 好.csv") == r"positive, 100% \(sure\) - 好.csv"
    assert markdown("a\u202eb\x00c\u2028d") == "a b c d"
    assert len(markdown("x" * 500)) == 100
