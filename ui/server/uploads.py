"""Upload limits: how often and how much one visitor, and all of them together, may send."""

from __future__ import annotations

import ipaddress
import shutil
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from gradio.utils import get_upload_folder

from core.data.read.table import MAX_BYTES
from core.words import Message, message

ABANDONED = 3600  # seconds after which half of an upload is taken for abandoned


@dataclass(frozen=True)
class Limits:
    """Bytes and seconds. docs/deploy.md names them."""

    number: int = 120  # uploads of one visitor in `number_seconds`
    number_seconds: float = 600
    each: int = 10 * MAX_BYTES  # of one visitor in `each_seconds`
    each_seconds: float = 3600
    # Of all visitors in `together_seconds`, for which uploads are kept.
    together: int = 40 * MAX_BYTES
    together_seconds: float = 24 * 3600
    free: int = 2**30  # what stays free on the disk


class Refused(Exception):
    """An upload over a limit. `seconds` is when it may be tried again, 0 where waiting does not help."""

    def __init__(self, status: int, reason: Message, seconds: float = 0) -> None:
        super().__init__(reason.key)
        self.status, self.reason, self.seconds = status, reason, seconds


@dataclass
class _Window:
    """What was counted in the last `seconds`."""

    seconds: float
    items: deque[tuple[float, int]] = field(default_factory=deque)
    total: int = 0

    def add(self, now: float, amount: int) -> None:
        self.items.append((now, amount))
        self.total += amount

    def forget(self, now: float) -> None:
        while self.items and self.items[0][0] <= now - self.seconds:
            self.total -= self.items.popleft()[1]

    def wait(self, now: float) -> float:
        """Seconds until the oldest is forgotten."""
        return max(1.0, self.items[0][0] + self.seconds - now) if self.items else 1.0


class Uploads:
    """Counts the uploads of every visitor. Used by one event loop: nothing is locked."""

    def __init__(
        self, limits: Limits | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.limits = limits or Limits()
        self._clock = clock
        self._together = _Window(self.limits.together_seconds)
        self._visitors: dict[str, tuple[_Window, _Window]] = {}  # uploads, and bytes
        self._swept = -ABANDONED * 1.0

    def begin(self, address: str | None, size: int) -> None:
        """Before an upload of `size` bytes (0: not said). `address` is None where visitors cannot be told
        apart: then only the sum of all counts. Raises Refused."""
        now = self._clock()
        self._forget(now)
        number = self._visitor(address)[0] if address else None
        if number and number.total >= self.limits.number:
            raise Refused(429, message("gate.uploads"), number.wait(now))
        self._check(address, size)
        self._check_disk(size)
        if number:
            number.add(now, 1)

    def count(self, address: str | None, size: int) -> None:
        """`size` more bytes have come. Raises Refused when they are too many."""
        self._check(address, size)
        now = self._clock()
        self._together.add(now, size)
        if address:
            self._visitor(address)[1].add(now, size)

    def _check(self, address: str | None, size: int) -> None:
        now, limits = self._clock(), self.limits
        counted = [(self._together, limits.together, message("gate.upload_sum"))]
        if address:
            own = self._visitor(address)[1]
            counted.insert(0, (own, limits.each, message("gate.upload_bytes")))
        for window, limit, reason in counted:
            if size > limit:
                raise Refused(413, message("gate.upload_large", limit=limit // 2**20))
            if window.total + size > limit:
                raise Refused(429, reason, window.wait(now))

    def _check_disk(self, size: int) -> None:
        folder = Path(get_upload_folder())
        folder.mkdir(parents=True, exist_ok=True)
        if self._clock() - self._swept > ABANDONED:
            self._swept = self._clock()
            _sweep(folder)
        if shutil.disk_usage(folder).free < size + self.limits.free:
            raise Refused(507, message("gate.disk"))

    def _visitor(self, address: str) -> tuple[_Window, _Window]:
        limits = self.limits
        fresh = (_Window(limits.number_seconds), _Window(limits.each_seconds))
        return self._visitors.setdefault(_one(address), fresh)

    def _forget(self, now: float) -> None:
        self._together.forget(now)
        for visitor, windows in list(self._visitors.items()):
            for window in windows:
                window.forget(now)
            if not any(window.items for window in windows):
                del self._visitors[visitor]


def _one(address: str) -> str:
    """What stands for one visitor: in IPv6 whoever has one address has 2**64 of them."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    mapped = parsed.ipv4_mapped
    return str(mapped) if mapped else str(ipaddress.ip_network((parsed, 64), strict=False))


def _sweep(folder: Path) -> None:
    """Remove what uploads that ended in the middle left behind: gradio knows nothing of it any more."""
    for file in folder.glob("tmp*"):
        try:
            if file.is_file() and time.time() - file.stat().st_mtime > ABANDONED:
                file.unlink()
        except OSError:
            continue  # somebody else's, or gone by now
