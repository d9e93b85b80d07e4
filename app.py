"""Starts the page. `python app.py --help` lists the options."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

# Before gradio is imported: nothing is reported to anybody. (core does the same for the hub.)
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

PORT = 7860
PRINTED = 50_000  # characters of one message


def options() -> argparse.Namespace:
    from core.installed import own_version

    parser = argparse.ArgumentParser(
        description="Fine-tune a classifier on your own texts or pictures."
    )
    everywhere = "0.0.0.0" if os.environ.get("SPACE_ID") else "127.0.0.1"  # noqa: S104
    port = os.environ.get("PORT") or os.environ.get("GRADIO_SERVER_PORT")
    parser.add_argument("--host", default=everywhere, help="address to listen on [%(default)s]")
    parser.add_argument(
        "--port", type=int, default=int(port) if port else None, help=f"port [{PORT}, or the next]"
    )
    parser.add_argument(
        "--allowed-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a further name by which the page is called, as behind a proxy; may be repeated",
    )
    parser.add_argument("--version", action="version", version=f"TickTune {own_version()}")
    parser.add_argument("--runs", type=Path, help="folder of the runs [TICKTUNE_HOME/runs]")
    return parser.parse_args()


def main() -> None:
    wanted = options()
    from core.io.terminal import safe_output

    # gradio prints what strangers have sent where that made it stumble.
    with safe_output(PRINTED):
        run(wanted)


def run(wanted: argparse.Namespace) -> None:
    """The page, until it is ended."""
    from core.errors import UserError
    from core.installed import check_installed
    from core.io.temporary import clean, go_when_told, keep_uploads_here
    from core.io.terminal import Formatter

    try:
        check_installed()
    except UserError as error:
        sys.exit(f"{error.message}\n{error.hint}")
    handler = logging.StreamHandler()
    handler.setLevel(logging.WARNING)
    handler.setFormatter(Formatter("%(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    clean()
    keep_uploads_here()
    go_when_told()
    from core.jobs.queue import warm_up
    from core.runs.store import RunStore
    from core.words import say
    from ui.page import build, free_port, launch_options
    from ui.server.hosts import Hosts

    try:
        hosts = Hosts.of(wanted.host, wanted.allowed_host)
    except ValueError as error:
        sys.exit(f"--allowed-host {error}: this is no name of a computer, such as tune.example.org")
    port = free_port(wanted.host, wanted.port, PORT)
    if port is None:
        sys.exit(
            f"Port {wanted.port} is in use, perhaps by another TickTune. "
            "Close that one, or choose another port: --port 7861"
        )
    if wanted.port is None and port != PORT:
        print(f"Port {PORT} is in use, so this is on port {port}.", flush=True)
    page = build(RunStore(wanted.runs), hosts)
    page.launch(
        server_name=wanted.host, server_port=port, prevent_thread_lock=True, **launch_options(hosts)
    )
    print(f"TickTune is ready: {page.local_url}   (Ctrl+C ends it)", flush=True)
    if hosts.shared:
        print(say("ui.data.shared"), flush=True)
    warm_up()
    page.block_thread()


if __name__ == "__main__":
    main()
