"""Word attribution: a text coloured by what its words did to the answer; the same stands there in words."""

from __future__ import annotations

from collections.abc import Sequence

from core.inference.explain_text import Explanation, Piece
from core.modalities.text import Text
from core.words import say
from ui.kit import html
from ui.kit.words import esc

LISTED = 6  # pieces on each side
FAINTEST = 0.08  # of the strongest weight: what is weaker stays plain
LEVELS = 4
LONGEST = 60  # characters of a piece in a list
MARKS = " \n\t.,;:!?…()[]{}\"'“”‘’«»。，；：！？、（）「」《》،؛؟"  # that stand beside a word


def explained(explanation: Explanation, text: Text, label: str, lang: str) -> str:
    """The sentence on the strongest word, the coloured text, the two lists, and how to read it all."""
    most = max((abs(piece.weight) for piece in explanation.pieces), default=0.0)
    name = html.clip(label, 60)
    if most < 1e-6:
        return html.small(say("explain.nothing", lang, label=name))
    lines = [
        _list(explanation.pieces, text, sign, most, say(f"explain.{key}", lang, label=name), lang)
        for sign, key in ((1, "for"), (-1, "against"))
    ]
    return (
        f'<h4 class="tt-heading">{esc(say("explain.title", lang, label=name))}</h4>'
        + _strongest(explanation, text, name, lang)
        + "".join(_cell(explanation, text, cell, most, lang) for cell in (0, 1) if text[cell])
        + f'<dl class="tt-pushed">{"".join(lines)}</dl>'
        + html.small(say("explain.how", lang))
        + _unread(explanation, text, lang)
    )


def _strongest(explanation: Explanation, text: Text, label: str, lang: str) -> str:
    """What would be left without the word that speaks most for the label."""
    top = explanation.strongest
    if top is None or explanation.without is None or top.weight <= 0:
        return ""
    said = say(
        "explain.without",
        lang,
        word=_named(top, text),
        label=label,
        sure=explanation.sure,
        left=explanation.without,
    )
    return f"<p>{esc(said)}</p>"


def _cell(explanation: Explanation, text: Text, cell: int, most: float, lang: str) -> str:
    """One text, or one of a pair: `dir` lets each be written in its own direction."""
    whole, at, markup = text[cell] or "", 0, ""
    for piece in explanation.pieces:
        if piece.units[0].cell != cell:
            continue
        start, end = piece.units[0].start, piece.units[-1].end
        markup += esc(whole[at:start]) + _marked(whole[start:end], piece.weight, most, lang)
        at = end
    read = max(at, explanation.reach[cell])
    markup += esc(whole[at:read])
    if whole[read:].strip():
        markup += f'<span class="tt-unread">{esc(whole[read:])}</span>'
    return f'<p class="tt-words" dir="auto">{markup}</p>'


def _marked(words: str, weight: float, most: float, lang: str) -> str:
    share = abs(weight) / most
    if share < FAINTEST:
        return esc(words)
    side = "for" if weight > 0 else "against"
    level = min(LEVELS, 1 + int(share * LEVELS))
    title = esc(say(f"explain.{side}.title", lang, weight=weight))
    return f'<mark class="tt-{side} tt-level-{level}" title="{title}">{esc(words)}</mark>'


def _named(piece: Piece, text: Text) -> str:
    """A piece without the marks around it, as it stands in a sentence or a list."""
    words = " ".join(piece.of(text).split())
    return html.clip(words.strip(MARKS) or words, LONGEST)


def _list(pieces: Sequence[Piece], text: Text, sign: int, most: float, name: str, lang: str) -> str:
    """The strongest words of one side, each once, with their weights."""
    weights: dict[str, float] = {}
    for piece in pieces:
        if piece.weight * sign >= FAINTEST * most:
            words = _named(piece, text)
            weights[words] = weights.get(words, 0.0) + piece.weight
    ranked = sorted(weights.items(), key=lambda pair: -abs(pair[1]))
    side = "for" if sign > 0 else "against"
    items = "".join(
        f'<span class="tt-pushed-word"><bdi>{esc(words)}</bdi> <small>{weight:+.1f}</small></span>'
        for words, weight in ranked[:LISTED]
    )
    more = len(ranked) - LISTED
    if more > 0:
        items += f"<small>{esc(say('explain.more', lang, n=more))}</small>"
    items = items or esc(say("explain.none", lang))
    return f'<dt class="tt-{side}">{esc(name)}</dt><dd>{items}</dd>'


def _unread(explanation: Explanation, text: Text, lang: str) -> str:
    cut = [
        read
        for read, whole in zip(explanation.reach, text, strict=True)
        if (whole or "")[read:].strip()
    ]
    return html.small(say("explain.unread", lang)) if cut else ""
