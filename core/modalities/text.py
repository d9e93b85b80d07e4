"""Text: rows of the table -> token ids."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from core.data.checkup.cells import check_label_cells, check_text_cells, check_yes_no_columns
from core.data.checkup.columns import check_columns
from core.data.checkup.file import check_file
from core.data.checkup.gaps import check_gaps
from core.data.checkup.labels import check_labels
from core.data.checkup.texts import check_texts
from core.modalities.base import Input, Modality
from core.models.advice import advise_texts
from core.models.catalog import TEXT_MODELS
from core.models.tokenizer import as_input, load_tokenizer

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

Text = Input  # the second one of a pair, where the data has pairs
# 0, or 1 in the second text of a pair; first character; the one after the last.
Place = tuple[int, int, int]
NO_LIMIT = 10**9  # tokens
CHUNK_ROWS = 2000  # rows tokenised at a time: bounds the memory that encodings take


def joined_text(text: Text) -> str:
    """One string for what reads no pairs: word counts, duplicates, tables."""
    return text[0] if text[1] is None else f"{text[0]}\n{text[1]}"


def usable_length(
    tokenizer: PreTrainedTokenizerBase, config: Any, wanted: int | None = None
) -> int:
    """The longest input in tokens, special tokens included: what is wanted or the model's limit."""
    limits = [wanted or NO_LIMIT, int(min(tokenizer.model_max_length, NO_LIMIT))]
    positions = getattr(config, "max_position_embeddings", None)
    if positions:
        # RoBERTa counts positions from padding_idx + 1, so two of the table's rows are never used.
        offset = 2 if config.model_type in ("roberta", "xlm-roberta", "camembert") else 0
        limits.append(positions - offset)
    return min(limits)


def tokens_of(
    tokenizer: PreTrainedTokenizerBase, text: Text, max_length: int
) -> list[Place] | None:
    """Places of the tokens before the cut, in a text or a pair; None where the tokenizer does not say."""
    if not tokenizer.is_fast:
        return None
    first, second = text[0], text[1] or None
    encoded = tokenizer(
        first, second, truncation=True, max_length=max_length, return_offsets_mapping=True
    )
    places = zip(encoded.sequence_ids(0), encoded["offset_mapping"], strict=True)
    return [(cell, start, end) for cell, (start, end) in places if cell is not None]


def read_lengths(text: Text, tokens: Sequence[Place] | None) -> tuple[int, int]:
    """How many characters of a text, and of the second one of a pair, are read; all of them where nobody says
    which tokens there are."""
    if tokens is None:
        return len(text[0]), len(text[1] or "")
    first, second = (max((end for cell, _, end in tokens if cell == k), default=0) for k in (0, 1))
    return first, second


def used_tokens(rows: Dataset) -> np.ndarray:
    """The token ids that occur in encoded rows, sorted: [different tokens]."""
    import pyarrow.compute as pc

    return np.sort(pc.unique(pc.list_flatten(rows.data.column("input_ids"))).to_numpy())


def _tokens(
    tokenizer: PreTrainedTokenizerBase, texts: Sequence[Text], max_length: int
) -> tuple[dict[str, list[Any]], int]:
    """The columns of some texts with the `length` of each, and how many were cut."""
    inputs = as_input(texts)
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        # Tokenizers without a fast backend do not say what they cut: a row that is full may have been.
        encoded = tokenizer(inputs, truncation=True, max_length=max_length)
        columns = {
            name: encoded[name] for name in ("input_ids", "token_type_ids") if name in encoded
        }
        cut = sum(len(row) >= max_length for row in encoded["input_ids"])
    else:
        # Straight to the backend, without the offsets that nobody asks for: twice as fast.
        backend.no_padding()
        backend.enable_truncation(max_length, direction=tokenizer.truncation_side)
        encodings = backend.encode_batch_fast(inputs)
        columns = {"input_ids": [encoding.ids for encoding in encodings]}
        if "token_type_ids" in tokenizer.model_input_names:
            columns["token_type_ids"] = [encoding.type_ids for encoding in encodings]
        cut = sum(bool(encoding.overflowing) for encoding in encodings)
    return {**columns, "length": [len(ids) for ids in columns["input_ids"]]}, cut


def with_max_length(tokenizer: PreTrainedTokenizerBase, length: int) -> PreTrainedTokenizerBase:
    """A copy that knows the longest input; the original may still be in use.

    `truncation=True` cuts at `model_max_length`; tokenizer.json is read by other programs as well.
    """
    tokenizer = copy.deepcopy(tokenizer)
    tokenizer.model_max_length = length
    if "max_length" in tokenizer.init_kwargs:
        tokenizer.init_kwargs["max_length"] = length
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is not None:
        backend.no_padding()
        backend.enable_truncation(length, direction=tokenizer.truncation_side)
    return tokenizer


class TextModality(Modality):
    """Texts and pairs of texts; `processor` is a tokenizer."""

    key = "text"
    classifier = "AutoModelForSequenceClassification"
    pipeline = "text-classification"
    plain = "tfidf"
    script = "model"
    words = True
    one_length = False
    encoder = "AutoModel"
    needs = ()
    models = TEXT_MODELS
    checks = (
        *(check_file, check_gaps, check_columns, check_label_cells, check_text_cells),
        *(check_yes_no_columns, check_labels, check_texts),
    )
    advise = staticmethod(advise_texts)
    mistakes = 100
    axes: ClassVar[Mapping[int, str]] = {0: "texts", 1: "tokens"}

    @classmethod
    def given(cls, typed: Sequence[str]) -> tuple[Modality, tuple[str, ...]]:
        return cls(), tuple(typed)

    def kept(self, row: Text) -> None:
        return None

    def new_cells(self, cells: Sequence[str]) -> tuple[str, ...]:
        return tuple(cells)

    def shown(self, row: Text) -> str:
        return joined_text(row)

    def identity(self, row: Text) -> str:
        return joined_text(row)

    def size(self, row: Text) -> int:
        """In characters."""
        return len(joined_text(row))

    def plain_input(self, inputs: Sequence[Text]) -> Sequence[str]:
        return [joined_text(cell) for cell in inputs]

    def processor(self, folder: Path) -> PreTrainedTokenizerBase:
        return load_tokenizer(folder)

    def usable_length(self, processor: Any, config: Any, wanted: int | None = None) -> int:
        return usable_length(processor, config, wanted)

    def lengths(self, processor: Any, inputs: Sequence[Text]) -> np.ndarray:
        """Tokens of each text, uncut; of at most CHUNK_ROWS texts, evenly spread: [texts]."""
        some = inputs[:: max(1, len(inputs) // CHUNK_ROWS)][:CHUNK_ROWS]
        return np.array(self.columns(processor, some, NO_LIMIT)["length"])

    def encode(
        self,
        processor: Any,
        inputs: Sequence[Text],
        labels: np.ndarray,
        max_length: int,
        file: Path,
        between: Callable[[], None] = lambda: None,
    ) -> tuple[Dataset, float]:
        """Tokenise into a Dataset that lies in `file` and is mapped into memory from there.

        Its columns are what the tokenizer makes (input_ids and, for models that read them, token_type_ids),
        `labels` ([rows] or [rows, label columns]) and `length` (tokens of the row). Also returns the share of
        rows (0 to 1) whose text was longer than `max_length` tokens. `between` is called before each chunk of
        rows: it may raise, to stop.
        """
        import pyarrow as pa
        from datasets import Dataset

        ids = pa.list_(pa.int32())
        kinds = {"input_ids": ids, "token_type_ids": ids, "length": pa.int32()}
        kinds["labels"] = pa.int64() if labels.ndim == 1 else pa.list_(pa.int64())
        cut, writer = 0, None
        file.parent.mkdir(parents=True, exist_ok=True)
        with pa.OSFile(str(file), "wb") as sink:
            for start in range(0, len(inputs), CHUNK_ROWS):
                between()
                chunk, full = _tokens(processor, inputs[start : start + CHUNK_ROWS], max_length)
                cut += full
                chunk["labels"] = labels[start : start + CHUNK_ROWS].astype(int).tolist()
                columns = {name: pa.array(cells, kinds[name]) for name, cells in chunk.items()}
                table = pa.table(columns)
                writer = writer or pa.ipc.new_stream(sink, table.schema)
                writer.write_table(table)
            if writer:
                writer.close()
        return Dataset.from_file(str(file)), cut / max(1, len(inputs))

    def columns(
        self, processor: Any, inputs: Sequence[Text], max_length: int
    ) -> dict[str, list[Any]]:
        return _tokens(processor, inputs, max_length)[0]

    def collator(self, processor: Any) -> Callable[[list[Mapping[str, Any]]], Any]:
        """The rows of a batch are filled up to the longest: [rows, tokens]."""
        from transformers import DataCollatorWithPadding

        fill = DataCollatorWithPadding(processor)

        def collate(rows: list[Mapping[str, Any]]) -> Any:
            return fill([{name: row[name] for name in row if name != "length"} for row in rows])

        return collate

    def tensors(self, processor: Any, inputs: Sequence[Text], max_length: int) -> Any:
        return processor(
            as_input(inputs),
            padding=True,
            truncation=True,
            max_length=max_length,
            return_tensors="pt",
        )

    def example(self, processor: Any) -> Mapping[str, Any]:
        texts = ["one", "another text, with more words in it"]
        inputs: Mapping[str, Any] = processor(texts, padding=True, return_tensors="pt")
        return inputs

    def quantised(self, model: Any) -> str:
        """The numbers between the layers differ much from text to text."""
        return "dynamic"

    def describe(self, processor: Any, folder: Path) -> None:
        """A tokenizer needs none: tokenizer.json says all."""

    def width(self, batch: Mapping[str, Any]) -> int:
        return int(batch["attention_mask"].shape[1])

    def embed(
        self,
        model: Any,
        processor: Any,
        inputs: Sequence[Text],
        max_length: int,
        *,
        bf16: bool = False,
        between: Callable[[], None] = lambda: None,
    ) -> np.ndarray:
        from core.models.embed import embed

        return embed(model, processor, inputs, max_length, bf16=bf16, between=between)

    def narrow(self, model: Any) -> Callable[[], None]:
        from core.models.surgery.first_token import first_token_only

        return first_token_only(model)

    def lighten(self, model: Any, rows: Any) -> Callable[[], None]:
        from core.models.surgery.embedding import restore, trim

        trim(model, used_tokens(rows))
        return lambda: restore(model)

    def save(self, processor: Any, config: Any, max_length: int | None, folder: Path) -> None:
        with_max_length(processor, usable_length(processor, config, max_length)).save_pretrained(
            folder
        )

    def ask(self, classify: Any, row: Text) -> Any:
        first, second = row
        asked = first if second is None else {"text": first, "text_pair": second}
        return classify(asked, truncation=True, top_k=None)


TEXT = TextModality()
