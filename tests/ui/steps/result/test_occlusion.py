"""Where a model looked in a picture, on the page."""

from __future__ import annotations

import base64
import io
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core.data.any_file import read_archive
from core.data.pictures.store import read_picture
from core.inference.explain_picture import STEPS, Occlusion
from core.modalities import by_key
from core.runs.run import Run
from core.runs.store import RunStore
from tests.core.data.drawn import coloured, picture
from tests.ui.fake import HOSTILE
from tests.ui.test_pictures import run_of
from tests.ui.test_pieces import Elements
from ui.steps.result import answer, occlusion, try_picture

TRIED = picture("red", 3, (200, 160))
SHOWN = '<img class="tt-thumb" alt="">'


def found_at(row: int, column: int) -> Occlusion:
    left = np.full((STEPS, STEPS), 0.9)
    left[row, column] = 0.2
    return Occlusion(0.9, left)


def text_of(html: str, pictures: int) -> str:
    """Fails where a picture's name or a label has become markup or template."""
    seen = Elements()
    seen.feed(html)
    assert seen.tags.count("img") == pictures
    assert not {"script", "iframe"} & set(seen.tags)
    assert not [name for name in seen.attributes if name.startswith("on")]
    assert not set("{}$`") & set(html)
    return seen.text


def veil_of(html: str) -> np.ndarray:
    """The dots of the veil, [rows, columns, 4]."""
    data = re.findall(r'class="tt-veil"[^>]*src="data:image/png;base64,([^"]*)"', html)
    assert len(data) == 1
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data[0]))))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_decided_is_bright_and_said_in_words(lang: str) -> None:
    html = occlusion.occlusion_html(found_at(0, 6), SHOWN, HOSTILE, lang)
    said = text_of(html, pictures=2)
    assert HOSTILE in said
    assert "20.0%" in said
    assert "90.0%" in said
    assert {"en": "at the top right", "zh": "右上方"}[lang] in said
    dots = veil_of(html)
    assert tuple(dots[1, -2]) == pytest.approx(occlusion.GLOW, abs=12)
    assert tuple(dots[-2, 1]) == occlusion.VEIL


def test_where_no_part_decided_there_is_no_veil() -> None:
    flat = Occlusion(0.7, np.full((STEPS, STEPS), 0.695))
    html = occlusion.occlusion_html(flat, SHOWN, HOSTILE, "en")
    assert "No single part decided" in html
    assert HOSTILE in text_of(html, pictures=0)
    against = occlusion.occlusion_html(
        Occlusion(0.1, np.full((STEPS, STEPS), 0.4)), SHOWN, "red", "en"
    )
    assert "up to 40.0% instead of 10.0%" in against
    text_of(against, pictures=0)


@pytest.fixture
def run(store: RunStore, tiny_pictures: Path) -> Run:
    """A run whose model is the random one, made to waver at the picture that is tried."""
    from transformers import ResNetConfig, ResNetForImageClassification

    from core.tasks.base import head

    run = run_of(store, read_archive(coloured(6), "shop.zip"))
    modality = by_key("image")()
    # The parts of a picture are not lost in this one, though it is random.
    config = ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic")
    config.update(head(("blue", HOSTILE)))
    torch.manual_seed(0)
    model = ResNetForImageClassification(config).eval()
    last = model.classifier[-1]
    last.weight.data.mul_(200)
    tried = modality.processor(tiny_pictures)([read_picture(TRIED).image()], return_tensors="pt")
    last.bias.data.sub_(model(**tried).logits[0].detach())
    model.save_pretrained(run.model)
    shutil.copy(tiny_pictures / "preprocessor_config.json", run.model)
    (run.model / "recipe.json").write_text(run.recipe().to_json())
    return run


def test_a_picture_that_was_tried_is_explained(run: Run, tmp_path: Path) -> None:
    file = tmp_path / HOSTILE.replace("/", "")
    file.write_bytes(TRIED)
    asked = try_picture.ask(run.main, "model", str(file))
    text_of(answer.answer_html(asked, "en"), pictures=1)
    *waiting, last = answer.why(asked, "en")
    assert all("parts of the picture" in each for each in waiting)
    assert veil_of(last).shape == (occlusion.FINE, occlusion.FINE, 4)
    text_of(last, pictures=2)
    assert last.count('data-do="label"') == 1
    *_, again = answer.why(asked, "en")
    assert again == last
