"""What many open pages cost a training, and how long they wait for an answer.

    python -m benchmarks.pages [--pages 50] [--rounds 6] [--seconds 20]

A run trains in the process of the page, as it does for people. In turn, no page is open, and then many are.
A page here is a client of plain HTTP that does what the page's script (assets/watch.js) does while somebody
looks at the training: it holds gradio's heartbeat open, asks what is new since the shot that it has, and asks
again when the answer says so. The clients share a process on the same machine; its own time is told.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import statistics
import sys
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from benchmarks.common import machine, say
from benchmarks.startup import Server, serving


class Visitor:
    """One open page."""

    def __init__(self, url: str, run: str, number: int) -> None:
        address = urlsplit(url)
        self.host, self.port = address.hostname or "", address.port or 80
        self.run, self.page, self.have = run, uuid.uuid4().hex[:10], ""
        self.late = number * 0.05  # pages are opened one after the other
        self.took: list[float] = []
        self.read = 0  # bytes

    async def visit(self) -> None:
        """Until it is cancelled."""
        await asyncio.sleep(self.late)
        beat = await self._connect()
        await self._send(beat[1], f"/gradio_api/heartbeat/{uuid.uuid4().hex[:11]}")
        reader, writer = await self._connect()
        try:
            while True:
                begun = time.monotonic()
                query = f"run={self.run}&have={self.have}&page={self.page}"
                await self._send(writer, f"/ticktune/live?{query}")
                news = await self._answer(reader)
                self.took.append(time.monotonic() - begun)
                self.have = news["have"]
                await asyncio.sleep(news["again"])
        finally:
            writer.close()
            beat[1].close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self.host, self.port)

    async def _send(self, writer: asyncio.StreamWriter, path: str) -> None:
        lines = (
            f"GET {path} HTTP/1.1",
            f"Host: {self.host}:{self.port}",
            "Accept-Encoding: gzip",
            "Accept-Language: en",
        )
        writer.write("\r\n".join([*lines, "", ""]).encode())
        await writer.drain()

    async def _answer(self, reader: asyncio.StreamReader) -> dict[str, Any]:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin1").lower()
        status = head.split(" ", 2)[1]
        size = int(head.partition("content-length:")[2].split("\r\n")[0])
        body = await reader.readexactly(size)
        self.read += size
        assert status == "200", (status, body[:200])
        return dict(json.loads(gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body))


async def open_pages(url: str, run: str, pages: int, seconds: float) -> tuple[list[Visitor], float]:
    """What pages saw in these seconds, and the processor seconds that this process took for them."""
    visitors = [Visitor(url, run, number) for number in range(pages)]
    before = time.process_time()
    tasks = [asyncio.create_task(visitor.visit()) for visitor in visitors]
    await asyncio.sleep(seconds)
    for task in tasks:
        if task.done():
            task.result()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return visitors, time.process_time() - before


@dataclass
class Round:
    """One stretch of time."""

    pages: int
    steps: float  # a second
    answering: float  # share of a core
    clients: float
    took: list[float]  # seconds to each answer
    read: int  # bytes


def measure(server: Server, run: str, pages: int, seconds: float) -> Round:
    (steps, busy), begun = server.done(), time.monotonic()
    visitors, mine = asyncio.run(open_pages(server.url, run, pages, seconds))
    (steps_after, busy_after), span = server.done(), time.monotonic() - begun
    measured = Round(
        pages,
        (steps_after - steps) / span,
        (busy_after - busy) / span,
        mine / span,
        [seconds for visitor in visitors for seconds in visitor.took],
        sum(visitor.read for visitor in visitors),
    )
    say(
        f"{pages} pages: {measured.steps:.2f} steps a second, {measured.answering:.1%} of a core answers"
    )
    return measured


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--pages", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args(arguments)
    print(f"{machine()}, {options.pages} pages\n", flush=True)
    with serving() as server:
        run = server.train()
        rounds = [
            (
                measure(server, run, 0, options.seconds),
                measure(server, run, options.pages, options.seconds),
            )
            for _round in range(options.rounds)
        ]
    alone, beside = zip(*rounds, strict=True)
    took = [seconds for one in beside for seconds in one.took]
    span = options.rounds * options.seconds
    p50, p95, most = (1000 * seconds for seconds in (*np.quantile(took, (0.5, 0.95)), max(took)))
    print("| answers a second | kB a second | p50 ms | p95 ms | max ms |\n|---|---|---|---|---|")
    read = sum(one.read for one in beside)
    print(
        f"| {len(took) / span:.1f} | {read / span / 1000:.1f} | {p50:.0f} | {p95:.0f} | {most:.0f} |\n"
    )
    print("| | steps a second | a core answers pages | a core is client |\n|---|---|---|---|")
    for name, ones in (("no page", alone), (f"{options.pages} pages", beside)):
        medians = (statistics.median(values) for values in zip(*map(shares, ones), strict=True))
        print("| {} | {:.2f} | {:.1%} | {:.1%} |".format(name, *medians))
    slower = statistics.median(1 - b.steps / a.steps for a, b in rounds)
    summary = {"pages": options.pages, "p95_ms": round(p95), "slower": round(slower, 3)}
    print(f"\n{json.dumps(summary)}", flush=True)


def shares(one: Round) -> tuple[float, float, float]:
    return one.steps, one.answering, one.clients


if __name__ == "__main__":
    main(sys.argv[1:])
