"""The heavy libraries, loaded by one thread at a time.

The page draws itself without them. Afterwards several threads may want them at once (the warm-up, a
measurement, a run, a sentence to try), and transformers, which loads its parts when they are asked for, then
tells one of them that a part does not exist.
"""

from __future__ import annotations

import gc
import threading

_LOCK = threading.Lock()
_loaded = False


def libraries_loaded() -> bool:
    """Would `load_libraries` return at once?"""
    return _loaded


def load_libraries() -> None:
    """Return once everything that training and predicting need is loaded; at once when it is."""
    global _loaded
    with _LOCK:
        if _loaded:
            return
        import datasets  # noqa: F401
        import sklearn.feature_extraction.text
        import sklearn.linear_model  # noqa: F401
        import torch  # noqa: F401
        from transformers import (  # noqa: F401
            AttentionInterface,
            AutoConfig,
            AutoImageProcessor,
            AutoModel,
            AutoModelForImageClassification,
            AutoModelForMaskedLM,
            AutoModelForSequenceClassification,
            AutoTokenizer,
            DataCollatorForLanguageModeling,
            DataCollatorWithPadding,
            PrinterCallback,
            ProgressCallback,
            Trainer,
            TrainerCallback,
            TrainingArguments,
            masking_utils,
            set_seed,
        )

        # Their hundred thousand objects stay for good. Looking through them anew, whenever a training gives
        # memory back, would take a third of a second, in which no other thread gets to run.
        gc.collect()
        gc.freeze()
        _loaded = True
