"""A small SMTP server on loopback for tests (RFC 5321, as much as Django's backend speaks): takes mail, or answers as told.

``with smtp.running() as server:`` starts it in a thread; ``server.messages`` are those that were accepted, in order.
``server.answers["RCPT"] = "550 no such user"`` answers every such command so, until it is taken out again.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage


@dataclass
class Server:
    """``port`` on 127.0.0.1. ``answers``: command (``MAIL``, ``RCPT``, ``DATA``, ``.`` for the end of the data) → reply."""

    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    connections: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.connections += 1
        writer.write(b"220 test\r\n")
        while line := await reader.readline():
            command = line[:4].decode().strip().upper()
            if command == "DATA" and "DATA" not in self.answers:
                writer.write(b"354 go on\r\n")
                data = await reader.readuntil(b"\r\n.\r\n")
                reply = self.answers.get(".", "250 accepted")
                if reply.startswith("250"):
                    self.messages.append(message_from_bytes(data[:-3], policy=policy.default))
            else:
                reply = self.answers.get(command, "221 bye" if command == "QUIT" else "250 ok")
            writer.write(f"{reply}\r\n".encode())
            if command == "QUIT" or reply.startswith("421"):
                break
        writer.close()


@contextmanager
def running() -> Iterator[Server]:
    """A server as long as the block lasts."""
    server, started = Server(), threading.Event()
    loop = asyncio.new_event_loop()

    async def start() -> asyncio.Server:
        return await asyncio.start_server(server.serve, "127.0.0.1", 0)

    def run() -> None:
        listener = loop.run_until_complete(start())
        server.port = listener.sockets[0].getsockname()[1]
        started.set()
        loop.run_forever()
        listener.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    started.wait()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
