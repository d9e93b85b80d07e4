"""Uploads: who finds them, when they go, and how much may be sent."""

from __future__ import annotations

import hashlib
from pathlib import Path

import gradio as gr
import httpx
import pytest
from gradio.route_utils import delete_files_created_by_app

from core.io.temporary import UPLOADS, forget, lend, made_of
from core.runs.store import RunStore
from core.words import say
from tests.ui.server.requests import FILE, HOST, opened
from ui import page
from ui.server.middleware import MAX_BODY
from ui.server.uploads import Limits, Refused, Uploads

ROOT = Path(__file__).resolve().parents[3]


def test_the_page_itself_may_upload(url: str) -> None:
    for own in (url, url.replace(HOST, "localhost")):
        answer = httpx.post(f"{own}/gradio_api/upload", files=FILE, headers={"Origin": own})
        assert answer.status_code == 200
        assert Path(answer.json()[0]).read_bytes() == FILE["files"][1]


@pytest.mark.parametrize(
    ("name", "said", "stored", "shown"),
    [
        ("nul.csv", "nul.csv", "_nul.csv", "nul.csv"),
        ("_nul.csv", "_nul.csv", "_nul.csv", "_nul.csv"),
        ("rows.csv", "another name.csv", "rows.csv", "rows.csv"),
        ("nul.csv", "../nul.csv", "_nul.csv", "_nul.csv"),
    ],
)
def test_a_file_is_shown_by_the_name_that_it_was_given(
    blocks: gr.Blocks, url: str, name: str, said: str, stored: str, shown: str
) -> None:
    """Whatever name is safe to store it by, on any system."""
    rows = "".join(f"words of row {n},{'ab'[n % 2]}\n" for n in range(20))
    files = {"files": (name, f"text,label\n{rows}".encode())}
    (path,) = httpx.post(f"{url}/gradio_api/upload", files=files).json()
    assert Path(path).name == stored
    answer = opened(blocks, url, path, orig_name=said)
    assert f"<h2>{shown}</h2>" in answer


def test_an_upload_is_found_by_nobody_who_was_not_given_its_path(
    blocks: gr.Blocks, url: str
) -> None:
    """What protects it is the name of its folder, a hash of its content and of a secret of the server."""
    text = "".join(f"secret words {n},{'ab'[n % 2]}\n" for n in range(20))
    sent = {"files": ("payroll.csv", f"text,label\n{text}".encode())}
    own = Path(httpx.post(f"{url}/gradio_api/upload", files=sent).json()[0])
    assert "secret words" in opened(blocks, url, str(own))
    digest = hashlib.sha256(sent["files"][1]).hexdigest()  # whoever knows the content, even
    assert digest != own.parent.name
    web = own.parent.parent
    for guess in (
        *(web, web / "payroll.csv", web / digest / "payroll.csv", web / "*" / "payroll.csv"),
        *(own.parent, own.parent / "..", own.parent / ".." / "payroll.csv", Path("payroll.csv")),
        web / ".." / web.name / "payroll.csv",
    ):
        assert say("gate.value") in opened(blocks, url, str(guess)), guess
        fetched = httpx.get(f"{url}/gradio_api/file={guess}")
        assert fetched.status_code in (403, 404), guess


def test_whoever_is_given_a_file_of_a_run_does_not_learn_what_was_uploaded(
    url: str, tmp_path: Path
) -> None:
    own = Path(httpx.post(f"{url}/gradio_api/upload", files=FILE).json()[0])
    file = tmp_path / "report.html"
    file.write_text("a report")
    made_of(tmp_path, "run", own)
    given = lend(tmp_path, "run", file)
    assert httpx.get(f"{url}/gradio_api/file={given}").text == "a report"
    notes = given.parent.parent / UPLOADS
    assert str(own) in notes.read_text()
    ways = "{}", "{}/", "{}/.", "{}//", "{}/x/..", "{}%2F", "{}%252f", "{}%00"
    for place in (notes, given.parent / ".." / UPLOADS, notes.parents[2] / ".lock"):
        for way in ways:
            answer = httpx.get(f"{url}/gradio_api/file={way.format(place)}")
            assert answer.status_code in (403, 404), (place, way)
            assert str(own) not in answer.text
    forget(tmp_path, "run")
    assert not own.exists()


def test_a_folder_that_is_posted_does_not_end_the_removal_of_uploads(
    blocks: gr.Blocks, url: str
) -> None:
    own = Path(httpx.post(f"{url}/gradio_api/upload", files=FILE).json()[0])
    for folder in (own.parent, own.parent.parent):
        assert say("gate.value") in opened(blocks, url, str(folder))
    delete_files_created_by_app(blocks, age=None)
    assert not own.exists()


FORMS_OF_FILES = {
    "no file": (b"B", b'--B\r\nContent-Disposition: form-data; name="files"\r\n\r\na\r\n--B--\r\n'),
    "long boundary": (b"x" * 5000, b""),
    "no name": (b"B", b"--B\r\n\r\na\r\n--B--\r\n"),
    "another boundary": (b"B", b"--C\r\n"),
    "two dots": (
        b"B",
        b'--B\r\nContent-Disposition: form-data; name="files"; filename=".."\r\n\r\na\r\n--B--\r\n',
    ),
}


@pytest.mark.parametrize("form", FORMS_OF_FILES)
def test_an_odd_upload_is_refused(url: str, form: str) -> None:
    boundary, body = FORMS_OF_FILES[form]
    kind = {b"Content-Type": b"multipart/form-data; boundary=" + boundary}
    answer = httpx.post(f"{url}/gradio_api/upload", content=body, headers=kind)
    assert answer.status_code == 400


SMALL = Limits(number=3, each=5000, together=8000, free=0)


def launched(uploads: Uploads, folder: Path) -> gr.Blocks:
    built = page.build(RunStore(folder))
    options = page.launch_options(uploads=uploads)
    built.launch(server_name=HOST, prevent_thread_lock=True, **options)
    return built


def test_uploads_over_the_limits_are_refused_and_nothing_of_them_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    built = launched(Uploads(SMALL), tmp_path)
    try:
        where = f"{built.local_url}gradio_api/upload"
        forged = {"X-Forwarded-For": "1.2.3.4"}
        assert httpx.post(where, files={"files": b"a" * 3000}).status_code == 200
        # Whether its length is said beforehand or not, and whoever it claims to come from.
        large = httpx.post(where, files={"files": b"b" * 3000}, headers=forged)
        assert large.status_code == 429
        assert "as much as one visitor may" in large.text
        assert int(large.headers["retry-after"]) > 3000
        body = (
            b'--x\r\nContent-Disposition: form-data; name="files"; filename="c"\r\n\r\n'
            + b"c" * 3000
        )
        parts = iter([body[:1000], body[1000:], b"\r\n--x--\r\n"])
        kind = {"Content-Type": "multipart/form-data; boundary=x"}
        assert httpx.post(where, content=parts, headers=kind | forged).status_code == 429
        huge = httpx.post(where, files={"files": b"d" * 9000})
        assert huge.status_code == 413
        assert [
            file.stat().st_size for file in (tmp_path / "uploads").rglob("*") if file.is_file()
        ] == [3000]
        assert httpx.post(where, files={"files": b"e"}, headers=forged).status_code == 200
        often = httpx.post(where, files={"files": b"f"}, headers={"X-Forwarded-For": "5.6.7.8"})
        assert often.status_code == 429
        assert "many files in a few minutes" in often.text
    finally:
        built.close()


def test_limits_of_one_and_of_all_and_time_passes() -> None:
    now = [0.0]
    uploads = Uploads(SMALL, clock=lambda: now[0])
    for address in ("10.0.0.1", "2001:db8::1"):
        uploads.begin(address, 4000)
        uploads.count(address, 4000)
    with pytest.raises(Refused) as refused:
        uploads.begin("2001:db8::2", 2000)  # the same visitor
    assert refused.value.reason.key == "gate.upload_bytes"
    with pytest.raises(Refused) as refused:
        uploads.begin("10.0.0.2", 2000)
    assert refused.value.reason.key == "gate.upload_sum"
    with pytest.raises(Refused):
        uploads.count(None, 2000)
    now[0] = SMALL.together_seconds + 1
    uploads.begin("10.0.0.2", 2000)


def test_a_disk_that_is_nearly_full_takes_nothing() -> None:
    with pytest.raises(Refused) as refused:
        Uploads(Limits(free=2**60)).begin("10.0.0.1", 10)
    assert refused.value.status == 507


def test_the_documentation_names_the_limits() -> None:
    limits, text = (
        Limits(),
        " ".join((ROOT / "docs" / "deploy.md").read_text(encoding="utf-8").split()),
    )
    assert f"one visitor {limits.number} in ten minutes and {limits.each / 2**30} GB" in text
    assert f"all together {limits.together // 2**30} GB in a day" in text
    assert f"less than {limits.free // 2**30} GB" in text
    assert f"at most {MAX_BODY // 2**20} MB" in text
