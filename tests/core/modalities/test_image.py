from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil
from transformers.models.convnext.image_processing_pil_convnext import ConvNextImageProcessorPil
from transformers.models.efficientnet.image_processing_pil_efficientnet import (
    EfficientNetImageProcessorPil,
)
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

from core.data.any_file import read_archive
from core.data.pictures.preprocess import colours, fitted
from core.errors import UserError
from core.modalities import by_key, modality_of
from core.modalities.image import ImageModality
from core.modalities.pixels import PixelProcessor, token_count
from core.models.load import load
from core.tasks.base import head
from tests.core.data.drawn import coloured


class Square(ViTImageProcessorPil):
    """One that does what no line can do."""

    def normalize(self, image: np.ndarray, *args: Any, **kwargs: Any) -> np.ndarray:
        return np.asarray(image**2)


@pytest.mark.parametrize(
    "processor",
    [
        ViTImageProcessorPil(size={"height": 32, "width": 48}),
        ConvNextImageProcessorPil(size={"shortest_edge": 32}, crop_pct=0.8),
        BitImageProcessorPil(size={"shortest_edge": 40}, crop_size={"height": 32, "width": 32}),
        SiglipImageProcessorPil(size={"height": 32, "width": 32}),
        EfficientNetImageProcessorPil(size={"height": 32, "width": 32}),
        EfficientNetImageProcessorPil(size={"height": 32, "width": 32}, rescale_offset=True),
    ],
    ids=lambda each: type(each).__name__,
)
def test_pixels_in_eight_bits_become_what_the_processor_makes(processor: Any) -> None:
    table = read_archive(coloured(3))
    assert table.pictures is not None
    images = [table.pictures.image(sha) for sha in table.frame["sha256"]]
    eye = PixelProcessor(processor)
    rows = [{"pixel_values": each} for each in eye.pixels(images)]
    ours = eye.collate(rows)["pixel_values"]
    theirs = processor(images, return_tensors="pt")["pixel_values"]
    assert ours.shape == theirs.shape
    assert (ours - theirs).abs().max() < 1e-3
    assert eye.tokens == 8  # of a picture of 224 x 224 pixels it is 196
    assert token_count(224, 224) == 196
    # A script without transformers makes the same of it.
    how = eye.description()
    for image, pixels in zip(images, theirs.numpy(), strict=True):
        made = fitted(image, how) * np.float32(how["scale"]) + np.float32(how["offset"])
        assert np.abs(made.transpose(2, 0, 1) - pixels).max() < 0.02


def test_a_processor_that_does_something_else_is_refused() -> None:
    with pytest.raises(UserError) as caught:
        PixelProcessor(Square(size={"height": 32, "width": 32}))
    assert caught.value.args == ("pictures_read_otherwise",)


def test_rows_of_pixels(tiny_pictures: Path, tmp_path: Path) -> None:
    table = read_archive(coloured(20))
    modality = modality_of(table)
    processor = modality.processor(tiny_pictures)
    inputs = modality.inputs(table.frame, table.inputs)
    labels = np.arange(len(inputs))
    assert modality.lengths(processor, inputs).tolist() == [8] * 40
    assert modality.usable_length(processor, None, 3) == 8
    told: list[int] = []
    rows, cut = modality.encode(
        processor, inputs, labels, 4, tmp_path / "a" / "rows.arrow", lambda: told.append(1)
    )
    assert (len(rows), cut, len(told)) == (40, 0.0, 2)
    assert rows["labels"] == labels.tolist()
    assert rows["length"] == [8] * 40
    some = rows.select([7, 3])
    assert [row["labels"] for row in (some[0], some[1])] == [7, 3]
    batch = modality.collator(processor)([{**some[0], "row": 5}, {**some[1], "row": 6}])
    assert batch["labels"].tolist() == [7, 3]
    assert batch["row"].tolist() == [5, 6]
    assert modality.width(batch) == 8
    assert torch.allclose(
        batch["pixel_values"],
        modality.tensors(processor, [inputs[7], inputs[3]], 4)["pixel_values"],
        atol=1e-3,
    )
    made = modality.columns(processor, inputs[:2], 4)
    assert np.array_equal(made["pixel_values"][1], rows[1]["pixel_values"])
    empty, _ = modality.encode(processor, [], labels[:0], 4, tmp_path / "none.arrow")
    assert len(empty) == 0


def test_a_full_disk_is_said_before_anything_is_written(
    tiny_pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = read_archive(coloured(2))
    modality = modality_of(table)
    monkeypatch.setattr("core.modalities.pixels.DISK_SHARE", 0.0)
    with pytest.raises(UserError) as caught:
        modality.encode(
            modality.processor(tiny_pictures),
            modality.inputs(table.frame, table.inputs),
            np.zeros(4),
            4,
            tmp_path / "rows.arrow",
        )
    assert caught.value.args == ("disk_full",)
    assert not list(tmp_path.iterdir())


def test_vectors_are_those_of_one_picture_alone_and_the_model_stays(tiny_pictures: Path) -> None:
    table = read_archive(coloured(20))
    modality = modality_of(table)
    model = load(tiny_pictures, head(("a", "b")), None, modality.classifier)
    processor, inputs = (
        modality.processor(tiny_pictures),
        modality.inputs(table.frame, table.inputs),
    )
    before = {name: value.clone() for name, value in model.state_dict().items()}
    model.train()
    vectors = modality.embed(model, processor, inputs, 4)
    assert vectors.shape == (40, 320)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.allclose(
        modality.embed(model, processor, inputs[33:34], 4)[0], vectors[33], atol=1e-5
    )
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_batch_normalisation_keeps_its_means_while_it_trains(tiny_pictures: Path) -> None:
    model = load(tiny_pictures, head(("a", "b")), None, ImageModality.classifier)
    before = {name: value.clone() for name, value in model.named_buffers()}
    undo = ImageModality().narrow(model)
    model.train()
    model(torch.rand(4, 3, 32, 32))
    assert all(torch.equal(value, before[name]) for name, value in model.named_buffers())
    undo()
    model.train()
    model(torch.rand(4, 3, 32, 32))
    assert not all(torch.equal(value, before[name]) for name, value in model.named_buffers())


def test_colours_tell_colours_apart_and_shapes_do_not() -> None:
    red, blue = (Image.new("RGB", (30, 30), colour) for colour in ("red", "blue"))
    assert np.abs(colours(red) - colours(blue)).max() > 0.5
    assert np.isfinite(colours(red)).all()


def test_pictures_that_are_gone_are_said_to_be(tiny_pictures: Path) -> None:
    modality = ImageModality()
    with pytest.raises(UserError) as caught:
        modality.tensors(modality.processor(tiny_pictures), [("a.png", "0" * 64)], 4)
    assert caught.value.args == ("pictures_missing",)


def test_a_model_for_texts_is_refused(tiny_model: Path) -> None:
    with pytest.raises(UserError) as caught:
        ImageModality().processor(tiny_model)
    assert caught.value.args == ("pictures_no_processor",)


def test_an_unknown_kind_of_data_is_refused() -> None:
    with pytest.raises(UserError):
        by_key("sound")
