"""Vocabulary trimming: tokens that texts like these never need are taken out of tokenizer and word table.

Of a text whose tokens all stay, the token sequence stays the same: the longest match (WordPiece) and the
likeliest path (Unigram) are still there, and so are the merges (BPE) that lead to each token. Other texts are
spelled in smaller pieces. The idea for multilingual models: Abdaoui, Pradel and Sigel 2020, "Load What You
Need: Smaller Versions of Multilingual BERT".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from core.errors import UserError
from core.models.tokenizer import load_tokenizer

PLACEHOLDER = "[unused"  # tokens that a vocabulary keeps free for others
SPELLING = ("##", "▁")  # what marks a piece inside a word, or at its beginning


def smaller(
    tokenizer: Any, used: Iterable[int], margin: int, folder: Path
) -> tuple[Any, np.ndarray]:
    """A tokenizer that knows the tokens `used`, the `margin` most frequent others and all that is needed to
    spell any word, and the old ids of its tokens by the new ones: [tokens]. `folder` is written to.

    Raises UserError for a tokenizer that is not of the library `tokenizers`.
    """
    if getattr(tokenizer, "backend_tokenizer", None) is None:
        raise UserError("vocab_trim_tokenizer")
    tokenizer.save_pretrained(folder)
    for (
        other
    ) in folder.iterdir():  # another form of the whole vocabulary, which might be read instead
        if not other.name.endswith(".json") or other.name in ("vocab.json", "added_tokens.json"):
            other.unlink()
    file = folder / "tokenizer.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    model = content["model"]
    if model["type"] not in _KINDS:
        raise UserError("vocab_trim_tokenizer")
    tokens, frequent, rebuild = _KINDS[model["type"]](model)
    special = {token["id"] for token in content["added_tokens"]}
    keep = {int(token) for token in used} | special | set(_named(content.get("post_processor")))
    keep |= {k for k, token in tokens.items() if len(_bare(token)) <= 1 or token in _unknown(model)}
    others = [k for k in frequent if k not in keep and not tokens[k].startswith(PLACEHOLDER)]
    keep = _closed(keep | set(others[:margin]), tokens, model)
    kept_ids = sorted(keep)
    new = {old: number for number, old in enumerate(kept_ids)}
    rebuild(new)
    for token in content["added_tokens"]:
        token["id"] = new[token["id"]]
    _renumber(content.get("post_processor"), new)
    if content.get("padding"):
        content["padding"]["pad_id"] = new[content["padding"]["pad_id"]]
    file.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    _settings(folder / "tokenizer_config.json", new)
    return load_tokenizer(folder), np.array(kept_ids)


def trim_table(model: Any, kept: np.ndarray) -> None:
    """Leave only the rows `kept` of a model's word table, and renumber the tokens that its configuration
    names."""
    table = model.get_input_embeddings()
    new = {int(old): number for number, old in enumerate(kept)}
    padding = table.padding_idx
    rows = nn.Embedding(len(kept), table.embedding_dim, None if padding is None else new[padding])
    with torch.no_grad():
        rows.weight.copy_(table.weight[torch.as_tensor(kept).to(table.weight.device)])
    model.set_input_embeddings(rows.to(table.weight.device))
    for part in model.modules():  # RoBERTa counts positions from the padding's id on
        if isinstance(getattr(part, "padding_idx", None), int) and not isinstance(
            part, nn.Embedding
        ):
            part.padding_idx = new[part.padding_idx]
    for name, value in list(vars(model.config).items()):
        if name.endswith("token_id") and isinstance(value, int):
            setattr(model.config, name, new.get(value))
    model.config.vocab_size = len(kept)


def _bare(token: str) -> str:
    for mark in SPELLING:
        token = token.removeprefix(mark)
    return token


def _unknown(model: dict[str, Any]) -> tuple[str, ...]:
    return (model["unk_token"],) if model.get("unk_token") else ()


def _word_piece(model: dict[str, Any]) -> tuple[dict[int, str], list[int], Any]:
    """Its tokens by id, the ids with the most frequent first, and what puts new ids in."""
    tokens = {number: token for token, number in model["vocab"].items()}

    def rebuild(new: dict[int, int]) -> None:
        model["vocab"] = {tokens[old]: number for old, number in new.items() if old in tokens}

    return tokens, sorted(tokens), rebuild


def _byte_pairs(model: dict[str, Any]) -> tuple[dict[int, str], list[int], Any]:
    tokens, frequent, rebuild_vocabulary = _word_piece(model)

    def rebuild(new: dict[int, int]) -> None:
        rebuild_vocabulary(new)
        there = model["vocab"]
        model["merges"] = [
            pair
            for pair in model["merges"]
            if all(part in there for part in (*_pair(pair), "".join(_pair(pair))))
        ]

    return tokens, frequent, rebuild


def _unigram(model: dict[str, Any]) -> tuple[dict[int, str], list[int], Any]:
    pieces = model["vocab"]
    tokens = {number: token for number, (token, _) in enumerate(pieces)}
    frequent = sorted(tokens, key=lambda number: -pieces[number][1])

    def rebuild(new: dict[int, int]) -> None:
        model["vocab"] = [pieces[old] for old in new if old in tokens]
        model["unk_id"] = None if model["unk_id"] is None else new[model["unk_id"]]

    return tokens, frequent, rebuild


_KINDS = {"WordPiece": _word_piece, "BPE": _byte_pairs, "Unigram": _unigram}


def _pair(merge: Any) -> list[str]:
    return list(merge) if isinstance(merge, list) else merge.split(" ")


def _closed(keep: set[int], tokens: dict[int, str], model: dict[str, Any]) -> set[int]:
    """With every token that a token is merged of, down to single characters."""
    if model["type"] == "Unigram":
        return keep | ({model["unk_id"]} - {None})
    if model["type"] != "BPE":
        return keep
    numbers = {token: number for number, token in tokens.items()}
    # Longer tokens are made later: from the last merge to the first, each one's parts are seen after it.
    for merge in reversed(model["merges"]):
        parts = _pair(merge)
        if numbers.get("".join(parts)) in keep:
            keep |= {numbers[part] for part in parts if part in numbers}
    return keep


def _named(part: Any) -> Iterator[int]:
    """Ids that a template puts around or before a text, whatever is in it."""
    if isinstance(part, list):
        for inner in part:
            yield from _named(inner)
    elif isinstance(part, dict):
        yield from part.get("ids") or ()
        yield from _named(list(part.values()))


def _renumber(part: Any, new: dict[int, int]) -> None:
    """Ids of special tokens in what puts them around a text."""
    if isinstance(part, list):
        for inner in part:
            _renumber(inner, new)
    elif isinstance(part, dict):
        for name, value in part.items():
            if name == "ids":
                part[name] = [new[number] for number in value]
            elif name in ("sep", "cls") and isinstance(value, list):
                part[name] = [value[0], new[value[1]]]
            else:
                _renumber(value, new)


def _settings(file: Path, new: dict[int, int]) -> None:
    """The tokens that the settings list by their ids."""
    settings = json.loads(file.read_text(encoding="utf-8"))
    listed = settings.get("added_tokens_decoder")
    if listed:
        settings["added_tokens_decoder"] = {
            str(new[int(old)]): token for old, token in listed.items() if int(old) in new
        }
    file.write_text(json.dumps(settings, ensure_ascii=False, indent=2), encoding="utf-8")
