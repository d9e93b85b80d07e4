"""Edits of texts: addresses and numbers masked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from core.data.checkup.edit import Edit, has_columns
from core.words import Message, message

URL = re.compile(r"(?:https?://|www\.)[^\s<>\"'，。；）】]+", re.IGNORECASE)
EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# Seven to fifteen digits (ITU-T E.164) with the marks that people put between them; not a part of a word or
# of a longer number, a date or an amount.
PHONE = re.compile(
    r"(?<![A-Za-z0-9_.,+-])(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,5}\)[ .-]?)?"
    r"\d{2,5}(?:[ .-]?\d{3,4}){1,3}(?![A-Za-z0-9_-]|[.,]\d)"
)
DATE = re.compile(r"\d{4}[-.]\d\d?[-.]\d\d?|\d\d?[-.]\d\d?[-.]\d{4}")
TAG = re.compile(
    r"</?(?:a|abbr|b|big|blockquote|body|br|center|code|div|em|font|form|h[1-6]|head|hr|html|i|iframe|img|input"
    r"|li|link|meta|ol|option|p|pre|script|select|small|span|strong|style|sub|sup|table|tbody|td|th|thead"
    r"|title|tr|tt|u|ul)\b[^<>]*>|<!--(?:(?!<!--).)*?-->|&(?:nbsp|amp|lt|gt|quot|#\d{1,6});",
    re.IGNORECASE | re.DOTALL,
)
MASKS = {"url": "[URL]", "email": "[EMAIL]", "phone": "[PHONE]", "html": " "}
PATTERNS = {"url": URL, "email": EMAIL, "phone": PHONE, "html": TAG}


def find_marks(what: str, text: str) -> list[str]:
    """Every piece of `text` that is a "url", an "email" address, a "phone" number or "html"."""
    marks = [match[0] for match in PATTERNS[what].finditer(text)]
    return [mark for mark in marks if _meant(what, mark)]


def _meant(what: str, piece: str) -> bool:
    if what != "phone":
        return True
    digits = sum(map(str.isdigit, piece))
    if piece.startswith(("+", "(")):
        return 7 <= digits <= 15
    # Fewer digits are as often years or amounts; many in a row without a mark are seldom one to call.
    marked = piece.startswith("0") or not piece.isdecimal() or digits == 11
    return 9 <= digits <= 15 and marked and not DATE.fullmatch(piece)


@dataclass(frozen=True)
class Mask(Edit):
    """Addresses and numbers in texts become a mark ("url", "email", "phone"); "html" becomes a space."""

    kind: ClassVar[str] = "mask"
    columns: tuple[str, ...]
    what: tuple[str, ...]

    def apply(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        has_columns(frame, *self.columns)

        def mask(cell: str) -> str:
            for what in self.what:
                for piece in set(find_marks(what, cell)):
                    cell = cell.replace(piece, MASKS[what])
            return cell

        old = frame[list(dict.fromkeys(self.columns))]
        new = {column: cells.map(mask).astype(cells.dtype) for column, cells in old.items()}
        changed = old != pd.DataFrame(new)
        return frame.assign(**new), int(changed.any(axis=1).sum())

    def said(self, rows: int) -> Message:
        return message(f"edit.mask.{self.what[0]}", rows=rows)
