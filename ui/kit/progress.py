"""Progress bars: how far something is, and what is said of it."""

from __future__ import annotations

from core.words import say
from ui.kit.words import duration, esc


def track(share: float, label: str, status: str = "running") -> str:
    """The bar alone; `label` is for screen readers."""
    return (
        f'<div class="tt-progress tt-progress-{status}" role="progressbar" aria-valuemin="0" '
        f'aria-valuemax="100" aria-valuenow="{share * 100:.0f}" aria-label="{esc(label)}">'
        f'<span style="width:{share:.0%}"></span></div>'
    )


def caption(start: str, end: str) -> str:
    """What stands below it, at either side."""
    return f'<div class="tt-progress-line"><span>{esc(start)}</span> <span>{esc(end)}</span></div>'


def bar(share: float, text: str, seconds: float | None, lang: str) -> str:
    """Both, with the `seconds` that are left where they are known."""
    left = "" if seconds is None else say("train.left", lang, left=duration(seconds, lang))
    return track(share, say("train.progress", lang)) + caption(f"{share:.0%} · {text}", left)
