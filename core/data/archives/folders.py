"""Folders of an archive: which label and which split they say of the files in them."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.data.archives.archive import Member
from core.data.column_names import is_unlabelled, split_of, split_rest, split_word, words_of
from core.data.read.grid import quote_cells
from core.errors import UserError
from core.words import Message, message

# What a person may say of folders whose names are words for a split: they are labels, or that split.
LABELS, SPLIT = "labels", "split"
ONLY_SPLIT = "data.note.folders_only_split"
MIN_SHARED_LABELS = 0.5  # of the labels in a folder of a split that are labels elsewhere too

Path = tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """Where a file lies: `label` is "" for one that is set aside, `side` that of the split or ""."""

    label: str
    side: str = ""


@dataclass(frozen=True)
class FolderLayout:
    """The places of files by the line of their member; what has none lies in no folder of a label. `notes`
    say what was guessed."""

    places: Mapping[int, Place]
    notes: tuple[Message, ...] = ()

    @property
    def tells_apart(self) -> bool:
        """Whether there are labels, and not only the folders of a split."""
        return len(self.labels) > 1 and ONLY_SPLIT not in [note.key for note in self.notes]

    @property
    def labels(self) -> set[str]:
        return {place.label for place in self.places.values() if place.label}


def folder_layout(members: Sequence[Member], asked: str | None = None) -> FolderLayout:
    """One folder a label; folders called train, validation, test above these, or below, are the split.

    One folder around everything does not count. A folder called test beside those of labels, or without any
    label in it, is set aside. What is `asked` (LABELS or SPLIT) goes before what is guessed. Raises UserError
    `folders_unknown`.
    """
    if asked not in (None, LABELS, SPLIT):
        raise UserError("folders_unknown", value=asked)
    layout = _layout(members, asked)
    return layout if asked == LABELS else _without_unlabelled(layout)


def _layout(members: Sequence[Member], asked: str | None) -> FolderLayout:
    folders = {
        member.line: tuple(unicodedata.normalize("NFC", part).strip() for part in member.parts[:-1])
        for member in members
        if member.wrong is None
    }
    around = _around(folders.values())
    paths = {line: path[around:] for line, path in folders.items() if path[around:]}
    tops = dict.fromkeys(path[0] for path in paths.values())
    sides = {top: side for top in tops if (side := split_word(top))}
    if not sides:
        return (None if asked == LABELS else _below(paths)) or _labels(paths)
    if asked == LABELS:
        said = message("data.note.folders_labels", names=_names(sides))
        return FolderLayout(_labels(paths).places, (said,))
    if mixed := _mixed(paths):
        return mixed
    inner = _inner(paths, sides)
    below = _children(paths, inner)
    others = [top for top in tops if top not in sides]
    if asked == SPLIT or _is_split(sides, below, others):
        return _split(paths, inner, sides, below, others)
    strict = [top for top in sides if split_of(top)]
    aside = [top for top in strict if _held_out(top, tops)]
    if aside and len(tops) - len(aside) >= 2:
        places = _labels(paths).places
        used_places = {
            line: Place("") if place.label in aside else place for line, place in places.items()
        }
        return FolderLayout(used_places, (_aside(aside, used_places),))
    notes = []
    if strict and not others and len({split_of(top) for top in strict}) > 1:
        notes.append(message(ONLY_SPLIT, names=_names(strict)))
    elif strict:
        notes.append(message("data.note.folders_labels", names=_names(strict)))
    return FolderLayout(_labels(paths).places, tuple(notes))


def _around(paths: Iterable[Path]) -> int:
    """How many folders lie around all others."""
    every, deep = list(paths), 0
    while any(len(path) > deep + 1 for path in every):
        if len({path[deep] for path in every if len(path) > deep}) > 1:
            break
        deep += 1
    return deep


def _labels(paths: Mapping[int, Path]) -> FolderLayout:
    return FolderLayout({line: Place(path[0]) for line, path in paths.items() if path[0]})


def _below(paths: Mapping[int, Path]) -> FolderLayout | None:
    """The folders of a split inside of those of the labels: cats/train, cats/test, dogs/train ..."""
    second = dict.fromkeys(path[1] for path in paths.values() if len(path) > 1)
    sides = {name: split_of(name) for name in second}
    several = len({path[0] for path in paths.values()}) > 1
    if not several or None in sides.values() or len(set(sides.values())) < 2:
        return None
    places = {
        line: Place(path[0], (sides[path[1]] or "") if len(path) > 1 else "")
        for line, path in paths.items()
        if path[0]
    }
    return FolderLayout(places, (message("data.note.folders_split", names=_names(second)),))


def _mixed(paths: Mapping[int, Path]) -> FolderLayout | None:
    """Folders that have a label and a split in one name: cats_train, cats_test, dogs_train ..."""
    tops = {path[0]: split_rest(path[0]) for path in paths.values()}
    sides: defaultdict[str, set[str | None]] = defaultdict(set)
    for side, rest in tops.values():
        sides[rest].add(side)
    if None in {side for side, _ in tops.values()} or "" in sides or len(sides) < 2:
        return None
    if any(len(splits) < 2 for splits in sides.values()):
        return None
    places = {line: Place(tops[path[0]][1], tops[path[0]][0] or "") for line, path in paths.items()}
    return FolderLayout(places, (message("data.note.folders_split", names=_names(tops)),))


def _held_out(top: str, tops: Collection[str]) -> bool:
    """Whether a folder beside those of labels says that it is for testing: "valid" beside "invalid" not."""
    if split_of(top) == "test":
        return True
    words = {word for name in tops for word in words_of(name)}
    return split_of(top) == "validation" and not words & {"invalid", "dev", "eval", "evaluation"}


def _without_unlabelled(layout: FolderLayout) -> FolderLayout:
    """Folders that are called unlabelled are none of a label."""
    none = {label for label in layout.labels if is_unlabelled(label)}
    if not none or len(layout.labels) - len(none) < 2:
        return layout
    places = {
        line: Place("") if place.label in none else place for line, place in layout.places.items()
    }
    before = [note for note in layout.notes if note.key == "data.note.folders_aside"]
    other_notes = [note for note in layout.notes if note not in before]
    names = [*(str(note.values["names"]) for note in before), *sorted(none)]
    return FolderLayout(places, (*other_notes, _aside(names, places)))


def _inner(paths: Mapping[int, Path], sides: Mapping[str, str]) -> dict[int, Path]:
    """The folders below those of the split, without further ones that are around everything in it
    ("train/train/cats") or in all of them ("train/images/cats", "test/images/cats")."""
    by_top: defaultdict[str, dict[int, Path]] = defaultdict(dict)
    for line, path in paths.items():
        if path[0] in sides:
            by_top[path[0]][line] = path[1:]
    for top, inside in by_top.items():
        names = {path[0] for path in inside.values() if path}
        while len(names) == 1 and all(inside.values()):
            (name,) = names
            if name != top and split_word(name) != sides[top]:
                break
            inside = {line: path[1:] for line, path in inside.items()}
            names = {path[0] for path in inside.values() if path}
        by_top[top] = inside
    inner_paths = {line: path for inside in by_top.values() for line, path in inside.items()}
    deep = [path for path in inner_paths.values() if path]
    if len(by_top) > 1 and len({path[0] for path in deep}) == 1 and any(len(p) > 1 for p in deep):
        return {line: path[1:] for line, path in inner_paths.items()}
    return inner_paths


def _children(paths: Mapping[int, Path], inner: Mapping[int, Path]) -> dict[str, set[str]]:
    """The labels in each folder of the split."""
    children: defaultdict[str, set[str]] = defaultdict(set)
    for line, path in inner.items():
        children[paths[line][0]] |= set(path[:1])
    return dict(children)


def _is_split(
    sides: Mapping[str, str], below: Mapping[str, Collection[str]], others: Sequence[str]
) -> bool:
    """Whether folders with a word for a split in their name are the split, and not labels."""
    deep = [top for top in sides if below[top]]
    labels = {label for top in deep for label in below[top]}
    if not deep:
        return False
    if not others:
        return len(sides) > 1 or all(map(split_of, sides))
    if len(labels & set(others)) >= MIN_SHARED_LABELS * len(labels):
        return True  # ok, nok, test/ok, test/nok
    shared = set.intersection(*(set(below[top]) for top in deep))
    if len({sides[top] for top in deep}) > 1 and shared:
        return True  # seg_train, seg_test, and seg_pred without labels
    return len(others) == 1 and len(labels) > 1 and all(map(split_of, sides))


def _split(
    paths: Mapping[int, Path],
    inner: Mapping[int, Path],
    sides: Mapping[str, str],
    below: Mapping[str, Collection[str]],
    others: Sequence[str],
) -> FolderLayout:
    labels = {label for top in sides for label in below[top]}
    beside = set(others) if not labels or labels & set(others) else set()
    places = {}
    for line, path in paths.items():
        top = path[0]
        if top in sides and inner[line]:
            places[line] = Place(inner[line][0], sides[top])
        elif top in beside:
            places[line] = Place(top, "train")
        elif top not in sides or not below[top]:
            places[line] = Place("")
    aside = [top for top in (*sides, *others) if top not in beside and not below.get(top)]
    used = {place.side for place in places.values() if place.label}
    if len(used) == 1:  # nothing is told apart
        places = {line: Place(place.label) for line, place in places.items()}
    notes = []
    if len(used) > 1:
        split = [top for top in sides if top not in aside]
        notes.append(message("data.note.folders_split", names=_names(split)))
    if aside:
        notes.append(_aside(aside, places))
    return FolderLayout(places, tuple(notes))


def _aside(folders: Sequence[str], places: Mapping[int, Place]) -> Message:
    files = sum(not place.label for place in places.values())
    return message("data.note.folders_aside", files=files, names=_names(folders))


def _names(folders: Iterable[str]) -> str:
    return quote_cells([", ".join(folders)])
