"""The gate before gradio's routes, on a page that is really there."""

from __future__ import annotations

import asyncio
import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import gradio as gr
import httpx
import pytest
import safehttpx

from tests.conftest import in_a_loop
from tests.ui.server.requests import FILE, HOST, raw
from ui.server.hosts import Hosts
from ui.server.middleware import LARGE_BODY, MAX_BODY, MAX_LARGE, Gate
from ui.server.uploads import Uploads


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[str]]]:
    """A machine on the internet, `http://files.example:PORT`, and what it was asked for."""
    asked: list[str] = []

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"secret")

        def log_message(self, *args: object) -> None:
            """Nothing on the terminal."""

    async def resolve(name: str) -> str:
        asked.append(name)
        return HOST

    monkeypatch.setattr(safehttpx, "async_validate_url", resolve)
    with http.server.ThreadingHTTPServer((HOST, 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"files.example:{server.server_port}", asked
        server.shutdown()


FORMS = [
    "/gradio_api/file=http://{}/x",
    "/gradio_api/file=https://{}/x",
    "/gradio_api/file/http://{}/x",
    "/gradio_api/file/https://{}/x",
    "/gradio_api/file=%68ttp://{}/x",
    "/gradio_api/file%3Dhttp%3A%2F%2F{}%2Fx",
    "/gradio_api/file=%2568ttp://{}/x",
    "/gradio_api/file=%252568ttp%25253A//{}/x",
    "/gradio_api/file=HTTP://{}/x",
    "/gradio_api/FILE=http://{}/x",
    "/gradio_api/file=%09http://{}/x",
    "/gradio_api/file=//{}/x",
    "/gradio_api/file=\\\\{}/x",
    "/gradio_api/file=ftp://{}/x",
    "/gradio_api/file=http:\\\\{}/x",
    "/gradio_api/proxy=http://{}/x",
    "/gradio_api/proxy=https://{}/x",
    "/gradio_api/proxy=%68ttps://{}/x",
    "/gradio_api//file=http://{}/x",
    "http://127.0.0.1/gradio_api/file=http://{}/x",
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_nothing_is_fetched_for_a_stranger(
    url: str, elsewhere: tuple[str, list[str]], form: str, method: str
) -> None:
    name, asked = elsewhere
    line = f"{method} {form.format(name)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    answer = raw(url, line.encode())
    assert answer.startswith(b"HTTP/1.1 403"), answer
    assert asked == []


@pytest.mark.parametrize("how", ["run", "call", "queue/join", "api"])
@pytest.mark.parametrize(
    "path", ["http://{}/x", "https://{}/x", "HTTP://{}/x", "\\u0068ttp://{}/x", "ftp://{}/x"]
)
def test_no_file_that_is_posted_is_fetched(
    blocks: gr.Blocks, url: str, elsewhere: tuple[str, list[str]], how: str, path: str
) -> None:
    name, asked = elsewhere
    fn = next(
        fn
        for fn in blocks.fns.values()
        if any(isinstance(block, gr.File | gr.UploadButton) for block in fn.inputs)
    )
    where = "queue/join" if how == "queue/join" else f"{how}/{fn.api_name}"
    data: list[Any] = [
        {"path": "PATH", "meta": {"_type": "gradio.FileData"}}
        if isinstance(block, gr.File | gr.UploadButton)
        else None
        for block in fn.inputs
    ]
    body = json.dumps({"data": data, "fn_index": fn._id, "session_hash": "abc"})
    body = body.replace("PATH", path.format(name))
    for kind in ("application/json", "text/json", "application/vnd.api+json"):
        answer = httpx.post(
            f"{url}/gradio_api/{where}",
            content=body,
            headers={"Content-Type": kind},
            timeout=30,
        )
        assert answer.status_code == 403
    assert asked == []


def test_a_file_is_not_led_away_by_its_url(url: str) -> None:
    for led in ("https://files.example/x", "//files.example/x"):
        posted = {"data": [{"path": "/tmp/x", "url": led}], "fn_index": 0, "session_hash": "a"}
        assert httpx.post(f"{url}/gradio_api/queue/join", json=posted).status_code == 403
    own = {"data": [{"path": "/tmp/x", "url": f"{url}/gradio_api/file=/tmp/x"}], "fn_index": 0}
    assert httpx.post(f"{url}/gradio_api/queue/join", json=own).status_code != 403


@pytest.mark.parametrize("part", ["process_recording", "component_server", "vibe-edit/"])
def test_files_are_taken_in_one_place_only(url: str, part: str) -> None:
    assert httpx.post(f"{url}/gradio_api/{part}", files=FILE).status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/deep_link?session_hash=a",
        "/gradio_api/dev/reload",
        "/gradio_api/stream/a",
        "/monitoring",
        "/monitoring/summary",
    ],
)
def test_what_gradio_has_for_other_pages_is_not_there(url: str, path: str) -> None:
    assert httpx.get(f"{url}{path}").status_code == 403


@pytest.mark.parametrize("way", ["run", "api"])
def test_nobody_goes_past_the_queue(blocks: gr.Blocks, url: str, way: str) -> None:
    fn = next(fn for fn in blocks.fns.values() if fn.api_name)
    body = {"data": [None] * len(fn.inputs), "fn_index": fn._id, "session_hash": "a"}
    assert httpx.post(f"{url}/gradio_api/{way}/{fn.api_name}", json=body).status_code == 404


def test_the_channel_of_a_closed_page_ends_in_order(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """As when a page is closed or loaded anew while an answer is on its way."""
    answer = httpx.get(f"{url}/gradio_api/queue/data?session_hash=nobody", timeout=30)
    assert json.loads(answer.text.removeprefix("data: "))["session_not_found"]
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("path", ["/gradio_api/queue/data", "/gradio_api/info"])
def test_only_the_channel_may_break_off(path: str) -> None:
    """gradio forgets a page that is closed twice, the second time with a KeyError."""
    scope = {"type": "http", "method": "GET", "path": path, "headers": [(b"host", b"127.0.0.1")]}
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def never() -> Any:
        raise AssertionError

    async def breaks_off(*_: Any) -> None:
        raise KeyError("page")

    answered = Gate(breaks_off, Hosts(), Uploads())(scope, never, send)
    if path.endswith("data"):
        in_a_loop(answered)
        assert sent == [{"type": "http.response.body"}]
    else:
        with pytest.raises(KeyError):
            in_a_loop(answered)


def many(what: str, count: int = 300_000) -> str:
    return f'{{"data":[{",".join([what] * count)}],"fn_index":0,"session_hash":"m"}}'


@pytest.mark.parametrize("what", ["[]", "{}", "1", '""', '"\\"["', '{"a":"b"}', "∀"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32-be"])
def test_what_takes_much_memory_is_not_read(url: str, what: str, encoding: str) -> None:
    body = many(f'"{what}"' if what == "∀" else what).encode(encoding)
    assert httpx.post(f"{url}/gradio_api/queue/join", content=body).status_code == 413
    # The same characters are no values in a cell that somebody has pasted.
    text = json.dumps({"data": [many(what)], "fn_index": -1, "session_hash": "m"}).encode()
    assert httpx.post(f"{url}/gradio_api/queue/join", content=text).status_code != 413


def test_few_large_bodies_are_held_at_a_time() -> None:
    release = asyncio.Event()
    statuses: list[int] = []
    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"host", b"127.0.0.1")]}
    body = b'"' + b" " * LARGE_BODY + b'"'

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        statuses.extend([message["status"]] if "status" in message else [])

    async def held(*_: Any) -> None:
        await release.wait()

    async def all_at_once() -> None:
        gate = Gate(held, Hosts(), Uploads())
        first = [asyncio.create_task(gate(dict(scope), receive, send)) for _ in range(MAX_LARGE)]
        await asyncio.sleep(0)
        await gate(dict(scope), receive, send)
        assert statuses == [503]
        release.set()
        await asyncio.gather(*first)
        await gate(dict(scope), receive, send)
        assert statuses == [503]

    in_a_loop(all_at_once())


def test_what_is_posted_has_an_end(url: str) -> None:
    deep = b"[" * 100_000
    assert httpx.post(f"{url}/gradio_api/queue/join", content=deep).status_code == 400
    long = b" " * (MAX_BODY + 1)
    assert httpx.post(f"{url}/gradio_api/queue/join", content=long, timeout=60).status_code == 413


@pytest.mark.parametrize(
    "half", [b'"\\ud83d"', b'"\\uDE00 x"', b'"\xed\xa0\xbd"', b'["\\\\ud83d\\ud83d"]']
)
def test_half_a_character_goes_no_further(half: bytes) -> None:
    """An answer that holds one cannot be sent: the page would wait for ever."""
    got: list[bytes] = []
    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"host", b"127.0.0.1")]}

    async def receive() -> Any:
        return {"type": "http.request", "body": b'{"a":"\\ud83d\\ude00","b":' + half + b"}"}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        got.append((await receive())["body"])

    async def send(message: Any) -> None:
        raise AssertionError(message)

    in_a_loop(Gate(app, Hosts(), Uploads())(scope, receive, send))
    read = json.loads(got[0])
    assert read["a"] == "😀"
    assert "?" in json.dumps(read, ensure_ascii=False).encode().decode()
