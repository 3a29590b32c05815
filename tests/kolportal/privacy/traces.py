"""Everything that this installation keeps, as one text in which a person's traces can be looked for."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection

_ESCAPED = re.compile(r"\\u([0-9a-f]{4})")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{16,}={0,2}")


def everything() -> str:
    """Every table, every file under ``VAR_DIR`` (documents, mailbox, broker, and the database's own files), all of Redis.

    JSON escapes and base64 are undone, sessions decoded, words in quoted-printable mails joined.
    """
    return "\n".join([*_tables(), *_sessions(), *_files(), *_redis()])


def _tables() -> Iterator[str]:
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                yield from (_text(cell) for cell in row)


def _sessions() -> Iterator[str]:
    yield from (str(session.get_decoded()) for session in Session.objects.all())


def _files() -> Iterator[str]:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for path in sorted(Path(settings.VAR_DIR).rglob("*")):
        if path.is_file():
            yield _text(path.read_bytes())


def _redis() -> Iterator[str]:
    if not settings.REDIS_URL:
        return
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        readers: dict[bytes, Any] = {
            b"string": server.get,
            b"hash": server.hgetall,
            b"list": lambda key: server.lrange(key, 0, -1),
            b"set": server.smembers,
            b"zset": lambda key: server.zrange(key, 0, -1),
        }
        for key in server.scan_iter():
            for value in _flat(readers[server.type(key)](key)):
                yield _text(value)


def _flat(value: Any) -> Iterator[bytes]:
    if isinstance(value, dict):
        value = [part for pair in value.items() for part in pair]
    if isinstance(value, list | set):
        for part in value:
            yield from _flat(part)
    else:
        yield value


def _text(value: Any) -> str:
    """As text, with what stands in it in base64 or JSON escapes beside it."""
    if isinstance(value, memoryview):
        value = value.tobytes()
    data = value if isinstance(value, bytes) else str(value).encode()
    texts = [data.decode(errors="replace")]
    for found in _BASE64.findall(data):
        try:
            texts.append(base64.b64decode(found + b"=" * (-len(found) % 4)).decode(errors="replace"))
        except binascii.Error:
            continue
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), "\n".join(texts))
