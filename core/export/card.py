"""The model card: the README.md that goes with a model, as the Hugging Face Hub reads it.

Names of labels, columns and files are whatever a person typed: they are escaped wherever they
appear.
"""

from __future__ import annotations

import dataclasses
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.evaluation.intervals import wilson
from core.evaluation.verdict import RIVALS
from core.modalities import by_key
from core.modalities.base import Modality
from core.models.catalog import BY_KEY, hub_id
from core.models.packaged import named, pinned
from core.recipe import ModelSpec, Recipe
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
    labels: Sequence[str],
    metrics: Mapping[str, Any],
    base: ModelSpec,
    language: str = "en",
    prefix: str = "",
) -> str:
    """Markdown with front matter, in `language`.

    `metrics` are a run's (test, baselines, rows, epochs, max_length); `base` is the pretrained model, its
    key "" where it is not known; `prefix` is what its tokenizer puts before every text. An optional
    "language" of `metrics` is the ISO 639 code of the texts: the base model does not tell, people train
    English ones on other languages. Raises KeyError when a measurement is missing.
    """
    kind = by_key(recipe.data.modality)
    text = [markdown(name) for name in kind.named(recipe.data.text)]
    intro = say(
        f"card.intro.{kind.key}",
        language,
        classes=len(labels),
        column=markdown(recipe.task.column),
        text=", ".join(text),
        base=markdown(named(base, language) or "?"),
        file=markdown(recipe.data.file),
    )
    parts = [
        _front_matter(base.key, metrics.get("language"), kind.pipeline),
        f"# {markdown(recipe.name or recipe.data.file)}",
        intro,
        *_quality(metrics, language),
        *_use(kind, len(text), metrics, language, prefix),
        *_making(recipe, metrics, base, language),
        *_limits(kind, metrics, language),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def simple_card(
    which: str, recipe: Recipe, metrics: Mapping[str, Any], base: ModelSpec, language: str = "en"
) -> str:
    """The short card of a simple model, one of `baselines.SIMPLE`. `metrics` are the run's."""
    scores, kind = metrics["baselines"][which], by_key(recipe.data.modality)
    about = {
        "library_name": "sklearn",
        "pipeline_tag": kind.pipeline,
        "tags": [kind.pipeline, "skops", "ticktune"],
    }
    intro = say(
        f"card.simple.{which}.{kind.key}",
        language,
        file=markdown(recipe.data.file),
        text=", ".join(map(markdown, kind.named(recipe.data.text))),
        column=markdown(recipe.task.column),
        base=markdown(named(base, language) or "?"),
        rows=int(scores["train_rows"]),
    )
    compared = {say("card.this_model", language): scores}
    if scores["validation"]:
        compared[say("card.validation", language)] = scores["validation"]
    parts = [
        "\n".join(["---", *(f"{key}: {json.dumps(value)}" for key, value in about.items()), "---"]),
        f"# {markdown(recipe.name or recipe.data.file)}",
        intro,
        f"## {say('card.quality', language)}",
        say("card.measured", language, rows=int(scores["rows"])),
        *_scores(compared, scores["per_class"], language),
        *_trust(scores, scores.get("calibration"), language),
        f"## {say('card.use', language)}",
        say(f"card.simple.use.{kind.key}", language),
        *_limits(kind, {"test": scores}, language),
    ]
    return "\n\n".join(parts) + "\n"


def markdown(text: str) -> str:
    """A name as plain text inside a paragraph or a table cell: no markup, no HTML, on one line."""
    kept = "".join(
        # Controls and what turns the direction of the text around.
        " " if unicodedata.category(c) in ("Cc", "Zl", "Zp") or c in BIDI else c
        for c in text
    )
    kept = " ".join(kept.split())
    if len(kept) > LONGEST:
        kept = kept[: LONGEST - 1] + "…"
    return re.sub(r"([\\`*_{}\[\]<>()#|!~$&^@:])", r"\\\1", kept)


BIDI = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _front_matter(base: str, spoken: str | None, task: str) -> str:
    """YAML; every value is written as JSON, which is YAML too."""
    entry, name = BY_KEY.get(base), hub_id(base)
    values: dict[str, Any] = {
        "library_name": "transformers",
        "pipeline_tag": task,
        "tags": [task, "ticktune"],
        **({"base_model": name, "base_model_relation": "finetune"} if name else {}),
        **({"language": spoken} if spoken else {}),
        **({"license": entry.licence.lower()} if entry else {}),
    }
    lines = [f"{key}: {json.dumps(value)}" for key, value in values.items()]
    return "\n".join(["---", *lines, "---"])


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose columns after the first are numbers."""
    rule = [":--", *("--:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))


def _quality(metrics: Mapping[str, Any], language: str) -> list[str]:
    compared = {
        say("card.this_model", language): metrics["test"],
        **{
            say(f"card.{rival}", language): metrics["baselines"][rival]
            for rival in RIVALS
            if rival in metrics["baselines"]
        },
    }
    return [
        f"## {say('card.quality', language)}",
        say("card.measured", language, rows=int(metrics["test"]["rows"])),
        *_scores(compared, metrics["test"]["per_class"], language),
        *_trust(metrics["test"], metrics.get("calibration"), language),
    ]


def _trust(
    scores: Mapping[str, Any], calibration: Mapping[str, Any] | None, language: str
) -> list[str]:
    """Further scores, and how far the probabilities can be believed; runs of earlier versions lack both."""
    further = [
        [say(f"score.{name}", language), _with_ends(scores, name)]
        for name in ("balanced_accuracy", "roc_auc")
        if scores.get(name) is not None
    ]
    head = [say("card.score", language), say("card.value", language)]
    parts = [_table(head, further)] if further else []
    if scores.get("intervals"):
        parts.append(say("card.intervals", language))
    if calibration:
        skipped = calibration["skipped"]
        said = say(
            "card.uncalibrated" if skipped else "card.calibration",
            language,
            temperature=calibration["temperature"],
            before=calibration["before"]["ece"],
            after=calibration["after"]["ece"],
            reason=Message.from_json(skipped) if skipped else "",
        )
        parts.append(said)
    return parts


def _with_ends(scores: Mapping[str, Any], name: str) -> str:
    """A score with its interval, where that is known."""
    ends = scores.get("intervals", {}).get(name)
    shown = f"{scores[name]:.3f}"
    return f"{shown} ({ends[0]:.3f}–{ends[1]:.3f})" if ends else shown


def _scores(
    compared: Mapping[str, Mapping[str, Any]], per_class: Iterable[Mapping[str, Any]], language: str
) -> list[str]:
    """The table of what is compared, and that of the labels."""
    scores = [
        (name, _with_ends(s, "accuracy"), _with_ends(s, "macro_f1"), f"{s['loss']:.3f}")
        for name, s in compared.items()
    ]
    each = [
        (
            markdown(str(row["label"])),
            *(_with_ends(row, name) for name in ("precision", "recall", "f1")),
            f"{row['rows']:,}",
        )
        for row in per_class
    ]
    head = [say(f"card.{name}", language) for name in ("model", "accuracy", "macro_f1", "loss")]
    names = ("label", "precision", "recall", "f1", "rows")
    return [
        _table(head, scores),
        _table([say(f"card.{name}", language) for name in names], each),
    ]


def _use(
    kind: type[Modality], columns: int, metrics: Mapping[str, Any], language: str, prefix: str
) -> list[str]:
    length, threshold = int(metrics["max_length"]), metrics.get("threshold")
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
        say(f"card.use_script.{kind.key}", language),
    ]


def _making(
    recipe: Recipe, metrics: Mapping[str, Any], base: ModelSpec, language: str
) -> list[str]:
    counts = metrics["rows"]
    model = named(base, language) if pinned(base) else hub_id(base.key) or recipe.model.key
    revision = f" ({recipe.model.revision})" if recipe.model.revision else ""
    facts = [
        (say("card.base", language), markdown(model + revision)),
        (say("card.file", language), markdown(recipe.data.file)),
        (
            say(f"card.columns.{recipe.data.modality}", language),
            ", ".join(map(markdown, by_key(recipe.data.modality).named(recipe.data.text))),
        ),
        (say("card.label_column", language), markdown(recipe.task.column)),
        *((say(f"card.rows_{side}", language), f"{count:,}") for side, count in counts.items()),
        *(
            (say(of_kind(f"train.{name}", recipe.data.modality), language), str(value))
            for name, value in _settings(recipe, metrics).items()
        ),
    ]
    for key, options in recipe.techniques.items():
        chosen = ", ".join(f"{name}={value}" for name, value in options.items())
        name = say(f"technique.{key}.title", language)
        facts.append((name, markdown(chosen) or say("card.ticked", language)))
    head = (say("card.setting", language), say("card.value", language))
    last = [say("card.on_all", language)] if metrics.get("on_all") else []
    return [f"## {say('card.making', language)}", _table(head, facts), *last]


def _settings(recipe: Recipe, metrics: Mapping[str, Any]) -> dict[str, Any]:
    """The training settings, with the epochs that were really done."""
    return {**dataclasses.asdict(recipe.train), "epochs": f"{metrics['epochs']:.1f}"}


def _limits(kind: type[Modality], metrics: Mapping[str, Any], language: str) -> list[str]:
    test = metrics["test"]
    known = test.get("intervals", {}).get("accuracy")
    low, high = known or wilson(float(test["accuracy"]), int(test["rows"]))
    points = (
        say("card.limit_rows", language, rows=int(metrics["test"]["rows"]), low=low, high=high),
        say(f"card.limit_kind.{kind.key}", language),
        say("card.limit_always", language),
    )
    return [f"## {say('card.limits', language)}", "\n".join(f"- {point}" for point in points)]
