"""The whole result of a run as one web page to hand on: no script, nothing from elsewhere.

Names, labels and texts are whatever a person typed: they are escaped wherever they appear.
"""

from __future__ import annotations

import dataclasses
import platform
import time
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from core.errors import UserError
from core.evaluation import learning_curve as curves
from core.evaluation.verdict import RIVALS, often_wrong, verdict
from core.export.drawing import Line, chart
from core.export.pieces import esc, heading, pairs, paragraph, table
from core.export.report import DARK, STYLE
from core.export.report_rows import confusion, mistakes
from core.folds import SCORES, FoldStore
from core.modalities import by_key
from core.models.packaged import named
from core.recipe import Recipe
from core.runs import Run, RunStore
from core.words import Message, has, of_kind, say

PACKAGES = ("torch", "transformers", "scikit-learn", "tokenizers")
STYLES = """
h2 { margin-top: 2.2rem; border-bottom: 1px solid #cbd5e1; }
.scroll { overflow-x: auto; }
.lead { color: #475569; }
td img { display: block; margin-bottom: .3rem; border-radius: .3rem; }
th.text, td.text { text-align: start; min-width: 16rem; overflow-wrap: anywhere; }
.matrix td { text-align: center; border: 1px solid #fff; }
.matrix th { max-width: 10rem; overflow-wrap: anywhere; } .matrix tr:first-child th { text-align: center; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.2rem; }
dt { color: #475569; } dd { margin: 0; overflow-wrap: anywhere; }
.bar { display: grid; grid-template-columns: 16rem 1fr 12rem; gap: .6rem; align-items: center; }
.bar i { display: block; height: .7rem; border-radius: .35rem; background: #a5b4fc; }
.bar.on i { background: #4338ca; }
.tt-drawing { max-width: 46rem; width: 100%; height: auto; font-size: 12px; }
.tt-drawing text { fill: #475569; } .tt-rule { stroke: #e2e8f0; }
.tt-series { stroke-width: 2; fill: none; stroke: #4338ca; }
.tt-series-1 { stroke: #d97706; } .tt-series-2 { stroke: #0f766e; }
.tt-level { stroke: #64748b; stroke-dasharray: 5 4; } text.tt-level { stroke: none; }
circle.tt-series { fill: #fff; }
@media (max-width: 40rem) { .bar { grid-template-columns: 1fr auto; } .bar span:nth-child(2) { grid-row: 2;
} } @media print { body { margin: 0; max-width: none; } h2 { break-after: avoid; } .scroll { overflow:
visible; } }
"""


def run_report(run: Run, language: str = "en") -> str:
    """A page of all that was asked for and measured. Raises UserError where nothing was measured yet."""
    recipe = run.recipe()
    if run.metrics() is None:
        raise UserError("report_nothing")
    name = say("report.title", language, name=recipe.name or recipe.data.file)
    made = time.strftime("%Y-%m-%d %H:%M", time.strptime(run.id[:15], "%Y%m%d-%H%M%S"))
    body = _data(run, language)
    tasks = run.tasks()
    for task in tasks:
        above = heading(task.recipe().task.column) if len(tasks) > 1 else ""
        body += above + _result(task, language)
    body += _course(run, language) + _evidence(run, language) + _settings(run, language)
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{esc(name)}</title><style>{STYLE}{STYLES}{DARK}</style><h1>{esc(name)}</h1>"
        f'<p class="lead">{esc(say("report.made", language, when=made, run=run.id))}</p>{body}</html>'
    )


def _data(run: Run, language: str) -> str:
    recipe, rows = run.recipe(), (run.metrics() or {})["rows"]
    kind = by_key(recipe.data.modality)
    facts = [
        ("card.file", recipe.data.file),
        (f"card.columns.{kind.key}", ", ".join(kind.named(recipe.data.text))),
        ("card.label_column", ", ".join(task.column for task in recipe.tasks)),
        *((f"card.rows_{side}", f"{count:,}") for side, count in rows.items()),
    ]
    changes = "".join(f"<li>{esc(say(each.said, language))}</li>" for each in run.table().changes)
    doubtful = (run.answer("suspects") or {}).get("suspects")
    found = say("report.suspects", language, n=len(doubtful)) if doubtful else ""
    listed = f"<p>{esc(say('report.changes', language))}</p><ul>{changes}</ul>" if changes else ""
    return (
        heading(say("report.data", language)) + _facts(facts, language) + listed + paragraph(found)
    )


def _result(run: Run, language: str) -> str:
    """Of one label column."""
    metrics = run.metrics() or {}
    return "".join(
        (
            _scores(metrics, language),
            _folds(run, language),
            _per_class(metrics, language),
            confusion(metrics, language),
            mistakes(run, language),
            _curve(run, language),
        )
    )


def _scores(metrics: Mapping[str, Any], language: str) -> str:
    test, several = metrics["test"], bool(metrics.get("separator"))
    compared = {"this": test, **metrics["baselines"]}
    names = [name for name in ("this", *RIVALS) if name in compared]
    right = "result.exact" if several else "result.accuracy"
    body = f"<p>{esc(say('report.measured', language, rows=test['rows']))}</p>"
    for key, score, shown in (
        (right, "accuracy", "{:.1%}"),
        ("result.macro_f1", "macro_f1", "{:.3f}"),
    ):
        bars = "".join(
            f'<div class="bar{" on" if name == "this" else ""}">'
            f"<span>{esc(say(f'result.{name}', language))}</span>"
            f'<span><i style="width:{min(1.0, max(0.0, compared[name][score])):.2%}"></i></span>'
            f"<span>{_with_ends(compared[name], score, shown)}</span></div>"
            for name in names
        )
        body += f"<h3>{esc(say(key, language))}</h3>{bars}"
    if (said := verdict(metrics.get("against", {}))) is not None:
        wrong = often_wrong(test, metrics.get("separator", ""))
        more = "" if wrong is None else f" {esc(say(wrong, language))}"
        body += f"<p><strong>{esc(say(said[1], language))}</strong>{more}</p>"
    others = [
        (say(f"result.{name}", language), _with_ends(test, name, "{:.3f}"))
        for name in ("balanced_accuracy", "roc_auc")
        if test.get(name) is not None
    ]
    body += pairs(others)
    if test.get("intervals"):
        body += f"<p class=lead>{esc(say('report.intervals', language))}</p>"
    found = metrics.get("calibration") or {}
    if "after" in found and "before" in found:
        ends = {name: 100 * found[name]["ece"] for name in ("before", "after")}
        key, why = "report.calibration", ""
        if skipped := found.get("skipped"):
            key, why = "report.calibration.left", say(Message.from_json(skipped), language)
        body += f"<p>{esc(say(key, language, why=why, **ends))}</p>"
    return heading(say("card.quality", language)) + body


def _with_ends(scores: Mapping[str, Any], name: str, shown: str) -> str:
    """A score, with its interval where one was measured."""
    text, ends = shown.format(scores[name]), (scores.get("intervals") or {}).get(name)
    return text if not ends else f"{text} ({shown.format(ends[0])} – {shown.format(ends[1])})"


def _folds(run: Run, language: str) -> str:
    """What a cross-validation says of it, where there was one."""
    store, whole = FoldStore(RunStore(run.root)), run.whole()
    series = store.about(whole)
    column = 0 if run == whole else int(run.path.name)
    summary = store.summary(series, column) if series else None
    if summary is None:
        return ""
    said = say("folds.said", language, parts=summary.parts, rows=summary.rows)
    rows = []
    for name in SCORES:
        score = getattr(summary, name)
        values = (score.value, score.low, score.high, score.spread)
        several = name == "accuracy" and (run.metrics() or {}).get("separator")
        title_ = say("result.exact" if several else f"result.{name}", language)
        rows.append([title_, *(f"{value:.3f}" for value in values)])
    head = [
        say(f"folds.column.{name}", language)
        for name in ("score", "value", "low", "high", "spread")
    ]
    return f"<h3>{esc(say('question.folds.title', language))}</h3><p>{esc(said)}</p>{table(head, rows)}"


def _per_class(metrics: Mapping[str, Any], language: str) -> str:
    head = [
        say(f"card.{name}", language) for name in ("label", "precision", "recall", "f1", "rows")
    ]
    rows = [
        [
            str(each["label"]),
            *(_with_ends(each, name, "{:.2f}") for name in ("precision", "recall", "f1")),
            f"{each['rows']:,}",
        ]
        for each in metrics["test"]["per_class"]
    ]
    note = say("result.classes.help", language)
    return heading(say("result.classes", language)) + f"<p>{esc(note)}</p>" + table(head, rows)


def _curve(run: Run, language: str) -> str:
    """The learning curve, where somebody asked for it."""
    answer = run.answer("learning_curve")
    if answer is None:
        return ""
    found = curves.from_json(answer)
    said = esc(say(curves.said(found), language))
    return (
        heading(say("question.learning_curve.title", language))
        + f"<p>{said}</p>"
        + curve_chart(found, language)
    )


def curve_chart(found: curves.Curve, language: str) -> str:
    """Macro-F1 by the rows that were learned from, with its spread over the draws."""
    points = [(point.rows, point.macro_f1) for point in found.points]
    spread = [point.macro_f1_spread for point in found.points]
    name = say("result.macro_f1", language)
    label = say("curve.chart", language, first=points[0][0], last=points[-1][0])
    return chart([Line(name, points, spread, dots=True)], label, say("curve.x", language))


def _course(run: Run, language: str) -> str:
    """The curves of the training."""
    progress = run.progress()
    losses = [
        Line(say("train.chart.train_loss", language), _thinned(progress.train)),
        Line(
            say("train.chart.validation_loss", language),
            [(each.epoch, each.loss) for each in progress.evaluations],
            dots=True,
        ),
    ]
    scores = [
        Line(
            say(f"train.chart.{name}", language),
            [(each.epoch, getattr(each, name)) for each in progress.evaluations],
            dots=True,
        )
        for name in SCORES[::-1]
    ]
    levels = [
        (say(f"train.chart.{rival.name}", language), rival.macro_f1)
        for rival in progress.baselines.values()
    ]
    epoch = say("train.chart.epoch", language)
    drawn = chart(losses, say("report.losses", language), epoch)
    drawn += chart(scores, say("report.scores", language), epoch, levels=levels)
    return heading(say("report.course", language)) + drawn if drawn else ""


def _thinned(
    points: Sequence[tuple[float, float, float]], most: int = 200
) -> list[tuple[float, float]]:
    """(epoch, mean loss of neighbours) of (step, epoch, loss)."""
    size = max(1, -(-len(points) // most))
    groups = [points[start : start + size] for start in range(0, len(points), size)]
    return [(group[-1][1], sum(each[2] for each in group) / len(group)) for group in groups]


def _evidence(run: Run, language: str) -> str:
    """What the techniques have to show."""
    cards = ""
    for key, blocks in (run.metrics() or {}).get("techniques", {}).items():
        drawn = "".join(_block(block, language) for block in blocks)
        if drawn and has(f"technique.{key}.title"):
            cards += f"<h3>{esc(say(f'technique.{key}.title', language))}</h3>{drawn}"
    return heading(say("step.techniques", language)) + cards if cards else ""


def _block(block: Mapping[str, Any], language: str) -> str:
    def words(what: Any) -> str:
        return say(Message.from_json(what), language) if isinstance(what, Mapping) else str(what)

    if block["kind"] == "sentence":
        return f"<p>{esc(words(block['said']))}</p>"
    name = words(block["title"])
    if block["kind"] == "table":
        rows = [[words(cell) for cell in row] for row in block["rows"]]
        return f"<p>{esc(name)}</p>" + table([words(each) for each in block["head"]], rows)
    if block["kind"] == "pictures":
        drawn = "".join(
            "<p>"
            + " ".join(
                f'<img alt="" src="data:image/jpeg;base64,{esc(str(data))}">' for data in row
            )
            + "</p>"
            for row in block["rows"]
        )
        return f"<p>{esc(name)}</p>{drawn}"
    line = Line(words(block["y"]), [(a, b) for a, b in block["points"]], dots=True)
    return f"<p>{esc(name)}</p>" + chart([line], name, words(block["x"]))


def _settings(run: Run, language: str) -> str:
    recipe, metrics = run.recipe(), run.metrics() or {}
    settings = metrics.get("settings") or dataclasses.asdict(recipe.train)
    facts = [
        ("card.base", _model(recipe, language)),
        ("train.epochs", f"{metrics['epochs']:.1f}"),
        *(
            (of_kind(f"train.{name}", recipe.data.modality), f"{value:g}")
            for name, value in settings.items()
            if name != "epochs" and value is not None
        ),
        ("report.seconds", f"{metrics['seconds']:.0f} s"),
    ]
    options = [
        (say(f"technique.{key}.title", language), _options(f"technique.{key}", chosen, language))
        for key, chosen in recipe.techniques.items()
        if has(f"technique.{key}.title")
    ]
    packages = [(name, _version(name)) for name in PACKAGES]
    return (
        heading(say("report.settings", language))
        + _facts(facts, language)
        + pairs([(name, value or "–") for name, value in options])
        + heading(say("report.versions", language))
        + f"<p>{esc(say('report.versions.note', language))}</p>"
        + pairs([("Python", platform.python_version()), *((n, v) for n, v in packages if v)])
    )


def _options(prefix: str, chosen: Mapping[str, Any], language: str) -> str:
    """What was chosen of a technique, as the page calls it."""

    def words(name: str, value: Any) -> str:
        if value is None:
            return say("ui.automatic", language)
        if isinstance(value, bool):
            return "✓" if value else "–"
        key = f"{prefix}.{name}.{value}"
        return say(key, language) if has(key) else str(value)

    return ", ".join(
        f"{say(f'{prefix}.{name}', language) if has(f'{prefix}.{name}') else name} = "
        f"{words(name, value)}"
        for name, value in chosen.items()
    )


def _model(recipe: Recipe, language: str) -> str:
    revision = f" ({recipe.model.revision})" if recipe.model.revision else ""
    return f"{named(recipe.model, language)}{revision}"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _facts(facts: Iterable[tuple[str, str]], language: str) -> str:
    return pairs([(say(key, language), value) for key, value in facts])
