"""What can be picked: the bundled model, a curated list from the hub, any other hub id, earlier runs."""

from __future__ import annotations

import re
from dataclasses import dataclass

BUNDLED, BUNDLED_PICTURES = "minilm", "efficientnet-lite0"
MULTILINGUAL = "multilingual-e5-small"  # from the hub, or from a package: `core.models.packaged`
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?")

# Encoders that were trained with a word before every text. Their authors advise "query: " for classification,
# of all kinds of text (Wang et al. 2024, "Multilingual E5 Text Embeddings", and the models' own pages).
E5 = re.compile(r"intfloat/(multilingual-)?e5-(small|base|large)(-v2|-unsupervised)?")


@dataclass(frozen=True)
class Entry:
    """One model. `parameters` in millions, `megabytes` of the download, `languages` as a locale key.

    Its "good for" sentence is `model.KEY` in the locales. A model for pictures reads no language; one that is
    only in the box has no hub id.
    """

    key: str
    title: str
    hub_id: str
    parameters: int
    megabytes: int
    languages: str  # "", "english", "chinese" or "many": `language.NAME` in the locales
    licence: str
    max_length: int
    bundled: bool = False


CATALOG: tuple[Entry, ...] = (
    Entry(
        BUNDLED,
        "MiniLM L6",
        "sentence-transformers/all-MiniLM-L6-v2",
        23,
        91,
        "english",
        "Apache-2.0",
        512,
        bundled=True,
    ),
    Entry(
        "distilbert",
        "DistilBERT base",
        "distilbert/distilbert-base-uncased",
        66,
        268,
        "english",
        "Apache-2.0",
        512,
    ),
    Entry(
        "bert",
        "BERT base uncased",
        "google-bert/bert-base-uncased",
        110,
        440,
        "english",
        "Apache-2.0",
        512,
    ),
    Entry("roberta", "RoBERTa base", "FacebookAI/roberta-base", 125, 499, "english", "MIT", 512),
    Entry(
        "deberta-v3-small",
        "DeBERTa v3 small",
        "microsoft/deberta-v3-small",
        141,
        286,
        "english",
        "MIT",
        512,
    ),
    Entry(
        "modernbert",
        "ModernBERT base",
        "answerdotai/ModernBERT-base",
        149,
        599,
        "english",
        "Apache-2.0",
        8192,
    ),
    Entry(
        "bert-chinese",
        "BERT base Chinese",
        "google-bert/bert-base-chinese",
        103,
        412,
        "chinese",
        "Apache-2.0",
        512,
    ),
    Entry(
        MULTILINGUAL,
        "Multilingual E5 small",
        "intfloat/multilingual-e5-small",
        118,
        471,
        "many",
        "MIT",
        512,
    ),
    Entry(
        "distilbert-multilingual",
        "DistilBERT multilingual",
        "distilbert/distilbert-base-multilingual-cased",
        135,
        542,
        "many",
        "Apache-2.0",
        512,
    ),
    Entry(
        "xlm-roberta", "XLM-R base", "FacebookAI/xlm-roberta-base", 278, 1115, "many", "MIT", 512
    ),
)
PICTURES: tuple[Entry, ...] = (
    Entry(BUNDLED_PICTURES, "EfficientNet-Lite0", "", 5, 17, "", "Apache-2.0", 196, bundled=True),
    Entry("mobilenet-v2", "MobileNetV2", "google/mobilenet_v2_1.0_224", 4, 14, "", "other", 196),
    Entry("resnet-50", "ResNet-50", "microsoft/resnet-50", 26, 103, "", "Apache-2.0", 196),
    Entry(
        "convnextv2-tiny",
        "ConvNeXt V2 tiny",
        "facebook/convnextv2-tiny-22k-224",
        29,
        115,
        "",
        "Apache-2.0",
        196,
    ),
    Entry("dinov2-small", "DINOv2 small", "facebook/dinov2-small", 22, 88, "", "Apache-2.0", 196),
    Entry(
        "vit-base",
        "ViT base",
        "google/vit-base-patch16-224-in21k",
        86,
        346,
        "",
        "Apache-2.0",
        196,
    ),
    Entry(
        "siglip-base",
        "SigLIP base",
        "google/siglip-base-patch16-224",
        93,
        813,
        "",
        "Apache-2.0",
        196,
    ),
)
BY_KEY: dict[str, Entry] = {entry.key: entry for entry in (*CATALOG, *PICTURES)}
# What can be picked for each kind of data (`core.modalities`); the one in the box comes first.
BY_MODALITY: dict[str, tuple[Entry, ...]] = {"text": CATALOG, "image": PICTURES}


def hub_id(key: str) -> str | None:
    """The hub id that a key stands for, or None when it is neither a key nor shaped like an id."""
    if key in BY_KEY:
        return BY_KEY[key].hub_id
    return key if HUB_ID.fullmatch(key) and ".." not in key else None


def title(key: str) -> str:
    """What people call the model of a key; an id of their own is its own title."""
    return BY_KEY[key].title if key in BY_KEY else key


def prefix(name: str) -> str:
    """What the model of a hub id wants before every text; "" for most."""
    return "query: " if E5.fullmatch(name) else ""
