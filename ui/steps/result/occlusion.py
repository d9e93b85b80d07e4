"""Occlusion map: a picture with what decided bright and the rest under a veil; the same is there in words."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from core.inference.explain_picture import Occlusion, third
from core.tasks.metrics import Floats
from core.words import Message, message, say
from ui.kit import html
from ui.kit.html import clip
from ui.kit.words import esc

FINE = 64  # dots of a side of the veil; the browser stretches it over the picture
# Red, green, blue, and how much they cover: a dark picture cannot get much darker, nor a bright one brighter.
VEIL, GLOW = (15, 23, 42, 170), (255, 213, 64, 70)


def occlusion_html(result: Occlusion, shown: str, label: str, lang: str) -> str:
    """`shown` is the picture as HTML. Where no part decided there is no veil, and it is said."""
    name = clip(label, 60)
    if not result.decided:
        key = "occlusion.opposed" if result.opposed else "occlusion.nothing"
        facts = {"label": name, "sure": result.sure, "most": float(result.left.max())}
        return html.small(say(key, lang, **facts))
    place = _place(result)
    strongest = say(
        "occlusion.without",
        lang,
        place=place,
        label=name,
        left=float(result.left.min()),
        sure=result.sure,
    )
    described = esc(say("occlusion.veil", lang, place=place))
    over = f'<img class="tt-veil" alt="{described}" src="{veil(result.falls)}">'
    return (
        f'<h4 class="tt-heading">{esc(say("explain.title", lang, label=name))}</h4>'
        f"<p>{esc(strongest)}</p>"
        f'<div class="tt-occlusion">{shown}{over}</div>'
        f"{html.small(say('occlusion.how', lang, label=name))}"
    )


def _place(result: Occlusion) -> Message:
    """Where the window is that takes most of the probability, in ninths of the picture."""
    row, column = np.unravel_index(int(result.left.argmin()), result.left.shape)
    return message(f"occlusion.place.{third(int(row))}{third(int(column))}")


def veil(falls: Floats) -> str:
    """A PNG for an address, to lie over the picture: the brighter, the larger the fall."""
    heat = Image.fromarray((falls / falls.max()).astype(np.float32))
    fine = np.asarray(heat.resize((FINE, FINE), Image.Resampling.BICUBIC)).clip(0, 1)[..., None]
    dots = np.array(VEIL) + fine * (np.array(GLOW) - np.array(VEIL))
    out = io.BytesIO()
    Image.fromarray(np.rint(dots).astype(np.uint8)).save(out, "PNG")
    return f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}"
