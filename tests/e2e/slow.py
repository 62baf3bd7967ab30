"""A slow line between a browser and a server: each byte arrives so much later, in both directions."""

from __future__ import annotations

import asyncio
import threading
from asyncio import Queue, StreamReader, StreamWriter
from contextlib import suppress

CHUNK = 1 << 16


def slowed(port: int, seconds: float) -> int:
    """Opens a port that leads to another one of this machine, slowly, as long as the process lives; the port."""
    opened: Queue[int] = Queue()
    loop = asyncio.new_event_loop()

    async def lead(reader: StreamReader, writer: StreamWriter) -> None:
        try:
            back, forth = await asyncio.open_connection("127.0.0.1", port)
        except OSError:  # the server is gone
            writer.close()
            return
        await asyncio.gather(_carry(reader, forth, seconds), _carry(back, writer, seconds))

    async def serve() -> None:
        server = await asyncio.start_server(lead, "127.0.0.1", 0)
        opened.put_nowait(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True).start()
    return asyncio.run_coroutine_threadsafe(opened.get(), loop).result(timeout=10)


async def _carry(reader: StreamReader, writer: StreamWriter, seconds: float) -> None:
    """What is read on one side is written on the other, later; the end of it too."""
    loop = asyncio.get_running_loop()
    underway: Queue[tuple[float, bytes]] = Queue()

    async def read() -> None:
        chunk = b"-"
        while chunk:
            chunk = b""
            with suppress(OSError):
                chunk = await reader.read(CHUNK)
            underway.put_nowait((loop.time() + seconds, chunk))

    reading = asyncio.create_task(read())
    while True:
        due, chunk = await underway.get()
        await asyncio.sleep(due - loop.time())
        if not chunk:
            break
        writer.write(chunk)
        with suppress(OSError):
            await writer.drain()
    await reading
    writer.close()
