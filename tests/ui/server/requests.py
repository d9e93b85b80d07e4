"""Requests to a page that is really there, as no browser would send them."""

from __future__ import annotations

import json
import secrets
import socket

import gradio as gr
import httpx

HOST = "127.0.0.1"
FILE = {"files": ("a.csv", b"text,label\na,b\n")}


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
