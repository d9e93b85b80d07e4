"""What a model said to one text or to many, and why: drawn."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.data.table import Table
from core.modalities import by_key
from core.runs.run import LabelColumn
from core.words import percent, say
from ui.kit import html
from ui.kit.progress import track
from ui.kit.words import esc
from ui.steps.result.explained import explained
from ui.steps.result.occlusion import occlusion_html

if TYPE_CHECKING:
    from core.export.predictor import Predictor

TOP = 5  # labels that are shown
LOOK = 0.3  # seconds between two looks at an explanation that is being made
Told = Callable[[int, int], None]  # how much was asked, and how much will be


@dataclass(frozen=True)
class Asked:
    """What was asked last; stays on the server. `texts` are cells of the text columns, as typed; `table` has
    the pictures that cells name."""

    column: LabelColumn
    which: str
    texts: tuple[tuple[str, str | None], ...]
    probabilities: np.ndarray  # [texts, classes]
    shown: str = ""  # HTML of what was asked about, where that is not text
    table: Table | None = None
    at: int = 0  # which text is looked at
    label: int = 0  # which label is explained


def opened(column: LabelColumn, which: str) -> Predictor:
    """One of the run's models; the next one who asks finds it open."""
    from core.inference.predictor import opened as open_model

    return open_model(column.folder(which))


def asked_of(column: LabelColumn, which: str, texts: Sequence[tuple[str, str | None]]) -> Asked:
    """Ask one of `ColumnFolder.models`, as a rule within a second once the model is open."""
    probabilities = opened(column, which).probabilities(texts)
    asked = Asked(column, which, tuple(texts), probabilities)
    return dataclasses.replace(asked, label=int(probabilities[0].argmax()))


def picked(column: LabelColumn, which: object) -> str:
    """What a browser says was picked, if the run has it."""
    return str(which) if which in column.models() else "model"


def answer_html(asked: Asked, lang: str) -> str:
    """What the model says: the likeliest labels as bars, or a table where there are many texts."""
    return (_table(asked, lang) if len(asked.texts) > 1 else "") + _one(asked, lang)


def _one(asked: Asked, lang: str) -> str:
    """The likeliest labels of the text that is looked at, as bars."""
    predictor = opened(asked.column, asked.which)
    probabilities = asked.probabilities[asked.at]
    order = np.argsort(-probabilities, kind="stable")
    label, sure = said(asked, asked.at)
    below = predictor.abstain_below
    key = "result.try.answer" if label else "result.try.no_label"
    if below and sure < below:
        key = "result.try.abstained" if label else "result.try.abstained_none"
    shown = [(predictor.labels[k], float(probabilities[k])) for k in order[:TOP]]
    more = len(order) - len(shown)
    notes = [say("result.try.more", lang, n=more)] if more > 0 else []
    if predictor.threshold is not None:
        notes.append(say("result.try.threshold", lang, threshold=predictor.threshold))
    rest = "".join(map(html.small, notes))
    first, second = asked.texts[asked.at]
    text = " ".join(f"{first} {second or ''}".split())
    line = f'<p class="tt-note tt-asked" dir="auto">{esc(html.clip(text, 120))}</p>'
    return (
        (asked.shown or line)
        + f'<p class="tt-said">{esc(say(key, lang, label=label, sure=sure, below=below))}</p>'
        + html.bars([(name, p, percent(p)) for name, p in shown], highlight=0)
        + rest
    )


def said(asked: Asked, at: int) -> tuple[str, float]:
    """The label that the model gives a text, and how sure it is; also where it is too unsure to answer."""
    predictor = opened(asked.column, asked.which)
    row, threshold = asked.probabilities[at][None], predictor.threshold
    return predictor.task.said(row, threshold)[0], float(predictor.task.sure(row, threshold)[0])


def _table(asked: Asked, lang: str) -> str:
    """A row for each text; a click looks at it more closely."""
    names = ("text", "predicted", "confidence")
    head = [html.th(say(f"result.column.{name}", lang), name == "confidence") for name in names]
    rows = []
    below = opened(asked.column, asked.which).abstain_below or 0
    for at, (first, second) in enumerate(asked.texts):
        label, sure = said(asked, at)
        if sure < below:
            label = say("result.try.abstained_row", lang, label=label)
        text = html.clip(" ".join(f"{first} {second or ''}".split()), 120)
        on = ' aria-current="true"' if at == asked.at else ""
        rows.append(
            f'<td class="tt-wide"><button type="button" class="tt-link" data-do="row" data-at="{at}"{on} '
            f'dir="auto">{esc(text)}</button></td><td dir="auto">{esc(html.clip(label, 60) or "–")}</td>'
            f'<td class="tt-num">{percent(sure)}</td>'
        )
    hint = html.small(say("result.try.click", lang))
    return html.raw_table(head, rows, say("result.try", lang)) + hint


def why(asked: Asked, lang: str) -> Iterator[str]:
    """What decided: how far the search is, now and then, and at last what was found.

    It is made in a thread of its own, so that the page can say how far it is.
    """
    far, kind = [0, 1], asked.column.recipe().data.modality

    def told(done: int, total: int) -> None:
        far[:] = done, total

    with ThreadPoolExecutor(1, "explaining") as aside:
        work = aside.submit(_parts if by_key(kind).thumbnails else _words, asked, told, lang)
        while not work.done():
            wait([work], timeout=LOOK)
            if not work.done():
                yield _waiting(far[0] / far[1], kind, lang)
    yield work.result() + _others(asked, opened(asked.column, asked.which), lang)


def _words(asked: Asked, told: Told, lang: str) -> str:
    """The words of a text that pushed the answer."""
    from core.inference.explain_text import explain

    predictor, text = opened(asked.column, asked.which), asked.texts[asked.at]
    explanation = explain(predictor, text, asked.label, told)
    return explained(explanation, text, predictor.labels[asked.label], lang)


def _parts(asked: Asked, told: Told, lang: str) -> str:
    """The parts of a picture that did."""
    from core.inference.explain_picture import occlusion
    from core.inference.predictor import about_pictures

    predictor, table = opened(asked.column, asked.which), asked.table
    assert table is not None
    assert table.pictures is not None
    image = table.pictures.image(str(asked.texts[asked.at][1]))
    result = occlusion(about_pictures(predictor, table), image, asked.label, told)
    return occlusion_html(result, asked.shown, predictor.labels[asked.label], lang)


def _waiting(share: float, kind: str, lang: str) -> str:
    text = say(f"explain.busy.{kind}", lang)
    return f'<p class="tt-note" role="status">{esc(text)}</p>' + track(share, text)


def _others(asked: Asked, predictor: Predictor, lang: str) -> str:
    """Buttons that explain another label."""
    order = np.argsort(-asked.probabilities[asked.at], kind="stable")[:TOP]
    buttons = "".join(
        html.button("label", html.clip(predictor.labels[k], 40), label=k)
        for k in order
        if k != asked.label
    )
    lead = esc(say("explain.others", lang))
    return f'<p class="tt-note tt-others">{lead} {buttons}</p>' if buttons else ""
