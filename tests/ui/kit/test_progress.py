"""Progress bars."""

from __future__ import annotations

import re

import pytest

from core.words import say
from ui.kit.progress import bar


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_stands_at_either_side_of_a_bar_is_two_words(lang: str) -> None:
    """Also where there is no room between them, and for who hears or copies it."""
    text = re.sub("<[^>]*>", "", bar(0.25, "here", 60, lang))
    assert re.search(r"25% · here\s+\S", text)
    assert say("train.progress", lang) not in text
