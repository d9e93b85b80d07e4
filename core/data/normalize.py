"""Normalized texts: what counts as one text, whatever its case, spaces and width of characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

# What `normalize` would change in a text of ASCII, besides case.
ODD_SPACE = "^ | $|  |[\t-\r\x1c-\x1f]"
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
Positions = npt.NDArray[np.int64]


def normalize(text: str) -> str:
    """What two texts have in common that differ only in case, spaces or width of characters."""
    if not text.isascii():
        text = INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    return " ".join(text.casefold().split())


def text_ids(texts: pd.Series | Sequence[str]) -> Positions:
    """A number for each text, the same for all that `normalize` makes alike; numbered as they first occur.

    The plain ones, ASCII with single spaces, are normalized by Arrow all at once.
    """
    cells = pa.array(texts, pa.large_string())
    if isinstance(cells, pa.ChunkedArray):
        cells = cells.combine_chunks()
    normalized = pc.ascii_lower(cells)
    plain = pc.and_not(pc.string_is_ascii(cells), pc.match_substring_regex(cells, ODD_SPACE))
    if not pc.all(plain, min_count=0).as_py():
        others = pc.invert(plain)
        mended = [normalize(text) for text in cells.filter(others).to_pylist()]
        normalized = pc.replace_with_mask(normalized, others, pa.array(mended, pa.large_string()))
    return np.asarray(normalized.dictionary_encode().indices, dtype=np.int64)
