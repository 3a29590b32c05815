"""A load generator that leaves the processors to the servers: one event loop, prepared bytes, raw sockets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from tests.benchmarks.site.server import Server


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, seconds from the attempt to connect to the last byte, and the whole answer as it came."""

    status: int
    seconds: float
    raw: bytes

    @property
    def body(self) -> str:
        """What follows the head (answers to HTTP/1.0 come in one piece)."""
        return self.raw.partition(b"\r\n\r\n")[2].decode()

    def cookie(self, name: str) -> str:
        """The value that ``Set-Cookie`` gives to ``name``, or ``""``."""
        for line in self.raw.partition(b"\r\n\r\n")[0].decode().split("\r\n"):
            header, _colon, value = line.partition(": ")
            if header.lower() == "set-cookie" and value.startswith(f"{name}="):
                return value.partition("=")[2].partition(";")[0]
        return ""


def request(
    server: Server, path: str, *, cookies: Mapping[str, str], form: Sequence[tuple[str, str]] | None = None
) -> bytes:
    """The bytes of a GET, or of a POST of ``form``. HTTP/1.0: one connection each, as from as many phones."""
    body = b"" if form is None else urlencode(form).encode()
    headers = {
        "Host": server.host,
        "User-Agent": "Mozilla/5.0 (Linux; Android 13) bench",
        "Accept-Language": "vi",
        "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        "Origin": f"https://{server.host}",
        **server.headers,
    }
    if form is not None:
        headers |= {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{'GET' if form is None else 'POST'} {path} HTTP/1.0\r\n{head}\r\n".encode() + body


def send(server: Server, requests: Sequence[bytes], *, concurrency: int) -> list[Answer]:
    """All ``requests``, ``concurrency`` at a time, each as soon as another is answered; answers in their order."""
    return asyncio.run(_send(server, requests, concurrency))


async def _send(server: Server, requests: Sequence[bytes], concurrency: int) -> list[Answer]:
    answers: list[Answer | None] = [None] * len(requests)
    waiting = iter(range(len(requests)))

    async def client() -> None:
        for number in waiting:
            answers[number] = await _exchange(server, requests[number])

    async with asyncio.TaskGroup() as group:
        for _ in range(concurrency):
            group.create_task(client())
    return [answer for answer in answers if answer is not None]


async def _exchange(server: Server, message: bytes) -> Answer:
    begun = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(message)
    raw = await reader.read()
    seconds = time.perf_counter() - begun
    writer.close()
    return Answer(int(raw[9:12] or b"0"), seconds, raw)
