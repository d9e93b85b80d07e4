"""What a person reads of an exception: a card, in the place that the handler of the event names."""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

from core.errors import UserError
from ui.kit import html
from ui.kit.answer import Answer
from ui.kit.words import language

log = logging.getLogger("ticktune")
H = TypeVar("H", bound=Callable[..., Any])


def problem(error: Exception, lang: str) -> str:
    """The card of anything that went wrong in a click; a mistake of ours is logged in full."""
    if isinstance(error, UserError):
        return html.trouble(error, lang)
    log.error("unexpected", exc_info=error)
    return html.unexpected(lang)


def errors_to(place: Any, more: Callable[..., Answer] | None = None) -> Callable[[H], H]:
    """Decorates the handler of an event, plain or a generator, one of whose arguments is its `request`: an
    exception becomes a card in the component `place`.

    Other components are left as they are but those that `more`, which has the arguments of the handler, gives
    values for.
    """

    def decorate(handler: H) -> H:
        at = list(inspect.signature(handler).parameters).index("request")

        def answer(error: Exception, args: tuple[Any, ...]) -> Answer:
            shown = {place: problem(error, language(args[at]))}
            try:
                return {**(more(*args) if more else {}), **shown}
            except Exception:  # as a rule for the same reason, such as a full disk
                log.exception("beside the card of an error")
                return shown

        @functools.wraps(handler)
        def plain(*args: Any) -> Any:
            try:
                return handler(*args)
            except Exception as error:  # noqa: BLE001 - shown as a card and logged
                return answer(error, args)

        @functools.wraps(handler)
        def generator(*args: Any) -> Iterator[Any]:
            try:
                yield from handler(*args)
            except Exception as error:  # noqa: BLE001 - shown as a card and logged
                yield answer(error, args)

        wrapper = generator if inspect.isgeneratorfunction(handler) else plain
        vars(wrapper)["errors_to"] = place  # the event needs it among its outputs
        return cast(H, wrapper)

    return decorate
