"""Host check: by which names a page may be called, and from which other pages it takes requests.

A web site can make its own name point to 127.0.0.1 (DNS rebinding) and then talk to a page there as if it
were its own. The Host header still names the site, so a page for this computer alone answers only to the
names of this computer. Elsewhere it answers to addresses (which cannot be rebound), to names that no public
DNS hands out and to those that were allowed. A Hugging Face Space, whose proxy is the only way in, answers
to every name.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

LOCAL = "localhost"
# Suffixes that are kept for local networks (RFC 6762, RFC 8375, ICANN's resolution of July 2024).
PRIVATE = (".local", ".home.arpa", ".internal")
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?", re.IGNORECASE)
_PORTS = {"http": 80, "https": 443}


def is_loopback(name: str) -> bool:
    """Is it this computer itself, and nothing that another one reaches?"""
    address = _address(name)
    return name.lower() == LOCAL or (address is not None and address.is_loopback)


def split_host(header: str) -> tuple[str, int | None] | None:
    """Name and port of a Host header, or None where it is none."""
    match = _HOST.fullmatch(header.strip())
    if match is None:
        return None
    name = match[1].strip("[]").lower().rstrip(".")
    return (name, int(match[2]) if match[2] else None) if name else None


def bare_name(text: str) -> str:
    """The name in what a person gave as one: `https://name:8443/` is `name`. Raises ValueError."""
    netloc = urlsplit(text.strip() if "//" in text else f"//{text}").netloc
    parts = split_host(netloc)
    if parts is None:
        raise ValueError(text)
    return parts[0]


@dataclass(frozen=True)
class Hosts:
    """The names of one page. `address` is what it listens on."""

    address: str = "127.0.0.1"
    allowed: frozenset[str] = frozenset()
    on_space: bool = False

    @classmethod
    def of(cls, address: str, allowed: Sequence[str] = ()) -> Hosts:
        """Those of a page that listens on `address`. Raises ValueError for an allowed name that is none."""
        on_space = bool(os.environ.get("SPACE_ID"))
        # With a domain of one's own there are several.
        own = os.environ.get("SPACE_HOST", "").split(",") if on_space else []
        names = [*allowed, *(name for name in own if name.strip())]
        return cls(address.strip("[]"), frozenset(map(bare_name, names)), on_space)

    @property
    def shared(self) -> bool:
        """Can people at other computers open the page?"""
        return self.on_space or bool(self.allowed) or not is_loopback(self.address)

    def answers(self, header: str) -> bool:
        """Is this Host header one of a page that may be shown?"""
        if self.on_space:
            return True
        parts = split_host(header)
        if parts is None:
            return False
        name = parts[0]
        if name in self.allowed or is_loopback(name):
            return True
        if is_loopback(self.address):
            return False
        own = {self.address.lower(), socket.gethostname().lower()}
        return (
            name in own or _address(name) is not None or "." not in name or name.endswith(PRIVATE)
        )

    def trusts(self, origin: str, header: str) -> bool:
        """Is a page of this Origin the page itself, which is called by this Host header?"""
        try:
            parts = urlsplit(origin)
            port = parts.port or _PORTS.get(parts.scheme)
        except ValueError:
            return False
        name = (parts.hostname or "").rstrip(".")
        if not name or parts.scheme not in _PORTS:  # "null", an extension, a file
            return False
        if name in self.allowed:
            return True
        own = split_host(header)
        if own is None:
            return False
        if is_loopback(name) and is_loopback(own[0]):
            # Another program on this computer may have a page of its own, at another port.
            return port == (own[1] or _PORTS[parts.scheme])
        # Proxies hand on the name, often without the port.
        return name == own[0] and own[1] in (None, port)


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None
