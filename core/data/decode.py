"""Bytes -> text: which encoding a CSV file is in."""

from __future__ import annotations

import codecs
import io
import re
from collections import Counter
from operator import methodcaller
from typing import NamedTuple

import charset_normalizer

from core.errors import UserError

SAMPLE_BYTES = 64 * 1024
# The encodings in which spreadsheets are saved today, besides Unicode.
LEGACY = (
    *("gb18030", "big5", "cp932", "euc_jp", "cp949", "koi8_r"),
    *("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256"),
)
# The longest mark comes first: UTF-32's begins like UTF-16's.
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
MAGIC = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"PK\x03\x04", "ZIP"),
    (b"\x1f\x8b", "GZIP"),
    (b"7z\xbc\xaf", "7Z"),
    (b"Rar!", "RAR"),
    (b"SQLite format 3", "SQLite"),
)
# What Western European languages write beyond ASCII.
WESTERN = frozenset(
    "àâäáãåæçéèêëíìîïñóòôöõøœùúûüÿßÀÂÄÁÃÅÆÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØŒÙÚÛÜ"
    "\xa0¡¿«»‘’‚“”„‹›–—…•·´°ºª§¶©®™¢£€±×½¼"
)
# The most frequent characters of simplified Chinese: half of any text and more.
HAN = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于"
    "着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还"
    "进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情"
    "明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或"
    "新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员"
    "解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太"
    "量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基"
    "眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交"
    "规万取拉格望觉术领共确传师观清今切院让识候带导争运评负签标容差消极积"
)
CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f\v\x1a\x1b")) + b"\x7f"
MARKED = re.compile("[\udc00-\udcff]")


def _mark(error: UnicodeError) -> tuple[str, int]:
    """Decoding error handler: byte 0xNN becomes the lone surrogate U+DCNN, for any byte.

    The built-in surrogateescape refuses bytes below 0x80, which multi-byte encodings also reject.
    """
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return "".join(chr(0xDC00 + byte) for byte in wrong), error.end


codecs.register_error("ticktune.mark", _mark)


class Decoded(NamedTuple):
    text: str
    encoding: str
    guessed: bool  # neither a byte order mark nor valid UTF-8 says so


def readable(text: str) -> str:
    r"""`text` with every undecodable byte written as \xNN."""
    return MARKED.sub(lambda match: f"\\x{ord(match[0]) - 0xDC00:02x}", text)


class Encoding(NamedTuple):
    name: str
    guessed: bool


def find_encoding(data: bytes) -> Encoding:
    """The encoding of a whole file.

    Raises UserError `file_office` or `file_binary` for what is not a text file.
    """
    _refuse_known_formats(data)
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return Encoding(encoding, guessed=False)
    if b"\0" in data:
        unmarked = _utf16_without_mark(data)
        if unmarked is None:
            raise UserError("file_binary", kind="NUL")
        return Encoding(unmarked, guessed=True)
    start = data[: 1 << 20]
    if len(start) - len(start.translate(None, CONTROL)) > max(8, len(start) / 200):
        raise UserError("file_binary", kind="?")
    if is_utf8(data):
        return Encoding("utf-8", guessed=False)
    encoding = _guess(_lines_beyond_ascii(data))
    return Encoding(encoding, guessed=encoding != "utf-8")


def is_utf8(data: bytes) -> bool:
    """In parts: as text, a file may take four times its size."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(data)
    try:
        for start in range(0, len(view), 1 << 20):
            decoder.decode(view[start : start + (1 << 20)])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def decode(data: bytes) -> Decoded:
    """Decode a whole file; what cannot be decoded is marked. Raises UserError as `find_encoding` does."""
    encoding, guessed = find_encoding(data)
    return _decode_as(data, encoding, guessed)


def as_utf8(data: bytes, found: Encoding) -> bytes | None:
    """The file in UTF-8 without a byte order mark; None where some of it cannot be decoded."""
    if found.name in ("utf-8", "utf-8-sig"):
        plain = data.removeprefix(codecs.BOM_UTF8) if found.name == "utf-8-sig" else data
        return plain if b"\0" not in plain and is_utf8(plain) else None
    try:
        return _decode_as(data, found.name, found.guessed).text.encode()
    except UnicodeEncodeError:
        return None


def _refuse_known_formats(data: bytes) -> None:
    if data.startswith(b"\xd0\xcf\x11\xe0") or (
        data.startswith(b"PK\x03\x04") and (b"mimetype" in data[:64] or b"[Content_" in data[:4096])
    ):
        raise UserError("file_office")
    for magic, kind in MAGIC:
        if data.startswith(magic):
            raise UserError("file_binary", kind=kind)


def _decode_as(data: bytes, encoding: str, guessed: bool) -> Decoded:
    text = data.decode(encoding, errors="ticktune.mark")
    if "\0" in text:
        raise UserError("file_binary", kind="NUL")
    return Decoded(text, encoding, guessed)


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

    No legacy encoding uses the bytes of a line end inside a character, so none is cut in two.
    """
    picked: list[bytes] = []
    size = 0
    for line in io.BytesIO(data.replace(b"\r", b"\n")):
        if not line.isascii():
            picked.append(line)
            size += len(line)
            if size > SAMPLE_BYTES:
                break
    return b"".join(picked)


def _guess(sample: bytes) -> str:
    text = sample.decode("utf-8", errors="ticktune.mark")
    wrong = len(MARKED.findall(text))
    right = sum(char > "\x7f" for char in text) - wrong
    if wrong * 2 <= right:  # UTF-8 with damaged places: valid sequences are no accident
        return "utf-8"
    # charset-normalizer errs where a few words of Chinese stand among English ones.
    chinese = [char for char in sample.decode("gb18030", errors="ticktune.mark") if char > "\x7f"]
    if sum(char in HAN for char in chinese) >= 0.4 * len(chinese):
        return "gb18030"
    # It also takes short Western texts for Central European ones.
    western = sample.decode("cp1252", errors="ticktune.mark")
    runs = re.findall("[^\x00-\x7f]+", western)
    beyond = sum(map(len, runs))
    known = sum(char in WESTERN for run in runs for char in run)
    single = sum(len(run) == 1 for run in runs)
    # Accented letters mostly stand alone; the bytes of other scripts come in rows.
    if known >= 0.9 * beyond and single >= 0.5 * beyond:
        return "cp1252"
    # Each part of the sample has a vote, so that one damaged line does not decide.
    lines = sample.splitlines(keepends=True)
    size = -(-len(lines) // 8)
    parts = [b"".join(lines[start : start + size]) for start in range(0, len(lines), size)]
    matches = [charset_normalizer.from_bytes(part, cp_isolation=list(LEGACY)) for part in parts]
    votes = Counter(best.encoding for best in map(methodcaller("best"), matches) if best)
    return votes.most_common(1)[0][0] if votes else "cp1252"
