"""`make app`: starts the app in this process, opens the browser when it answers. Asks nothing."""

from __future__ import annotations

import argparse
import importlib
import os
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from pathlib import Path

from recsys_core.i18n import _

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 60
PORTS_TRIED = 50
PRELOADED = (
    "altair",
    "onnxruntime",
    "recsys_core.charts.compare",
    "recsys_core.charts.explore",
    "recsys_core.data.importing",
    "recsys_core.scenarios.leaderboard",
    "recsys_core.scenarios.lists",
    "recsys_core.training.first_start",
)


def free_port(wanted: int) -> int:
    """The wanted port, or the next free one."""
    for port in range(wanted, wanted + PORTS_TRIED):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    return wanted


def answers(address: str) -> bool:
    """Whether the server says that it is well."""
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def preload() -> None:
    """Imports what the pages need while the browser still loads, so that the first page is not the slow one."""
    for name in PRELOADED:
        importlib.import_module(name)


def announce(address: str, *, open_browser: bool) -> None:
    """Waits until the app answers, says where it is, and opens the browser."""
    deadline = time.monotonic() + START_SECONDS
    while not answers(address):
        if time.monotonic() > deadline:
            return
        time.sleep(0.05)
    said = _("Recsys Studio is open at {address} (Ctrl-C ends it)").format(address=address)
    sys.stdout.write(f"{said}\n")
    sys.stdout.flush()
    if open_browser:
        webbrowser.open(address)


def main() -> None:
    """Runs until Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser(prog="make app")
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--no-browser", action="store_true")
    options = parser.parse_args()
    port = free_port(options.port)
    os.chdir(ROOT)
    threading.Thread(target=preload, daemon=True).start()
    named = {"open_browser": not options.no_browser}
    threading.Thread(target=announce, args=(f"http://127.0.0.1:{port}",), kwargs=named, daemon=True).start()
    from streamlit.web import cli

    sys.argv = ["streamlit", "run", "app.py", "--server.port", str(port)]
    cli.main()


if __name__ == "__main__":
    main()
