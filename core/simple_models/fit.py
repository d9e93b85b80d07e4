"""Baselines, which a model has to beat: the commonest class, word counts, and the encoder as it came.

The last two are logistic regressions. They are fitted once and then answer any text; they are made of
nothing but scikit-learn's own classes, so that skops can save them and load them again without pickle.
"""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.modalities.base import Input
from core.modalities.text import joined_text
from core.runs.result import SIMPLE
from core.tasks import Task
from core.tasks.metrics import Floats, Numbers

MAX_CHARACTERS = 2_000  # of one text that are looked at: more than the model reads by default
CHARACTER_BUDGET = 6_000_000  # of all training texts together: bounds the time to some 20 s
MAX_TRAIN_ROWS = 30_000
MAX_FEATURES = 50_000  # of words, and again of characters
MAX_WEIGHTS = 2_500_000  # features times classes, for tasks with very many classes
# Words of one letter count too; the default pattern drops them. What is longer is no word but an
# address or a line of code, and would make the saved table of words as wide as itself.
WORD = r"(?u)\b\w{1,40}\b"
# One value for both kinds. On the bundled samples (MiniLM, 300 to 1,400 rows, 2 to 18 classes) unit
# vectors at C = 1 lost 17, 9 and 10 points of macro-F1 on three sets with 8 to 11 classes and won 3 on
# one with two; 30 to 1,000 mostly stayed within 2 points of 10 (never more than 4), and standardised features
# brought nothing.
INVERSE_REGULARISATION = 10.0
# Training rows up to which a logistic regression on vectors gives every class the same weight; with more of
# them a row's weight is 1 / sqrt(share of its class). See `python -m benchmarks.frozen`.
BALANCED = 500


@dataclass(frozen=True)
class SimpleModel:
    """A simple model. `pipeline` is scikit-learn's, from strings or vectors to names of `labels`."""

    pipeline: Any
    labels: tuple[str, ...]
    train_rows: int
    seconds: float

    def probabilities(self, inputs: Any) -> Floats:
        """[rows, classes] for texts that went through `cut`, or for vectors [rows, hidden size]."""
        return probabilities(self.pipeline, inputs, self.labels)

    def apply_temperature(self, temperature: float) -> None:
        """Divide the logits, in the weights themselves: whoever loads them has it."""
        last = self.pipeline[-1]
        for part in getattr(last, "estimators_", [last]):
            if hasattr(part, "coef_"):  # one that has seen a single class has none
                part.coef_ /= temperature
                part.intercept_ /= temperature


def probabilities(pipeline: Any, inputs: Any, labels: Sequence[str]) -> Floats:
    """Of every label, in the order of `labels`; one without a training row has a probability of 0."""
    shares = np.zeros((len(inputs), len(labels)))
    if len(inputs):
        place = {label: k for k, label in enumerate(labels)}
        where = [place[str(name)] for name in pipeline.classes_]
        shares[:, where] = pipeline.predict_proba(inputs)
    return shares


def cut(text: str) -> str:
    """The part of a text that word counts look at. NumPy's strings would lose a NUL at the end."""
    return text[:MAX_CHARACTERS].replace("\0", " ")


def majority(task: Task, train: Numbers, rows: int) -> Floats:
    """Probabilities [rows, classes] of always answering what is commonest in the training rows, whose truths
    are `train`.

    They are the shares of the classes in training, so that its loss is the one of knowing nothing but how
    common each class is.
    """
    return np.tile(task.commonest(train), (rows, 1))


def tfidf(texts: Sequence[str], truth: Numbers, task: Task, seed: int) -> SimpleModel:
    """TF-IDF and logistic regression, learned from `texts` and what is true of them.

    Features are words and pairs of words, and 1 to 4 characters in a row: Chinese and other scripts
    that write no spaces have no words to count, and in other languages characters see endings,
    emoticons and misspellings. Counts are damped (1 + log).

    At most MAX_TRAIN_ROWS rows and CHARACTER_BUDGET characters, drawn with `seed`, are learned from: it
    is there to compare with and must not keep anybody waiting. "train_rows" says how many it were.
    The same input and seed give the same model.
    """
    characters = sum(min(len(text), MAX_CHARACTERS) for text in texts)
    most = min(MAX_TRAIN_ROWS, len(texts) * CHARACTER_BUDGET // max(1, characters))
    learn = draw(len(texts), most, seed)
    return _fit([cut(texts[int(i)]) for i in learn], truth[learn], task, _counts)


@dataclass(frozen=True)
class Baseline:
    """A simple model that needs no pretrained one. It is fitted on what `Modality.plain_input` reads, the
    truth, the task and the seed; `asked` makes of such readings what
    `SimpleModel.probabilities` takes; `work` is how much there is to read, which its time grows with."""

    fit: Callable[[Sequence[Any], Numbers, Task, int], SimpleModel]
    asked: Callable[[Sequence[Any]], Any]
    work: Callable[[Sequence[Input]], int]


def embedding(vectors: Floats, truth: Numbers, task: Task) -> SimpleModel:
    """Logistic regression on what the encoder makes of the texts: `vectors` [rows, size of a vector]."""
    power = 1.0 if len(vectors) <= BALANCED else 0.5
    return _fit(vectors, truth, task, lambda _inputs, _classes: [], power)


def recommended(ours: float, theirs: Mapping[str, float]) -> str:
    """Which to use: "model", "tfidf" or "embedding", by macro-F1 on the validation rows alone.

    `ours` is that of the fine-tuned model, `theirs` holds that of the others.
    A simple model wins a tie: the fine-tuned one was picked as the best of many evaluations on these
    very rows, which flatters it, and the simple one was not; it is also quicker and smaller. Without
    validation rows nothing honest can be compared, and it stays with the fine-tuned model.
    """
    best, which = ours, "model"
    for name in reversed(SIMPLE):  # between two simple ones, the simplest
        if theirs.get(name, -1.0) >= best:
            best, which = theirs[name], name
    return which


def draw(rows: int, most: int, seed: int) -> Numbers:
    """Places of all rows, or of `most` of them drawn with `seed`; in ascending order."""
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))


def _fit(inputs: Any, truth: Numbers, task: Task, features: Any, power: float = 1.0) -> SimpleModel:
    """The weight of a row is 1 / (share of its class) ** `power`, where rows have one label each: without,
    few rows of a rare class are not heard of."""
    started = time.monotonic()
    weights = None if task.separator else _weights(truth, len(task.names), power)
    pipeline = _fitted_pipeline(inputs, truth, task, features, weights)
    return SimpleModel(pipeline, task.names, len(inputs), time.monotonic() - started)


def _weights(truth: Numbers, classes: int, power: float) -> Floats:
    shares = np.bincount(truth, minlength=classes) / max(1, len(truth))
    weights = shares[truth] ** -power
    return np.asarray(weights / weights.mean())


def _fitted_pipeline(
    inputs: Any, truth: Numbers, task: Task, features: Any, weights: Floats | None
) -> Any:
    from sklearn.dummy import DummyClassifier
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline

    names = np.array(task.names)
    # A class that every row has, or none, cannot be told learnable.
    learnable = np.flatnonzero(task.counts(truth) % len(truth))
    steps = features(inputs, len(names)) if len(learnable) else None
    if steps is None:  # one class, or nothing to tell the texts learnable by
        commonest = np.full(len(truth), names[task.commonest(truth).argmax()])
        known = commonest if task.separator else names[truth]
        return make_pipeline(DummyClassifier(strategy="prior")).fit(inputs, known)
    # Ten times the default tolerance: the answers are the same and long texts take half the time.
    # At 1e-2 it would not even start: gradients of many small features are below that from the
    # beginning.
    model = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=100, tol=1e-3)
    pipeline = make_pipeline(*steps, OneVsRestClassifier(model) if task.separator else model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        known = truth[:, learnable] if task.separator else names[truth]
        weighted = {} if weights is None else {"logisticregression__sample_weight": weights}
        pipeline.fit(inputs, known, **weighted)
    if task.separator:  # it knows the classes by number
        pipeline[-1].classes_ = names[learnable]
    for union in steps:
        for _, counter in union.transformer_list:
            _slim(counter)
    return pipeline


def _counts(texts: Sequence[str], classes: int) -> list[Any] | None:
    """The steps before the classifier; None when no text has anything to count."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_union

    common = {
        "sublinear_tf": True,
        "max_features": min(MAX_FEATURES, max(1_000, MAX_WEIGHTS // classes)),
        "dtype": np.float32,
    }
    counters = []
    # Texts of emoji or punctuation only have no words.
    if any(re.search(WORD, text) for text in texts):
        counters.append(TfidfVectorizer(ngram_range=(1, 2), token_pattern=WORD, **common))
    if any(not text.isspace() for text in texts):
        counters.append(TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), **common))
    return [make_union(*counters)] if counters else None


def _slim(counter: Any) -> None:
    """Keep the words as one array instead of a dict, from which scikit-learn makes the dict again.

    skops writes every entry of a dict as an object: 100,000 words took it minutes, an array half a
    second, and the answers are the same.
    """
    counter.set_params(vocabulary=counter.get_feature_names_out().astype(str))
    del counter.vocabulary_


def _characters(inputs: Sequence[Input]) -> int:
    return min(CHARACTER_BUDGET, sum(len(cut(joined_text(text))) for text in inputs))


def colours(vectors: Sequence[Any], truth: Numbers, task: Task, seed: int) -> SimpleModel:
    """Logistic regression on the statistics of colours that `core.data.pictures.preprocess.colours` makes."""
    learn = draw(len(vectors), MAX_TRAIN_ROWS, seed)
    return embedding(np.array([vectors[int(i)] for i in learn]), truth[learn], task)


BASELINES: Mapping[str, Baseline] = {
    "colours": Baseline(colours, np.array, len),
    "tfidf": Baseline(tfidf, lambda texts: [cut(text) for text in texts], _characters),
}
