"""Hostile archives, and hostile pictures in them."""

from __future__ import annotations

import io
import random
import stat
import struct
import zipfile
import zlib

from PIL import Image

from tests.hostile.damage import DAMAGE
from tests.hostile.proper import Maker, as_pictures, packed, picture, pictures
from tests.hostile.texts import LINE


def png_of(width: int, height: int, content: bytes = b"") -> bytes:
    """A PNG that says it is of this size, of one bit a pixel."""

    def chunk(kind: bytes, inner: bytes) -> bytes:
        return (
            struct.pack(">I", len(inner))
            + kind
            + inner
            + struct.pack(">I", zlib.crc32(kind + inner))
        )

    head = struct.pack(">2I5B", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", content or zlib.compress(b"\0" * 99))
        + chunk(b"IEND", b"")
    )  # fmt: skip


def with_names(*names: str) -> Maker:
    return lambda rng: packed([*pictures(rng).items(), *((name, picture(rng)) for name in names)])


def link(rng: random.Random) -> bytes:
    out = io.BytesIO(as_pictures(rng))
    with zipfile.ZipFile(out, "a") as archive:
        info = zipfile.ZipInfo("cat/link.png")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    return out.getvalue()


def patched(field: int, size: int, value: int, central: bool = True) -> Maker:
    """An archive of pictures whose headers say something else in one field."""

    def make(rng: random.Random) -> bytes:
        data = bytearray(as_pictures(rng))
        magic, at = (b"PK\x01\x02" if central else b"PK\x03\x04"), 0
        while (at := data.find(magic, at)) >= 0:
            data[at + field : at + field + size] = value.to_bytes(size, "little")
            at += 4
        return bytes(data)

    return make


def counted(count: int) -> Maker:
    """The end record says another number of files."""

    def make(rng: random.Random) -> bytes:
        data = bytearray(as_pictures(rng))
        at = data.rindex(b"PK\x05\x06")
        data[at + 8 : at + 12] = struct.pack("<2H", count, count)
        return bytes(data)

    return make


def overlapping(rng: random.Random) -> bytes:
    """Many names for the same compressed bytes (the bomb of D. Fifield)."""
    kernel = packed({"a/0.png": bytes(5 * 2**20)})
    at = kernel.index(b"PK\x01\x02")
    entry, end = (
        kernel[at : kernel.rindex(b"PK\x05\x06")],
        bytearray(kernel[kernel.rindex(b"PK\x05\x06") :]),
    )
    count = 2_000
    entries = b"".join(
        entry.replace(b"a/0.png", b"%c/%04d" % (97 + n % 2, n) + b"."[:0]) for n in range(count)
    )
    end[8:12] = struct.pack("<2H", count, count)
    end[12:20] = struct.pack("<2I", len(entries), at)
    return kernel[:at] + entries + bytes(end)


def frames(rng: random.Random) -> bytes:
    out = io.BytesIO()
    images = [Image.new("L", (500, 500), n % 256) for n in range(200)]
    images[0].save(out, "GIF", save_all=True, append_images=images[1:])
    return out.getvalue()


ARCHIVES: dict[str, Maker] = {
    "slips.zip": with_names("../../x.png", "/etc/x.png", "C:\\x.png", "cat/../../../x.png", "\\\\h\\x.png"),
    "odd-names.zip": with_names("cat/\x1b[31m.png", "cat/" + "x" * 5_000, "a\u202egnp.exe", "CON.png", " "),
    "no-name.zip": with_names("/", "cat//", ".", ".."),
    "same-names.zip": lambda rng: packed([*pictures(rng).items(), *pictures(rng).items()]),
    "deep-folders.zip": with_names("/".join("ab" * 2_000) + "/x.png"),
    "many-files.zip": lambda rng: packed({f"{'ab'[n % 2]}/{n}.png": b"" for n in range(20_000)}),
    "too-many-files.zip": lambda rng: packed({f"{n:x}": b"" for n in range(60_000)}),
    "link.zip": link,
    "locked.zip": patched(8, 2, 1),
    "other-packing.zip": patched(10, 2, 97),
    "crc.zip": patched(16, 4, 7),
    "small-size.zip": patched(24, 4, 10),
    "large-size.zip": patched(24, 4, 2**31),
    "packed-size.zip": patched(20, 4, 2**31),
    "offset.zip": patched(42, 4, 2**30),
    "local.zip": patched(26, 2, 60_000, central=False),
    "count-less.zip": counted(3),
    "count-more.zip": counted(500),
    "zeros.zip": lambda rng: packed({f"{'ab'[n % 2]}/{n}.png": bytes(40 * 2**20) for n in range(4)}),
    "zeros.csv.zip": lambda rng: packed({"data.csv": bytes(250 * 2**20)}),
    "long-table.zip": lambda rng: packed({"data.csv": LINE.encode() + b"a,b\n" * 10**6}),
    "long-texts.zip": lambda rng: packed({f"{'ab'[n % 2]}/{n}.txt": b"a " * 10**6 for n in range(40)}),
    "overlapping.zip": overlapping,
    "nested.zip": lambda rng: packed({"a/x.zip": as_pictures(rng), "b/y.zip": as_pictures(rng)}),
    "large-picture.zip": lambda rng: packed(
        {**pictures(rng), "cat/large.png": png_of(60_000, 60_000), "dog/wide.png": png_of(2**31 - 1, 1)}
    ),
    "large-empty-picture.zip": lambda rng: packed(
        {**pictures(rng), "cat/large.png": png_of(7_000, 7_000, zlib.compress(bytes(7_000 * 876)))}
    ),
    "frames.zip": lambda rng: packed({**pictures(rng), "cat/many.gif": frames(rng)}),
    "damaged-pictures.zip": lambda rng: packed(
        {name: rng.choice(DAMAGE)(data, rng) for name, data in pictures(rng).items()}
    ),
    "polyglot.zip": lambda rng: picture(rng, "JPEG") + as_pictures(rng),
    "text-names.zip": lambda rng: packed({"=1+1/a.txt": b"good", "<script>/b.txt": b"bad", "c.txt": b"x"}),
    "comment.zip": lambda rng: counted(12)(rng)[:-2] + b"\xff\xff" + b"PK\x05\x06" * 16_000,
}  # fmt: skip
