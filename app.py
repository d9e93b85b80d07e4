"""Starts the page. `python app.py --help` lists the options."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

# Before gradio is imported: nothing is reported to anybody. (core does the same for the hub.)
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

PORT = 7860


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Fine-tune a classifier on your own texts or pictures."
    )
    everywhere = "0.0.0.0" if os.environ.get("SPACE_ID") else "127.0.0.1"  # noqa: S104
    port = os.environ.get("PORT") or os.environ.get("GRADIO_SERVER_PORT")
    parser.add_argument("--host", default=everywhere, help="address to listen on [%(default)s]")
    parser.add_argument(
        "--port", type=int, default=int(port) if port else None, help=f"port [{PORT}, or the next]"
    )
    parser.add_argument("--runs", type=Path, help="folder of the runs [TICKTUNE_HOME/runs]")
    return parser.parse_args()


def main() -> None:
    wanted = options()
    from core.errors import UserError
    from core.installed import check_installed

    try:
        check_installed()
    except UserError as error:
        sys.exit(f"{error.message}\n{error.hint}")
    from core.jobs import warm_up
    from core.runs import RunStore
    from ui.page import build, free_port, launch_options

    port = free_port(wanted.host, wanted.port, PORT)
    if port is None:
        sys.exit(
            f"Port {wanted.port} is in use, perhaps by another TickTune. "
            "Close that one, or choose another port: --port 7861"
        )
    if wanted.port is None and port != PORT:
        print(f"Port {PORT} is in use, so this is on port {port}.", flush=True)
    page = build(RunStore(wanted.runs))
    page.launch(
        server_name=wanted.host, server_port=port, prevent_thread_lock=True, **launch_options()
    )
    print(f"TickTune is ready: {page.local_url}   (Ctrl+C ends it)", flush=True)
    warm_up()
    page.block_thread()


if __name__ == "__main__":
    main()
