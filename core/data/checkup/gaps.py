"""Check for gaps: labels only in the first row of their group, as a sheet with merged cells becomes CSV."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from core.data.checkup.finding import CheckupInput, Finding, examples_of, finding
from core.data.checkup.label_edits import FillDown
from core.data.column_names import LABEL_NAMES, rank
from core.data.profile.profile import join_text

# Share of rows with a label, from which on the others are hardly parts of groups.
MAX_FILLED_SHARE = 0.5
MAX_SINGLE_SHARE = 0.5  # share of labels whose group is one row


def check_gaps(seen: CheckupInput) -> Iterator[Finding]:
    frame, used = seen.table.frame, {*seen.profile.text, *seen.table.inputs, seen.profile.split}
    if not seen.profile.text:
        return
    texts = join_text(frame, seen.profile.text)
    there = frame[texts != ""]
    others = [
        column.name for column in seen.profile.columns if column.name not in used and column.filled
    ]
    others.sort(key=lambda name: -rank(name, LABEL_NAMES))
    for name in [seen.profile.label] if seen.profile.label else others:
        cells = there[name].str.strip()
        if _leads_groups(cells):
            empty = cells.index[cells == ""]
            lines = examples_of(texts.loc[empty])
            yield finding("label_gaps", "warning", len(empty), lines, [FillDown(name)], column=name)
            return


def _leads_groups(cells: pd.Series) -> bool:
    """Whether the filled cells may be the first ones of groups: the next group has another label."""
    places = np.flatnonzero(cells != "")
    if not 2 <= len(places) <= MAX_FILLED_SHARE * len(cells) or places[0]:
        return False
    labels = cells.to_numpy(dtype=object)[places]
    single = np.diff([*places, len(cells)]) == 1
    return bool((labels[1:] != labels[:-1]).all() and single.mean() <= MAX_SINGLE_SHARE)
