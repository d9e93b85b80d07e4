"""The model card: the README.md that goes with a model, as the Hugging Face Hub reads it.

Names of labels, columns and files are whatever a person typed: they are escaped wherever they
appear.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.evidence import Table
from core.export.formats.base import Format
from core.modalities import by_key
from core.modalities.base import Modality
from core.models.bundled.multilingual_e5 import named, pinned
from core.models.catalog import BY_KEY, hub_id
from core.recipe import ModelSpec, Recipe
from core.report.evidence import words
from core.report.result import (
    calibration,
    compared,
    data_facts,
    per_class,
    rivals,
    scored,
    training_facts,
)
from core.runs.result import Calibration, Result, Scores, Validation
from core.words import Message, of_kind, say

LONGEST = 100  # characters of a name that are shown
USE = """\
```python
from transformers import pipeline

classify = pipeline("{task}", model="FOLDER"{cut})
print(classify({example}))
```
"""


def card(
    recipe: Recipe,
    result: Result,
    base: ModelSpec,
    language: str = "en",
    prefix: str = "",
    formats: Sequence[Format] = (),
) -> str:
    """Markdown with front matter, in `language`.

    `base` is the pretrained model, its key "" where it is not known; `prefix` is what its tokenizer puts
    before every text; `formats` are those that the model can leave in.
    """
    kind = by_key(recipe.data.modality)
    columns, about = len(kind.named(recipe.data.text)), _about(recipe, base, language)
    models: dict[str, Scores | Validation] = {
        "card.this_model": result.test,
        **{f"card.{rival}": result.baselines[rival] for rival in rivals(result)},
    }
    parts = [
        say(f"card.intro.{kind.key}", language, classes=len(result.labels), **about),
        *_quality(models, result.test, result.calibration, language),
        *_use(kind, columns, result, language, prefix),
        *_usage(formats, kind, language),
        *_making(recipe, result, base, language),
        *_limits(kind, result.test, language),
    ]
    return _whole(_front_matter(base.key, kind.pipeline), recipe, parts)


def simple_card(
    which: str,
    recipe: Recipe,
    result: Result,
    base: ModelSpec,
    language: str = "en",
    formats: Sequence[Format] = (),
) -> str:
    """The short card of a simple model, one of `core.runs.result.SIMPLE`. `result` is the run's."""
    scores, kind = result.baselines[which], by_key(recipe.data.modality)
    front = {
        "library_name": "sklearn",
        "pipeline_tag": kind.pipeline,
        "tags": [kind.pipeline, "skops", "ticktune"],
    }
    about = _about(recipe, base, language)
    models: dict[str, Scores | Validation] = {"card.this_model": scores}
    if scores.validation:
        models["card.validation"] = scores.validation
    parts = [
        say(f"card.simple.{which}.{kind.key}", language, rows=scores.train_rows, **about),
        *_quality(models, scores, scores.calibration, language),
        f"## {say('card.use', language)}",
        *_usage(formats, kind, language),
        *_limits(kind, scores, language),
    ]
    return _whole(front, recipe, parts)


def _about(recipe: Recipe, base: ModelSpec, language: str) -> dict[str, str]:
    """Names that the first sentence of a card has."""
    kind = by_key(recipe.data.modality)
    return {
        "file": markdown(recipe.data.file),
        "text": ", ".join(map(markdown, kind.named(recipe.data.text))),
        "column": markdown(recipe.task.column),
        "base": markdown(named(base, language) or "?"),
    }


def _whole(front: Mapping[str, Any], recipe: Recipe, parts: Iterable[str]) -> str:
    """A card: its `front` matter, in YAML of which every value is JSON, its title and its parts."""
    lines = [f"{key}: {json.dumps(value)}" for key, value in front.items()]
    whole = ["\n".join(["---", *lines, "---"]), f"# {markdown(recipe.title)}", *parts]
    return "\n\n".join(part.strip() for part in whole) + "\n"


def markdown(text: str) -> str:
    """A name as plain text inside a paragraph or a table cell: no markup, no HTML, on one line."""
    text = "".join(
        # Controls and what turns the direction of the text around.
        " " if unicodedata.category(c) in ("Cc", "Zl", "Zp") or c in BIDI else c
        for c in text
    )
    text = " ".join(text.split())
    if len(text) > LONGEST:
        text = text[: LONGEST - 1] + "…"
    return re.sub(r"([\\`*_{}\[\]<>()#|!~$&^@:])", r"\\\1", text)


BIDI = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _front_matter(base: str, task: str) -> dict[str, Any]:
    entry, name = BY_KEY.get(base), hub_id(base)
    return {
        "library_name": "transformers",
        "pipeline_tag": task,
        "tags": [task, "ticktune"],
        **({"base_model": name, "base_model_relation": "finetune"} if name else {}),
        **({"license": entry.licence.lower()} if entry else {}),
    }


def _table(what: Table, language: str) -> str:
    """A table of the result; what a person may have typed is none of its numbers and sentences."""
    rows = [
        [
            words(cell, language)
            if isinstance(cell, Message) or n in what.numeric
            else markdown(cell)
            for n, cell in enumerate(row)
        ]
        for row in what.rows
    ]
    return _rows([say(title, language) for title in what.head], rows)


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose columns after the first are numbers."""
    rule = [":--", *("--:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))


def _quality(
    models: Mapping[str, Scores | Validation],
    scores: Scores,
    trust: Calibration | None,
    language: str,
) -> list[str]:
    """Scores of the models compared, of the labels by the first of them, and its calibration."""
    further = scored(scores, ("balanced_accuracy", "roc_auc"))
    return [
        f"## {say('card.quality', language)}",
        say("card.measured", language, rows=scores.rows),
        _table(compared(models), language),
        _table(per_class(scores), language),
        *([_table(further, language)] if further.rows else []),
        say("card.intervals", language),
        *([say(calibration(trust), language)] if trust else []),
    ]


def _use(
    kind: type[Modality], columns: int, result: Result, language: str, prefix: str
) -> list[str]:
    length, threshold = result.max_length, result.threshold
    example = '{"text": "…", "text_pair": "…"}' if columns == 2 else '"…"'
    joined = [say("card.use_joined", language)] if columns > 2 else []
    cut = say("card.use_cut", language, length=length)
    if not kind.words:
        example, joined, cut = '"picture.jpg"', [], say("card.use_pictures", language)
    return [
        f"## {say('card.use', language)}",
        USE.format(
            task=kind.pipeline, cut=", truncation=True" if kind.words else "", example=example
        ),
        cut,
        *([say("card.use_prefix", language, prefix=prefix.strip())] if prefix else []),
        *joined,
        *([] if threshold is None else [say("card.use_several", language, threshold=threshold)]),
    ]


def _usage(formats: Sequence[Format], kind: type[Modality], language: str) -> list[str]:
    """The usage of the model in each export format."""
    return [say(of_kind(f"format.{form.key}.use", kind.key), language) for form in formats]


def _making(recipe: Recipe, result: Result, base: ModelSpec, language: str) -> list[str]:
    model = named(base, language) if pinned(base) else hub_id(base.key) or recipe.model.key
    facts = [
        *data_facts(recipe, result, language),
        *training_facts(recipe, result, model, language),
    ]
    head = [say("card.setting", language), say("card.value", language)]
    table = _rows(head, [(name, markdown(value)) for name, value in facts])
    last = [say("card.on_all", language)] if result.on_all else []
    return [f"## {say('card.making', language)}", table, *last]


def _limits(kind: type[Modality], test: Scores, language: str) -> list[str]:
    low, high = test.intervals["accuracy"] or (0.0, 1.0)
    points = (
        say("card.limit_rows", language, rows=test.rows, low=low, high=high),
        say(f"card.limit_kind.{kind.key}", language),
        say("card.limit_always", language),
    )
    return [f"## {say('card.limits', language)}", "\n".join(f"- {point}" for point in points)]
