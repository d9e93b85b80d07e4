"""Pictures: bytes of any sender -> small RGB pictures of our own, kept in one file that is mapped into
memory.

A picture is decoded once, when it comes in, after its size was checked; whatever reads it later reads the
JPEG that was made of it here.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import shutil
import warnings
import weakref
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import pyarrow as pa
from PIL import Image, UnidentifiedImageError

from core.data.pictures.preprocess import upright
from core.io.temporary import private
from core.words import Message, message

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
MAX_BYTES = 50 * 1024 * 1024  # of one picture as it comes
MAX_PIXELS = 50_000_000
MIN_SIDE = 8  # pixels of a side: what is smaller shows nothing
QUALITY = 92  # of the JPEG
PICTURES_FILE = "pictures.arrow"  # beside the table that names them
BATCH_PICTURES = 64  # pictures that are in memory while they are written
SCHEMA = pa.schema([("sha256", pa.string()), ("jpeg", pa.binary())])


class Unreadable(Exception):
    """What is no picture, or none that can be used; `reason` says why."""

    def __init__(self, reason: Message) -> None:
        super().__init__(reason.key)
        self.reason = reason


@dataclass(frozen=True)
class Thumbnail:
    """A small picture for a page: the address is the JPEG itself, the size what it is to be shown at."""

    address: str
    width: int
    height: int


@dataclass(frozen=True)
class StoredPicture:
    """A picture as it is kept. `sha256` is that of its pixels: the same picture under another name, or with
    other data about it, has the same."""

    sha256: str
    jpeg: bytes

    def image(self) -> Image.Image:
        """Raises OSError for what is none of ours."""
        try:
            image = Image.open(io.BytesIO(self.jpeg), formats=("JPEG",))
            _check_size(*image.size)
        except (Unreadable, Image.DecompressionBombError) as error:
            raise OSError("no picture of ours") from error
        return image.convert("RGB")

    def thumbnail(self, side: int) -> Thumbnail:
        """Its longer side is `side` pixels when it is shown."""
        small = self.image()
        small.thumbnail((2 * side, 2 * side))  # screens have several dots to a pixel
        out = io.BytesIO()
        small.save(out, "JPEG", quality=80)
        width, height = (max(1, round(length * side / max(small.size))) for length in small.size)
        data = base64.b64encode(out.getvalue()).decode()
        return Thumbnail(f"data:image/jpeg;base64,{data}", width, height)


def read_picture(data: bytes) -> StoredPicture:
    """The first frame, upright, on white where it is transparent, its longer side at most SIDE pixels.

    The size is checked before anything is decoded. Raises Unreadable.
    """
    if len(data) > MAX_BYTES:
        size, limit = len(data) / 2**20, MAX_BYTES // 2**20
        raise Unreadable(message("data.picture.bytes", size=size, limit=limit))
    if not data:
        raise Unreadable(message("data.picture.empty"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd data about the picture, and of its size
            image = Image.open(io.BytesIO(data), formats=FORMATS)
            width, height = image.size
            _check_size(width, height)
            small = upright(image)
            if min(small.size) < MIN_SIDE:
                about = {"width": width, "height": height, "side": max(small.size)}
                raise Unreadable(message("data.picture.narrow", **about))
    except Unreadable:
        raise
    except UnidentifiedImageError:
        raise Unreadable(message("data.picture.unknown")) from None
    except Image.DecompressionBombError:
        raise Unreadable(message("data.picture.bomb", limit=MAX_PIXELS // 10**6)) from None
    except Exception:  # noqa: BLE001 - decoders raise what they like for damaged files
        raise Unreadable(message("data.picture.damaged")) from None
    out = io.BytesIO()
    small.save(out, "JPEG", quality=QUALITY, subsampling=0)
    digest = hashlib.sha256(f"{small.width} {small.height} ".encode())
    digest.update(small.tobytes())
    return StoredPicture(digest.hexdigest(), out.getvalue())


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        limit = MAX_PIXELS // 10**6
        raise Unreadable(message("data.picture.pixels", width=width, height=height, limit=limit))
    if min(width, height) < MIN_SIDE:
        raise Unreadable(message("data.picture.small", width=width, height=height, least=MIN_SIDE))


class Pictures:
    """The pictures of a table, by their sha256, in a file that is not read before they are asked for."""

    def __init__(self, path: Path) -> None:
        """Raises OSError for a file that is not there, ValueError for one that is none of ours."""
        self.path = path
        self._columns: tuple[pa.ChunkedArray, pa.ChunkedArray] | None = None
        self._places: dict[str, int] = {}

    def _opened(self) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
        if self._columns is None:
            table = pa.ipc.open_file(pa.memory_map(str(self.path))).read_all()
            keys = table.column("sha256")
            self._places = {key: place for place, key in enumerate(keys.to_pylist())}
            self._columns = keys, table.column("jpeg")
        return self._columns

    def __len__(self) -> int:
        return len(self._opened()[0])

    def __contains__(self, sha256: str) -> bool:
        self._opened()
        return sha256 in self._places

    def jpeg(self, sha256: str) -> bytes:
        """Raises KeyError for one that is not there."""
        _, jpegs = self._opened()
        return bytes(jpegs[self._places[sha256]].as_py())

    def kept(self, sha256: str) -> StoredPicture:
        """Raises KeyError for one that is not there."""
        return StoredPicture(sha256, self.jpeg(sha256))

    def image(self, sha256: str) -> Image.Image:
        """RGB. Raises KeyError for one that is not there."""
        return self.kept(sha256).image()

    def thumbnail(self, sha256: str, side: int) -> Thumbnail:
        """Raises KeyError for one that is not there."""
        return self.kept(sha256).thumbnail(side)

    def __iter__(self) -> Iterator[str]:
        self._opened()
        return iter(self._places)

    def save(self, path: Path) -> None:
        """Put them at another place as well: the same file where the disk allows it, else a copy."""
        if path.exists() and os.path.samefile(path, self.path):
            return
        try:
            os.link(self.path, path)
        except OSError:
            shutil.copyfile(self.path, path)


class PictureWriter:
    """Takes pictures one by one into a new file; each is kept once. To be used in a `with`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._sink = pa.OSFile(str(path), "wb")
        self._file = pa.ipc.new_file(self._sink, SCHEMA)
        self._seen: set[str] = set()
        self._waiting: list[StoredPicture] = []

    def add(self, picture: StoredPicture) -> None:
        if picture.sha256 in self._seen:
            return
        self._seen.add(picture.sha256)
        self._waiting.append(picture)
        if len(self._waiting) == BATCH_PICTURES:
            self._store()

    def _store(self) -> None:
        columns = [
            [picture.sha256 for picture in self._waiting],
            [picture.jpeg for picture in self._waiting],
        ]
        self._file.write_batch(pa.record_batch(columns, schema=SCHEMA))
        self._waiting.clear()

    def __enter__(self) -> PictureWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._waiting and error is None:
            self._store()
        self._file.close()
        self._sink.close()


class TemporaryPictures(Pictures):
    """Pictures that nobody has kept yet: their folder goes with them."""

    def __init__(self) -> None:
        folder = private("pictures-")
        super().__init__(Path(folder) / PICTURES_FILE)
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)


def merge_pictures(pictures: Pictures, further: Iterable[StoredPicture]) -> TemporaryPictures:
    """The pictures of a file and further ones in a new file."""
    merged = TemporaryPictures()
    with PictureWriter(merged.path) as writer:
        for sha256 in pictures:
            writer.add(pictures.kept(sha256))
        for picture in further:
            writer.add(picture)
    return merged


class PicturesInMemory(Pictures):
    """Pictures that are only asked about: each is called by its place among them, and none is kept."""

    def __init__(self, images: Sequence[Image.Image]) -> None:
        super().__init__(Path())
        self._images = images

    def image(self, sha256: str) -> Image.Image:
        return self._images[int(sha256)]
