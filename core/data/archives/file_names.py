"""File names in tables: as the files lie in an archive, or as another program or computer wrote it down."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from core.data.archives.archive import MAX_NAME_LENGTH, Member
from core.errors import UserError
from core.words import Message, message

# The ways by which a file is found, the surest first, and what each says about a column.
WAYS = {"name": 1.0, "path": 0.9, "encoding": 0.9, "ending": 0.8, "prefix": 0.8, "number": 0.5}
EXACT = "exact"  # what a person may say: only as it is written
URL = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
PREFIX = re.compile(r"[0-9a-f]{8}-(?=.)")  # what Label Studio puts before the name of a file
WHOLE_NUMBER = re.compile(r"(\d{1,18})(?:\.0+)?")
NUMBERED_NAME = re.compile(r"(.*?)(\d{1,18})")
PICTURE = re.compile(r"\.(?:jpe?g|jpe|jfif|png|webp|gif|bmp|tiff?|heic)", re.IGNORECASE)
# Share of cells that differ, where these are the numbers of files and no labels.
MIN_DIFFERENT_SHARE = 0.9
REPEATED_WORTH = 0.1  # what a column of numbers is worth that are fewer
MAX_PARTS = 12  # of a path that are looked for, from the last one on


@dataclass(frozen=True)
class FileMatch:
    """What a cell is taken for: a file and the way it was found, or the reason why there is none."""

    member: Member | None
    way: str = ""
    reason: str = ""


# None is called so; several are; and one is, but other cells would mean the same file.
MISSING, TWICE, SHARED = (FileMatch(None, reason=why) for why in ("missing", "twice", "shared"))


class _Index:
    """Files by a key, which several may have."""

    def __init__(self, pairs: Iterable[tuple[str, Member]]) -> None:
        self._found: dict[str, list[Member]] = {}
        for key, member in pairs:
            known = self._found.setdefault(key, [])
            if not known or known[-1] is not member:
                known.append(member)

    def all(self, key: str) -> list[Member]:
        return self._found.get(key, [])

    def get(self, key: str) -> FileMatch:
        return _one(self.all(key))


class FileNames:
    """Files by what a table may call them.

    That is the whole name or the end of it, with the ending or without, in other capitals where no other file
    is called so; letters with accents may be one character or two (Unicode NFC), and %20 is a space. Where
    nothing is called so: the last parts of a path or an address; the name as a wrong encoding shows it; with
    another ending of pictures; without the prefix of Label Studio; the number in the name.
    """

    def __init__(self, members: Sequence[Member], base: int = 0, way: str | None = None) -> None:
        """Of the names of `members` the first `base` folders do not count; `way` EXACT looks for nothing
        else. Raises UserError `names_unknown`."""
        if way not in (None, EXACT):
            raise UserError("names_unknown", value=way)
        self._only = way == EXACT
        self._files = [
            (member, normalize_name("/".join(member.parts[base:]))) for member in members
        ]
        self._names = {member.line: name for member, name in self._files}
        self._ends = _Index(
            (end, member) for member, name in self._files for end in _ends(name.casefold())
        )

    @functools.cached_property
    def _repaired(self) -> _Index:
        return _Index(
            (end, member)
            for member, name in self._files
            for other in undo_wrong_encoding(name)
            for end in _ends(normalize_name(other).casefold())
        )

    @functools.cached_property
    def _bare(self) -> _Index:
        lasts = ((member, name.rpartition("/")[2]) for member, name in self._files)
        return _Index(
            (_loose(end), member)
            for member, last in lasts
            for name in dict.fromkeys((last, PREFIX.sub("", last, count=1)))
            for end in _ends(name)
        )

    @functools.cached_property
    def _numbers(self) -> _Index:
        return _Index(_numbers(self._files))

    def all(self, cells: Iterable[str]) -> Mapping[str, FileMatch]:
        """What each different cell of a column is taken for."""
        cells = list(dict.fromkeys(cells))
        matches = {cell: self._find(cell) for cell in cells}
        whole = {cell: WHOLE_NUMBER.fullmatch(cell.strip()) for cell in cells if cell.strip()}
        if all(whole.values()) and not self._only:
            for cell, digits in whole.items():
                if digits and matches[cell] is MISSING:
                    number = self._numbers.get(str(int(digits[1])))
                    matches[cell] = FileMatch(number.member, "number", number.reason)
        asked: defaultdict[int, set[str]] = defaultdict(set)
        for cell, match in matches.items():
            if match.member is not None:
                asked[match.member.line].add(
                    cell if match.way == "number" else normalize_name(cell).casefold()
                )
        return {
            cell: SHARED
            if match.member and match.way != "name" and len(asked[match.member.line]) > 1
            else match
            for cell, match in matches.items()
        }

    def _find(self, cell: str) -> FileMatch:
        if len(cell) > 4 * MAX_NAME_LENGTH:
            return MISSING
        for way, search in (
            ("name", self._name),
            ("path", self._path),
            ("encoding", self._encoding),
            ("ending", self._ending),
            ("prefix", self._prefix),
        ):
            match = _first(search(cell))
            if match is not MISSING:
                return match if match.member is None else FileMatch(match.member, way)
            if self._only:
                break
        return MISSING

    def _name(self, cell: str) -> Iterator[FileMatch]:
        return (
            self._called(name)
            for name in dict.fromkeys((normalize_name(cell), normalize_name(unquote(cell))))
        )

    def _called(self, name: str) -> FileMatch:
        """What one is called as a whole is its own, whatever others end in; then what it is in these
        capitals."""
        members = self._ends.all(name.casefold())
        if len(members) > 1:
            for same in (
                [member for member in members if self._names[member.line] == name],
                [member for member in members if name in _ends(self._names[member.line])],
                [
                    member
                    for member in members
                    if self._names[member.line].casefold() == name.casefold()
                ],
            ):
                if same:
                    return _one(same)
        return _one(members)

    def _path(self, cell: str) -> Iterator[FileMatch]:
        return (self._ends.get(name.casefold()) for name in _paths(cell))

    def _encoding(self, cell: str) -> Iterator[FileMatch]:
        yield self._repaired.get(normalize_name(cell).casefold())
        for name in map(normalize_name, undo_wrong_encoding(cell)):
            yield self._called(name)
            yield self._repaired.get(name.casefold())

    def _ending(self, cell: str) -> Iterator[FileMatch]:
        stems = (_stem(name) for name in (normalize_name(cell), *_paths(cell)))
        return (self._ends.get(stem.casefold()) for stem in stems)

    def _prefix(self, cell: str) -> Iterator[FileMatch]:
        last = normalize_name(unquote(_path_of(cell) or cell)).rpartition("/")[2]
        return (self._bare.get(_loose(name)) for name in (PREFIX.sub("", last, count=1), last))


def _one(members: Sequence[Member]) -> FileMatch:
    if not members:
        return MISSING
    return FileMatch(members[0]) if len(members) == 1 else TWICE


def column_score(
    matches: Mapping[str, FileMatch], counts: Mapping[str, int]
) -> tuple[float, float]:
    """The share of a column's cells that name files, and the same with doubtful ways worth less. `counts` is
    how often each cell occurs."""
    named = {cell: match for cell, match in matches.items() if match.reason != "missing"}
    total = sum(counts.values())
    # A label may be a number as well: those of files differ.
    repeated = all(map(WHOLE_NUMBER.fullmatch, named)) and len(counts) < MIN_DIFFERENT_SHARE * total
    if repeated:
        named = {cell: match for cell, match in named.items() if match.way != "number"}
    share = sum(counts[cell] for cell in named) / max(1, total)
    sure = sum(counts[cell] * WAYS[match.way or "name"] for cell, match in named.items())
    return share, sure / max(1, total) * (REPEATED_WORTH if repeated else 1)


def match_notes(matches: Iterable[FileMatch]) -> list[Message]:
    """How many names were found in which way, where that is not the plain one."""
    ways = Counter(match.way for match in matches if match.member is not None)
    return [
        message(f"data.note.found_by_{way}", names=ways[way]) for way in list(WAYS)[1:] if ways[way]
    ]


def normalize_name(name: str) -> str:
    """A name in one spelling: slashes, accents and spaces in one form, no dots or spaces around its parts."""
    name = unicodedata.normalize("NFC", name).strip().strip("\"'").replace("\\", "/")
    parts = (" ".join(part.split()) for part in name.split("/"))
    return "/".join(part for part in parts if part not in ("", "."))


def undo_wrong_encoding(name: str) -> Iterator[str]:
    """What a name may have been before it was read in a wrong encoding."""
    for wrong in () if name.isascii() else ("cp437", "cp1252", "latin-1", "cp850"):
        for right in ("utf-8", "gb18030"):
            try:
                yield name.encode(wrong).decode(right)
            except UnicodeError:
                continue


def _first(matches: Iterable[FileMatch]) -> FileMatch:
    return next((match for match in matches if match is not MISSING), MISSING)


def _ends(name: str) -> set[str]:
    """The ends of a name from folder to folder, with its ending and without."""
    parts = name.split("/")
    called = {"/".join(parts[start:]) for start in range(len(parts))}
    return (called | {end.rpartition(".")[0] for end in called}) - {""}


def _stem(name: str) -> str:
    """A name without the ending of a picture; "" where it has none."""
    stem, dot, ending = name.rpartition(".")
    return stem if PICTURE.fullmatch(dot + ending) else ""


def _loose(name: str) -> str:
    """Label Studio writes _ for a space and for other marks."""
    return re.sub(r"[^\w./-]+", "_", name.casefold())


def _path_of(cell: str) -> str:
    """The path in an address; "" for what is none."""
    text = cell.strip()
    if not URL.match(text) and "?" not in text:
        return ""
    try:
        parts = urlsplit(text)
        # Label Studio's own address of a file on its computer: /data/local-files/?d=folder/name.jpg
        return parse_qs(parts.query).get("d", [parts.path])[0]
    except ValueError:
        return ""


def _paths(cell: str) -> Iterator[str]:
    """The ends of a path or an address, the longest first; nothing for what is neither."""
    path = _path_of(cell)
    for name in dict.fromkeys(
        (normalize_name(path or cell), normalize_name(unquote(path or cell)))
    ):
        names = name.split("/")
        if path or len(names) > 1:
            starts = range(max(0, len(names) - MAX_PARTS), len(names))
            yield from ("/".join(names[start:]) for start in starts)


def _numbers(files: Sequence[tuple[Member, str]]) -> Iterator[tuple[str, Member]]:
    """Pictures by the number that is their name, or that stands behind what all their names begin with."""
    stems = [(member, _stem(name).rpartition("/")[2]) for member, name in files]
    numbered = [(member, NUMBERED_NAME.fullmatch(stem)) for member, stem in stems if stem]
    beginnings = {match[1] if match else "" for _, match in numbered}
    beginning = beginnings.pop() if len(beginnings) == 1 else ""
    for member, match in numbered:
        if match and match[1] == beginning:
            yield str(int(match[2])), member
