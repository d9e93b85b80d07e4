"""Pictures: rows of a table that name them -> pixels."""

from __future__ import annotations

import contextlib
import json
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from core.data.checkup.cells import check_label_cells, check_yes_no_columns
from core.data.checkup.file import check_file
from core.data.checkup.gaps import check_gaps
from core.data.checkup.labels import check_labels
from core.data.checkup.texts import check_pictures
from core.data.pictures.preprocess import colours
from core.data.pictures.rows import read_files
from core.data.pictures.store import Pictures, StoredPicture
from core.data.table import Table
from core.errors import UserError
from core.modalities.base import Input, Modality
from core.modalities.pixels import PictureRows, PixelProcessor, store_pixels, token_count
from core.models.advice import advise_pictures
from core.models.catalog import PICTURE_MODELS

if TYPE_CHECKING:
    from PIL import Image

CORRECTIONS = "corrections"  # the folder that names of pictures which came later begin with
CHUNK_PICTURES = 32  # pictures that are decoded at a time
# That go through a network at a time: of more, a processor does fewer a second.
PICTURES_AT_A_TIME = 8
PIXELS = "pixels.json"  # beside a model: what its processor does, for a script without transformers
_eyes: weakref.WeakKeyDictionary[Any, PixelProcessor] = weakref.WeakKeyDictionary()


def pixel_processor_of(processor: Any) -> PixelProcessor:
    """Asked about black and white once for each processor."""
    if processor not in _eyes:
        _eyes[processor] = PixelProcessor(processor)
    return _eyes[processor]


def convolution_weights(model: Any) -> int:
    """How many of a model's numbers are weights of convolutions."""
    from torch.nn.modules.conv import _ConvNd

    return sum(module.weight.numel() for module in model.modules() if isinstance(module, _ConvNd))


class ImageModality(Modality):
    """Pictures by their name and sha256; `processor` is an image processor. Those that are asked about are in
    `pictures`.

    A model's pixels are always as many: the length of a picture is the patches of a vision transformer, which
    is about as much work for the parameters of a convolutional network as well.
    """

    key = "image"
    classifier = "AutoModelForImageClassification"
    pipeline = "image-classification"
    plain = "colours"
    script = "picture"
    words = False
    thumbnails = True
    one_length = True
    encoder = "AutoModelForImageClassification"  # its features are what the head is given
    needs = ("pillow",)
    models = PICTURE_MODELS
    checks = (
        *(check_file, check_gaps, check_label_cells, check_yes_no_columns),
        *(check_labels, check_pictures),
    )
    advise = staticmethod(advise_pictures)
    mistakes = 48
    axes: ClassVar[Mapping[int, str]] = {0: "pictures"}

    def __init__(self, pictures: Pictures | None = None) -> None:
        self._pictures = pictures

    @classmethod
    def of(cls, table: Table) -> ImageModality:
        return cls(table.pictures)

    @classmethod
    def named(cls, columns: Sequence[str]) -> tuple[str, ...]:
        """The files; nobody wants to read of a sha256."""
        return tuple(columns[:1])

    @classmethod
    def given(cls, typed: Sequence[str]) -> tuple[ImageModality, tuple[str, ...]]:
        """The file of one picture. Raises UserError `pictures_one`, and as `read_files` does."""
        if len(typed) != 1:
            raise UserError("pictures_one", files=len(typed))
        table = read_files([Path(typed[0])])
        return cls.of(table), tuple(table.frame.iloc[0])

    @contextlib.contextmanager
    def _opened(self) -> Iterator[Pictures]:
        """Raises UserError `pictures_missing` also for a picture that is gone."""
        if self._pictures is None:
            raise UserError("pictures_missing")
        try:
            yield self._pictures
        except (KeyError, OSError) as error:
            raise UserError("pictures_missing") from error

    def kept(self, row: Input) -> StoredPicture:
        with self._opened() as pictures:
            return pictures.kept(str(row[1]))

    def new_cells(self, cells: Sequence[str]) -> tuple[str, ...]:
        """Cameras and clipboards call every picture the same, and a name stands for one picture only."""
        name, sha256 = cells
        return f"{CORRECTIONS}/{sha256[:8]}/{name}", sha256

    def _images(self, inputs: Sequence[Input]) -> list[Image.Image]:
        with self._opened() as pictures:
            return [pictures.image(str(sha256)) for _, sha256 in inputs]

    def shown(self, row: Input) -> str:
        return row[0]

    def identity(self, row: Input) -> str:
        """What it shows, whatever it is called."""
        return row[1] or row[0]

    def size(self, row: Input) -> int:
        return 1

    def plain_input(self, inputs: Sequence[Input]) -> Sequence[np.ndarray]:
        return [colours(image) for cell in inputs for image in self._images([cell])]

    def processor(self, folder: Path) -> Any:
        """Raises UserError `pictures_no_processor` where the folder has none, and for one that is made
        otherwise than all that are known."""
        from transformers import AutoImageProcessor

        try:
            processor = AutoImageProcessor.from_pretrained(
                folder, backend="pil", local_files_only=True, trust_remote_code=False
            )
        except (OSError, ValueError, ImportError) as error:
            raise UserError("pictures_no_processor") from error
        pixel_processor_of(processor)
        return processor

    def usable_length(self, processor: Any, config: Any, wanted: int | None = None) -> int:
        return pixel_processor_of(processor).tokens

    def lengths(self, processor: Any, inputs: Sequence[Input]) -> np.ndarray:
        return np.full(len(inputs), pixel_processor_of(processor).tokens)

    def encode(
        self,
        processor: Any,
        inputs: Sequence[Input],
        labels: np.ndarray,
        max_length: int,
        file: Path,
        between: Callable[[], None] = lambda: None,
    ) -> tuple[PictureRows, float]:
        """Pictures are never cut."""

        def images(start: int, end: int) -> list[Image.Image]:
            return self._images(inputs[start:end])

        # What a frozen part makes of the rows lies beside it, and is called as the rows are.
        place = file.with_suffix(".pixels")
        return store_pixels(
            pixel_processor_of(processor), images, labels, place, between, CHUNK_PICTURES
        ), 0.0

    def columns(
        self, processor: Any, inputs: Sequence[Input], max_length: int
    ) -> dict[str, list[Any]]:
        eye = pixel_processor_of(processor)
        return {
            "pixel_values": list(eye.pixels(self._images(inputs))),
            "length": [eye.tokens] * len(inputs),
        }

    def collator(self, processor: Any) -> Callable[[list[Mapping[str, Any]]], Any]:
        return pixel_processor_of(processor).collate

    def tensors(self, processor: Any, inputs: Sequence[Input], max_length: int) -> Any:
        """Tensors as anybody would make them who has the folder."""
        return processor(self._images(inputs), return_tensors="pt")

    def example(self, processor: Any) -> Mapping[str, Any]:
        from PIL import Image

        inputs: Mapping[str, Any] = processor([Image.new("RGB", (64, 64))] * 2, return_tensors="pt")
        return inputs

    def quantised(self, model: Any) -> str:
        """Convolutions are quicker in 8 bits only where the range of what comes in is known beforehand. Of a
        vision transformer most weights are in linear layers, as of a model for texts."""
        numbers = sum(parameter.numel() for parameter in model.parameters())
        return "static" if 2 * convolution_weights(model) > numbers else "dynamic"

    def describe(self, processor: Any, folder: Path) -> None:
        about = json.dumps(pixel_processor_of(processor).description())
        (folder / PIXELS).write_text(about, encoding="utf-8")

    def width(self, batch: Mapping[str, Any]) -> int:
        height, width = batch["pixel_values"].shape[-2:]
        return token_count(int(height), int(width))

    def embed(
        self,
        model: Any,
        processor: Any,
        inputs: Sequence[Input],
        max_length: int,
        *,
        bf16: bool = False,
        between: Callable[[], None] = lambda: None,
    ) -> np.ndarray:
        from core.models.embed import embed_features

        eye = pixel_processor_of(processor)
        parts = [
            inputs[start : start + PICTURES_AT_A_TIME]
            for start in range(0, len(inputs), PICTURES_AT_A_TIME)
        ]
        batches = (
            eye.collate([{"pixel_values": pixel} for pixel in eye.pixels(self._images(part))])
            for part in parts
        )
        return embed_features(model, batches, bf16=bf16, between=between)

    def narrow(self, model: Any) -> Callable[[], None]:
        """The means and deviations of batch normalisation stay those of the pretraining: a batch goes through
        in parts, and of few pictures they would be wrong."""
        from torch.nn.modules.batchnorm import _BatchNorm

        layers = [module for module in model.modules() if isinstance(module, _BatchNorm)]
        for layer in layers:
            layer.eval()
            layer.train = lambda mode=True, layer=layer: layer

        def undo() -> None:
            for layer in layers:
                del layer.train

        return undo

    def save(self, processor: Any, config: Any, max_length: int | None, folder: Path) -> None:
        processor.save_pretrained(folder)

    def ask(self, classify: Any, row: Input) -> Any:
        image = self._images([row])[0]
        return classify(image, top_k=classify.model.config.num_labels)
