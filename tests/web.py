"""A local web server that plays an official address: whole files, slow ones, broken ones, ones that send on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Reply:
    """What the server does when it is asked for one path.

    Attributes:
        moved: another address that it sends on to.
        says: the length that it names; -1 for none.
        held: it sends the first half, and the rest once this is set.
    """

    body: bytes = b""
    moved: str = ""
    says: int | None = None
    held: threading.Event | None = None
    asked: int = field(default=0, init=False)


@contextmanager
def web(replies: dict[str, Reply]) -> Iterator[str]:
    """Serves the replies by path on a free port of this machine; yields the address, '/' not included."""
    ending = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            reply = replies.get(self.path)
            if reply is None:
                self.send_error(404)
                return
            reply.asked += 1
            self.send_response(302 if reply.moved else 200)
            if reply.moved:
                self.send_header("Location", reply.moved)
            length = len(reply.body) if reply.says is None else reply.says
            if length >= 0:
                self.send_header("Content-Length", str(length))
            self.end_headers()
            try:
                self._send(reply)
            except OSError:  # whoever asked went away
                self.close_connection = True

        def _send(self, reply: Reply) -> None:
            half = len(reply.body) // 2 if reply.held else len(reply.body)
            self.wfile.write(reply.body[:half])
            self.wfile.flush()
            while reply.held and not reply.held.wait(0.05) and not ending.is_set():
                pass
            self.wfile.write(reply.body[half:])

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        ending.set()
        server.shutdown()
        server.server_close()
        thread.join()
