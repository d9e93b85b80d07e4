from __future__ import annotations

import io
import random
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.data.pictures import store as pictures
from core.data.pictures.store import (
    Pictures,
    PictureWriter,
    TemporaryPictures,
    Unreadable,
    read_picture,
)
from tests.core.data.drawn import picture


def saved(image: Image.Image, form: str, **settings: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **settings)
    return out.getvalue()


@pytest.mark.parametrize("form", pictures.FORMATS)
def test_every_format_becomes_a_small_rgb_picture(form: str) -> None:
    image = read_picture(picture(size=(900, 300), form=form)).image()
    assert (image.mode, image.size) == ("RGB", (384, 128))


def test_what_is_clear_becomes_white_and_what_lies_on_its_side_is_turned() -> None:
    clear = read_picture(saved(Image.new("RGBA", (20, 20), (255, 0, 0, 0)), "PNG")).image()
    assert min(np.asarray(clear)[10, 10]) > 250
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = read_picture(saved(Image.new("RGB", (40, 20)), "JPEG", exif=exif)).image()
    assert turned.size == (20, 40)


def test_sixteen_bits_are_scaled() -> None:
    grey = Image.new("I;16", (16, 16), 0x8000)
    assert 120 <= np.asarray(read_picture(saved(grey, "PNG")).image())[8, 8, 0] <= 136


def test_only_the_first_frame_is_read() -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    moving = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert np.asarray(read_picture(moving).image())[10, 10, 0] > 200


def test_the_same_pixels_are_the_same_picture() -> None:
    image = Image.open(io.BytesIO(picture()))
    one, two = (read_picture(saved(image, form)) for form in ("PNG", "BMP"))
    assert one.sha256 == two.sha256 != read_picture(picture(number=1)).sha256


def png_of_size(width: int, height: int) -> bytes:
    """A PNG that says how large it is, and has no pixels."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"", "empty"),
        (b"no picture at all", "unknown"),
        (saved(Image.new("RGB", (20, 20)), "TIFF"), "unknown"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 20 20\n", "unknown"),
        (picture()[:200], "damaged"),
        (png_of_size(20, 20), "damaged"),
        (png_of_size(60_000, 1_000), "pixels"),
        (png_of_size(100_000, 100_000), "bomb"),
        (saved(Image.new("RGB", (4, 40)), "PNG"), "small"),
        (saved(Image.new("RGB", (8, 9_000)), "PNG"), "narrow"),
    ],
)
def test_what_cannot_be_used_says_why(data: bytes, key: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_picture(data)
    assert caught.value.reason.key == f"data.picture.{key}"
    assert str(caught.value.reason)


def test_one_that_is_too_large_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_BYTES", 100)
    with pytest.raises(Unreadable, match="bytes"):
        read_picture(picture())


@pytest.mark.parametrize("form", pictures.FORMATS)
def test_whatever_is_damaged_is_read_or_refused(form: str) -> None:
    """Random bytes are changed; nothing but a picture or Unreadable comes of it."""
    draw, whole = random.Random(form), picture(form=form)
    for _ in range(40):
        broken = bytearray(whole)
        for _ in range(draw.randint(1, 8)):
            broken[draw.randrange(len(broken))] = draw.randrange(256)
        try:
            assert read_picture(bytes(broken)).image().mode == "RGB"
        except Unreadable:
            continue


def test_they_are_kept_once_and_found_again(tmp_path: Path) -> None:
    kept = [read_picture(picture("blue", number)) for number in (0, 1, 0)]
    store = TemporaryPictures()
    with PictureWriter(store.path) as writer:
        for each in kept:
            writer.add(each)
    assert list(store) == [kept[0].sha256, kept[1].sha256]
    assert store.jpeg(kept[1].sha256) == kept[1].jpeg
    assert store.image(kept[0].sha256).size == (48, 40)
    assert "0" * 64 not in store
    with pytest.raises(KeyError):
        store.image("0" * 64)
    store.save(tmp_path / "a.arrow")
    store.save(tmp_path / "a.arrow")
    folder = store.path.parent
    del store
    assert not folder.exists()
    assert len(Pictures(tmp_path / "a.arrow")) == 2
