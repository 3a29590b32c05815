"""Taking away an account's sessions: what they hold (allauth notes the address that somebody logged in with) goes too.

A session does not say in a column whose it is, so all are looked at; as work, after the commit, for there may be many.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import caches

from kolportal.work.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from kolportal.work.queue import Claim

END_SESSIONS = Kind("privacy.end_sessions", tries=1000)

# Under these Django and allauth keep the account's key: logged in, half-way through a log-in, or asked for a code.
_WHOSE = frozenset({"_auth_user_id", "account_authentication_methods_user", "user_id", "user_pk"})


@END_SESSIONS.handles
def end_sessions(claim: Claim, at: datetime) -> None:
    """Removes every session that speaks of this account (the claim's subject)."""
    store: Any = import_module(settings.SESSION_ENGINE).SessionStore
    for key, data in _sessions(store):
        if _speaks_of(data, str(claim.subject)):
            store(key).delete()
    claim.finish()


def _speaks_of(data: object, account: str) -> bool:
    if isinstance(data, dict):
        return any(
            (name in _WHOSE and str(value) == account) or _speaks_of(value, account)
            for name, value in data.items()
        )
    return False


def _sessions(store: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Key and content of every session, in the database or in Redis (``settings.SESSION_ENGINE``)."""
    if settings.SESSION_ENGINE.endswith(".db"):
        for row in Session.objects.iterator(chunk_size=500):
            yield row.session_key, row.get_decoded()
        return
    cache: Any = caches[settings.SESSION_CACHE_ALIAS]
    prefix: str = store.cache_key_prefix
    begins = cache.make_key(prefix)
    for name in cache._cache.get_client().scan_iter(match=f"{begins}*", count=500):
        key = name.decode().removeprefix(begins)
        yield key, cache.get(prefix + key) or {}
