"""What TickTune is compared with, each learned from all the rows that a user has: train and validation."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.models.catalog import BUNDLED

BATCH = 32  # of the plain Trainer's evaluations


@dataclass(frozen=True)
class Rows:
    """One comparison's rows as texts and class numbers; `classes` are sorted names."""

    classes: tuple[str, ...]
    learn: tuple[list[str], np.ndarray]
    train: tuple[list[str], np.ndarray]
    validation: tuple[list[str], np.ndarray]
    test: tuple[list[str], np.ndarray]

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Rows:
        classes = tuple(sorted(frame["label"].unique()))

        def part(*sides: str) -> tuple[list[str], np.ndarray]:
            rows = frame[frame["split"].isin(sides)]
            return rows["text"].tolist(), np.array([classes.index(k) for k in rows["label"]])

        return cls(
            classes, part("train", "validation"), part("train"), part("validation"), part("test")
        )


def folder_of(model: str) -> Path:
    """Of a model of the catalogue that needs no network."""
    from core.models.bundled import multilingual_e5
    from core.models.catalog import MULTILINGUAL
    from core.models.locate import IN_THE_BOX

    return multilingual_e5.folder() if model == MULTILINGUAL else IN_THE_BOX[model]()


def majority(rows: Rows, seed: int, model: str) -> np.ndarray:
    """Predicted class numbers of the test rows, as of every function of this kind."""
    known, truth = rows.learn[1], rows.test[1]
    return np.full(len(truth), np.bincount(known).argmax())


def tfidf(rows: Rows, seed: int, model: str) -> np.ndarray:
    """TickTune's own simple model: words, pairs of words and characters with logistic regression."""
    from core.simple_models import fit
    from core.tasks import of_names

    simple = fit.tfidf(*rows.learn, of_names(rows.classes), seed)
    texts = [fit.cut(text) for text in rows.test[0]]
    return np.asarray(simple.probabilities(texts).argmax(axis=1))


def frozen(rows: Rows, seed: int, model: str, max_length: int = 256) -> np.ndarray:
    """TickTune's own: the encoder as it comes, with logistic regression on its embeddings."""
    from core.models.embed import embed
    from core.models.load import load
    from core.models.tokenizer import load_tokenizer
    from core.simple_models import fit
    from core.tasks import of_names
    from core.tasks.base import head

    tokenizer = load_tokenizer(folder_of(model))
    encoder = load(folder_of(model), head(rows.classes))

    def vectors(texts: list[str]) -> np.ndarray:
        return embed(encoder, tokenizer, [(text, None) for text in texts], max_length)

    simple = fit.embedding(vectors(rows.learn[0]), rows.learn[1], of_names(rows.classes))
    return np.asarray(simple.probabilities(vectors(rows.test[0])).argmax(axis=1))


@dataclass(frozen=True)
class Trained:
    predicted: np.ndarray
    begin: float  # seconds since the epoch: before the tokenizer is loaded
    end: float  # after the last step and evaluation of training


def plain(
    rows: Rows,
    seed: int,
    model: str = BUNDLED,
    *,
    max_length: int,
    epochs: float,
    evaluate: bool,
    padding: bool = False,
    **arguments: Any,
) -> Trained:
    """The Trainer of transformers as its documentation shows it: fp32, nothing stopped early, last model.

    `padding` fills every text up to `max_length`, as tutorials do; otherwise each batch to its longest
    text. With `evaluate` the validation rows are kept out and scored after each epoch, as ours has to;
    otherwise they are learned from. `arguments` go to TrainingArguments: what is not given is its default.
    """
    from datasets import Dataset
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        DataCollatorWithPadding,
        PrinterCallback,
        Trainer,
        TrainingArguments,
        set_seed,
    )

    begin = time.time()
    set_seed(seed)
    tokenizer = AutoTokenizer.from_pretrained(folder_of(model))
    classifier = AutoModelForSequenceClassification.from_pretrained(
        folder_of(model), num_labels=len(rows.classes), dtype="float32"
    )

    def encode(texts: list[str], labels: np.ndarray, padding: bool = padding) -> Dataset:
        filled = "max_length" if padding else False
        encoded = tokenizer(texts, truncation=True, max_length=max_length, padding=filled)
        return Dataset.from_dict({**encoded, "labels": labels.tolist()})

    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            model=classifier,
            args=TrainingArguments(
                output_dir=folder,
                num_train_epochs=epochs,
                per_device_eval_batch_size=BATCH,
                seed=seed,
                eval_strategy="epoch" if evaluate else "no",
                save_strategy="no",  # its checkpoints would only cost it time
                report_to="none",
                disable_tqdm=True,
                dataloader_pin_memory=False,
                **arguments,
            ),
            train_dataset=encode(*(rows.train if evaluate else rows.learn)),
            eval_dataset=encode(*rows.validation) if evaluate else None,
            data_collator=DataCollatorWithPadding(tokenizer),
            callbacks=[],
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
        end = time.time()
        logits = trainer.predict(encode(*rows.test, padding=False)).predictions
    return Trained(np.asarray(logits).argmax(axis=1), begin, end)


SIMPLE: dict[str, Callable[[Rows, int, str], np.ndarray]] = {
    "majority": majority,
    "tfidf": tfidf,
    "frozen": frozen,
}
