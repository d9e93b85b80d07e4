"""What a terminal is shown: text from files without the characters that a terminal obeys.

Names of files and columns, labels and texts come from strangers. Control characters (C0 and C1, which move
the cursor, colour, rename the window or answer as if somebody had typed) and those that turn the direction of
text around are shown as `\\u001b`, which inside of JSON means the same character.
"""

from __future__ import annotations

import contextlib
import io
import logging
import re
import sys
from collections.abc import Iterator
from typing import Any

CONTROL_CHARACTERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066\u2067]")


def shown(text: str) -> str:
    """The text as a terminal may have it. Tabs and ends of lines stay."""
    return CONTROL_CHARACTERS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


class Shown:
    """A stream that shows what is written to it (see `shown`), of each piece at most `most` characters; `raw`
    is the stream itself."""

    def __init__(self, raw: Any, most: int | None = None) -> None:
        self.raw, self.most = raw, most

    def write(self, text: str) -> int:
        cut = self.most is not None and len(text) > self.most
        self.raw.write(shown(text[: self.most] + " …\n" if cut else text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.raw, name)


def on_one_line(text: str) -> str:
    """The same on one line: an end of a line in a name does not begin what looks like another message."""
    return " ".join(text.splitlines())


@contextlib.contextmanager
def safe_output(most: int | None = None) -> Iterator[None]:
    """Whatever is printed meanwhile, or logged to stderr, is shown so (see `Shown`)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # terminals that know no Chinese
    out, err = Shown(sys.stdout, most), Shown(sys.stderr, most)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        yield


def over(text: str) -> None:
    """Write over the present line of stderr, for what counts up."""
    stream = sys.stderr.raw if isinstance(sys.stderr, Shown) else sys.stderr
    stream.write(f"\r\x1b[K{shown(text)}" if stream.isatty() else f"\r{shown(text)}")
    stream.flush()


class Formatter(logging.Formatter):
    """Lines of a log that may be looked at in a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return shown(super().format(record))
