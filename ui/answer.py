"""What a model said to one text or to many, and why: drawn."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.data.read import Table
from core.runs import Run
from core.words import say
from ui import html, looked
from ui.explained import explained
from ui.words import esc

if TYPE_CHECKING:
    from core.predict import Answering

TOP = 5  # labels that are shown
LOOK = 0.3  # seconds between two looks at an explanation that is being made
Told = Callable[[int, int], None]  # how much was asked, and how much will be


@dataclass(frozen=True)
class Asked:
    """What was asked last; stays on the server. `texts` are cells of the text columns, as typed; `table` has
    the pictures that cells name."""

    run: Run
    which: str
    texts: tuple[tuple[str, str | None], ...]
    probabilities: np.ndarray  # [texts, classes]
    shown: str = ""  # HTML of what was asked about, where that is not text
    table: Table | None = None
    at: int = 0  # which text is looked at
    label: int = 0  # which label is explained


def opened(run: Run, which: str) -> Answering:
    """One of the run's models; the next one who asks finds it open."""
    from core.predict import opened

    return opened(run.folder(which))


def asked_of(run: Run, which: str, texts: Sequence[tuple[str, str | None]]) -> Asked:
    """Ask one of `Run.kept`, as a rule within a second once the model is open."""
    probabilities = opened(run, which).probabilities(texts)
    asked = Asked(run, which, tuple(texts), probabilities)
    return dataclasses.replace(asked, label=int(probabilities[0].argmax()))


def answer_html(asked: Asked, lang: str) -> str:
    """What the model says: the likeliest labels as bars, or a table where there are many texts."""
    return (_table(asked, lang) if len(asked.texts) > 1 else "") + _one(asked, lang)


def _one(asked: Asked, lang: str) -> str:
    """The likeliest labels of the text that is looked at, as bars."""
    predictor = opened(asked.run, asked.which)
    probabilities = asked.probabilities[asked.at]
    order = np.argsort(-probabilities, kind="stable")
    label, sure = said(asked, asked.at)
    below = predictor.unsure_below
    key = "result.try.answer" if label else "result.try.no_label"
    if below and sure < below:
        key = "result.try.unsure" if label else "result.try.unsure_none"
    shown = [(predictor.labels[k], float(probabilities[k])) for k in order[:TOP]]
    more = len(order) - len(shown)
    notes = [say("result.try.more", lang, n=more)] if more > 0 else []
    if predictor.threshold is not None:
        notes.append(say("result.try.threshold", lang, threshold=predictor.threshold))
    rest = "".join(f'<p class="tt-note">{esc(note)}</p>' for note in notes)
    first, second = asked.texts[asked.at]
    text = " ".join(f"{first} {second or ''}".split())
    looked = f'<p class="tt-note tt-asked" dir="auto">{esc(html.clip(text, 120))}</p>'
    return (
        (asked.shown or looked)
        + f'<p class="tt-said">{esc(say(key, lang, label=label, sure=sure, below=below))}</p>'
        + html.bars([(name, p, f"{p:.1%}") for name, p in shown], highlight=0)
        + rest
    )


def said(asked: Asked, at: int) -> tuple[str, float]:
    """The label that the model gives a text, and how sure it is; also where it is too unsure to answer."""
    predictor = opened(asked.run, asked.which)
    row, threshold = asked.probabilities[at][None], predictor.threshold
    return predictor.task.said(row, threshold)[0], float(predictor.task.sure(row, threshold)[0])


def _table(asked: Asked, lang: str) -> str:
    """A row for each text; a click looks at it more closely."""
    head = [
        f'<th scope="col"{kind}>{esc(say(f"result.column.{name}", lang))}</th>'
        for name, kind in (("text", ""), ("predicted", ""), ("confidence", ' class="tt-num"'))
    ]
    rows = []
    below = opened(asked.run, asked.which).unsure_below or 0
    for at, (first, second) in enumerate(asked.texts):
        label, sure = said(asked, at)
        if sure < below:
            label = say("result.try.unsure_row", lang, label=label)
        text = html.clip(" ".join(f"{first} {second or ''}".split()), 120)
        on = ' aria-current="true"' if at == asked.at else ""
        rows.append(
            f'<td class="tt-wide"><button type="button" class="tt-link" data-do="row" data-at="{at}"{on} '
            f'dir="auto">{esc(text)}</button></td><td dir="auto">{esc(html.clip(label, 60) or "–")}</td>'
            f'<td class="tt-num">{sure:.1%}</td>'
        )
    hint = f'<p class="tt-note">{esc(say("result.try.click", lang))}</p>'
    return html.raw_table(head, rows, say("result.try", lang)) + hint


def why(asked: Asked, lang: str) -> Iterator[str]:
    """What decided: how far the search is, now and then, and at last what was found.

    It is made in a thread of its own, so that the page can say how far it is.
    """
    far, kind = [0, 1], asked.run.recipe().data.modality

    def told(done: int, total: int) -> None:
        far[:] = done, total

    with ThreadPoolExecutor(1, "explaining") as aside:
        work = aside.submit(DECIDED[kind], asked, told, lang)
        while not work.done():
            wait_for([work], timeout=LOOK)
            if not work.done():
                yield _waiting(far[0] / far[1], kind, lang)
    yield work.result() + _others(asked, opened(asked.run, asked.which), lang)


def _words(asked: Asked, told: Told, lang: str) -> str:
    """The words of a text that pushed the answer."""
    from core.evaluation.explain import explain

    predictor, text = opened(asked.run, asked.which), asked.texts[asked.at]
    found = explain(predictor, text, asked.label, told)
    return explained(found, text, predictor.labels[asked.label], lang)


def _parts(asked: Asked, told: Told, lang: str) -> str:
    """The parts of a picture that did."""
    from core.evaluation.looked import looked as look
    from core.predict import about_pictures

    predictor, table = opened(asked.run, asked.which), asked.table
    assert table is not None
    assert table.pictures is not None
    image = table.pictures.image(str(asked.texts[asked.at][1]))
    found = look(about_pictures(predictor, table), image, asked.label, told)
    return looked.html(found, asked.shown, predictor.labels[asked.label], lang)


# What decided an answer, by the kind of data.
DECIDED: Mapping[str, Callable[[Asked, Told, str], str]] = {
    "text": _words,
    "image": _parts,
}


def _waiting(share: float, kind: str, lang: str) -> str:
    text = esc(say(f"explain.busy.{kind}", lang))
    return (
        f'<p class="tt-note" role="status">{text}</p><div class="tt-progress tt-progress-running">'
        f'<span style="width:{share:.0%}"></span></div>'
    )


def _others(asked: Asked, predictor: Answering, lang: str) -> str:
    """Buttons that explain another label."""
    order = np.argsort(-asked.probabilities[asked.at], kind="stable")[:TOP]
    buttons = "".join(
        f'<button type="button" class="tt-small" data-do="label" data-label="{k}">'
        f"{esc(html.clip(predictor.labels[k], 40))}</button>"
        for k in order
        if k != asked.label
    )
    return (
        f'<p class="tt-note tt-others">{esc(say("explain.others", lang))} {buttons}</p>'
        if buttons
        else ""
    )
