"""Pictures and archives of them, made for tests."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Mapping

from PIL import Image, ImageDraw

COLOURS = {"red": (200, 30, 30), "blue": (30, 30, 200), "green": (30, 160, 40)}


def picture(
    colour: str = "red", number: int = 0, size: tuple[int, int] = (48, 40), form: str = "PNG"
) -> bytes:
    """A blot of the colour on a light ground; another number makes another picture."""
    draw = random.Random(f"{colour} {number}")
    ground = draw.randint(225, 255)
    image = Image.new("RGB", size, (ground, ground, draw.randint(225, 255)))
    left, top = draw.randint(0, size[0] // 3), draw.randint(0, size[1] // 3)
    shade = tuple(min(255, max(0, part + draw.randint(-25, 25))) for part in COLOURS[colour])
    ImageDraw.Draw(image).ellipse((left, top, left + size[0] // 2, top + size[1] // 2), fill=shade)
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()


def packed(files: Mapping[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", kind) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def of_the_future(archive: bytes) -> bytes:
    """The same, but its list of names asks for a version of the format that nobody knows yet."""
    data = bytearray(archive)
    data[data.find(b"PK\x01\x02") + 6] = 99
    return bytes(data)


def coloured(each: int = 12, colours: tuple[str, ...] = ("red", "blue")) -> bytes:
    """An archive with a folder a colour, which a model can learn in seconds."""
    return packed(
        {
            f"{name}/{number}.png": picture(name, number)
            for name in colours
            for number in range(each)
        }
    )
