"""What reaches the browser is escaped, and in its language."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from tests.ui.fake import HOSTILE
from ui.kit import words


def request(accepted: str) -> Any:
    return SimpleNamespace(headers={"accept-language": accepted})


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("zh-TW", "zh"),
        ("ZH", "zh"),
        ("en-US,en;q=0.9,zh;q=0.8", "en"),
        ("de", "en"),
        ("", "en"),
    ],
)
def test_the_browsers_first_language_counts(accepted: str, expected: str) -> None:
    assert words.language(request(accepted)) == expected


def test_without_a_request_it_is_english() -> None:
    assert words.language(None) == "en"


@given(st.text())
def test_escaped_text_holds_nothing_that_html_or_a_template_reads(text: str) -> None:
    escaped = words.esc(text)
    assert not set("<>\"'{}$`") & set(escaped)


def test_the_hostile_cell_is_only_text() -> None:
    assert words.esc(HOSTILE) == (
        "&lt;img src=x onerror=alert(1)&gt;&#36;&#123;alert(1)&#125;"
        "&#123;&#123;constructor&#125;&#125;&#96;x&#96;"
    )


def test_a_settings_error_names_the_setting_as_the_page_does() -> None:
    error = UserError(
        "option_range", owner="freeze", name="share", value="7", low="0.0", high="1.0"
    )
    what, _ = words.explain(error, "en")
    assert "Share of layers frozen" in what
    assert "Freeze the lower layers" in what
    error = UserError(
        "option_range", owner="train", name="epochs", value="0", low="0.1", high="200"
    )
    assert "Epochs" in words.explain(error, "en")[0]
    assert "训练轮数" in words.explain(error, "zh")[0]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "1 s"), (40, "40 s"), (61, "1 min"), (179, "3 min"), (3900, "1 h 5 min")],
)
def test_durations_are_said_in_round_units(seconds: float, text: str) -> None:
    assert words.duration(seconds, "en") == text
