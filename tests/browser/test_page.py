"""Clicks that need no training: files good and bad, columns, the matrix, the list of runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, Position, expect

from core.runs import events
from core.runs.store import RunStore
from tests.browser.conftest import App, Open
from tests.browser.steps import pick_sample, to_model, to_techniques
from tests.ui.fake import HOSTILE, make_run

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TEXTS = [f"a text that is number {n}" for n in range(40)]

# One field to type in of each kind that shows no ring while it has the focus.
UNRINGED = """() => {
  const typed = "input:not([type=radio], [type=checkbox], [type=range], [type=file]), textarea";
  const fields = document.querySelectorAll(typed);
  const kinds = new Map([...fields].filter((f) => f.checkVisibility()).map((f) => [f.type + f.className, f]));
  const bare = (field) => (field.focus(), getComputedStyle(field).outlineStyle !== "solid");
  return [...kinds.values()].filter(bare).map((field) => field.outerHTML.slice(0, 120));
}"""


def upload(page: Page, name: str, content: bytes) -> None:
    page.locator("#data-file input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content}
    )


BAD = {
    "empty": (b"", "empty"),
    "header only": (b"text,label\n", "row"),
    "binary": (bytes(range(256)) * 40, "no table"),
    "excel": (b"PK\x03\x04" + bytes(200), "csv"),
    "wide": (b",".join(b"c%d" % n for n in range(5000)) + b"\n" + b"," * 4999 + b"\n", "columns"),
}
UNFIT = {
    "one class": ("one", "label"),
    "all different": ("label {n}", "label"),
}
ONE_EACH = b"text,label\n" + b"".join(b"some text %d,l%d\n" % (n, n) for n in range(9))
HUGE_CELL = b"text,label\n" + b"".join(b"text %d,l%d\n" % (n, n % 2) for n in range(40))
HUGE_CELL += b"x" * 2_000_000 + b",l0\n"


def test_bad_files_say_what_is_wrong_and_the_page_lives_on(app: App, visit: Open) -> None:
    page = visit(app)
    problem = page.locator("#data-problem [role=alert]")
    last = ""
    for name, (content, word) in BAD.items():
        upload(page, f"{name}.csv", content)
        expect(problem).to_contain_text(word, ignore_case=True)
        expect(problem).not_to_have_text(last)
        last = problem.inner_text()
        expect(page.locator("#next-1")).to_be_disabled()
    for name, (label, word) in UNFIT.items():
        rows = "".join(f"{text},{label.format(n=n)}\n" for n, text in enumerate(TEXTS))
        upload(page, f"{name}.csv", f"text,label\n{rows}".encode())
        expect(page.locator("#data-title")).to_contain_text(name)
        expect(page.locator("#overview [role=alert]")).to_contain_text(word, ignore_case=True)
        expect(page.locator("#next-1")).to_be_disabled()
        page.locator("#data-other").click()
    upload(page, "one row a class.csv", ONE_EACH)
    expect(page.locator("#overview [role=alert]")).to_contain_text("9 different values")
    page.locator("#data-other").click()
    # A cell of 2 MB costs its row, which is listed.
    upload(page, "huge cell.csv", HUGE_CELL)
    expect(page.locator("#data-title")).to_contain_text("huge cell")
    expect(page.locator("#dropped")).to_be_visible()
    expect(page.locator("#next-1")).to_be_enabled()
    page.locator("#data-other").click()
    pick_sample(page)
    expect(page.locator("#next-1")).to_be_enabled()


def test_a_file_that_is_too_large_is_told_before_it_is_sent(
    app: App, visit: Open, tmp_path: Path
) -> None:
    page = visit(app)
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(300 * 2**20)
    sent: list[str] = []
    page.on(
        "request",
        lambda request: sent.append(request.url) if "upload" in request.url else None,
    )
    page.locator("#data-file input[type=file]").set_input_files(large)
    expect(page.locator("#data-problem [role=alert]")).to_contain_text("256")
    assert sent == []
    pick_sample(page)


def test_a_bad_file_leaves_what_was_there(app: App, visit: Open) -> None:
    page = visit(app)
    pick_sample(page)
    page.locator("#data-other").click()
    upload(page, "empty.csv", b"")
    expect(page.locator("#data-problem [role=alert]")).to_be_visible()
    pick_sample(page, "topics_en")
    expect(page.locator("#data-title")).to_contain_text("topics-en.csv")
    expect(page.locator("#data-problem [role=alert]")).to_have_count(0)


def test_hostile_cells_stay_text(app: App, visit: Open) -> None:
    page = visit(app)
    rows = "".join(f'"{text} {HOSTILE}","{n % 2} {HOSTILE}"\n' for n, text in enumerate(TEXTS))
    upload(page, f"{HOSTILE[:9]}.csv", f'text,"label {HOSTILE}"\n{rows}'.encode())
    expect(page.locator("#preview")).to_contain_text(HOSTILE)
    assert page.locator("img[src='x']").count() == 0
    to_model(page)
    to_techniques(page)
    assert page.locator("img[src='x']").count() == 0


def test_rows_left_out_are_counted_and_can_be_downloaded(
    app: App, visit: Open, tmp_path: Path
) -> None:
    page = visit(app)
    rows = "".join(f"{text},{'ab'[n % 2] if n > 2 else ''}\n" for n, text in enumerate(TEXTS))
    upload(page, "gaps.csv", f"text,label\n{rows}".encode())
    expect(page.locator("#overview .tt-tile").nth(2)).to_contain_text("3")
    with page.expect_download() as downloaded:
        page.locator("#dropped").click()
    downloaded.value.save_as(tmp_path / "out.csv")
    lines = (tmp_path / "out.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in lines] == ["line", "2", "3", "4"]


def test_another_label_column_is_looked_at_anew(app: App, visit: Open) -> None:
    page = visit(app)
    pick_sample(page, "sentiment_domain")
    classes = page.locator("#overview .tt-tile").nth(1)
    expect(classes).to_contain_text("3")
    page.locator("#column-label input").click()
    page.get_by_role("option", name="domain").click()
    expect(classes).not_to_contain_text("3")


def test_a_model_that_does_not_fit_the_language_is_said(app: App, visit: Open) -> None:
    page = visit(app)
    pick_sample(page, "sentiment_zh")
    to_model(page)
    # Where none that reads them is on the computer, the one in the box is marked anyway.
    page.locator('#model-cards input[value="minilm"]').check()
    expect(page.locator("#model-fit [data-finding=script]")).to_contain_text("BERT base Chinese")
    expect(page.locator("#model-fit [data-finding=unknown]")).to_contain_text("%")
    page.locator('#model-cards input[value="bert-chinese"]').check()
    expect(page.locator("#model-fit [data-finding]")).to_have_count(0)


def test_a_finding_is_mended_with_a_click_and_the_change_undone(app: App, visit: Open) -> None:
    page = visit(app)
    rows = "".join(f"{text},{'ab'[n % 2]}\n" for n, text in enumerate(TEXTS))
    again = f'{TEXTS[0]},a\n"{TEXTS[1]}, {HOSTILE}",b\n' * 2
    upload(page, "repeats.csv", f"text,label\n{rows}{again}".encode())
    usable = page.locator("#overview .tt-tile").first
    repeats = page.locator("#checkup [data-finding=repeats]")
    expect(usable).to_contain_text("44")
    expect(repeats).to_contain_text("3")
    repeats.locator("summary").click()
    expect(repeats).to_contain_text(HOSTILE[:9])
    assert page.locator("img[src='x']").count() == 0

    repeats.get_by_role("button").click()
    expect(usable).to_contain_text("41")
    expect(repeats).to_have_count(0)
    # The button is gone; whoever pressed it by keyboard is still somewhere.
    page.wait_for_function("() => document.activeElement !== document.body")
    changes = page.locator("#changes")
    expect(changes).to_contain_text("3")
    changes.get_by_role("button").click()
    expect(usable).to_contain_text("44")
    expect(repeats).to_have_count(1)


def test_a_wrong_hub_id_is_told_at_once(app: App, visit: Open) -> None:
    page = visit(app)
    pick_sample(page)
    to_model(page)
    page.locator('#model-cards input[value="other"]').check()
    page.locator("#next-2").click()
    expect(page.locator("#model-problem [role=alert]")).to_be_visible()
    page.locator("#model-other").locator("input, textarea").first.fill("no such/thing/at all")
    page.locator("#next-2").click()
    expect(page.locator("#model-problem [role=alert]")).to_contain_text("no such/thing/at all")


def test_a_bad_setting_is_told_by_its_name_and_nothing_starts(app: App, visit: Open) -> None:
    page = visit(app)
    pick_sample(page)
    to_model(page)
    to_techniques(page)
    page.locator("#advanced > button").click()
    assert page.evaluate(UNRINGED) == []
    page.locator("#train-epochs").locator("input, textarea").first.fill("many")
    page.locator("#next-3").click()
    expect(page.locator("#start-problem [role=alert]")).to_contain_text("Epochs")


def test_a_field_of_the_matrix_lists_its_rows(app: App, visit: Open) -> None:
    run = make_run(RunStore(app.home / "runs"))
    page = visit(app, f"?run={run.id}")
    expect(page.locator("#rows")).to_contain_text("6 of 6, the surest")
    plot = page.locator("#confusion .nsewdrag").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    place: Position = {"x": box["width"] * 0.75, "y": box["height"] * 0.25}
    plot.hover(position=place)
    expect(page.locator("#confusion .hoverlayer text").first).to_be_visible()
    plot.click(position=place)
    expect(page.locator("#rows")).to_contain_text("3 of 3, the surest")
    expect(page.locator("#rows-true input")).to_have_value("positive")
    expect(page.locator("#rows-predicted input")).to_have_value("negative")
    # The same with the keyboard.
    page.locator("#rows-predicted input").click()
    page.get_by_role("option", name="positive").click()
    expect(page.locator("#rows")).to_contain_text("52 of 52, the surest")


def test_a_run_is_opened_and_deleted_from_the_list(app: App, visit: Open) -> None:
    run = make_run(RunStore(app.home / "runs"), name="to be deleted")
    page = visit(app)
    page.get_by_role("tab", name="Runs").click()
    row = page.locator("#runs-table tr", has_text="to be deleted")
    row.locator("[data-do=open]").click()
    expect(page.locator("#headline h2")).to_have_text("to be deleted")
    page.get_by_role("tab", name="Runs").click()
    row.locator("[data-do=ask]").click()
    row.locator("[data-do=keep]").click()
    expect(page.locator("#runs-table .tt-ask")).to_have_count(0)
    row.locator("[data-do=ask]").click()
    row.locator("[data-do=delete]").click()
    expect(row).to_have_count(0)
    assert not run.path.exists()


def test_the_zoom_of_the_chart_outlives_an_update(app: App, visit: Open) -> None:
    store = RunStore(app.home / "runs")
    run = make_run(store, upto=0.5, end="")
    lock = run.lock()
    lock.acquire()
    try:
        page = visit(app, f"?run={run.id}")
        expect(page.locator("#live-plot .main-svg").first).to_be_visible()
        plot = page.locator("#live-plot .tt-plot")
        area = plot.locator(".nsewdrag").first
        area.scroll_into_view_if_needed()
        box = area.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 100, box["y"] + 40)
        page.mouse.down()
        page.mouse.move(box["x"] + 300, box["y"] + 40, steps=5)
        page.mouse.up()
        page.wait_for_function(
            "() => document.querySelector('#live-plot .tt-plot').layout.xaxis.range[0] > 0.1"
        )
        zoomed = plot.evaluate("p => p.layout.xaxis.range")
        before = plot.evaluate("p => p.data[0].x.length")
        run.append(events.Step(step=61, epoch=1.525, loss=0.2, learning_rate=1e-4))
        page.wait_for_function(
            "n => document.querySelector('#live-plot .tt-plot').data[0].x.length > n", arg=before
        )
        assert plot.evaluate("p => p.layout.xaxis.range") == zoomed
    finally:
        lock.release()


def test_who_sees_the_data_is_said_where_they_are_brought(
    app: App, visit: Open, tmp_path: Path
) -> None:
    expect(visit(app).locator("#who-sees")).to_contain_text("only that computer")
    shared = App(tmp_path)
    shared.start("--host", "0.0.0.0", "--allowed-host", "tune.example.org")
    try:
        page = visit(shared)
        expect(page.locator("#who-sees")).to_contain_text("everybody who can open this page")
        # What others are told is what the page does for them: under a name that it does not know, nothing.
        answer = page.context.request.get(shared.url, headers={"Host": "evil.example"})
        assert answer.status == 403
        assert page.context.request.get(shared.url, headers={"Host": "tune.example.org"}).ok
        page.close()  # it may still be loading what the program would no longer give it
    finally:
        shared.kill()
    assert "everybody who can open this page" in shared.log.read_text()


def test_an_upload_over_the_limits_says_so(app: App, visit: Open) -> None:
    page = visit(app)
    sentence = "You have uploaded many files in a few minutes."
    page.route("**/gradio_api/upload*", lambda route: route.fulfill(status=429, body=sentence))
    csv: FilePayload = {"name": "a.csv", "mimeType": "text/csv", "buffer": b"text,label\na,b\n"}
    page.locator("#data-file input[type=file]").set_input_files(csv)
    expect(page.get_by_text(sentence)).to_be_visible()
