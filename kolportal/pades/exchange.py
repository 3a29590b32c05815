"""One HTTP request with hard limits: total time, total size, no redirects. For time-stamps, CRLs, OCSP, certificates.

The limit of time holds for the whole exchange, name resolution and TLS included: an answer that drips in a byte at a time
ends with it. Proxies are not used; the addresses come from settings and certificates.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from threading import Thread
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

from kolportal.pades.errors import ServiceFailed
from kolportal.pades.levels import Cause

HEADER_ROOM: Final = 64 * 1024


def exchange(
    url: str,
    *,
    seconds: float,
    max_bytes: int,
    body: bytes | None = None,
    content_type: str = "application/octet-stream",
) -> bytes:
    """Body of the 200 answer to a GET, or to a POST of ``body``.

    User and password in ``url`` are sent as Basic authentication. Raises ServiceFailed (UNREACHABLE, TIMEOUT, HTTP_STATUS,
    TOO_LARGE, MALFORMED) whose source is ``url`` without them.
    """
    parts = urlsplit(url)
    source = address(url)
    deadline = time.monotonic() + seconds
    try:
        with _connected(parts, deadline) as connection:
            connection.settimeout(_remaining(deadline))
            connection.sendall(_request(parts, body, content_type))
            response = http.client.HTTPResponse(
                _Answer(connection, deadline, max_bytes + HEADER_ROOM),  # type: ignore[arg-type]  # it only asks for a file
                method="GET" if body is None else "POST",
            )
            response.begin()
            if response.status != http.HTTPStatus.OK:
                raise ServiceFailed(Cause.HTTP_STATUS, str(response.status), source=source)
            data = response.read(max_bytes + 1)
    except TimeoutError as error:
        raise ServiceFailed(Cause.TIMEOUT, f"no whole answer in {seconds:g} s", source=source) from error
    except _TooMuchError as error:
        raise ServiceFailed(Cause.TOO_LARGE, f"more than {max_bytes} bytes", source=source) from error
    except http.client.HTTPException as error:
        raise ServiceFailed(Cause.MALFORMED, f"no HTTP: {type(error).__name__}", source=source) from error
    except (OSError, ValueError) as error:
        raise ServiceFailed(Cause.UNREACHABLE, str(error), source=source) from error
    if len(data) > max_bytes:
        raise ServiceFailed(Cause.TOO_LARGE, f"more than {max_bytes} bytes", source=source)
    return data


def address(url: str) -> str:
    """``url`` without user and password: what may be shown and logged."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


class _TooMuchError(Exception):
    """More bytes than anybody asked for."""


@dataclass
class _Answer:
    """Just enough of a socket for ``HTTPResponse``, which asks it for a file."""

    connection: socket.socket
    deadline: float
    room: int

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Stream(self))


class _Stream(io.RawIOBase):
    def __init__(self, answer: _Answer) -> None:
        self._answer = answer

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        answer = self._answer
        answer.connection.settimeout(_remaining(answer.deadline))
        count = answer.connection.recv_into(buffer)
        answer.room -= count
        if answer.room < 0:
            raise _TooMuchError
        return count


def _remaining(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _connected(parts: SplitResult, deadline: float) -> socket.socket:
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("not an http or https address")
    secure = parts.scheme == "https"
    failed: OSError | None = None
    for family, kind, protocol, _, target in _resolved(
        parts.hostname, parts.port or (443 if secure else 80), deadline
    ):
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(_remaining(deadline))
            connection.connect(target)
            if secure:
                connection.settimeout(_remaining(deadline))
                return _tls().wrap_socket(connection, server_hostname=parts.hostname)
        except OSError as error:
            connection.close()
            failed = error
        else:
            return connection
    raise failed or OSError("the name has no address")


def _resolved(host: str, port: int, deadline: float) -> list[Any]:
    """Addresses of ``host``. The resolver knows no time limit, so it is asked aside and left behind when it takes too long."""
    found: list[Any] = []

    def ask() -> None:
        try:
            found.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as error:
            found.append(error)

    thread = Thread(target=ask, daemon=True)
    thread.start()
    thread.join(_remaining(deadline))
    if not found:
        raise TimeoutError
    if isinstance(found[0], OSError):
        raise found[0]
    return list(found[0])


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _request(parts: SplitResult, body: bytes | None, content_type: str) -> bytes:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [
        f"{'GET' if body is None else 'POST'} {target} HTTP/1.1",
        f"Host: {parts.netloc.rpartition('@')[2]}",
        "Connection: close",
        "Accept-Encoding: identity",
        "User-Agent: kolportal",
    ]
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        lines.append(f"Authorization: Basic {b64encode(pair.encode()).decode()}")
    if body is not None:
        lines += [f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
    head = "\r\n".join(lines)
    if (
        any(ord(character) < 0x20 and character not in "\r\n" for character in head)
        or len(lines) != head.count("\r\n") + 1
    ):
        raise ValueError("the address holds control characters")
    return head.encode("ascii") + b"\r\n\r\n" + (body or b"")
