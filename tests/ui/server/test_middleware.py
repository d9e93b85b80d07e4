"""The gate before gradio's routes, on a page that is really there."""

from __future__ import annotations

import asyncio
import hashlib
import http.server
import json
import secrets
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import pytest
import safehttpx
from gradio.route_utils import delete_files_created_by_app

from core.io.temporary import UPLOADS, forget, lend, made_of
from core.runs.store import RunStore
from core.words import say
from tests.conftest import in_a_loop
from ui import page
from ui.server.hosts import Hosts, bare_name
from ui.server.middleware import LARGE_BODY, MAX_BODY, MAX_LARGE, Gate
from ui.server.uploads import Limits, Refused, Uploads

ROOT = Path(__file__).resolve().parents[3]
HOST = "127.0.0.1"
FILE = {"files": ("a.csv", b"text,label\na,b\n")}


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[gr.Blocks]:
    built = page.build(RunStore(tmp_path_factory.mktemp("home") / "runs"))
    yield built
    built.close()


@pytest.fixture(scope="module")
def url(blocks: gr.Blocks) -> str:
    blocks.launch(server_name=HOST, prevent_thread_lock=True, **page.launch_options())
    return blocks.local_url.rstrip("/")


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


def raw(url: str, request: bytes) -> bytes:
    """The answer to a request as it is, which no client has tidied up."""
    address = httpx.URL(url)
    with socket.create_connection((address.host, address.port or 80), timeout=30) as line:
        line.sendall(request)
        answer = b""
        while part := line.recv(65536):
            answer += part
            if b"\r\n\r\n" in answer:
                break
    return answer


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

    async def breaks_off(*_: Any) -> None:
        raise KeyError("page")

    answered = Gate(breaks_off, Hosts(), Uploads())(scope, breaks_off, send)
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
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("localhost:7860", 200),
        ("LOCALHOST.", 200),
        ("[::1]:80", 200),
        ("evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost.evil.example:7860", 403),
        ("evil.example@127.0.0.1", 403),
        ("192.168.1.5", 403),
        ("0.0.0.0", 403),
        ("", 403),
    ],
)
def test_a_page_for_this_computer_knows_its_own_names(url: str, host: str, status: int) -> None:
    answer = raw(url, f"GET /config HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    assert answer.startswith(f"HTTP/1.1 {status}".encode()), answer[:300]


def test_a_forwarded_name_counts_as_a_name(url: str) -> None:
    for header in (
        {"X-Forwarded-Host": "evil.example"},
        {"X-Gradio-Server": "http://evil.example"},
    ):
        assert httpx.get(f"{url}/config", headers=header).status_code == 403


def test_the_refusal_says_what_to_do_in_the_language_of_the_browser(url: str) -> None:
    headers = {"Host": "tune.example", "Accept-Language": "zh-CN,zh;q=0.9"}
    assert "--allowed-host" in httpx.get(url, headers={"Host": "tune.example"}).text
    answer = httpx.get(url, headers=headers)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "不以“tune.example”" in answer.text


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:1", "file://"]
)
def test_other_pages_get_nothing(url: str, origin: str) -> None:
    headers = {"Origin": origin}
    answers = [
        httpx.post(f"{url}/gradio_api/upload", files=FILE, headers=headers),
        httpx.post(f"{url}/gradio_api/queue/join", json={}, headers=headers),
        httpx.get(f"{url}/config", headers=headers),
    ]
    assert [each.status_code for each in answers] == [403] * 3


def test_the_page_itself_may_upload(url: str) -> None:
    for own in (url, url.replace(HOST, "localhost")):
        answer = httpx.post(f"{own}/gradio_api/upload", files=FILE, headers={"Origin": own})
        assert answer.status_code == 200
        assert Path(answer.json()[0]).read_bytes() == FILE["files"][1]


def opened(blocks: gr.Blocks, url: str, path: str, **said: str) -> str:
    """What the page answers to a new visitor who names a file as one just uploaded, with what is `said` of
    it."""
    box = next(block for block in blocks.blocks.values() if block.elem_id == "data-file")
    fn = next(fn for fn in blocks.fns.values() if (box._id, "upload") in map(tuple, fn.targets))
    file = {"path": path, "meta": {"_type": "gradio.FileData"}, **said}
    data = [file if block is box else None for block in fn.inputs]
    visitor = {"session_hash": secrets.token_hex(8)}
    joined = httpx.post(
        f"{url}/gradio_api/queue/join", json={"data": data, "fn_index": fn._id, **visitor}
    )
    assert joined.status_code == 200
    answer = httpx.get(f"{url}/gradio_api/queue/data", params=visitor, timeout=60)
    events = [
        json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")
    ]
    return str(next(event for event in events if event["msg"] == "process_completed"))


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
    kind = {"Content-Type": b"multipart/form-data; boundary=" + boundary}
    answer = httpx.post(f"{url}/gradio_api/upload", content=body, headers=kind)
    assert answer.status_code == 400


def test_a_socket_of_another_page_is_not_opened() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def opened(*_: Any) -> None:
        sent.append("opened")

    own = [(b"host", b"127.0.0.1:80")]
    gate = Gate(opened, Hosts(), Uploads())
    for headers in (
        own,
        [*own, (b"origin", b"https://evil.example")],
        [(b"host", b"evil.example")],
    ):
        scope = {"type": "websocket", "path": "/", "headers": headers}
        in_a_loop(gate(scope, opened, send))  # type: ignore[arg-type]
    assert sent == ["opened", *[{"type": "websocket.close", "code": 1008}] * 2]


def test_names_where_others_may_come() -> None:
    lan = Hosts.of("0.0.0.0", ["https://Tune.Example.org:8443/"])
    for name in (
        "192.168.1.5:7860",
        "[fe80::1]",
        "localhost",
        "tune.example.org",
        "mybox",
        "a.local",
    ):
        assert lan.answers(name), name
    assert lan.answers(socket.gethostname())
    for name in (
        "evil.example",
        "192.168.1.5.evil.example",
        "tune.example.org.evil.example",
        "a b",
    ):
        assert not lan.answers(name), name
    assert lan.trusts("http://192.168.1.5:7860", "192.168.1.5:7860")
    assert lan.trusts(
        "https://tune.example.org", "127.0.0.1:7860"
    )  # the proxy hands on its own name
    assert lan.trusts("https://mybox:8443", "mybox")  # the proxy leaves out the port
    assert not lan.trusts("http://192.168.1.6:7860", "192.168.1.5:7860")
    assert not lan.trusts("http://192.168.1.5:3000", "192.168.1.5:7860")
    assert bare_name("[::1]:7860") == "::1"
    with pytest.raises(ValueError, match="two words"):
        Hosts.of(HOST, ["two words"])


def test_a_space_answers_to_its_own_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACE_ID", "me/tune")
    monkeypatch.setenv("SPACE_HOST", "me-tune.hf.space,tune.example.org")
    space = Hosts.of("0.0.0.0")
    assert space.shared
    assert space.answers("10.0.0.1:7860")
    assert space.trusts("https://me-tune.hf.space", "10.0.0.1:7860")
    assert space.trusts("https://tune.example.org", "me-tune.hf.space")
    assert not space.trusts("https://huggingface.co", "me-tune.hf.space")


def test_who_sees_the_data_is_true_to_how_the_page_is_run() -> None:
    assert not Hosts.of(HOST).shared
    assert not Hosts.of("localhost").shared
    assert Hosts.of(HOST, ["tune.example.org"]).shared
    assert Hosts.of("0.0.0.0").shared
    assert Hosts.of("192.168.1.5").shared


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
