"""Result: its sentences and tables, the same on the page, in the report, on the model card and on the command
line; each of them puts the blocks (`core.evidence`) and facts into its own form."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from core.evaluation.verdict import (
    RIVALS,
    few_rows,
    less_often_right,
    often_wrong,
    unread,
    verdict,
)
from core.evidence import Table
from core.modalities import by_key
from core.recipe import Recipe
from core.runs.result import SCORES, Calibration, Lead, PerClass, Result, Scores, Validation
from core.runs.run import LabelColumn
from core.words import Message, has, message, of_kind, percent, say

PERCENT = ("accuracy", "balanced_accuracy")  # shares of rows; the others are numbers from 0 to 1
Facts = list[tuple[str, str]]  # names and values, in one language


def rivals(result: Result) -> list[str]:
    """Rivals that the model was compared with, the most able first."""
    return [name for name in RIVALS if name in result.baselines]


def score_name(name: str, separator: str) -> str:
    """The key of what a score is called: of rows with several labels the accuracy is another thing."""
    return "result.exact" if name == "accuracy" and separator else f"result.{name}"


def shown(value: float, name: str) -> str:
    return percent(value) if name in PERCENT else f"{value:.3f}"


def judgement(result: Result) -> tuple[str, list[Message]]:
    """The kind of notice, and the sentences on whether the model is any good."""
    kind, sentence = verdict(result.against)
    notes = beside(result.against, result.test, kind, result).values()
    return kind, [sentence, *(note for note in notes if note is not None)]


def beside(
    against: Mapping[str, Lead], scores: Scores, kind: str, result: Result
) -> dict[str, Message | None]:
    """What has to be said beside a verdict of a kind on such leads and scores of a run's model."""
    return {
        "few_rows": few_rows(against, scores.rows),
        "unread": unread(kind, result),
        "less_often_right": less_often_right(against),
        "often_wrong": often_wrong(scores, result.separator),
    }


def recommendation(result: Result) -> Message | None:
    """The sentence on a simple model that did at least as well on the validation rows."""
    name, ours = result.recommended, result.best.macro_f1
    theirs = result.baselines[name].validation if name != "model" else None
    if not theirs:
        return None
    which = "equal" if theirs.macro_f1 == ours else "better"
    return message(
        f"result.recommended.{which}",
        rival=message(f"result.{name}.phrase"),
        theirs=theirs.macro_f1,
        ours=ours,
        rows=theirs.rows,
    )


def corrected(column: LabelColumn) -> list[Message]:
    """The sentences on how the model answers what was corrected before its training; none where nothing
    was."""
    answer = column.answer("corrected")
    if answer is None or not answer.all.texts:
        return []
    which = "mixed" if answer.seen.texts else "unseen"
    which = which if answer.unseen.texts else "seen"
    kind = column.recipe().data.modality
    return [
        message(f"result.corrected.{kind}", texts=answer.all.texts, right=answer.all.right),
        message(
            f"result.corrected.{which}",
            seen=answer.seen.texts,
            seen_right=answer.seen.right,
            unseen=answer.unseen.texts,
            unseen_right=answer.unseen.right,
        ),
    ]


def calibration(scaling: Calibration) -> Message:
    """A message on calibration: how far the probabilities can be believed."""
    return message(
        "card.uncalibrated" if scaling.skipped else "card.calibration",
        temperature=scaling.temperature,
        before=scaling.before.ece,
        after=scaling.after.ece,
        reason=scaling.skipped or "",
    )


def compared(models: Mapping[str, Scores | Validation]) -> Table:
    """Models beside each other, by the keys of what they are called."""
    head = [message(f"card.{name}") for name in ("model", "accuracy", "macro_f1", "loss")]
    rows: list[list[Message | str]] = [
        [
            message(name),
            *(_with_ends(measured, score, 3) for score in ("accuracy", "macro_f1")),
            f"{measured.loss:.3f}",
        ]
        for name, measured in models.items()
    ]
    return Table(message("card.quality"), head, rows, numeric=(1, 2, 3))


def scored(scores: Scores, names: Sequence[str] = SCORES) -> Table:
    """The scores of one model, those that could be measured."""
    rows: list[list[Message | str]] = [
        [message(f"score.{name}"), _with_ends(scores, name, 3)]
        for name in names
        if getattr(scores, name) is not None
    ]
    head = [message("card.score"), message("card.value")]
    return Table(message("card.quality"), head, rows, numeric=(1,))


def per_class(scores: Scores) -> Table:
    """Precision, recall and F1 of every label."""
    names = ("precision", "recall", "f1")
    rows = [
        [of_class.label, *(_with_ends(of_class, name, 2) for name in names), f"{of_class.rows:,}"]
        for of_class in scores.per_class
    ]
    head = [message(f"card.{name}") for name in ("label", *names, "rows")]
    return Table(message("result.classes"), head, rows, numeric=(1, 2, 3, 4))


def leads(against: Mapping[str, Lead]) -> Table:
    """Leads of the model over each rival, which decided the judgement."""
    rows: list[list[Message | str]] = []
    for rival in (name for name in RIVALS if name in against):
        changes = (against[rival].accuracy, against[rival].macro_f1)
        points = [
            message(
                "compare.points",
                **{name: 100 * end for name, end in dataclasses.asdict(change).items()},
            )
            for change in changes
        ]
        rows.append([message(f"result.{rival}"), *points, message(f"good.{changes[1].kind}")])
    head = [message(f"good.column.{name}") for name in ("rival", "accuracy", "macro_f1", "kind")]
    return Table(message("good.how"), head, rows, numeric=(1, 2))


def data_facts(recipe: Recipe, result: Result, language: str) -> Facts:
    """Facts on the data that was learned from."""
    kind = by_key(recipe.data.modality)
    sides = dataclasses.asdict(result.rows)
    return [
        (say("card.file", language), recipe.data.file),
        (say(f"card.columns.{kind.key}", language), ", ".join(kind.named(recipe.data.text))),
        (say("card.label_column", language), ", ".join(task.column for task in recipe.tasks)),
        *((say(f"card.rows_{side}", language), f"{count:,}") for side, count in sides.items()),
    ]


def training_facts(recipe: Recipe, result: Result, model: str, language: str) -> Facts:
    """Facts on the training, from the pretrained `model`, with the epochs that were really done."""
    settings = {**dataclasses.asdict(result.settings), "epochs": f"{result.epochs:.1f}"}
    revision = f" ({recipe.model.revision})" if recipe.model.revision else ""
    return [
        (say("card.base", language), model + revision),
        *(
            (say(of_kind(f"train.{name}", recipe.data.modality), language), _number(value))
            for name, value in settings.items()
            if value is not None
        ),
        (say("report.seconds", language), say("ui.seconds", language, n=round(result.seconds))),
        *(
            (say(f"technique.{key}.title", language), _options(key, chosen, language))
            for key, chosen in recipe.techniques.items()
            if has(f"technique.{key}.title")
        ),
    ]


def _options(key: str, chosen: Mapping[str, Any], language: str) -> str:
    """Options chosen of a technique, as the page calls them."""

    def words(name: str, value: Any) -> str:
        if value is None:
            return say("ui.automatic", language)
        if isinstance(value, bool):
            return "✓" if value else "–"
        word = f"technique.{key}.{name}.{value}"
        return say(word, language) if has(word) else str(value)

    named = [
        f"{say(f'technique.{key}.{name}', language)} = {words(name, value)}"
        for name, value in chosen.items()
    ]
    return ", ".join(named) or say("card.ticked", language)


def _number(value: float | str) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _with_ends(scores: Scores | PerClass | Validation, name: str, digits: int) -> str:
    """A score with its interval, where that is known."""
    value = f"{getattr(scores, name):.{digits}f}"
    ends = None if isinstance(scores, Validation) else scores.intervals[name]
    return value if ends is None else f"{value} ({ends[0]:.{digits}f}–{ends[1]:.{digits}f})"
