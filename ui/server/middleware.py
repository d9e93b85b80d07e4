"""Gate: the one ASGI middleware before gradio's routes, which are made for pages that anybody may use.

It refuses to fetch addresses for strangers (gradio's file and proxy routes, and files that are named by an
address in what is posted), requests of other pages and under other names (ui/server/hosts.py), uploads over
the limits (ui/server/uploads.py), and the routes that take files for parts that this page does not have.
"""

from __future__ import annotations

import json
import logging
import math
import re
from typing import Any
from urllib.parse import unquote, urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.data.read.table import MAX_BYTES
from core.words import message, say
from ui.kit.words import preferred
from ui.server import channel
from ui.server.hosts import Hosts
from ui.server.uploads import Refused, Uploads

MAX_BODY = 64 * 2**20  # bytes of what is posted and no upload: a pasted table is the largest
# In what is posted: ten million empty lists are 20 MB on the way and 2 GB in memory.
MAX_VALUES = 200_000
LARGE_BODY = 2**20  # bytes from which on a body is one of the
MAX_LARGE = 2  # that are taken at a time
_DRAINED = 2 * MAX_BYTES  # bytes of an upload that is not taken
_DECODED = 8  # rounds of percent-encoding that are taken off
_SCHEME = r"(?:[a-z][a-z0-9+.-]+:|//)"  # of two letters at least: C: is a disk
_ADDRESS = re.compile(_SCHEME)
_FETCHES = re.compile(rf"/(?:file=|file/){_SCHEME}|/proxy=")
_UNUSED = re.compile(
    r"/gradio_api/(?:process_recording|component_server|custom_component|(?:undo-)?vibe-|dev/"
    r"|deep_link|stream/|run-history|profiling)|^/*monitoring"
)
_UPLOAD = re.compile(r"/gradio_api/upload/?$")
_CHANNEL = re.compile(r"/gradio_api/queue/data/?$")
_WEB = re.compile(r"(?:https?:)?//")
# Where there may be a surrogate: escaped, or in the bytes that Python reads as one.
_HALF = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]")
_BLANK = re.compile(r"[\x00-\x20\x7f-\xa0]+")
log = logging.getLogger("ticktune")


class Gate:
    """`hosts` says by which names the page is called, `uploads` counts what is sent to it."""

    def __init__(self, app: ASGIApp, hosts: Hosts, uploads: Uploads) -> None:
        self.app, self.hosts, self.uploads = app, hosts, uploads
        self._large = 0  # bodies that are held just now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        receive = _Reader(receive)
        try:
            self._check(scope)
            if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "OPTIONS"):
                if _UPLOAD.search(scope["path"]):
                    await self._upload(scope, receive, send)
                    return
                await self._posted(scope, receive, send)
                return
        except Refused as refused:
            await _refuse(scope, receive, send, refused)
            return
        except _Gone:
            return
        await self._stream(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        """Where the request goes to and comes from. Raises Refused."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        for name in (host, *_forwarded(headers)):
            if len(headers.getlist("host")) > 1 or not self.hosts.answers(name):
                raise Refused(403, message("gate.host", name=_shown(name)))
        for origin in headers.getlist("origin"):
            if not self.hosts.trusts(origin, host):
                raise Refused(403, message("gate.origin", name=_shown(origin)))
        path = _plain(scope["path"])
        if _FETCHES.search(path):
            raise Refused(403, message("gate.fetch"))
        if _UNUSED.search(path) or _is_hidden(path):
            raise Refused(403, message("gate.unused"))

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on. The channel of a page that was closed or is unknown ends without a word in the
        log: gradio tells the browser so in the channel itself, and then raises what can be sent no more."""
        if not _CHANNEL.search(scope["path"]):
            await self.app(scope, receive, send)
            return
        try:
            await channel.serve(self.app, scope, receive, send)
        except (RuntimeError, KeyError) as error:  # the second where it forgets the page twice
            if not (isinstance(error, KeyError) or isinstance(error.__cause__, HTTPException)):
                raise
            await send({"type": "http.response.body"})

    async def _posted(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on what is posted once all of it has come and was looked at. Raises Refused and _Gone."""
        body = _Body()
        try:
            while body.more:
                await body.receive(receive)
                if body.size > LARGE_BODY and not body.large:
                    if self._large >= MAX_LARGE:
                        raise Refused(503, message("gate.busy"), 5)
                    body.large = True
                    self._large += 1
            whole = self._check_body(scope, body.whole())
            await self.app(scope, _replay(whole, receive), send)
        finally:
            self._large -= body.large

    async def _upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand an upload on while it keeps to the limits. What has come of one that does not is removed.

        Raises Refused.
        """
        address = None if self.hosts.on_space else (scope.get("client") or ("",))[0]
        self.uploads.begin(address, _length(scope))
        refused: list[Refused] = []

        async def counted() -> Message:
            got = await receive()
            try:
                if got["type"] == "http.request":
                    self.uploads.count(address, len(got.get("body", b"")))
                    return got
            except Refused as reason:
                refused.append(reason)
            # Only this exception makes gradio remove the part that it has stored.
            raise MultiPartException("ended")

        async def answered(answer: Message) -> None:
            if not refused:
                await send(answer)

        try:
            await self.app(scope, counted, answered)
        except Exception as error:  # noqa: BLE001 - a form that gradio takes for a mistake of its own
            log.warning("an upload cannot be read: %s", repr(error)[:200])
            refused.append(Refused(400, message("gate.upload_form")))
        if refused:
            raise refused[0]

    def _check_body(self, scope: Scope, body: bytes) -> bytes:
        """The body as it is handed on. Raises Refused where there is too much in it, or a file is named by an
        address: gradio would fetch it."""
        if _too_many(body):
            raise Refused(413, message("gate.values"))
        try:
            read = json.loads(body or b"null")
            if _HALF.search(body):  # as half an emoji: no answer that holds one can be sent
                body = json.dumps(read, ensure_ascii=False).encode("utf-8", "replace")
        except RecursionError:
            raise Refused(400, message("gate.nested")) from None
        except ValueError:
            return body  # no JSON: gradio says so
        todo: list[Any] = [read]
        host = Headers(scope=scope).get("host", "")
        while todo:
            part = todo.pop()
            if isinstance(part, list):
                todo += part
            elif isinstance(part, dict):
                todo += part.values()
                path, url = (_plain(str(part.get(key) or "")) for key in ("path", "url"))
                if _ADDRESS.match(path) or (_WEB.match(url) and not self.hosts.trusts(url, host)):
                    raise Refused(403, message("gate.fetch"))
        return body


class _Gone(Exception):
    """The browser went away before it had said all."""


class _Reader:
    """Receives for the app, and knows whether all of the body has come."""

    def __init__(self, receive: Receive) -> None:
        self._receive, self._ended = receive, False

    async def __call__(self) -> Message:
        got = await self._receive()
        self._ended = got["type"] != "http.request" or not got.get("more_body", False)
        return got

    async def drain(self) -> None:
        """Take and forget what is left of the body, up to a limit."""
        size = 0
        while not self._ended and size < _DRAINED:
            size += len((await self()).get("body", b""))


def _forwarded(headers: Headers) -> list[str]:
    """Other names under which gradio would take the page to be called."""
    named = [value.split(",")[0] for value in headers.getlist("x-forwarded-host")]
    return named + [urlsplit(value).netloc for value in headers.getlist("x-gradio-server")]


def _plain(path: str) -> str:
    """A path without any of the disguises in which one address can be written."""
    for _round in range(_DECODED):
        decoded = unquote(path)
        if decoded == path:
            break
        path = decoded
    return _BLANK.sub("", path).replace("\\", "/").lower()


def _is_hidden(path: str) -> bool:
    """Does it ask for a file of the page's own, such as the notes on uploads, by whatever way around?"""
    names = [name for name in path.split("/") if name not in ("", ".")]
    return "/file" in path and (".." in names or names[-1].startswith("."))


def _length(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "")
    return int(length) if length.isdecimal() and len(length) < 20 else 0


class _Body:
    """What is posted, as it comes. `large` is whether it counts as one of the large ones."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.size, self.more, self.large = 0, True, False

    async def receive(self, receive: Receive) -> None:
        """One more part. Raises Refused when it is too much, _Gone when it does not come."""
        got = await receive()
        if got["type"] != "http.request":
            raise _Gone
        self._parts.append(got.get("body", b""))
        self.size += len(self._parts[-1])
        if self.size > MAX_BODY:
            raise Refused(413, message("gate.body", limit=MAX_BODY // 2**20))
        self.more = got.get("more_body", False)

    def whole(self) -> bytes:
        whole = b"".join(self._parts)
        self._parts.clear()
        return whole


def _too_many(body: bytes) -> bool:
    """Does it hold more values than the page ever sends? It is counted, not read, for reading them is what
    takes the time and the memory."""
    # JSON in UTF-16 has zeros, JSON in UTF-8 has none; and the marks are looked for in UTF-8.
    if b"\0" in body:
        return True
    plain = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    if plain.count(b'"') > 4 * MAX_VALUES:
        return True
    outside = plain.split(b'"')[::2]
    return sum(part.count(mark) for part in outside for mark in (b",", b"[", b"{")) > MAX_VALUES


def _replay(body: bytes, receive: Receive) -> Receive:
    """Hands out a body that was read already, then whatever comes."""
    parts: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return parts.pop() if parts else await receive()

    return replay


async def _refuse(scope: Scope, receive: Receive, send: Send, refused: Refused) -> None:
    """A sentence in the language of the browser; a socket is not opened."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    if refused.status != 403 and isinstance(receive, _Reader):
        # A browser that is still sending when the connection ends does not show the answer.
        await receive.drain()
    lang = preferred(Headers(scope=scope).get("accept-language", ""))
    headers = {"X-Content-Type-Options": "nosniff"}
    if refused.seconds:
        headers["Retry-After"] = str(math.ceil(refused.seconds))
    answer = PlainTextResponse(say(refused.reason, lang), refused.status, headers)
    await answer(scope, receive, send)


def _shown(name: str) -> str:
    """A name out of a header, for a sentence."""
    return re.sub(r"[^\x21-\x7e]", "?", name)[:80]
