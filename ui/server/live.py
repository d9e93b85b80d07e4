"""Live view: what open pages ask while a run is at work.

A page asks for what is new since the shot that it shows, past gradio's queue: an event of gradio costs many
times as much, and fifty pages would leave nothing for the training. A run is looked at and drawn once for all
pages of a language. How soon a page asks again is said with each answer: the more pages, the later.
"""

from __future__ import annotations

import gzip
import json
import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from core.errors import UserError
from core.jobs.queue import Jobs
from core.runs.progress import Progress
from core.runs.run import Run
from ui.kit.words import preferred

PATH = "/ticktune/live"
FRESH = 0.5  # seconds for which a look at a run holds
WAIT = {"running": 1.0, "queued": 4.0}  # seconds until a page asks again
OVER = 10.0  # the same of a run that is over: the page is about to be told
SLOWEST = 5.0  # with however many pages
PER_SECOND = 20  # answers to all pages together
OPEN_SECONDS = 15.0  # seconds after its last question for which a page counts as open
MAX_SHOTS = 8  # shots from which on a page is sent only what has changed
MAX_SHARED = 64  # runs and languages that are kept
COMPRESSED = 1000  # bytes from which on an answer is compressed
log = logging.getLogger("ticktune")


@dataclass(frozen=True)
class Look:
    """Where a run stands."""

    run: Run
    progress: Progress
    status: str
    stopping: bool
    has_model: bool
    before: Sequence[Run]  # what it waits for in the queue

    @property
    def busy(self) -> bool:
        return self.status in ("queued", "running")

    @property
    def done(self) -> bool:
        """Is there a result to look at?"""
        return not self.busy and self.has_model

    @property
    def state(self) -> str:
        """What the step's buttons depend on."""
        return f"{self.status} {self.stopping:d} {self.has_model:d}"


@dataclass(frozen=True)
class Shot:
    """What a page shows of a run: `parts` is HTML, or a figure, by the id of its element."""

    token: str
    look: Look
    parts: Mapping[str, str]

    def watching(self) -> str:
        """What the page's script is told to go on from; without a run it asks nothing."""
        run = self.look.run.id if self.look.busy else ""
        return json.dumps({"run": run, "state": self.look.state, "have": self.token})


@dataclass
class _Shared:
    """The last shots of one run in one language."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    shots: deque[Shot] = field(default_factory=lambda: deque(maxlen=MAX_SHOTS))
    stamp: object = None
    at: float = 0.0
    answers: dict[tuple[str, float], bytes] = field(default_factory=dict)


class Live:
    """`draw` makes the parts of a look, in a language."""

    def __init__(self, jobs: Jobs, draw: Callable[[Look, str], Mapping[str, str]]) -> None:
        self.jobs, self._draw = jobs, draw
        self._boot = secrets.token_hex(4)  # a page may still show what an earlier server drew
        self._number = 0
        self._shared: dict[tuple[str, str], _Shared] = {}
        self._pages: dict[str, float] = {}
        self._open, self._counted = 0, 0.0
        self._lock = threading.Lock()

    def look(self, run: Run) -> Look:
        progress, status = run.progress(), run.status()
        busy = status in ("running", "queued")
        return Look(
            run,
            progress,
            status,
            stopping=busy and run.stop_requested(),
            has_model=run.result() is not None,
            before=self.jobs.before(run.id),
        )

    def shot(self, run: Run, lang: str) -> Shot:
        """The run as it is now; drawn only where something has changed since the last shot."""
        shared = self._of(run.id, lang)
        with shared.lock:
            stamp = self._stamp(run)
            if not shared.shots or shared.stamp != stamp:
                look = self.look(run)
                parts = self._draw(look, lang)
                with self._lock:
                    self._number += 1
                    token = f"{self._boot}-{self._number}"
                shared.shots.append(Shot(token, look, parts))
                shared.stamp = stamp
                shared.answers.clear()
            shared.at = time.monotonic()
            return shared.shots[-1]

    def _stamp(self, run: Run) -> object:
        """Changes whenever there may be something new to show; nothing is read for it."""
        status = None if run.owned() else run.status()
        files: tuple[Path, ...] = (run.events, run.stop_file, run.path / "metrics.json")
        before = self.jobs.before(run.id)
        files += tuple(earlier.events for earlier in before[:1])  # how long it still takes is told
        return (*map(_changed, files), status, [earlier.id for earlier in before])

    async def __call__(self, request: Request) -> Response:
        """`?run=ID&have=TOKEN&page=ANY`: 404 for no run; else the parts that are not as in that shot."""
        asked = request.query_params
        lang = preferred(request.headers.get("accept-language", ""))
        shared = self._shared.get((asked.get("run", ""), lang))
        looking = shared is not None and shared.shots and shared.lock.locked()
        if shared is None or not (looking or time.monotonic() - shared.at < FRESH):
            try:
                run = self.jobs.store.get(asked.get("run", ""))
            except UserError:
                return PlainTextResponse("", 404)
            try:
                await anyio.to_thread.run_sync(self.shot, run, lang)
            except Exception as error:  # noqa: BLE001 - the page asks again
                log.error("cannot show a run: %s", repr(error))
                return PlainTextResponse("", 503)
            shared = self._of(run.id, lang)
            if not shared.shots:  # forgotten meanwhile, among many
                return PlainTextResponse("", 503)
        again = self._again(asked.get("page", "")[:16], shared.shots[-1].look)
        return _response(_answer(shared, asked.get("have", ""), again), request)

    def _of(self, run_id: str, lang: str) -> _Shared:
        with self._lock:
            if len(self._shared) >= MAX_SHARED:
                old = time.monotonic() - OPEN_SECONDS
                self._shared = {k: v for k, v in self._shared.items() if v.at > old}
            return self._shared.setdefault((run_id, lang), _Shared())

    def _again(self, page: str, look: Look) -> float:
        """Seconds after which the page is to ask again."""
        now = time.monotonic()
        self._pages[page] = now
        if now - self._counted > 1 or len(self._pages) == 1:
            self._counted = now
            self._pages = {name: at for name, at in self._pages.items() if now - at < OPEN_SECONDS}
            self._open = len(self._pages)
        if not look.busy:
            return OVER
        wait = max(WAIT[look.status], min(SLOWEST, self._open / PER_SECOND))
        return round(wait, 1)


def _changed(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size


def _answer(shared: _Shared, have: str, again: float) -> bytes:
    shot = shared.shots[-1]
    known = next((earlier for earlier in shared.shots if earlier.token == have), None)
    key = (have if known else "", again)
    answer = shared.answers.get(key)
    if answer is None:  # or forgotten meanwhile, as the run went on
        parts = {
            name: part
            for name, part in shot.parts.items()
            if known is None or known.parts[name] != part
        }
        body = {"have": shot.token, "state": shot.look.state, "parts": parts, "again": again}
        raw = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        answer = gzip.compress(raw, 6) if len(raw) > COMPRESSED else raw
        shared.answers[key] = answer
    return answer


def _response(body: bytes, request: Request) -> Response:
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding, Accept-Language"}
    if body.startswith(b"\x1f\x8b"):
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
        else:
            body = gzip.decompress(body)
    return Response(body, media_type="application/json", headers=headers)
