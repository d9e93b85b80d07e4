"""The whole way with pictures: from the sample to a model that is asked about a new one."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import App, Open
from tests.browser.steps import SLOW, pick_sample, start, to_model, to_techniques
from tests.core.data.drawn import coloured, packed, picture

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_the_whole_way_with_pictures(app: App, visit: Open, tmp_path: Path) -> None:
    page = visit(app)
    pick_sample(page, "clipart")
    expect(page.locator("#preview img.tt-thumb").first).to_be_visible()
    assert page.locator("#preview img.tt-thumb").count() == 50
    to_model(page)
    expect(page.locator("#model-cards")).to_contain_text("EfficientNet-Lite0")
    page.locator('#model-advice [data-do="take"]').click(timeout=SLOW)
    expect(page.locator('#model-cards input[value="efficientnet-lite0"]')).to_be_checked()
    expect(page.locator("#model-cards")).not_to_contain_text("MiniLM")
    to_techniques(page)
    expect(page.locator("#train-max_length")).to_be_hidden(
        timeout=SLOW
    )  # all pictures are as large
    start(page, "6")
    expect(page.locator("#see-result")).to_be_visible(timeout=3 * SLOW)
    page.locator("#see-result").click()
    expect(page.locator("#headline .tt-tiles")).to_be_visible()
    expect(page.locator("#rows .tt-gallery img.tt-thumb").first).to_be_visible()
    pair = page.locator("#often button").first
    count = (pair.inner_text()).rpartition("(")[2].rstrip(")")
    pair.click()
    expect(page.locator("#rows .tt-gallery li")).to_have_count(int(count))

    (tmp_path / "new.png").write_bytes(picture("green", 5, (200, 160)))
    (tmp_path / "no.png").write_bytes(b"no picture at all")
    expect(page.locator("#try-text")).to_be_hidden()
    page.locator("#try-picture input[type=file]").set_input_files(tmp_path / "no.png")
    expect(page.locator("#try-answer")).to_contain_text("“no.png” cannot be used")
    page.locator("#try-picture").get_by_label("Remove Image").click()
    page.locator("#try-picture input[type=file]").set_input_files(tmp_path / "new.png")
    expect(page.locator("#try-answer img.tt-thumb")).to_be_visible(timeout=SLOW)
    expect(page.locator("#try-answer .tt-bar-on")).to_be_visible()
    expect(page.locator("#try-why .tt-note").last).to_be_visible(timeout=SLOW)
    expect(page.locator("#try-why button").first).to_be_visible()

    page.locator("#correct-label input").click()
    page.get_by_role("option", name="tools").click()
    page.locator("#correct-save").click()
    expect(page.locator("#corrections img.tt-thumb")).to_be_visible()
    page.locator("#correct-again").click()
    expect(page.locator("#next-3")).to_be_visible()
    page.locator("#back-3").click()
    page.locator("#back-2").click()
    expect(page.locator("#overview .tt-tile").first).to_contain_text("201")


def test_an_archive_is_uploaded_and_what_it_cannot_use_is_named(
    app: App, visit: Open, tmp_path: Path
) -> None:
    page = visit(app)
    (tmp_path / "shop.zip").write_bytes(coloured(8))
    page.locator("#data-file input[type=file]").set_input_files(tmp_path / "shop.zip")
    expect(page.locator("#preview img.tt-thumb").first).to_be_visible()
    page.locator("#data-other").click()
    (tmp_path / "bad.zip").write_bytes(packed({"a/notes.png": b"hello"}))
    page.locator("#data-file input[type=file]").set_input_files(tmp_path / "bad.zip")
    expect(page.locator("#data-problem")).to_contain_text("notes.png")


def test_what_folders_were_taken_for_is_turned_round(app: App, visit: Open, tmp_path: Path) -> None:
    page = visit(app)
    files = {
        f"{name}/{k}.png": picture(colour, k)
        for name, colour in (("ok", "red"), ("nok", "blue"), ("test", "green"))
        for k in range(8)
    }
    (tmp_path / "data.zip").write_bytes(packed(files))
    page.locator("#data-file input[type=file]").set_input_files(tmp_path / "data.zip")
    tiles, aside = page.locator("#overview"), page.locator('[data-finding="folders_aside"]')
    expect(tiles.locator(".tt-tile").first).to_contain_text("16")
    aside.get_by_role("button", name="They are labels").click()
    expect(tiles.locator(".tt-tile").first).to_contain_text("24")
    expect(page.locator('[data-finding="folders_labels"]')).to_have_count(1)
    page.locator("#changes button").click()
    expect(tiles.locator(".tt-tile").first).to_contain_text("16")
    expect(aside).to_be_visible()


def test_an_archive_of_texts_and_one_of_tables(app: App, visit: Open, tmp_path: Path) -> None:
    page = visit(app)
    texts = {
        f"{name}/{k}.txt": f"{name} text {k}".encode() for name in ("pos", "neg") for k in range(8)
    }
    (tmp_path / "reviews.zip").write_bytes(packed(texts))
    page.locator("#data-file input[type=file]").set_input_files(tmp_path / "reviews.zip")
    expect(page.locator("#overview .tt-tile").first).to_contain_text("16")
    expect(page.locator("#column-label input")).to_have_value("label")
    page.locator("#data-other").click()
    one = "\n".join(["text,label", *(f"text {k},{'ab'[k % 2]}" for k in range(30))])
    two = "\n".join(["text,topic", *(f"text {k},{'cd'[k % 2]}" for k in range(20))])
    (tmp_path / "archive.zip").write_bytes(
        packed({"one.csv": one.encode(), "two.csv": two.encode()})
    )
    page.locator("#data-file input[type=file]").set_input_files(tmp_path / "archive.zip")
    expect(page.locator("#overview .tt-tile").first).to_contain_text("30")
    page.locator("#checkup details summary").first.click()
    page.get_by_role("button", name="Read “two.csv” instead").click()
    expect(page.locator("#overview .tt-tile").first).to_contain_text("20")
    expect(page.locator("#column-label input")).to_have_value("topic")
