"""Labels for new texts, from a trained model: one text on the page or every row of a file."""

from __future__ import annotations

import csv
import logging
import os
import re
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypedDict

import numpy as np

from core.data.profile import FORMULA
from core.data.read import Table
from core.errors import UserError
from core.evaluation.unsure import answers as answers_of
from core.evaluation.unsure import word
from core.export.bundle import threshold_of, unsure_of
from core.export.simple import CLASSIFIER, SimplePredictor
from core.libraries import load_libraries
from core.modalities.text import as_input, join, load_tokenizer, usable_length
from core.models.load import pretrained
from core.recipe import Recipe
from core.runs import ID, Run, RunStore
from core.tasks import MultiLabel, Task, of_names

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from core.evaluation.metrics import Floats

CHUNK = 1_000  # rows of a file that are in work at a time
NO_LIMIT = 10**9
PLAIN_NUMBER = re.compile(r"[+-]?\d[\d.,]*([eE][+-]?\d+)?%?")
log = logging.getLogger(__name__)


class Answering(Protocol):
    """What can be asked for labels: a transformers folder or a simple model."""

    labels: tuple[str, ...]
    task: Task
    threshold: float | None
    unsure_below: float | None  # how sure it must be to give a label; None: it always does
    text_columns: tuple[str, ...]

    def probabilities(self, texts: Sequence[tuple[str, str | None]]) -> Floats:
        """Probabilities of the classes for each text or pair of texts: [texts, classes], float64."""
        ...


def open_model(folder: Path) -> Answering:
    """What is in a folder that `folder_of` found, ready to answer. Raises UserError."""
    load_libraries()
    return SimplePredictor(folder) if is_simple(folder) else Predictor(folder)


def is_simple(folder: Path) -> bool:
    return (folder / CLASSIFIER).is_file()


def folder_of(
    name: str, store: RunStore, which: str | None = None, column: str | None = None
) -> Path:
    """The model folder that is meant by a run's id, a run's folder or a model folder.

    `which` of a run's models: "model", "tfidf" or "embedding"; by default the recommended one. `column` of
    its label columns; by default the main one. Raises UserError when it is none of these, when the run has no
    model yet, or when the folder has neither safetensors nor a simple model.
    """
    folder = Path(name).expanduser()
    if ID.fullmatch(name) and not folder.is_dir():
        folder = store.get(name).path
    if (folder / "events.jsonl").is_file():
        run = Run(folder)
        if not (run.model / "config.json").is_file():
            raise UserError("predict_no_model", name=run.id)
        run = run.task(column)
        which = which or run.recommended()
        if which not in run.kept():
            raise UserError("simple_missing", name=run.id, which=which)
        folder = run.folder(which)
    if not is_simple(folder):
        _check(folder, name)
    return folder


def _check(folder: Path, name: str) -> None:
    if not (folder / "config.json").is_file():
        raise UserError("predict_unknown", name=name[-100:])
    if not any(folder.glob("*.safetensors")):
        raise UserError("predict_no_safetensors", name=folder.name)


class Predictor:
    """A model folder, of ours or any standard one for text classification, ready to answer.

    `labels` [classes] are in the order of the probabilities; `text_columns` are the columns it was
    trained on, empty when the folder does not say. Answers of one predictor come one after the
    other, from whatever thread they are asked for. Nothing in the folder is executed.
    """

    def __init__(self, folder: Path) -> None:
        """Raises UserError for a folder that is damaged, no classifier or without safetensors."""
        _check(folder, folder.name)
        recipe = _recipe(folder)
        try:
            self._tokenizer = load_tokenizer(folder)
            self._model = _load(folder)
        except UserError:
            raise
        except Exception as error:  # the libraries raise what they like for a damaged file
            log.exception("cannot load a model")
            raise UserError(
                "predict_unreadable", name=folder.name, reason=type(error).__name__
            ) from error
        config = self._model.config
        self.labels: tuple[str, ...] = tuple(
            str(config.id2label[k]) for k in range(config.num_labels)
        )
        several = config.problem_type == MultiLabel.problem
        separator = recipe.task.separator if recipe else ""
        self.task = of_names(self.labels, (separator or ";") if several else "")
        self.threshold = threshold_of(folder)
        self.unsure_below = unsure_of(folder)
        self.text_columns: tuple[str, ...] = recipe.data.text if recipe else ()
        wanted = recipe.train.max_length if recipe else NO_LIMIT
        self.max_length = usable_length(self._tokenizer, config, wanted)
        self._lock = threading.Lock()

    def probabilities(
        self, texts: Sequence[tuple[str, str | None]], batch_size: int = 32
    ) -> Floats:
        """Probabilities of the classes for each text or pair of texts: [texts, classes], float64.

        Texts of similar length share a batch, so that little is spent on padding.
        """
        lengths = [len(first) + len(second or "") for first, second in texts]
        order = np.argsort(lengths, kind="stable")
        logits = np.zeros((len(texts), len(self.labels)), dtype=np.float32)
        # The tokenizer is not made for several threads.
        with self._lock:
            for start in range(0, len(order), batch_size):
                batch = order[start : start + batch_size]
                logits[batch] = self._logits([texts[i] for i in batch])
        return self.task.probabilities(logits) if len(texts) else logits.astype(np.float64)

    def _logits(self, texts: list[tuple[str, str | None]]) -> Floats:
        import torch

        inputs = self._tokenizer(
            as_input(texts),
            padding=True,
            truncation=True,
            max_length=self.max_length,
            return_tensors="pt",
        )
        with torch.inference_mode():
            answer = self._model(**inputs.to(self._model.device))
        return np.asarray(answer.logits.float().cpu().numpy())


def _recipe(folder: Path) -> Recipe | None:
    try:
        return Recipe.from_json((folder / "recipe.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, UserError):
        return None  # not one of ours


def _load(folder: Path) -> PreTrainedModel:
    import torch
    from transformers import AutoModelForSequenceClassification

    model, about = pretrained(AutoModelForSequenceClassification, folder)
    # A head that is missing would be made up of random numbers; one output is a number, not a
    # label.
    regression = model.config.problem_type == "regression" or model.config.num_labels < 2
    if about["missing_keys"] or regression:
        raise UserError("predict_not_classifier", name=folder.name)
    device = torch.accelerator.current_accelerator(check_available=True) or torch.device("cpu")
    return model.to(device).eval()


class Written(TypedDict):
    """What `predict_file` did. `empty` rows had no text; of `unsure` ones the label was withheld;
    `neutralised` counts cells."""

    rows: int
    empty: int
    unsure: int
    neutralised: int
    label_column: str
    confidence_column: str
    stopped: bool


def predict_file(
    predictor: Answering,
    table: Table,
    text: Sequence[str],
    out: Path,
    on_progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Written:
    """Write every row of `table` with its label and the probability of that label (0 to 1).

    Where the answer is less sure than `predictor.unsure_below`, "unsure" stands in place of the label.

    The columns are called "label" and "confidence", or "label_2" and so on where that name is
    taken. A row without text gets neither and is counted. The file is UTF-8 with a byte order mark,
    without which Excel takes it for the system's old encoding. A cell that a spreadsheet would run
    as a formula (it begins with = + - @, tab or CR and is not a plain number) gets a leading
    apostrophe and is counted.

    `on_progress` is told rows done and rows in all. When `should_stop` says so, the file holds the
    rows done so far. Raises UserError for a column that is missing or a file that cannot be
    written.
    """
    frame = table.frame
    columns = [str(name) for name in frame.columns]
    if not text:
        raise UserError("no_text_column")
    for name in text:
        if name not in columns:
            raise UserError("predict_no_column", column=name, columns=", ".join(columns)[:300])
    where = [columns.index(name) for name in text]
    done = Written(
        rows=0,
        empty=0,
        unsure=0,
        neutralised=0,
        label_column=_free("label", columns),
        confidence_column=_free("confidence", columns),
        stopped=False,
    )
    instead = word(predictor.labels)
    part = out.with_name(f"{out.name}.part")
    try:
        with part.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            head = [*columns, done["label_column"], done["confidence_column"]]
            writer.writerow(_harmless(head, done))
            while done["rows"] < len(frame) and not done["stopped"]:
                start = done["rows"]
                rows = frame.iloc[start : start + CHUNK].to_numpy().tolist()
                answers = _answers(predictor, [[row[i] for i in where] for row in rows])
                for row, answer in zip(rows, answers, strict=True):
                    writer.writerow(_harmless([*row, *answer], done))
                done["empty"] += answers.count(("", ""))
                done["unsure"] += sum(label == instead for label, _ in answers)
                done["rows"] += len(rows)
                if on_progress:
                    on_progress(done["rows"], len(frame))
                done["stopped"] = done["rows"] < len(frame) and should_stop()
        os.replace(part, out)
    except OSError as error:
        raise UserError(
            "predict_write", name=out.name, reason=error.strerror or type(error).__name__
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return done


def _answers(predictor: Answering, rows: Sequence[Sequence[str]]) -> list[tuple[str, str]]:
    """Label and confidence of each row's texts; both empty where there is no text."""
    answers = [("", "")] * len(rows)
    asked = [i for i, cells in enumerate(rows) if any(cell.strip() for cell in cells)]
    probabilities = predictor.probabilities([join(rows[i]) for i in asked])
    task, threshold = predictor.task, predictor.threshold
    said, sure = answers_of(task, probabilities, threshold, predictor.unsure_below)
    for i, label, confidence in zip(asked, said, sure, strict=True):
        answers[i] = label, f"{confidence:.4f}"
    return answers


def _free(name: str, taken: Sequence[str]) -> str:
    number, free = 2, name
    while free in taken:
        free = f"{name}_{number}"
        number += 1
    return free


def _harmless(cells: Sequence[str], done: Written) -> list[str]:
    """An apostrophe before each cell that a spreadsheet would run; counts them in `done`."""
    safe = []
    for cell in cells:
        runs = cell.startswith(FORMULA) and not PLAIN_NUMBER.fullmatch(cell)
        done["neutralised"] += runs
        safe.append(f"'{cell}" if runs else cell)
    return safe
