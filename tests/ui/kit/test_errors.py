"""What a person reads of an exception."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from core.errors import UserError
from core.words import LANGUAGES, say
from ui.kit.errors import errors_to

FAILURES = [UserError("run_unknown"), ValueError("a mistake of ours")]


def handlers(error: Exception) -> tuple[Any, Any]:
    @errors_to("place", lambda given, request: {"other": given})
    def plain(given: str, request: Any) -> dict[str, str]:
        raise error

    @errors_to("place")
    def generator(given: str, request: Any) -> Any:
        yield {"first": given}
        raise error

    return plain, generator


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("error", FAILURES)
def test_an_exception_becomes_a_card_in_its_place(
    error: Exception, lang: str, caplog: pytest.LogCaptureFixture
) -> None:
    request = SimpleNamespace(headers={"accept-language": lang})
    plain, generator = handlers(error)
    ours = not isinstance(error, UserError)
    expected = say("ui.crash" if ours else "error.run_unknown", lang)
    answer = plain("text", request)
    assert answer.keys() == {"place", "other"}
    assert answer["other"] == "text"
    assert expected in answer["place"]
    first, last = generator("text", request)
    assert first == {"first": "text"}
    assert last.keys() == {"place"}
    assert expected in last["place"]
    assert [record.exc_info is not None for record in caplog.records] == [True, True] * ours


def test_what_cannot_be_shown_beside_a_card_keeps_nobody_from_reading_it() -> None:
    def more(request: Any) -> Any:
        raise UserError("run_unknown")

    @errors_to("place", more)
    def handler(request: Any) -> Any:
        raise UserError("no_data")

    answer = handler(SimpleNamespace(headers={}))
    assert answer.keys() == {"place"}
    assert say("error.no_data") in answer["place"]
