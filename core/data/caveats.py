"""What a person should know about usable rows before training on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import pandas as pd

from core.data.roles import Column
from core.data.split import alike, fold, name_some
from core.words import Message, message

FEW_ROWS = 3  # one for each of train, validation and test
IMBALANCE = 10  # largest class to smallest
MAJORITY = 0.8  # share of the largest class
MANY_DROPPED = 0.1
SHORT_TEXT = 3  # characters
MANY_SHORT = 0.05
SHOWN_LINES = 3


def caveats(
    frame: pd.DataFrame,
    columns: Sequence[Column],
    rows: pd.DataFrame,
    texts: pd.Series,
    label: str,
    classes: Sequence[tuple[str, int]],
    dropped: int,
) -> tuple[Message, ...]:
    """Warnings about the table `frame` and its usable `rows` with their `texts`."""
    found: list[Message] = []
    empty = [column.name for column in columns if column.role == "empty"]
    if empty:
        found.append(message("data.warn.empty_columns", names=name_some(empty)))
    if not len(rows):
        return tuple(found)
    found += _labels(frame.loc[rows.index, label], rows[label], [name for name, _ in classes])
    found += _sizes(classes)
    found += _texts(texts, rows[label])
    total = len(rows) + dropped
    if dropped > MANY_DROPPED * total:
        found.append(message("data.warn.dropped", rows=dropped, share=dropped / total))
    return tuple(found)


def _labels(raw: pd.Series, stripped: pd.Series, names: Sequence[str]) -> Iterator[Message]:
    padded = int((raw != stripped).sum())
    if padded:
        yield message("data.warn.labels_stripped", rows=padded)
    alike: dict[str, list[str]] = defaultdict(list)
    for name in names:
        alike[fold(name)].append(name)
    groups = [group for group in alike.values() if len(group) > 1]
    if groups:
        shown = "; ".join(" = ".join(f"“{name}”" for name in group) for group in groups[:5])
        shown += "; …" if len(groups) > 5 else ""
        yield message("data.warn.labels_alike", groups=len(groups), names=shown)


def _sizes(classes: Sequence[tuple[str, int]]) -> Iterator[Message]:
    few = [name for name, rows in classes if rows < FEW_ROWS]
    if few:
        yield message("data.warn.few_rows", classes=len(few), names=name_some(few))
    total = sum(rows for _, rows in classes)
    name, most = classes[0]
    least_name, least = classes[-1]
    if len(classes) > 1 and (most >= IMBALANCE * least or most >= MAJORITY * total):
        yield message(
            "data.warn.imbalance",
            label=name,
            rows=most,
            share=most / total,
            least_label=least_name,
            least=least,
        )


def _texts(texts: pd.Series, labels: pd.Series) -> Iterator[Message]:
    pairs = pd.DataFrame(
        {"key": alike(texts), "label": labels.factorize()[0], "line": labels.index}
    )
    again = pairs["key"].duplicated()
    if again.any():
        yield message("data.warn.duplicates", rows=int(again.sum()))
        several = pairs[pairs["key"].duplicated(keep=False)]
        kinds = several.groupby("key")["label"].transform("nunique")
        conflicting = several[kinds > 1]
        if len(conflicting):
            first = conflicting[conflicting["key"] == conflicting["key"].iloc[0]]
            # One line for each label shows the conflict.
            lines = first.drop_duplicates("label")["line"].iloc[:SHOWN_LINES]
            yield message(
                "data.warn.conflicts",
                texts=int(conflicting["key"].nunique()),
                lines=", ".join(map(str, lines)),
            )
    short = int((texts.str.len() < SHORT_TEXT).sum())
    if short > MANY_SHORT * len(texts):
        yield message("data.warn.short", rows=short, least=SHORT_TEXT)
