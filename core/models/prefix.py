"""Prompt prefix: words that a model wants in front of every text, put there by its tokenizer.

An encoder like E5 was trained with "query: " before each text and scores worse without. The words are part of
the tokenizer's template, beside its special tokens: whoever reads the folder, this program, `pipeline`,
predict.py or ONNX Runtime, gives them to the model without knowing of them, no text is cut too late for
them, and since they belong to no text, no explanation takes them for words of one.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from core.errors import UserError
from core.models.bundled.made import made

TOKENIZER, SETTINGS = "tokenizer.json", "tokenizer_config.json"


def put(content: dict[str, Any], prefix: str) -> None:
    """Let the tokenizer whose tokenizer.json this is put `prefix` before every text, and before both of a
    pair. Raises UserError where it builds its inputs without a template."""
    from tokenizers import Tokenizer

    template = content.get("post_processor") or {}
    if template.get("type") != "TemplateProcessing":
        raise UserError("model_no_template")
    tokenizer = Tokenizer.from_str(json.dumps(content))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    encoded = tokenizer.encode(prefix, add_special_tokens=False)
    for form in ("single", "pair"):
        template[form] = list(_with(template[form], prefix))
    template["special_tokens"][prefix] = {
        "id": prefix,
        "ids": encoded.ids,
        "tokens": encoded.tokens,
    }


def of(tokenizer: Any) -> str:
    """The words that a tokenizer of transformers puts before every text; "" where there are none."""
    return _found(tokenizer)[0]


def not_of_the_text(tokenizer: Any, ids: Sequence[int]) -> list[int]:
    """1 for each token of an input that is a special one or put before a text, 0 for those of the text."""
    special, words = set(tokenizer.all_special_ids), _found(tokenizer)[1]
    mask = [int(number in special) for number in ids]
    for place, number in enumerate(ids, 1):
        if number in special and list(ids[place : place + len(words)]) == words:
            mask[place : place + len(words)] = [1] * len(words)
    return mask


def _found(tokenizer: Any) -> tuple[str, list[int]]:
    """The words that `put` has put into a tokenizer's template, and their tokens."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None or backend.post_processor is None:
        return "", []
    # `to_str` of the whole tokenizer would write its vocabulary, too.
    template = json.loads(backend.post_processor.__getstate__())
    for part in template.get("single") or ():
        name = part.get("SpecialToken", {}).get("id")
        if name and backend.token_to_id(name) is None:  # no token is called so
            return str(name), list(template["special_tokens"][name]["ids"])
    return "", []


def prefixed(source: Path, name: str, prefix: str) -> Path:
    """A folder like `source`, with a tokenizer that puts `prefix` before every text.

    It is kept in the cache by `name`; the weights stay where they are. Raises UserError.
    """

    def build(folder: Path) -> None:
        content = json.loads((source / TOKENIZER).read_text(encoding="utf-8"))
        put(content, prefix)
        settings = json.loads((source / SETTINGS).read_text(encoding="utf-8"))
        # The classes of single models write their own template over the one in the file.
        settings["tokenizer_class"] = "PreTrainedTokenizerFast"
        settings.pop("auto_map", None)
        for file, written in ((TOKENIZER, content), (SETTINGS, settings)):
            (folder / file).write_text(json.dumps(written, ensure_ascii=False), encoding="utf-8")
        for weights in _weights(source):
            _refer(folder / weights.name, weights.resolve())

    return made(name, build, lambda folder: _whole(folder, source))


def _whole(folder: Path, source: Path) -> bool:
    """Where the weights were deleted or moved since, what refers to them is broken."""
    wanted = [TOKENIZER, SETTINGS, *(file.name for file in _weights(source))]
    return all((folder / name).is_file() for name in wanted)


def _weights(source: Path) -> list[Path]:
    return [source / "config.json", *sorted(source.glob("model*.safetensors*"))]


def _refer(place: Path, file: Path) -> None:
    try:
        place.symlink_to(file)
    except OSError:  # Windows allows it only to some
        shutil.copyfile(file, place)


def _with(parts: list[dict[str, Any]], prefix: str) -> Iterator[dict[str, Any]]:
    for part in parts:
        if "Sequence" in part:
            kind = part["Sequence"]["type_id"]
            yield {"SpecialToken": {"id": prefix, "type_id": kind}}
        yield part
