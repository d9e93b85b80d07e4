"""Cache of tables: equal ones have their cells and pictures in common, whoever looked at them."""

from __future__ import annotations

import dataclasses
import hashlib
import threading
import weakref

import pandas as pd

from core.data.pictures.store import Pictures
from core.data.table import Table

# By what is in them; what nobody holds any more is gone.
_frames: weakref.WeakValueDictionary[str, pd.DataFrame] = weakref.WeakValueDictionary()
_pictures: weakref.WeakValueDictionary[str, Pictures] = weakref.WeakValueDictionary()
_lock = threading.Lock()


def share_cells(table: Table) -> Table:
    """A table with the frame and the pictures of an equal one in use, if there is one.

    The cells, the names of the columns and the lines are compared by their SHA-256. Frames are never changed
    in place: an edit makes new ones.
    """
    key = _key(table)
    with _lock:
        frame = _frames.setdefault(key, table.frame)
        pictures = table.pictures
        if pictures is not None:
            pictures = _pictures.setdefault(key, pictures)
    if frame is table.frame and pictures is table.pictures:
        return table
    same = dataclasses.replace(table, frame=frame, pictures=pictures)
    same.__dict__["fingerprint"] = table.fingerprint  # it took a while
    return same


def _key(table: Table) -> str:
    lines = hashlib.sha256(table.frame.index.to_numpy(dtype="int64").tobytes())
    return f"{table.fingerprint} {lines.hexdigest()}"
