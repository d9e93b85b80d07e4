"""Decoding: which encoding a file of text is in, and its text."""

from __future__ import annotations

import codecs
import io
import re
from collections import Counter
from operator import methodcaller
from typing import NamedTuple

import charset_normalizer

from core.data.read.encodings import (
    CLOSE_SCORE,
    COMMON_ENCODINGS,
    MIN_SCORE,
    TWICE,
    canonical_encoding,
    count_encoded_twice,
    decode_twice,
    rank_encodings,
    script_of,
)
from core.data.read.sniff import OLE, ZIP, Kind, kind_error, kind_of
from core.errors import UserError
from core.words import Message, message

SAMPLE_BYTES = 64 * 1024
# The longest mark comes first: UTF-32's begins like UTF-16's.
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f\v\x1a\x1b")) + b"\x7f"
MARKED = re.compile("[\udc00-\udcff]")
NOT_ASCII = re.compile(rb"[\x80-\xff]")
# Encodings of mail, whose bytes are all of ASCII: escapes tell what those after them stand for.
ESCAPES = re.compile(rb"\x1b\$(?:[@AB]|\([CD]|(\)C))")
MAIL_ENCODINGS = ("iso2022_jp", "iso2022_jp_ext", "iso2022_jp_2")


def _mark(error: UnicodeError) -> tuple[str, int]:
    """Decoding error handler: byte 0xNN becomes the lone surrogate U+DCNN, for any byte.

    The built-in surrogateescape refuses bytes below 0x80, which multi-byte encodings also reject.
    """
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return "".join(chr(0xDC00 + byte) for byte in wrong), error.end


codecs.register_error("ticktune.mark", _mark)


class Encoding(NamedTuple):
    """An encoding by its name. `guessed`: neither a byte order mark, nor valid UTF-8, nor a person says so;
    then `second` is what it may be as well, or empty. `twice` counts places that were encoded twice."""

    name: str
    guessed: bool = False
    second: str = ""
    twice: int = 0

    def notes(self) -> list[Message]:
        """What is said of a guess."""
        if self.guessed:
            return [
                message("data.note.encoding_guessed", encoding=self.name, second=self.second or "-")
            ]
        return [message("data.note.encoded_twice", places=self.twice)] if self.twice else []


class DecodedText(NamedTuple):
    text: str
    encoding: Encoding


def escape_undecodable(text: str) -> str:
    r"""`text` with every undecodable byte written as \xNN."""
    return MARKED.sub(lambda match: f"\\x{ord(match[0]) - 0xDC00:02x}", text)


def find_encoding(data: bytes, wanted: str | None = None) -> Encoding:
    """The encoding of a whole file: the one that a person `wanted`, else what its bytes say.

    Raises UserError `encoding_unknown`, and `file_office`, `file_binary` or one of `core.data.read.sniff` for
    what is not a text file.
    """
    _refuse_known_formats(data)
    if wanted is not None:
        name = canonical_encoding(wanted)
        return Encoding(
            "utf-8-sig" if name == "utf-8" and data.startswith(codecs.BOM_UTF8) else name
        )
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return Encoding(encoding)
    if b"\0" in data:
        unmarked = _utf16_without_mark(data)
        if unmarked is not None:
            return Encoding(unmarked, guessed=True)
    if escape := ESCAPES.search(data):
        names = ("iso2022_kr",) if escape[1] else MAIL_ENCODINGS
        if mailed := next((name for name in names if decodes(data, name)), None):
            return Encoding(mailed)
    start = data[: 1 << 20]
    if len(start) - len(start.translate(None, CONTROL)) > max(8, len(start) / 200):
        raise UserError("file_binary")
    if decodes(data):
        sample = b"" if data.isascii() else _lines_beyond_ascii(data)
        return Encoding("utf-8", twice=count_encoded_twice(sample.decode("utf-8", "ignore")))
    return _guess(_lines_beyond_ascii(data))


def decodes(data: bytes, name: str = "utf-8") -> bool:
    """Whether all of it is in an encoding. In parts: as text, a file may take four times its size."""
    decoder = codecs.getincrementaldecoder(name)()
    view = memoryview(data)
    try:
        for start in range(0, len(view), 1 << 20):
            decoder.decode(view[start : start + (1 << 20)])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def decode(data: bytes, wanted: str | None = None) -> DecodedText:
    """Decode a whole file; what cannot be decoded is marked. Raises UserError as `find_encoding` does."""
    return _decode_as(data, find_encoding(data, wanted))


def as_utf8(data: bytes, encoding: Encoding) -> bytes | None:
    """The file in UTF-8 without a byte order mark; None where some of it cannot be decoded."""
    if encoding.name in ("utf-8", "utf-8-sig"):
        plain = data.removeprefix(codecs.BOM_UTF8) if encoding.name == "utf-8-sig" else data
        return plain if b"\0" not in plain and decodes(plain) else None
    text = _decode_as(data, encoding).text
    try:
        return None if "\0" in text else text.encode()
    except UnicodeEncodeError:
        return None


def _refuse_known_formats(data: bytes) -> None:
    if data.startswith(OLE) or (
        data.startswith(ZIP) and (b"mimetype" in data[:64] or b"[Content_" in data[:4096])
    ):
        raise UserError("file_office")
    kind = Kind("zip", "ZIP") if data.startswith(ZIP) else kind_of(data)
    if kind:
        raise kind_error(kind)


def _decode_as(data: bytes, encoding: Encoding) -> DecodedText:
    if encoding.name == TWICE:
        return DecodedText(decode_twice(data.decode("utf-8-sig", errors="ticktune.mark")), encoding)
    return DecodedText(data.decode(encoding.name, errors="ticktune.mark"), encoding)


def _utf16_without_mark(data: bytes) -> str | None:
    """The byte order under which the start reads as lines of text.

    In the wrong order a line feed is U+0A00, which no text contains.
    """
    start = data[: SAMPLE_BYTES // 2 * 2]
    for encoding in ("utf-16-le", "utf-16-be"):
        text = start.decode(encoding, errors="replace")
        control = sum(char < " " and char not in "\t\r\n" for char in text)
        if not control and text.count("�") <= 1 and re.search("[\r\n]", text):
            return encoding
    return None


def _lines_beyond_ascii(data: bytes) -> bytes:
    """Up to 64 KB of whole lines that hold something else than ASCII: these tell encodings apart.

    No legacy encoding uses the bytes of a line end inside a character, so none is cut in two. Of a line that
    is longer, such as a whole file of JSON, the part from the first such byte on is taken.
    """
    picked: list[bytes] = []
    size = 0
    for line in io.BytesIO(data.replace(b"\r", b"\n")):
        if match := NOT_ASCII.search(line):
            start = max(0, match.start() - 1) if len(line) > SAMPLE_BYTES else 0
            picked.append(line[start : start + SAMPLE_BYTES])
            size += len(picked[-1])
            if size > SAMPLE_BYTES:
                break
    return b"".join(picked)


def _guess(sample: bytes) -> Encoding:
    text = sample.decode("utf-8", errors="ticktune.mark")
    wrong = len(MARKED.findall(text))
    right = sum(char > "\x7f" for char in text) - wrong
    if wrong * 2 <= right:  # UTF-8 with damaged places: valid sequences are no accident
        return Encoding("utf-8")
    (best, score), *others = rank_encodings(sample)
    script = script_of(best)  # letters of another one have to fit as well as these
    close = (
        name
        for name, other in others
        if other >= score * (CLOSE_SCORE if script_of(name) == script else 1)
    )
    # One in which some of it cannot be read is not what the file is in.
    second = next((name for name in close if decodes(sample, name)), "")
    if score < MIN_SCORE and (voted := _voted(sample)) != best:
        best, second = voted, best
    return Encoding(best, guessed=True, second=second)


def _voted(sample: bytes) -> str:
    """Of a text of none of the languages that are known here. Each part of the sample has a vote, so that one
    damaged line does not decide."""
    lines = sample.splitlines(keepends=True)
    size = -(-len(lines) // 8)
    parts = [b"".join(lines[start : start + size]) for start in range(0, len(lines), size)]
    known = [name for name in COMMON_ENCODINGS if not name.startswith("utf")]
    matches = [charset_normalizer.from_bytes(part, cp_isolation=known) for part in parts]
    votes = Counter(best.encoding for best in map(methodcaller("best"), matches) if best)
    return votes.most_common(1)[0][0] if votes else "cp1252"
