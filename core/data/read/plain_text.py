"""Plain text: which of the readers of such files has its turn."""

from __future__ import annotations

import re

from core.data.read.decode import decode
from core.data.read.delimited import read_delimited
from core.data.read.fasttext import is_fasttext, read_fasttext
from core.data.read.grid import Grid
from core.data.read.jsonl import is_json, read_json
from core.data.read.markup import is_spreadsheet, read_html, read_spreadsheet
from core.data.read.office import refuse_document
from core.data.read.options import FOUND_OUT, ReadOptions
from core.data.read.sniff import HEAD_BYTES, kind_error, kind_of, kind_of_text


def read_text(data: bytes, options: ReadOptions = FOUND_OUT) -> Grid:
    """CSV, TSV, JSON, fastText, tables of web pages. Raises UserError as their readers do, and the error of
    its kind for what is no table."""
    refuse_document(data)
    if _may_be_json(data):
        decoded = decode(data, options.encoding)
        if is_json(decoded.text):
            return read_json(decoded)
    # As ASCII, which all that tells a kind is: also in UTF-16, without its zeros.
    start = data[:HEAD_BYTES].replace(b"\0", b"").decode("ascii", "replace").lstrip("\ufffd")
    if is_fasttext(start):
        return read_fasttext(decode(data, options.encoding))
    if kind_of(data) is None and (kind := kind_of_text(start)):
        if kind.key == "web":
            return read_html(data, options)
        if kind.key == "xml" and is_spreadsheet(start):
            return read_spreadsheet(data, options)
        raise kind_error(kind)
    return read_delimited(data, options)


def _may_be_json(data: bytes) -> bool:
    start = data[:4096].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0").replace(b"\0", b"")
    return start.startswith((b"{", b"[")) or re.match(rb"[\w.$ ]{1,80}=\s*[\[{]", start) is not None
