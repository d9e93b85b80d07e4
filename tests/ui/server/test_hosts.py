"""By which names a page may be called, and from which other pages it takes requests."""

from __future__ import annotations

import socket
from typing import Any

import httpx
import pytest

from tests.conftest import in_a_loop
from tests.ui.server.requests import FILE, HOST, raw
from ui.server.hosts import Hosts, bare_name
from ui.server.middleware import Gate
from ui.server.uploads import Uploads


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
