"""Channel: the stream of server-sent events in which a page gets the answers to all its questions.

gradio ends it with the last answer, and the page opens another when it asks again. A page that asks while
that end is on its way still finds the channel open, so it opens none, and would wait for ever. So the end is
held back for a while, and the channel goes on where something was asked meanwhile.
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# How long the end and a question may be on their way, together. A browser has few connections to one server
# for all its pages, so that they are not kept for good.
GRACE = 2.0  # seconds
LOOK = 0.02  # seconds between two looks for a question
_END = b'data: {"msg":"close_stream"'


async def serve(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Hand a request for a channel on to gradio, again for what is asked within GRACE of its end."""
    started = False
    while True:
        end: list[Message] = []  # from its last word on

        async def held(message: Message, end: list[Message] = end) -> None:
            nonlocal started
            if end or message.get("body", b"").startswith(_END):
                end.append(message)
            elif message["type"] != "http.response.start" or not started:
                started = True
                await send(message)

        await app(scope, receive, held)
        if not end or not await _asked_again(scope):
            break
    for message in end:
        await send(message)


async def _asked_again(scope: Scope) -> bool:
    queue: Any = scope["app"].get_blocks()._queue
    page = parse_qs(scope["query_string"].decode("latin-1")).get("session_hash", [""])[-1]
    for _ in range(round(GRACE / LOOK)):
        if queue.pending_event_ids_session.get(page):
            return True
        await asyncio.sleep(LOOK)
    return False
