"""Django's Redis cache without a new client object for every command."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient

if TYPE_CHECKING:
    from redis import Redis


class KeepingCacheClient(RedisCacheClient):
    """Keeps the ``redis.Redis`` object: making one costs more processor time than the command that it carries.

    A request that signs sends five commands. The object itself holds no connection; the pool does.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kept: dict[int, Redis] = {}

    def get_client(self, key: Any = None, *, write: bool = False) -> Redis:
        """The client of the server for this kind of access."""
        pool = self._get_connection_pool(write)  # type: ignore[attr-defined]  # django-stubs leaves the inside out
        if id(pool) not in self._kept:
            self._kept[id(pool)] = self._client(connection_pool=pool)  # type: ignore[attr-defined]  # as above
        return self._kept[id(pool)]


class KeepingRedisCache(RedisCache):
    """``django.core.cache.backends.redis.RedisCache`` with :class:`KeepingCacheClient`."""

    @cached_property
    def _cache(self) -> KeepingCacheClient:
        return KeepingCacheClient(self._servers, **self._options)  # type: ignore[attr-defined]  # as above
